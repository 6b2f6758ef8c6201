package stdout

import (
	"sync"

	"github.com/tap-rest/tap-rest/tap/render"
)

// keptLines is how much memory of batches a run keeps for the next ones, in bytes.
const keptLines = 8 * render.PartSize

// Lines keeps the memory of batches' lines for the next ones.
type Lines struct {
	mu   sync.Mutex
	kept [][]byte
	size int // of all that is kept
}

// NewLines returns a place for it.
func NewLines() *Lines { return &Lines{} }

// Take returns memory for the lines of a batch.
func (p *Lines) Take() []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	last := len(p.kept) - 1
	if last < 0 {
		return nil
	}
	lines := p.kept[last]
	p.kept, p.size = p.kept[:last], p.size-cap(lines)
	return lines[:0]
}

// Keep keeps the memory of lines that were written, unless it is of more than
// batches commonly have.
func (p *Lines) Keep(lines []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if cap(lines) == 0 || cap(lines) > 2*render.PartSize || p.size+cap(lines) > keptLines {
		return
	}
	p.kept, p.size = append(p.kept, lines), p.size+cap(lines)
}
