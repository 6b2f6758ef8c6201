package paging

import (
	"fmt"

	"github.com/tap-rest/tap-rest/sources"
)

// maxWalks is how often a walk with on_incomplete: again is done at most.
const maxWalks = 5

// Again is where a walk stands that is done until two agree: on_incomplete says
// again. Each goes on behind the pages of the one before, so that a journal
// keeps them apart.
type Again struct {
	Walk   int     `json:"walk"`             // its number, from 1
	At     int64   `json:"at"`               // pages before it
	Sum    Digest  `json:"sum"`              // of its records so far
	Before *Digest `json:"before,omitempty"` // of the walk before; nil: there was none
}

// sumUp adds the records of a page to what is known of its walk.
func (l *leg) sumUp() {
	if l.stream.OnIncomplete != sources.Again || l.eye == nil {
		return
	}
	a := Again{Walk: 1}
	if l.from.Again != nil {
		a = *l.from.Again
	}
	a.Sum.add(l.eye.sum)
	l.next.Again = &a
}

// walkAgain reports whether a walk that has ended is to be done again, and
// moves next to its start. One that was a single answer was true at one time.
func (l *leg) walkAgain() bool {
	next := &l.next
	a := next.Again
	switch {
	case a == nil:
		return false
	case a.Walk == 1 && next.Pages == 1, a.Before != nil && *a.Before == a.Sum:
		next.Doubts, next.Shrunk = nil, 0 // two walks agree
		return false
	case a.Walk == maxWalks:
		next.doubt(Doubt{
			Key: "on_incomplete", Value: fmt.Sprintf("again, but of %d walks no two in a row had the same records", maxWalks),
			Advice: "read the stream when less is changed, or in smaller windows; without a primary_key and a replication_key, " +
				"records must be the same each time they come",
		})
		return false
	}
	start := l.stream.Pagination.Start
	*next = Position{
		Number: start, Offset: start, Pages: next.Pages,
		Again: &Again{Walk: a.Walk + 1, At: next.Pages, Before: &a.Sum},
	}
	return true
}
