package report

import (
	"errors"
	"slices"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/tap/certificate"
)

// Account is what a run came to: for a person to read at its end, and while
// it goes on.
type Account struct {
	Streams []*Stream // in the order of the definition
	Flushes int64
	Stopped string // why the run ended early, "" if it did not
	Started time.Time
	Took    time.Duration
}

// Stream is what one stream came to.
type Stream struct {
	Outcome
	Name       string
	Written    int64  // records on stdout
	Pages      int64  // answers whose records are all on stdout
	Quarantine string // the file of its quarantined records
	Course
	Planned  int64 // partitions that are left to others, who read the plan
	Done     bool
	Came     bool // the API has answered for it in a run before
	Feed     bool // it is read for the sake of its children alone
	Listing  bool // of the files of another stream: nobody knows it by its name
	LeftOut  bool // of a run that reads a range of time again: it is not read by time
	Failures Failures

	Counters    *fetch.Counters    // of its requests
	Certificate certificate.Stream // of its walks that ended
}

// Course is how far a stream is.
type Course struct {
	Partitions int64     // that are done, of a stream with many
	All        int64     // that the run is to read; 0: nobody knows yet, or the stream has one
	Began      int64     // of Total, where the run began
	Reached    int64     // of Total, by now
	Total      int64     // records, pages or files that the API says there are, of a stream with one partition; 0: it does not say
	Bookmark   time.Time // of the last STATE, where that is a time
}

// Reach takes note that the walk of the one partition has come so far, 0 of 0 where the
// API does not say, and whether that is its end.
func (c *Course) Reach(came, total int64, last bool) {
	switch {
	case last:
		c.Reached = c.Total
	case total > 0:
		c.Reached, c.Total = came, total
		c.Began = min(c.Began, came)
	}
}

// Failures are how often the partitions of a stream failed, and one of the reasons.
type Failures struct {
	Count int
	Why   error // the first of those that are for good, else the first; nil: none failed
}

// Fail takes note of a failure.
func (s *Stream) Fail(err error) { s.Failures.add(err) }

func (f *Failures) add(err error) {
	f.Count++
	var before, now *fetch.Error
	if f.Why == nil || errors.As(f.Why, &before) && before.Class == fetch.Transient && (!errors.As(err, &now) || now.Class != fetch.Transient) {
		f.Why = err
	}
}

// Outcome is what a page says of its stream besides its records.
type Outcome struct {
	Counts  Counts
	Notes   []string          // what a person should know of the walk
	Walk    *certificate.Walk // that ended with the page; nil: it goes on
	Skipped string            // the rule of the definition by which there is nothing; "": none
	Skips   int64             // how often
	Partly  bool              // a rule of the definition took an answer for a page that is an error, or has errors
}

// mostNotes is how many notes are kept of a stream: one with many
// partitions may have one of each.
const mostNotes = 20

// Add adds what a page says.
func (s *Stream) Add(page *Outcome) {
	o := &s.Outcome
	o.Counts.add(page.Counts)
	for _, note := range page.Notes {
		o.Note(note)
	}
	if page.Walk != nil {
		s.Certificate.Add(page.Walk)
	}
	if page.Skipped != "" {
		o.Skipped = page.Skipped
		o.Skips++
	}
}

// Note adds a note; "" is none.
func (o *Outcome) Note(note string) {
	if note != "" && len(o.Notes) < mostNotes && !slices.Contains(o.Notes, note) {
		o.Notes = append(o.Notes, note)
	}
}

// Requests returns how many requests were sent, retries too.
func (s *Stream) Requests() int64 { return s.Counters.Requests.Load() }

// Recalled returns how many exchanges the journal had: calls not made.
func (s *Stream) Recalled() int64 { return s.Counters.Saved.Exchanges.Load() }

// Cost returns what the requests cost, by the definition's cost, and what those would
// have that the journal had the answers of.
func (s *Stream) Cost() (spent, saved sources.Cost) {
	return sources.Cost(s.Counters.Cost.Load()), sources.Cost(s.Counters.Saved.Cost.Load())
}

// Retries returns how many requests were sent again.
func (s *Stream) Retries() int64 { return s.Counters.Retries.Load() }

// Waited returns how long requests waited for a rate or before a retry.
func (s *Stream) Waited() time.Duration { return time.Duration(s.Counters.Waited.Load()) }

// Wire returns the bytes of bodies as they came.
func (s *Stream) Wire() int64 { return s.Counters.Wire.Load() }

// Stream returns the stream of a name, nil if there is none.
func (a *Account) Stream(name string) *Stream {
	for _, s := range a.Streams {
		if s.Name == name {
			return s
		}
	}
	return nil
}

// Ended reports whether every stream came to its end, or failed.
func (a *Account) Ended() bool {
	return !slices.ContainsFunc(a.Streams, func(s *Stream) bool { return !s.Done && s.Failures.Why == nil })
}

// Total adds up the streams.
func (a *Account) Total() (records, requests, retries int64, waited time.Duration, wire int64) {
	for _, s := range a.Streams {
		records += s.Written
		requests += s.Requests()
		retries += s.Retries()
		waited += s.Waited()
		wire += s.Wire()
	}
	return records, requests, retries, waited, wire
}

// Cost adds up what the streams cost.
func (a *Account) Cost() (spent, saved sources.Cost) {
	for _, s := range a.Streams {
		paid, kept := s.Cost()
		spent, saved = spent+paid, saved+kept
	}
	return spent, saved
}

// Recalled is how many exchanges came from the journal.
func (a *Account) Recalled() (n int64) {
	for _, s := range a.Streams {
		n += s.Recalled()
	}
	return n
}
