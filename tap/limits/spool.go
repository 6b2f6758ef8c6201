package limits

import (
	"context"
	"sync"
	"time"

	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/state"
)

const (
	// patience is how long a write to stdout takes until it counts as blocked,
	// and how long a page waits for memory until it goes to disk.
	patience = time.Second
	// placesShare is how much memory the places of pages on disk may take, as a
	// multiple of what pages in memory may.
	placesShare = 4
)

// Spool bounds what waits for stdout, in memory and, where there is a journal,
// on disk: while stdout is blocked, or slower than the API, pages beyond the
// memory keep only their place in the journal, and are read back when their
// turn comes. Otherwise what waits will soon have its turn, and fetching waits
// for it. All queues of a run share the spool.
//
// Nothing bounds what a walk needs to go on at all, nor is it known how large an
// answer will be: on disk, besides the pages that were let out to it, are up to
// three answers of each walk, one that is rendered, one whose turn is next, and
// one that waits here to be let in.
type Spool struct {
	memory, disk int64 // limits, in bytes
	closed       func() bool

	mu       sync.Mutex
	changed  *sync.Cond
	blocked  bool
	inMemory int64
	onDisk   int64
	places   int64 // memory that pages on disk take
}

// NewSpool returns a spool of so many bytes in memory and on disk. closed reports
// whether the run is stopping: all that comes in is let in then.
func NewSpool(memory, disk int64, closed func() bool) *Spool {
	s := &Spool{memory: memory, disk: disk, closed: closed}
	s.changed = sync.NewCond(&s.mu)
	return s
}

// Writing runs a write to stdout, and lets pages out to disk when it is
// blocked.
func (s *Spool) Writing(write func() error) error {
	done := false // under mu: the timer may fire while the write ends
	timer := time.AfterFunc(patience, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.blocked = !done
		s.changed.Broadcast()
	})
	err := write()
	timer.Stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	done, s.blocked = true, false
	return err
}

// Wake makes all who wait look again.
func (s *Spool) Wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changed.Broadcast()
}

// Queue holds the pages of one partition between its walk and its renderer, in
// their order.
type Queue struct {
	spool *Spool
	pages []Queued
	ended bool // no more pages come
}

// Queued is a page that waits for its turn.
type Queued struct {
	*fetch.Page
	Losses state.Losses // of the walk, up to here
}

// NewQueue returns an empty queue.
func (s *Spool) NewQueue() *Queue { return &Queue{spool: s} }

// Push adds a page, and waits until there is room for it. The page whose turn
// it is is always admitted, and so is what comes in when the run is stopping:
// no limit can stop what would make room. It reports false when ctx ended.
func (q *Queue) Push(ctx context.Context, page Queued) bool {
	s := q.spool
	defer context.AfterFunc(ctx, s.Wake)()
	s.mu.Lock()
	defer s.mu.Unlock()
	since := time.Now()
	var late *time.Timer // when patience is over
	for ctx.Err() == nil {
		if q.admit(page, time.Since(since) >= patience) {
			q.pages = append(q.pages, page)
			s.changed.Broadcast()
			return true
		}
		if late == nil {
			late = time.AfterFunc(patience, s.Wake)
			defer late.Stop()
		}
		s.changed.Wait()
	}
	page.Release()
	return false
}

// admit takes room for a page, in memory or on disk, where there is some.
func (q *Queue) admit(page Queued, late bool) bool {
	s := q.spool
	if len(q.pages) > 0 && s.inMemory+page.Held() > s.memory && !s.closed() {
		if !page.Recorded() || !s.blocked && !late || s.onDisk+page.Wire > s.disk {
			return false
		}
		if s.places+fetch.PlaceSize > placesShare*s.memory {
			return false
		}
		page.Spool()
	}
	s.account(page, 1)
	return true
}

// account adds a page to what is held, or takes it away.
func (s *Spool) account(page Queued, sign int64) {
	if page.Spooled() {
		s.onDisk += sign * page.Wire
		s.places += sign * page.Held()
		return
	}
	s.inMemory += sign * page.Held()
}

// End says that no more pages come.
func (q *Queue) End() {
	q.spool.mu.Lock()
	defer q.spool.mu.Unlock()
	q.ended = true
	q.spool.changed.Broadcast()
}

// Pop takes the next page. It reports false when there are no more, or when
// ctx ended.
func (q *Queue) Pop(ctx context.Context) (Queued, bool) {
	s := q.spool
	defer context.AfterFunc(ctx, s.Wake)()
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(q.pages) == 0 && !q.ended && ctx.Err() == nil {
		s.changed.Wait()
	}
	if len(q.pages) == 0 || ctx.Err() != nil {
		return Queued{}, false
	}
	page := q.pages[0]
	q.pages[0] = Queued{}
	q.pages = q.pages[1:]
	s.account(page, -1)
	s.changed.Broadcast()
	return page, true
}

// Drop gives back what nobody takes any more.
func (q *Queue) Drop() {
	q.spool.mu.Lock()
	defer q.spool.mu.Unlock()
	for _, page := range q.pages {
		q.spool.account(page, -1)
		page.Release()
	}
	q.pages = nil
	q.spool.changed.Broadcast()
}
