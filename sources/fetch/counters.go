package fetch

import (
	"maps"
	"sync"
	"sync/atomic"

	"github.com/tap-rest/tap-rest/sources/fetch/pace"
)

// Counters add up what the walks of a stream cost. They may be read at any
// time.
type Counters struct {
	Requests atomic.Int64 // sent, retries and redirects too
	Retries  atomic.Int64
	Wire     atomic.Int64 // bytes of bodies as they came
	Unpriced atomic.Int64 // answers in which the definition's cost had no value
	Unused   atomic.Int64 // answers to requests ahead that no walk came to
	Untagged atomic.Int64 // pages of a stream with etag that say nothing by which to ask only for what has changed
	// Unwitnessed counts walks that ended with an answer without records, where nothing
	// shows that the login still held.
	Unwitnessed atomic.Int64
	Saved       Saved
	Sessions    Sessions
	Answers     Answers
	Walking     atomic.Int64 // walks under way
	pace.Spent
}

// Saved is what the exchanges took, when they were made, that the journal had.
type Saved struct {
	Exchanges atomic.Int64
	Cost      atomic.Int64 // as sources.Cost
	Time      atomic.Int64 // nanoseconds
	Wire      atomic.Int64 // bytes of their bodies
}

// add counts a page that the journal had.
func (s *Saved) add(page *Page) {
	s.Exchanges.Add(1)
	s.Cost.Add(int64(page.cost))
	s.Time.Add(int64(page.Took))
	s.Wire.Add(page.Wire)
}

// Sessions counts how the sessions ended that the walks opened.
type Sessions struct {
	Closed   atomic.Int64 // the API has closed them
	LeftOpen atomic.Int64 // they could not be closed
}

// Answers counts answers by their status. The zero value has none; it may be used from
// any goroutine.
type Answers struct {
	mu  sync.Mutex
	all map[int]int64
}

// NoAnswer stands among statuses for requests that were sent and not answered.
const NoAnswer = 0

// add counts an answer.
func (a *Answers) add(status int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.all == nil {
		a.all = map[int]int64{}
	}
	a.all[status]++
}

// All returns how many answers there were of each status.
func (a *Answers) All() map[int]int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return maps.Clone(a.all)
}
