package apitest

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"time"
)

// ending is how an answer ends.
type ending int

const (
	whole ending = iota
	cut          // the connection is closed
	reset        // the connection is reset
	hang         // nothing more comes
)

// answer is what goes back: its bytes, and how they travel.
type answer struct {
	status  int
	header  http.Header
	body    []byte
	padding int64 // blanks before the body's last byte
	chunked bool  // no Content-Length

	wait     time.Duration // before the answer
	early    ending        // reset or hang instead of an answer
	ending   ending        // of the body
	stop     int64         // where the body ends, unless it is whole
	interval time.Duration // between pieces
	piece    int           // bytes in one; 0: no pieces
	sent     func(n int)   // counts bytes of the body on their way; nil: nobody does
}

// length is the body's length, as it is promised.
func (a *answer) length() int64 { return int64(len(a.body)) + a.padding }

// end is how much of the body is sent.
func (a *answer) end() int64 {
	if a.ending == whole {
		return a.length()
	}
	return offset(a.stop, a.length())
}

// offset returns the position n of a body of length bytes, which lies before its
// end: negative ones count from there.
func offset(n, length int64) int64 {
	if n < 0 {
		n += length
	}
	return max(0, min(n, length-1))
}

// err returns what a reader meets at this ending; for hang, once ctx ends.
func (e ending) err(ctx context.Context) error {
	switch e {
	case cut:
		return io.ErrUnexpectedEOF
	case reset:
		return &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", syscall.ECONNRESET)}
	case hang:
		<-ctx.Done()
		return context.Cause(ctx)
	}
	return io.EOF
}

// pause waits for d, or for the end of ctx, whose cause it returns.
func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return context.Cause(ctx)
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

var errClosed = errors.New("read on closed response body")

// wire reads an answer's body as a client gets it. Close may come from another
// goroutine and ends a Read that waits.
type wire struct {
	*answer
	ctx    context.Context
	cancel context.CancelCauseFunc
	pos    int64
}

var _ io.ReadCloser = (*wire)(nil)

func (a *answer) wire(ctx context.Context) *wire {
	ctx, cancel := context.WithCancelCause(ctx)
	return &wire{answer: a, ctx: ctx, cancel: cancel}
}

func (w *wire) Close() error {
	w.cancel(errClosed)
	return nil
}

func (w *wire) Read(p []byte) (int, error) {
	if err := context.Cause(w.ctx); err != nil {
		return 0, err
	}
	rest := w.end() - w.pos
	if rest == 0 {
		return 0, w.ending.err(w.ctx)
	}
	if w.piece > 0 {
		if err := w.drip(); err != nil {
			return 0, err
		}
		// A piece that did not fit into the last p is finished first.
		rest = min(rest, int64(w.piece)-w.pos%int64(w.piece))
	}
	n := w.copy(p[:min(int64(len(p)), rest)])
	w.pos += int64(n)
	if w.sent != nil {
		w.sent(n)
	}
	return n, nil
}

// drip waits where a piece begins, but for the first.
func (w *wire) drip() error {
	if w.pos == 0 || w.pos%int64(w.piece) != 0 {
		return nil
	}
	return pause(w.ctx, w.interval)
}

// blanks are lines of 64 bytes: a run of one byte alone takes decoders of S2 ten
// times as long.
var blanks = strings.Repeat(strings.Repeat(" ", 63)+"\n", 512)

// copy fills p from the position on: the body but its last byte, the padding,
// the last byte.
func (w *wire) copy(p []byte) int {
	if w.padding == 0 {
		return copy(p, w.body[w.pos:])
	}
	head := int64(len(w.body)) - 1
	switch {
	case w.pos < head:
		return copy(p, w.body[w.pos:head])
	case w.pos < head+w.padding:
		p = p[:min(int64(len(p)), head+w.padding-w.pos)]
		return copy(p, blanks[(w.pos-head)%64:])
	}
	return copy(p, w.body[head:])
}
