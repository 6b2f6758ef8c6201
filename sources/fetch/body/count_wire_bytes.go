package body

import (
	"io"
)

// Wire counts the bytes of a body as they come, and puts off the end of a
// request that makes progress: for a byte, the end of one that brings none; for
// as many as a body in memory has, the end of one that drips.
type Wire struct {
	In          io.Reader
	N           int64
	Idle, Whole func() // put off the end of a request
	next        int64  // at which Whole is called
}

func (w *Wire) Read(p []byte) (int, error) {
	n, err := w.In.Read(p)
	w.N += int64(n)
	if n > 0 {
		w.Idle()
	}
	if w.N > w.next+Max {
		w.next = w.N
		w.Whole()
	}
	return n, err
}
