package tap

// takeLines returns memory for the lines of a batch.
func (r *run) takeLines() []byte {
	select {
	case lines := <-r.lines:
		return lines[:0]
	default:
		return nil
	}
}

// keepLines keeps the memory of lines that were written, unless it is of more
// than batches commonly have.
func (r *run) keepLines(lines []byte) {
	if cap(lines) == 0 || cap(lines) > 2*partSize {
		return
	}
	select {
	case r.lines <- lines:
	default:
	}
}
