package needle

import "io"

// Reader looks for needles in what is read through it, wherever reads part
// them.
type Reader struct {
	Found  bool
	in     io.Reader
	finder *Finder
	border []byte // the end of what was read, in which a needle may begin
}

// NewReader returns a reader through which in is read. A nil finder finds
// nothing.
func NewReader(in io.Reader, f *Finder) *Reader { return &Reader{in: in, finder: f} }

func (r *Reader) Read(p []byte) (int, error) {
	n, err := r.in.Read(p)
	r.Look(p[:n])
	return n, err
}

// Look looks at text that was read past the reader, as if it had gone through it.
func (r *Reader) Look(text []byte) {
	if r.finder == nil || r.finder.longest == 0 || r.Found {
		return
	}
	keep := r.finder.longest - 1
	r.border = append(r.border, text[:min(len(text), keep)]...)
	r.Found = r.finder.In(r.border) || r.finder.In(text)
	if len(text) >= keep {
		r.border = append(r.border[:0], text[len(text)-keep:]...)
		return
	}
	if spare := len(r.border) - keep; spare > 0 {
		r.border = r.border[:copy(r.border, r.border[spare:])]
	}
}
