package file

import (
	"fmt"
	"io"
	"os"
)

// Temp is a file that holds what does not fit into memory. It has no name where the
// system allows that: nothing of it is left, however the run ends.
type Temp struct {
	*os.File
	size  int64
	named bool
	over  bool
}

// NewTemp begins an empty file. It is to be discarded.
func NewTemp() (*Temp, error) {
	f, err := os.CreateTemp("", "tap-rest-*")
	if err != nil {
		return nil, fmt.Errorf("a file for a long answer: %w", err)
	}
	return &Temp{File: f, named: os.Remove(f.Name()) != nil}, nil
}

// Write appends to the file.
func (t *Temp) Write(p []byte) (int, error) {
	n, err := t.File.Write(p)
	if t.size += int64(n); err != nil {
		err = fmt.Errorf("a file for a long answer: %w (TMPDIR names another folder)", err)
	}
	return n, err
}

// Size is how many bytes were written.
func (t *Temp) Size() int64 { return t.size }

// Open reads the file from its beginning.
func (t *Temp) Open() (io.ReadCloser, error) {
	return section{io.NewSectionReader(t.File, 0, t.size)}, nil
}

// section reads a file, at any place.
type section struct{ *io.SectionReader }

// Close does nothing: the file is closed when it is discarded.
func (section) Close() error { return nil }

// Discard deletes the file. Again, it does nothing.
func (t *Temp) Discard() {
	if t.over {
		return
	}
	t.over = true
	_ = t.Close() // nothing of it is needed
	if t.named {
		_ = os.Remove(t.Name()) // it lies where the system deletes by itself
	}
}
