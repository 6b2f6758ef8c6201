package fetch

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/tap-rest/tap-rest/sources/fetch/pace"
	"github.com/tap-rest/tap-rest/sources/secret"
)

// ErrStopped says that the run starts no more requests. The walk has not failed; its
// position stands.
var ErrStopped = pace.ErrStopped

// ErrNotFirst marks an answer that a rule says to skip, behind pages that came: what
// is not there on a first page is nothing, what is no longer there is missing.
var ErrNotFirst = errors.New("a rule says skip, but pages of this walk came before")

// Class says what a failure means for the partition.
type Class int

// The classes of failures.
const (
	Transient   Class = iota + 1 // attempts are used up; a later run may get through
	SessionLost                  // the API no longer knows the page token; the walk must start over
	Permanent                    // asking again will not help
)

// String returns the class as messages name it.
func (c Class) String() string {
	switch c {
	case Transient:
		return "transient"
	case SessionLost:
		return "session lost"
	default:
		return "permanent"
	}
}

// Ended says in a word or two how the walk ended.
func (e *Error) Ended() string {
	if e.Class == SessionLost && e.Exports {
		return "job lost"
	}
	return e.Class.String()
}

// excerptSize is how much of an answer an error keeps, in bytes.
const excerptSize = 512

// Error is a request that failed for good in this walk.
type Error struct {
	Class     Class
	Stream    string
	Request   string // method and URL, redacted
	Status    int    // 0: no answer
	RequestID string // as the answer's headers name it, "" if they don't
	Attempts  int    // made in all
	Deferred  int    // of them, after the walk was put off until others were done
	Exports   bool   // the stream is an export: what the API loses is its job
	Refused   bool   // a 4xx other than 410 to a request with a page token: it may be about the request
	Excerpt   string // the first 512 bytes of the answer, redacted
	Advice    string // what to do, "" if nothing is known
	Err       error  // what went wrong
}

// Error returns one line: what was asked, what came, what to do.
func (e *Error) Error() string {
	var b strings.Builder
	if e.Stream != "" {
		fmt.Fprintf(&b, "%s: ", e.Stream)
	}
	fmt.Fprintf(&b, "%s: %v", e.Request, e.Err)
	switch {
	case e.Deferred > 0:
		fmt.Fprintf(&b, " (%d attempts, %d of them when the other streams were done)", e.Attempts, e.Deferred)
	case e.Attempts > 1:
		fmt.Fprintf(&b, " (%d attempts)", e.Attempts)
	}
	if e.RequestID != "" {
		fmt.Fprintf(&b, "; request id %s", e.RequestID)
	}
	if e.Advice != "" {
		fmt.Fprintf(&b, "; %s", e.Advice)
	}
	if text := oneLine(e.Excerpt); text != "" {
		fmt.Fprintf(&b, "; the answer begins: %s", text)
	}
	return b.String()
}

// oneLine makes a text fit for a line of a log: runs of white space, and what a
// terminal would obey, become a space.
func oneLine(text string) string {
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r)
	}), " ")
}

// Unwrap returns what went wrong.
func (e *Error) Unwrap() error { return e.Err }

// statusError is an answer whose status says no.
type statusError struct {
	status int
	text   string // of the status, or the message of a rule
}

func (e *statusError) Error() string {
	return strings.TrimSpace(fmt.Sprintf("answered %d %s", e.status, e.text))
}

// errNoByte is the cause with which a request without progress is ended.
type errNoByte struct{ limit time.Duration }

func (e errNoByte) Error() string { return fmt.Sprintf("not a byte for %s (timeout)", e.limit) }

// errTooSlow is the cause with which an answer that drips is ended.
type errTooSlow struct{ limit time.Duration }

func (e errTooSlow) Error() string { return fmt.Sprintf("not complete after %s", e.limit) }

// hide takes the secrets out of what an error says.
func hide(secrets *secret.Hider, err error) error {
	text := err.Error()
	if shown := secrets.Message(text); shown != text {
		return &hidden{shown, err}
	}
	return err
}

// hidden is an error whose text held secrets.
type hidden struct {
	text string
	err  error
}

func (e *hidden) Error() string { return e.text }

func (e *hidden) Unwrap() error { return e.err }
