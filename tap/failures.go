package tap

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"syscall"

	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/state/journal"
	"github.com/tap-rest/tap-rest/tap/message"
	"github.com/tap-rest/tap-rest/tap/report"
	"github.com/tap-rest/tap-rest/tap/stdout"
)

// Why a run ends whose stdout takes nothing more.
var (
	ErrClosedOutput = stdout.ErrClosed
	ErrBlocked      = stdout.ErrBlocked
)

// Failures are the streams that failed, one error each.
type Failures []error

// Error lists them, a line each.
func (f Failures) Error() string { return errors.Join(f...).Error() }

// Unwrap returns them.
func (f Failures) Unwrap() []error { return f }

// Lost returns the streams whose walks the API has lost: they do not go on, but
// are read from their start again.
func (f Failures) Lost() (streams []string) {
	for _, err := range f {
		var e *fetch.Error
		if errors.As(err, &e) && e.Class == fetch.SessionLost {
			streams = append(streams, e.Stream)
		}
	}
	return streams
}

// Temporary reports whether a run that goes on from here may get through: no
// failure is for good. A walk that was lost too often is.
func (f Failures) Temporary() bool {
	for _, err := range f {
		var e *fetch.Error
		if !errors.As(err, &e) || e.Class != fetch.Transient {
			return false
		}
	}
	return true
}

// failuresOf returns the failures of all streams, as Failures; nil if there are
// none.
func failuresOf(a *report.Account) error {
	var all Failures
	for _, s := range a.Streams {
		if s.Failures.Why != nil {
			all = append(all, s.Failures.Why)
		}
	}
	if len(all) == 0 {
		return nil
	}
	return all
}

// FailureType says who can do something about the failure of a stream or of a
// run.
func FailureType(err error) message.FailureType {
	var (
		request *fetch.Error
		input   *InputError
		disk    *JournalError
	)
	switch {
	case errors.As(err, &input):
		return message.ConfigError
	case errors.Is(err, journal.ErrBusy), errors.As(err, &disk):
		return message.TransientError
	case !errors.As(err, &request):
		return message.SystemError
	case request.Class == fetch.Transient:
		return message.TransientError
	case request.Class != fetch.Permanent:
		return message.SystemError
	}
	switch request.Status {
	case 0, http.StatusUnauthorized, http.StatusForbidden: // 0: it could not even be asked
		return message.ConfigError
	}
	return message.SystemError
}

// InputError is an input that cannot be used: nothing was fetched.
type InputError struct{ Err error }

// Error returns what is wrong and where.
func (e *InputError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *InputError) Unwrap() error { return e.Err }

func unusable(format string, args ...any) error { return &InputError{fmt.Errorf(format, args...)} }

// JournalError is a journal that cannot be written.
type JournalError struct {
	Err   error
	Early bool // nothing was fetched
}

// Error says what it means.
func (e *JournalError) Error() string {
	text := e.Err.Error()
	if !strings.HasPrefix(text, "journal") {
		text = "journal: " + text
	}
	if e.Early {
		text += ": nothing was fetched"
	} else {
		text += ": fetching stopped; what had come is written, and the next run goes on from the last STATE"
	}
	if errors.Is(e.Err, journal.ErrFull) || errors.Is(e.Err, syscall.ENOSPC) {
		text += "; make room there, or name a folder on another disk as run.journal.dir"
	}
	return text
}

// Unwrap returns the cause.
func (e *JournalError) Unwrap() error { return e.Err }

// inputError is an error of what was given, unless it is one of the journal.
func inputError(err error) error {
	var broken *JournalError
	if errors.As(err, &broken) {
		return err
	}
	return &InputError{err}
}
