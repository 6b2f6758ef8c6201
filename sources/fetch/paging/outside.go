package paging

import (
	"encoding/json"
	"net/http"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch/paging/repeat"
)

// Outside is what a pager needs of the walk around it. Its methods are called
// from the pager's goroutine, while the pager takes an answer or says what a
// request sends, and know the request and the answer under way.
type Outside interface {
	// Eval evaluates a Ref over the answer, with what templates see as page.
	Eval(r sources.Ref, page expr.Value) (expr.Value, error)
	// Seal makes a value of an answer fit to be kept in a position.
	Seal(v expr.Value) (json.RawMessage, error)
	// Open undoes Seal.
	Open(token json.RawMessage) expr.Value
	// Follow makes a URL that the answer names, which may be relative to the one
	// that was asked, fit to be kept. It is an error where the walk must not go
	// there; https then says what to write where http alone is wrong with it.
	Follow(target string, https func() string) (string, error)
	// Answered reports whether a URL is the one that the answer came from.
	Answered(target string) bool
	// Asked is how many records the request asks for, and which of its parameters
	// does; 0 where none does.
	Asked() (n int64, key string)
	// Quote shortens a text of the answer for a message, without its secrets.
	Quote(text string) string
	// Hide takes the secrets out of a text.
	Hide(text string) string
}

// Sent is a value that a request carries to say which page it asks for, in one of
// three places; in none where a template of the definition sends it.
type Sent struct {
	Param, Header string
	Body          string // path in a JSON body
	Value         expr.Value
}

// Answer is a proven answer, as a pager sees it.
type Answer struct {
	Request string // method and URL, redacted
	Status  int
	Header  http.Header
	Body    []byte // decoded; what stands beside the records where those come in pieces
	Beside  []byte // what hints are looked for in: the body, or what stands beside its records
	Records repeat.Records
	Tally   *repeat.Tally // of records that come in pieces; nil: they are in memory
	// Older says that the answer came before that of the page before: it is good
	// only where the API's own counts show that nothing has changed since.
	Older bool
	// Together is how many answers before may have been asked for together with
	// this one, and have come in any order.
	Together int64
	Job      json.RawMessage // the answer asked for a job: what it says of that, sealed
	Files    Files           // of the job, where the page is of one of them
	// Early says that it may have been asked for before the page before had come.
	Early bool
	// Partly says that a rule of the definition takes it for a page, though it is an
	// error or has errors: what it says of those is no news.
	Partly bool
	// Trailer says that Beside is the last of its lines, which is no record like the others.
	Trailer bool
	// Unended says that nothing shows that all of it came: it ends where its connection
	// did, in a format that may end anywhere.
	Unended bool
	Ruling
}

// Ruling is what was decided about an answer before it was read as a page.
type Ruling struct {
	Skipped bool // a rule says that the partition is empty
	Passed  bool // a rule says that it has no records, and names the next page
	Over    bool // it is no page, but the end of the walk: a rule says so,
	Refused bool // or it refuses what lies behind the API's own count
	Empty   bool // it has no records, whatever its body says
}

// Found is what a pager makes of an answer.
type Found struct {
	Next    Position // where the walk goes on; the zero Position after the last page
	Left    Position // of the last page, where a request closes the session: what it leaves behind
	First   bool     // no page of the walk came before
	Begins  bool     // nor of this time, where it is walked again
	Last    bool
	Moved   bool // the API's total changed since the page before
	Repeats bool // it is the page before again, as pages past the end are: its records do not count
	// Repeated is how many of the first records the page before had too.
	Repeated int
	Proof    Proof // of the walk, on its last page
	// Remarks are what a person should know of the walk besides: each is a
	// sentence about something that is no doubt of its end.
	Remarks []string
	// Follows says that the page lies behind the one before, and that its records
	// were not asked for before: false of the first page, and where a walk went
	// back.
	Follows  bool
	Counting Counting
}

// Counting says how sure it is that the pages of a walk are counted.
type Counting int

// How sure it is.
const (
	Uncounted    Counting = iota // or nothing says that they are
	SeemsCounted                 // URLs or tokens hold a number that grows by the records of each page, as keys without gaps do
	Counted
)

// noRecords are the records of a page without any.
type noRecords struct{}

func (noRecords) Len() int          { return 0 }
func (noRecords) Record(int) []byte { return nil }
