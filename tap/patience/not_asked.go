package patience

import (
	"fmt"

	"github.com/tap-rest/tap-rest/tap/logs"
)

// What is said where an API does not answer, where those that came first refused
// who asks, where no login is to be had, where one run after the other ended before a
// further attempt, and where the context failed.
const (
	noAnswer   = "the API does not answer, and no more is asked of it in this run"
	noEntry    = "the API refused who asks for the first partitions of the stream, and no more of them is asked for in this run; where others may be read, leave these out by errors: [{status: 401, do: skip}]"
	noTicket   = "the login failed, and no more of the stream is asked for in this run; the next one goes on from here"
	leftBehind = "it failed for now, as in the run before, and the run ended before it was tried again"
	illContext = "others of its context failed for now, and it is left to the next run"
)

// NotAsked is why the API was not asked for a partition.
type NotAsked struct {
	stream, what string
	err          error // that others failed with
}

// LeftBehind is the failure of a partition of a stream that failed for now in two runs,
// each of which ended before it was tried again.
func LeftBehind(stream string, err error) *NotAsked { return &NotAsked{stream, leftBehind, err} }

// Error says what others failed with.
func (e *NotAsked) Error() string {
	return fmt.Sprintf("%s: %s: %s", e.stream, e.what, logs.Unnamed(e.stream, e.err))
}

// Unwrap returns the cause.
func (e *NotAsked) Unwrap() error { return e.err }

// Refused reports whether e says that the API refused who asks.
func (e *NotAsked) Refused() bool { return e.what == noEntry || e.what == noTicket }
