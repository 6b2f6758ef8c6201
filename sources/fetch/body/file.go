package body

import (
	"io"

	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
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
func NewFile() (File, error) { return file.NewTemp() }
