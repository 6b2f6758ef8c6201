package tap

import (
	"context"
	"sync"
	"time"

	"github.com/tap-rest/tap-rest/sources/fetch"
)

// blockedAfter is how long a write to stdout takes until it counts as blocked.
const blockedAfter = time.Second

// spool bounds what waits for stdout, in memory and, where there is a journal,
// on disk: while stdout is blocked, pages beyond the memory keep only their
// place in the journal, and are read back when their turn comes. While it is
// not, what waits will soon have its turn, and fetching waits for it. All
// queues of a run share the spool.
type spool struct {
	memory, disk int64 // limits, in bytes
	closed       func() bool

	mu       sync.Mutex
	changed  *sync.Cond
	blocked  bool
	inMemory int64
	onDisk   int64
}

// writing runs a write to stdout, and lets pages out to disk when it is
// blocked.
func (s *spool) writing(write func() error) error {
	timer := time.AfterFunc(blockedAfter, func() { s.block(true) })
	err := write()
	if !timer.Stop() {
		s.block(false)
	}
	return err
}

func (s *spool) block(blocked bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.blocked = blocked
	s.changed.Broadcast()
}

func newSpool(memory, disk int64, closed func() bool) *spool {
	s := &spool{memory: memory, disk: disk, closed: closed}
	s.changed = sync.NewCond(&s.mu)
	return s
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
	restarts int // of the walk, up to here
}

// push adds a page, and waits until there is room for it. The page whose turn
// it is is always admitted, and so is what comes in when the run is stopping:
// no limit can stop what would make room. It reports false when ctx ended.
func (q *queue) push(ctx context.Context, page queued) bool {
	s := q.spool
	defer context.AfterFunc(ctx, s.wake)()
	s.mu.Lock()
	defer s.mu.Unlock()
	for ctx.Err() == nil {
		switch size := int64(len(page.Body)); {
		case len(q.pages) == 0, s.inMemory+size <= s.memory, s.closed():
			s.inMemory += size
		case page.Recorded() && s.blocked && s.onDisk+page.Wire <= s.disk:
			page.Spool()
			s.onDisk += page.Wire
		default:
			s.changed.Wait()
			continue
		}
		q.pages = append(q.pages, page)
		s.changed.Broadcast()
		return true
	}
	page.Release()
	return false
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
	if page.Spooled() {
		s.onDisk -= page.Wire
	} else {
		s.inMemory -= int64(len(page.Body))
	}
	s.changed.Broadcast()
	return page, true
}

// drop gives back what nobody takes any more.
func (q *queue) drop() {
	q.spool.mu.Lock()
	defer q.spool.mu.Unlock()
	for _, page := range q.pages {
		if page.Spooled() {
			q.spool.onDisk -= page.Wire
		} else {
			q.spool.inMemory -= int64(len(page.Body))
			page.Release()
		}
	}
	q.pages = nil
	q.spool.changed.Broadcast()
}
