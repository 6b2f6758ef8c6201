package tap

import "github.com/tap-rest/tap-rest/tap/render"

// keptLines is how many batches' memory a run keeps for the next ones.
const keptLines = 4

// linePool keeps the memory of batches' lines for the next ones.
type linePool chan []byte

// take returns memory for the lines of a batch.
func (p linePool) take() []byte {
	select {
	case lines := <-p:
		return lines[:0]
	default:
		return nil
	}
}

// keep keeps the memory of lines that were written, unless it is of more than
// batches commonly have.
func (p linePool) keep(lines []byte) {
	if cap(lines) == 0 || cap(lines) > 2*render.PartSize {
		return
	}
	select {
	case p <- lines:
	default:
	}
}
