package tap

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

// spool bounds what waits for stdout, in memory and, where there is a journal,
// on disk: while stdout is blocked, or slower than the API, pages beyond the
// memory keep only their place in the journal, and are read back when their
// turn comes. Otherwise what waits will soon have its turn, and fetching waits
// for it. All queues of a run share the spool.
type spool struct {
	memory, disk int64 // limits, in bytes
	closed       func() bool

	mu       sync.Mutex
	changed  *sync.Cond
	blocked  bool
	inMemory int64
	onDisk   int64
	places   int64 // memory that pages on disk take
}

func newSpool(memory, disk int64, closed func() bool) *spool {
	s := &spool{memory: memory, disk: disk, closed: closed}
	s.changed = sync.NewCond(&s.mu)
	return s
}

// writing runs a write to stdout, and lets pages out to disk when it is
// blocked.
func (s *spool) writing(write func() error) error {
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

// wake makes all who wait look again.
func (s *spool) wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changed.Broadcast()
}

// queue holds the pages of one partition between its walk and its renderer, in
// their order.
type queue struct {
	spool *spool
	pages []queued
	ended bool // no more pages come
}

// queued is a page that waits for its turn.
type queued struct {
	*fetch.Page
	restarts int            // of the walk, up to here
	refused  *state.Refusal // because of which it was restarted; nil: none
}

// push adds a page, and waits until there is room for it. The page whose turn
// it is is always admitted, and so is what comes in when the run is stopping:
// no limit can stop what would make room. It reports false when ctx ended.
func (q *queue) push(ctx context.Context, page queued) bool {
	s := q.spool
	defer context.AfterFunc(ctx, s.wake)()
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
			late = time.AfterFunc(patience, s.wake)
			defer late.Stop()
		}
		s.changed.Wait()
	}
	page.Release()
	return false
}

// admit takes room for a page, in memory or on disk, where there is some.
func (q *queue) admit(page queued, late bool) bool {
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
func (s *spool) account(page queued, sign int64) {
	if page.Spooled() {
		s.onDisk += sign * page.Wire
		s.places += sign * page.Held()
		return
	}
	s.inMemory += sign * page.Held()
}

// end says that no more pages come.
func (q *queue) end() {
	q.spool.mu.Lock()
	defer q.spool.mu.Unlock()
	q.ended = true
	q.spool.changed.Broadcast()
}

// pop takes the next page. It reports false when there are no more, or when
// ctx ended.
func (q *queue) pop(ctx context.Context) (queued, bool) {
	s := q.spool
	defer context.AfterFunc(ctx, s.wake)()
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(q.pages) == 0 && !q.ended && ctx.Err() == nil {
		s.changed.Wait()
	}
	if len(q.pages) == 0 || ctx.Err() != nil {
		return queued{}, false
	}
	page := q.pages[0]
	q.pages[0] = queued{}
	q.pages = q.pages[1:]
	s.account(page, -1)
	s.changed.Broadcast()
	return page, true
}

// drop gives back what nobody takes any more.
func (q *queue) drop() {
	q.spool.mu.Lock()
	defer q.spool.mu.Unlock()
	for _, page := range q.pages {
		q.spool.account(page, -1)
		page.Release()
	}
	q.pages = nil
	q.spool.changed.Broadcast()
}
