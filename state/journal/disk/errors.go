package disk

import (
	"errors"
	"fmt"
	"io/fs"
)

// What a journal decides on.
var (
	ErrBusy = errors.New("the journal is in use")    // by another process
	ErrFull = errors.New("no space for the journal") // a later write may succeed
	ErrGone = errors.New("the journal vanished")     // its folder, or a file of it
)

// Classify adds to an error of the file system what a caller decides on.
func Classify(err error) error {
	switch {
	case err == nil:
		return nil
	case isFull(err):
		return fmt.Errorf("%w: %w", ErrFull, err)
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w: %w", ErrGone, err)
	}
	return err
}
