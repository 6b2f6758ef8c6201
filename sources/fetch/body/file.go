package body

import (
	"fmt"
	"io"
	"os"
)

// File is a file for a body that is too long for memory, as it comes off the
// wire.
type File interface {
	io.Writer
	Open() (io.ReadCloser, error) // from the first byte; of one that is still there
	Discard()                     // deletes it; again, it does nothing
}

// DiskError is a file that cannot be written: asking again would not help.
type DiskError struct{ Err error }

func (e *DiskError) Error() string { return e.Err.Error() }
func (e *DiskError) Unwrap() error { return e.Err }

// NewFile begins a file where there is no journal.
func NewFile() (File, error) { return newTempFile() }

// tempFile is a File where there is no journal. It has no name where the
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
	return section{io.NewSectionReader(t.File, 0, t.size)}, nil
}

// section reads a file, at any place.
type section struct{ *io.SectionReader }

// Close does nothing: the file is closed when it is discarded.
func (section) Close() error { return nil }

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
