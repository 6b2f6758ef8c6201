package fetch

import (
	"bytes"
	"io"
)

// needleReader looks for needles in what is read through it, wherever reads
// part them.
type needleReader struct {
	in      io.Reader
	needles [][]byte
	found   bool
	border  []byte // the end of what was read, in which a needle may begin
	longest int
}

func newNeedleReader(in io.Reader, needles [][]byte) *needleReader {
	r := &needleReader{in: in, needles: needles}
	for _, needle := range needles {
		r.longest = max(r.longest, len(needle))
	}
	return r
}

func (r *needleReader) Read(p []byte) (int, error) {
	n, err := r.in.Read(p)
	if len(r.needles) > 0 && !r.found {
		r.look(p[:n])
	}
	return n, err
}

func (r *needleReader) look(text []byte) {
	r.border = append(r.border, text[:min(len(text), r.longest-1)]...)
	r.found = r.holds(r.border) || r.holds(text)
	if len(text) >= r.longest-1 {
		r.border = append(r.border[:0], text[len(text)-(r.longest-1):]...)
		return
	}
	if spare := len(r.border) - (r.longest - 1); spare > 0 {
		r.border = r.border[:copy(r.border, r.border[spare:])]
	}
}

func (r *needleReader) holds(text []byte) bool {
	for _, needle := range r.needles {
		if bytes.Contains(text, needle) {
			return true
		}
	}
	return false
}
