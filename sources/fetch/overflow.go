package fetch

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/tap-rest/tap-rest/state/journal"
)

// overflow is a file for a body that is too long for memory, as it comes off
// the wire.
type overflow interface {
	io.Writer
	Open() io.Reader // from the first byte; of one that is still there
	Discard()        // deletes it; again, it does nothing
}

// diskError is a file that cannot be written: asking again would not help.
type diskError struct{ err error }

func (e *diskError) Error() string { return e.err.Error() }
func (e *diskError) Unwrap() error { return e.err }

// receive reads the body of an answer, which says how long it is or -1: into
// memory, or into a file where it is too long for that and the request has one.
// Of an answer that says no the
// beginning is enough.
func (c *Client) receive(ex *Exchange, wire *wireReader, length int64, out *outgoing) error {
	refused := ex.Status < 200 || ex.Status > 299
	if length > MaxBody && !refused && out.overflow != nil {
		return c.spill(ex, make([]byte, 0, 64<<10), wire, out)
	}
	raw, err := readAll(c.memory(), wire)
	cut := refused && errors.Is(err, errTooLarge)
	ex.Body, ex.wire = raw, raw
	switch {
	case cut:
		ex.Body = raw[:MaxBody]
	case errors.Is(err, errTooLarge) && out.overflow != nil:
		ex.Body, ex.wire = nil, nil
		defer c.recycle(raw)
		return c.spill(ex, raw, wire, out)
	case err != nil:
		return err
	}
	headers := ex.Header.Values("Content-Encoding")
	if len(encodings(headers)) == 0 {
		return nil
	}
	ex.Body, err = readBody(c.memory(), bytes.NewReader(raw), headers)
	switch {
	case cut, refused && errors.Is(err, errTooLarge):
		ex.Body = ex.Body[:min(len(ex.Body), MaxBody)]
		return nil
	case errors.Is(err, errTooLarge) && out.overflow != nil:
		c.recycle(ex.Body)
		ex.Body, ex.long = nil, c.fromMemory(raw, ex.Header)
		return nil
	}
	return err
}

// spill writes a body to a file: what was read of it, and the rest as it comes.
func (c *Client) spill(ex *Exchange, raw []byte, wire *wireReader, out *outgoing) error {
	file, err := out.overflow()
	if err != nil {
		return &diskError{err}
	}
	l := &long{file: file, encoded: ex.Header.Values("Content-Encoding"), most: c.most}
	l.wire = func() (io.ReadCloser, error) { return io.NopCloser(file.Open()), nil }
	l.draft, _ = file.(*journal.Draft)
	ex.long = l
	for {
		if _, err := file.Write(raw); err != nil {
			return &diskError{err}
		}
		if wire.n > c.most {
			return errTooLong
		}
		n, err := wire.Read(raw[:cap(raw)])
		raw = raw[:n]
		if errors.Is(err, io.EOF) {
			_, err = file.Write(raw)
			if err != nil {
				err = &diskError{err}
			}
			return err
		}
		if err != nil {
			return err
		}
	}
}

// overflow begins the file of a long answer: in the journal, where that keeps
// the walk's exchanges.
func (w *Walk) overflow() (overflow, error) {
	if w.rec == nil {
		return newTempFile()
	}
	d, err := w.rec.Journal.Draft()
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
func (t *tempFile) Open() io.Reader { return io.NewSectionReader(t.File, 0, t.size) }

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
