package message

import (
	"bytes"
	"encoding/json"
	"time"
)

// Frame is what stands around every record of a page: the same bytes for each
// of them.
type Frame struct {
	before, after []byte
	meta          int // where in after it is said which values became null; 0: nowhere
}

// Open appends what stands before a record.
func (f *Frame) Open(dst []byte) []byte { return append(dst, f.before...) }

// Close appends what stands behind a record, and ends the line. nulled are the
// JSON pointers of values that became null; most records have none.
func (f *Frame) Close(dst []byte, nulled []string) []byte {
	if len(nulled) == 0 || f.meta == 0 {
		return append(dst, f.after...)
	}
	dst = append(dst, f.after[:f.meta]...)
	dst = appendChanges(dst, nulled)
	return append(dst, f.after[f.meta:]...)
}

// Schema is what the records of a stream are like.
type Schema struct {
	Stream         string
	Document       json.RawMessage // without line breaks
	Keys           []string        // primary key; empty: none
	ReplicationKey string          // "": none
	Version        int64           // of the table that the records are of; 0: none
}

// Covered is a stream that has come further since its last STATE.
type Covered struct {
	Stream  string
	Records int64 // of it that left since then
}

// Event is what happens to a stream, besides that its records come.
type Event int

// The events, in the order in which they come: Started once, Reading before
// its first record and after each Limited, and in the end Complete or
// Incomplete, the latter after Failed where it failed.
const (
	Started Event = iota + 1
	Reading
	Limited  // it waits for a rate limit
	Estimate // it is known how many records are to come
	Failed
	Complete
	Incomplete
)

// News is an event and what belongs to it.
type News struct {
	Event
	Stream  string // "" with Failed: the run itself
	At      time.Time
	Until   time.Time // Limited: when the wait ends
	Records int64     // Estimate
	Failure Failure   // Failed
}

// Failure is why a stream, or the run, failed.
type Failure struct {
	Type    FailureType
	Message string // without secrets
}

// FailureType says who can do something about a failure.
type FailureType string

// The failure types, in Airbyte's words.
const (
	ConfigError    FailureType = "config_error"    // the user: credentials, settings, definition
	TransientError FailureType = "transient_error" // nobody need: the next run may get through
	SystemError    FailureType = "system_error"    // whoever knows the API or this program
)

// Flatten makes the line breaks in line spaces, in place. In proven JSON they
// stand between tokens only.
func Flatten(line []byte) {
	for _, c := range [...]byte{'\n', '\r'} {
		for rest := line; ; {
			i := bytes.IndexByte(rest, c)
			if i < 0 {
				break
			}
			rest[i] = ' '
			rest = rest[i+1:]
		}
	}
}
