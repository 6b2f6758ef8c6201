package fetch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"time"
)

// overflow is a file for a body that is too long for memory, as it comes off
// the wire.
type overflow interface {
	io.Writer
	Open() (io.ReadCloser, error) // from the first byte; of one that is still there
	Discard()                     // deletes it; again, it does nothing
}

// diskError is a file that cannot be written: asking again would not help.
type diskError struct{ err error }

func (e *diskError) Error() string { return e.err.Error() }
func (e *diskError) Unwrap() error { return e.err }

// inDoubt is how much of a body that may be long is read into memory before it
// goes to a file, in bytes.
const inDoubt = 1 << 20

// receive reads the body of an answer, which says how long it is or -1: into
// memory, or into a file where it is too long for that and the request has one.
// Of an answer that says no the beginning is enough.
func (c *Client) receive(ex *Exchange, wire *wireReader, length int64, out *outgoing) error {
	refused := ex.Status < 200 || ex.Status > 299
	memory := c.bodies
	encoded := len(encodings(layers(ex.text, ex.Header))) > 0
	if encoded {
		memory = c.wires
	}
	known := length >= 0 && length <= MaxBody && !encoded
	if known && length > inDoubt && !refused && out.overflow != nil {
		ex.share = c.Ahead.try(length)
	}
	if refused || ex.share != nil || out.overflow == nil {
		raw := memory.take()
		if known {
			raw = slices.Grow(raw, int(length)+1)
		}
		raw, err := readAll(raw, wire, MaxBody)
		return c.decode(ex, raw, err, refused)
	}
	raw, err := readAll(memory.take(), wire, inDoubt)
	if !errors.Is(err, errTooLarge) {
		return c.decode(ex, raw, err, false)
	}
	file, err := out.overflow(ex.Header)
	if err != nil { // it may be short all the same
		raw, readErr := readAll(raw, wire, MaxBody)
		if errors.Is(readErr, errTooLarge) {
			return &diskError{err}
		}
		return c.decode(ex, raw, readErr, false)
	}
	ex.long = c.inFile(file, layers(ex.text, ex.Header))
	if err := ex.long.spill(raw, wire); err != nil {
		return err
	}
	memory.give(raw)
	return c.settle(ex, wire.n)
}

// decode makes what was read of a body, up to an error, the exchange's. Of an
// answer that says no it may be the beginning.
func (c *Client) decode(ex *Exchange, raw []byte, err error, refused bool) error {
	cut := refused && errors.Is(err, errTooLarge)
	if cut {
		raw, err = raw[:MaxBody], nil
	}
	ex.Body, ex.wire = raw, raw
	headers := layers(ex.text, ex.Header)
	if err != nil || len(encodings(headers)) == 0 {
		return err
	}
	ex.Body, err = c.expand(ex, c.Ahead, raw, headers, refused)
	switch {
	case cut, refused && errors.Is(err, errTooLarge):
		ex.Body = ex.Body[:min(len(ex.Body), MaxBody)]
		return nil
	case errors.Is(err, errTooLarge):
		c.bodies.give(ex.Body)
		ex.Body, ex.long = nil, c.fromMemory(raw, headers)
		ex.long.short = ex.share == nil
		ex.share.give()
		return nil
	}
	ex.share.trim(int64(cap(ex.wire) + cap(ex.Body)))
	return err
}

// expand decodes a body that is in memory: as far as there is room for it,
// whatever the room where it was refused.
func (c *Client) expand(ex *Exchange, room *Room, raw []byte, headers []string, refused bool) ([]byte, error) {
	d, err := newDecoder(bytes.NewReader(raw), headers)
	if err != nil {
		return nil, err
	}
	defer d.close()
	body, err := readAll(c.bodies.take(), d, inDoubt)
	if !errors.Is(err, errTooLarge) {
		return body, err
	}
	if ex.share == nil && !refused {
		ex.share = room.try(MaxBody)
	}
	if ex.share == nil && !refused {
		return body, err
	}
	return readAll(body, d, MaxBody)
}

// spill writes a body to its file: what was read of it, and the rest as it
// comes.
func (l *long) spill(raw []byte, wire *wireReader) error {
	for {
		if _, err := l.file.Write(raw); err != nil {
			return &diskError{err}
		}
		n, err := wire.Read(raw[:cap(raw)])
		if raw = raw[:n]; wire.n > l.most {
			return errTooLong
		}
		if err == nil {
			continue
		}
		if !errors.Is(err, io.EOF) {
			return err
		}
		if _, err := l.file.Write(raw); err != nil {
			return &diskError{err}
		}
		return nil
	}
}

// settle takes a body of so many bytes from its file into memory, where it turns
// out to be short and there is room.
func (c *Client) settle(ex *Exchange, size int64) error {
	l := ex.long
	if size > MaxBody || l.decodesLong() {
		return nil
	}
	l.short = true
	if ex.share = c.Ahead.try(l.room(size)); ex.share == nil {
		return nil
	}
	return c.gather(ex)
}

// room is what a short body of so many bytes takes in memory.
func (l *long) room(size int64) int64 {
	if len(encodings(l.encoded)) > 0 {
		return size + MaxBody
	}
	return size
}

// gather takes a short body into memory.
func (c *Client) gather(ex *Exchange) error {
	l := ex.long
	wire, err := l.wire()
	if err != nil {
		return &diskError{err}
	}
	defer wire.Close()
	raw, err := readAll(c.wires.take(), wire, MaxBody)
	if err != nil {
		return &diskError{err}
	}
	l.discard()
	ex.long = nil
	return c.decode(ex, raw, nil, false)
}

// decodesLong reports whether the body is longer than what is read into memory.
// Of one that cannot be decoded nobody knows.
func (l *long) decodesLong() bool {
	r, err := l.open(nil)
	if err != nil {
		return false
	}
	defer r.Close()
	n, _ := io.Copy(io.Discard, io.LimitReader(r, MaxBody+1)) // why not comes again
	return n > MaxBody
}

// overflow begins the file of a long answer with these headers: in the journal,
// where that keeps the walk's exchanges.
func (w *Walk) overflow(h http.Header) (overflow, error) {
	if w.rec == nil {
		return newTempFile()
	}
	d, err := w.rec.Journal.Draft(h)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrJournal, err)
	}
	return d, nil
}

// tempFile is an overflow where there is no journal. It has no name where the
// system allows that: nothing of it is left, however the run ends.
type tempFile struct {
	*os.File
	size  int64
	named bool
	over  bool
}

func newTempFile() (*tempFile, error) {
	f, err := os.CreateTemp("", "tap-rest-*")
	if err != nil {
		return nil, fmt.Errorf("a file for a long answer: %w", err)
	}
	return &tempFile{File: f, named: os.Remove(f.Name()) != nil}, nil
}

// Write appends to the file.
func (t *tempFile) Write(p []byte) (int, error) {
	n, err := t.File.Write(p)
	if t.size += int64(n); err != nil {
		err = fmt.Errorf("a file for a long answer: %w (TMPDIR names another folder)", err)
	}
	return n, err
}

// Open reads the file from its beginning.
func (t *tempFile) Open() (io.ReadCloser, error) {
	return io.NopCloser(io.NewSectionReader(t.File, 0, t.size)), nil
}

// Discard deletes the file.
func (t *tempFile) Discard() {
	if t.over {
		return
	}
	t.over = true
	_ = t.Close() // nothing of it is needed
	if t.named {
		_ = os.Remove(t.Name()) // it lies where the system deletes by itself
	}
}

// wireReader counts the bytes of a body and puts off the end of a request
// that makes progress: for a byte, the end of one that brings none; for as many
// as a body in memory has, the end of one that drips.
type wireReader struct {
	r           io.Reader
	idle, whole *time.Timer
	timeout     time.Duration
	n           int64
	next        int64 // at which whole is put off
}

func (w *wireReader) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	w.n += int64(n)
	if n > 0 {
		w.idle.Reset(w.timeout)
	}
	if w.n > w.next {
		w.next = w.n + MaxBody
		w.whole.Reset(slowest * w.timeout)
	}
	return n, err
}

// makeWhole takes a body into memory that came when there was no room for it,
// where the walk cannot do with its pieces. It waits for room, without a slot
// or a connection.
func (w *Walk) makeWhole(ctx context.Context, ex *Exchange) error {
	if ex == nil || ex.long == nil || ex.cut != nil || !w.whole || !ex.long.short {
		return nil
	}
	if ex.share = w.client.Ahead.wait(ctx, w.client.Gate.Closed(), 2*MaxBody); ex.share == nil {
		return ErrStopped
	}
	if err := w.client.gather(ex); err != nil {
		ex.cut = fmt.Errorf("the body of the answer %d: %w", ex.Status, err)
	}
	return nil
}
