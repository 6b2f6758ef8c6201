package journal

import (
	"errors"
	"fmt"

	"github.com/tap-rest/tap-rest/state/journal/disk"
)

// What a caller decides on.
var (
	// ErrBusy: another run uses the journal.
	ErrBusy = disk.ErrBusy
	// ErrFull: there is no room for a frame. The journal is as it was before;
	// a later write may succeed.
	ErrFull = disk.ErrFull
	// ErrFailed: an earlier sync or write left the file in a state that nobody
	// knows. What was kept can be read, nothing more is written by this run.
	ErrFailed = errors.New("the journal can no longer be written by this run")
	// ErrReadOnly: the journal was opened for reading.
	ErrReadOnly = errors.New("the journal was opened for reading only")
	// ErrLongHead: request and headers are too long for an exchange whose body is
	// a draft. The journal is as it was before.
	ErrLongHead = errors.New("request and headers are too long")
	// ErrDropped: the pass was dropped. Another may begin under another id.
	ErrDropped = errors.New("the pass was dropped")
	// ErrGone: the folder of the journal, or a segment of it, vanished.
	ErrGone = disk.ErrGone
)

// An Error is about a place in a segment.
type Error struct {
	File   string // path of the segment
	Offset int64  // in bytes; 0: the file as a whole
	Msg    string // what is wrong, and what to do where there is something to do
	Err    error  // the cause; nil: the bytes themselves
}

func (e *Error) Error() string {
	text := e.File
	if e.Offset > 0 {
		text = fmt.Sprintf("%s at byte %d", text, e.Offset)
	}
	text += ": " + e.Msg
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

func (e *Error) Unwrap() error { return e.Err }
