package stdout

import (
	"time"
)

const (
	// stateShare is the least that is written in all, as a multiple of STATE lines,
	// where a run has many partitions: their state may be large.
	stateShare = 20
	// stateEvery is how often there is a STATE at least.
	stateEvery = 5 * time.Minute
)

// Traffic says when a flush ends with a STATE: each does, unless there are
// many partitions, and STATE lines would be more than a twentieth of what is
// written, the one that will be the last among them.
type Traffic struct {
	Many   bool  // some pass has many partitions
	Last   bool  // what is written now is the last
	all    int64 // bytes that were written
	states int64 // of them, those of STATE lines
	rest   int64 // of the last STATE line, what was not contexts
	since  time.Time
}

// Wrote takes note of so many bytes that are no STATE line.
func (s *Traffic) Wrote(bytes int) { s.all += int64(bytes) }

// Said takes note of a STATE line, which says so much of contexts.
func (s *Traffic) Said(bytes int, now ContextsText) {
	s.all, s.states, s.rest, s.since = s.all+int64(bytes), s.states+int64(bytes), max(0, int64(bytes)-now.Done), time.Now()
}

// Due reports whether the flush ends with a STATE; ended says that with it a
// stream has come to its end.
func (s *Traffic) Due(ended bool, now ContextsText) bool {
	if !s.Many || s.Last || ended || s.since.IsZero() || time.Since(s.since) >= stateEvery {
		return true
	}
	next, last := s.rest+now.Done, s.rest+now.Stay
	return (s.states+next+last)*stateShare <= s.all+next+last
}

// ContextsText is about how many bytes contexts take in a STATE line.
type ContextsText struct {
	Done int64 // now
	Stay int64 // of them, those that do when all passes are over
}
