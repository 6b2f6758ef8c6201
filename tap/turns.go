package tap

import (
	"context"
	"sync"
	"time"

	"github.com/tap-rest/tap-rest/sources/fetch"
)

// shortWait is below which a wait is not worth to go on with another walk.
const shortWait = time.Second

// turns says which walks of a round may go on: run.concurrency of them at a
// time. A walk that waits, with no page of it under way, gives its turn to
// another, and takes one again afterwards, before walks that have not begun. So
// no more walks have pages under way than there are turns.
//
// Of one client no more walks begin than there are turns, but for those that
// wait by themselves: they would wait for the same pace, and the sessions that
// they hold open would grow old.
type turns struct {
	most int

	mu       sync.Mutex
	changed  *sync.Cond
	free     int
	begun    map[*fetch.Client]int // walks that are not over, nor wait by themselves
	back     []*turn               // of walks whose wait is over, in their order
	pending  []*turn               // of walks that have not begun, in their order
	open     int                   // walks that are not over
	deferred bool                  // one was put off
}

// turn is that of one walk. Its fields are under the turns' mu.
type turn struct {
	*turns
	worker *worker
	again  bool // the walk is to be tried again
	held   bool
	waits  bool
	alone  bool // by itself
	pages  int  // that are fetched, and not rendered
}

var _ fetch.Turn = (*turn)(nil)

// newTurns returns the turns of a round of walks, so many at a time.
func newTurns(most int, workers []*worker) *turns {
	most = max(1, most)
	all := &turns{most: most, free: most, begun: map[*fetch.Client]int{}, open: len(workers)}
	all.changed = sync.NewCond(&all.mu)
	for _, w := range workers {
		all.pending = append(all.pending, &turn{turns: all, worker: w})
	}
	return all
}

// next returns the turn of the next walk that may begin, nil after the last.
func (t *turns) next() *turn {
	t.mu.Lock()
	defer t.mu.Unlock()
	for len(t.pending) > 0 {
		if one := t.pick(); one != nil {
			return one
		}
		t.changed.Wait()
	}
	return nil
}

// pick takes the first walk that may begin, nil where none may; mu is held.
func (t *turns) pick() *turn {
	if t.free == 0 || len(t.back) > 0 {
		return nil
	}
	for i, one := range t.pending {
		if client := one.worker.client; t.begun[client] < t.most {
			t.pending = append(t.pending[:i:i], t.pending[i+1:]...)
			t.begun[client]++
			t.free--
			one.held = true
			return one
		}
	}
	return nil
}

// Leave gives the turn to another walk, as soon as no page is under way.
func (t *turn) Leave(wait time.Duration, alone bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if wait < shortWait {
		return
	}
	t.waits, t.alone = true, alone
	if alone {
		t.begun[t.worker.client]--
	}
	t.changed.Broadcast()
	t.release()
}

// release gives the turn to another walk where this one waits and has no page
// under way; mu is held.
func (t *turn) release() {
	if t.held && t.waits && t.pages == 0 {
		t.held = false
		t.free++
		t.changed.Broadcast()
	}
}

// Return waits until the walk may go on.
func (t *turn) Return(ctx context.Context) {
	defer context.AfterFunc(ctx, t.wake)()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.endWait()
	if !t.held {
		t.await(ctx)
	}
}

// endWait says that the walk waits no more; mu is held.
func (t *turn) endWait() {
	if t.waits && t.alone {
		t.begun[t.worker.client]++
	}
	t.waits, t.alone = false, false
}

// await queues up for a turn; mu is held.
func (t *turn) await(ctx context.Context) {
	t.back = append(t.back, t)
	t.changed.Broadcast() // those that go on may give way
	for ctx.Err() == nil && (t.free == 0 || t.back[0] != t) {
		t.changed.Wait()
	}
	if t.free > 0 && t.back[0] == t {
		t.held = true
		t.free--
	}
	for i, one := range t.back {
		if one == t {
			t.back = append(t.back[:i:i], t.back[i+1:]...)
			break
		}
	}
	t.changed.Broadcast()
}

// yield lets walks go on whose wait is over, between two pages: one that never
// waits would keep its turn from them to its end.
func (t *turn) yield(ctx context.Context) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.back) == 0 {
		return
	}
	defer context.AfterFunc(ctx, t.wake)()
	for len(t.back) > 0 && t.free == 0 && t.pages > 0 && ctx.Err() == nil {
		t.changed.Wait()
	}
	if len(t.back) > 0 && t.free == 0 && ctx.Err() == nil {
		t.waits = true
		t.release()
		t.endWait()
		t.await(ctx)
	}
}

// fetched says that a page is under way.
func (t *turn) fetched() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.pages++
}

// rendered says that a page is no longer under way.
func (t *turn) rendered() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.pages--
	t.changed.Broadcast()
	t.release()
}

// over gives the turn back: the walk is over.
func (t *turn) over() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.endWait()
	t.begun[t.worker.client]--
	t.open--
	if t.held {
		t.held = false
		t.free++
	}
	t.changed.Broadcast()
}

// putOff reports whether the walk, which failed for now, is to be tried again
// when the others of the round are done: where there are none, there is nothing
// to be done first.
func (t *turn) putOff() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.again = t.open > 1 || t.deferred
	t.deferred = t.again
	return t.again
}

// wake makes all who wait look again.
func (t *turns) wake() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.changed.Broadcast()
}
