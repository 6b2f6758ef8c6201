package xml

import (
	"bytes"
	"fmt"
	"io"

	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
)

const (
	windowSize = 64 << 10
	// behind is how many zero bytes stand behind what was read, so that eight bytes
	// may be looked at from any place of it. Only there does a zero byte need no error.
	behind = 8
	maxTag = 1 << 20 // bytes of a tag; its attributes take several times that
)

// window is the part of a document that is in memory: the token at hand, and what was
// read behind it.
type window struct {
	in    io.Reader
	b     []byte // what was read, and zero bytes
	end   int    // of what was read
	from  int    // where the token at hand begins
	keep  int    // from where on the window keeps what stands before the token; none: it does not
	at    int    // what is looked at next
	first int64  // offset of b[0]
	most  int    // bytes that the token may have
	err   error  // of in, or of a token that is too long
	ended bool   // more was asked for than there is
}

// more reads more, and moves what is before the token out of the window: after it only
// distances from the token's beginning, and from what is kept, are what they were. It reports false where
// nothing follows, and err says why.
func (w *window) more() bool {
	if w.err != nil {
		w.ended = w.ended || w.err == io.EOF
		return false
	}
	if w.end-w.from > w.most {
		w.err = limitError{}
		return false
	}
	w.move()
	for range 100 {
		n, err := w.in.Read(w.b[w.end : len(w.b)-behind])
		w.end += n
		clear(w.b[w.end : w.end+behind])
		if w.err = err; n > 0 {
			return true
		}
		if err != nil {
			w.ended = err == io.EOF
			return false
		}
	}
	w.err = io.ErrNoProgress
	return false
}

// move makes room behind the token at hand, which is then the first in the window, but
// for what is kept.
func (w *window) move() {
	first := w.from
	if w.keep >= 0 {
		first, w.keep = w.keep, 0
	}
	kept := w.b[first:w.end]
	to := w.b
	switch {
	case len(kept)+behind > len(w.b)/2:
		to = make([]byte, max(windowSize, 2*len(w.b)))
	case len(w.b) > 16*windowSize && len(kept) < windowSize/2:
		to = make([]byte, windowSize)
	case first == 0:
		return
	}
	copy(to, kept)
	w.b, w.end, w.from, w.at, w.first = to, len(kept), w.from-first, w.at-first, w.first+int64(first)
}

// ahead reports whether n bytes follow from the place that is looked at on, the first
// of which are less than that where it does not.
func (w *window) ahead(n int) bool {
	for w.end-w.at < n {
		if !w.more() {
			return false
		}
	}
	return true
}

// next returns the next byte, and goes on behind it.
func (w *window) next() (c byte, ok bool) {
	if w.at == w.end && !w.more() {
		return 0, false
	}
	c = w.b[w.at]
	w.at++
	return c, true
}

// space passes over white space.
func (w *window) space() {
	for w.at < w.end || w.more() {
		switch w.b[w.at] {
		case ' ', '\r', '\n', '\t':
			w.at++
		default:
			return
		}
	}
}

// offset is where in the document the place that is looked at is.
func (w *window) offset() int64 { return w.first + int64(w.at) }

// rest is what was read but not used, and what follows that.
func (w *window) rest() io.Reader {
	behind := w.in
	if w.err != nil {
		behind = failing{w.err}
	}
	return io.MultiReader(bytes.NewReader(w.b[w.at:w.end]), behind)
}

// goOn makes in what follows the place that is looked at.
func (w *window) goOn(in io.Reader) {
	w.in, w.err, w.end = in, nil, w.at
	w.b = append([]byte(nil), w.b...) // the old reader may read what is in the old one
	clear(w.b[w.end : w.end+behind])
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

type limitError struct{}

func (limitError) Error() string {
	return fmt.Sprintf("a tag is longer than %d bytes, or a text than %d", maxTag, file.MaxRecord)
}
