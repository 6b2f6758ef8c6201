package stdout

import "github.com/tap-rest/tap-rest/tap/render"

// keptLines is how many batches' memory a run keeps for the next ones.
const keptLines = 4

// Lines keeps the memory of batches' lines for the next ones.
type Lines chan []byte

// NewLines returns a place for it.
func NewLines() Lines { return make(Lines, keptLines) }

// Take returns memory for the lines of a batch.
func (p Lines) Take() []byte {
	select {
	case lines := <-p:
		return lines[:0]
	default:
		return nil
	}
}

// Keep keeps the memory of lines that were written, unless it is of more than
// batches commonly have.
func (p Lines) Keep(lines []byte) {
	if cap(lines) == 0 || cap(lines) > 2*render.PartSize {
		return
	}
	select {
	case p <- lines:
	default:
	}
}
