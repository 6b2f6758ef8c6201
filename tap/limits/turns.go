package limits

import (
	"context"
	"sync"
	"time"

	"github.com/tap-rest/tap-rest/sources/fetch"
)

// shortWait is below which a wait is not worth to go on with another walk.
const shortWait = time.Second

// Turns says which walks of a round may go on: run.concurrency of them at a
// time. A walk that waits, with no page of it under way, gives its turn to
// another, and takes one again afterwards, before walks that have not begun. So
// no more walks have pages under way than there are turns.
//
// Of one client no more walks begin than there are turns, but for those that
// wait by themselves: they would wait for the same pace, and the sessions that
// they hold open would grow old.
type Turns struct {
	most int

	mu       sync.Mutex
	changed  *sync.Cond
	free     int
	begun    map[any]int // walks that are not over, nor wait by themselves
	back     []*Turn     // of walks whose wait is over, in their order
	pending  []*Turn     // of walks that have not begun, in their order
	open     int         // walks that are not over
	deferred bool        // one was put off
}

// Turn is that of one walk. Its fields are under the turns' mu.
type Turn struct {
	*Turns
	Walk   int // its number in the round
	client any
	held   bool
	waits  bool
	alone  bool // by itself
	pages  int  // that are fetched, and not rendered
}

var _ fetch.Turn = (*Turn)(nil)

// NewTurns returns the turns of a round of walks, so many at a time: for each
// walk the client that it shares with others.
func NewTurns(most int, clients []any) *Turns {
	most = max(1, most)
	all := &Turns{most: most, free: most, begun: map[any]int{}, open: len(clients)}
	all.changed = sync.NewCond(&all.mu)
	for i, c := range clients {
		all.pending = append(all.pending, &Turn{Turns: all, Walk: i, client: c})
	}
	return all
}

// Next returns the turn of the next walk that may begin, nil after the last.
func (t *Turns) Next() *Turn {
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
func (t *Turns) pick() *Turn {
	if t.free == 0 || len(t.back) > 0 {
		return nil
	}
	for i, one := range t.pending {
		if t.begun[one.client] < t.most {
			t.pending = append(t.pending[:i:i], t.pending[i+1:]...)
			t.begun[one.client]++
			t.free--
			one.held = true
			return one
		}
	}
	return nil
}

// Leave gives the turn to another walk, as soon as no page is under way.
func (t *Turn) Leave(wait time.Duration, alone bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if wait < shortWait {
		return
	}
	t.waits, t.alone = true, alone
	if alone {
		t.begun[t.client]--
	}
	t.changed.Broadcast()
	t.release()
}

// release gives the turn to another walk where this one waits and has no page
// under way; mu is held.
func (t *Turn) release() {
	if t.held && t.waits && t.pages == 0 {
		t.held = false
		t.free++
		t.changed.Broadcast()
	}
}

// Return waits until the walk may go on.
func (t *Turn) Return(ctx context.Context) {
	defer context.AfterFunc(ctx, t.wake)()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.endWait()
	if !t.held {
		t.await(ctx)
	}
}

// endWait says that the walk waits no more; mu is held.
func (t *Turn) endWait() {
	if t.waits && t.alone {
		t.begun[t.client]++
	}
	t.waits, t.alone = false, false
}

// await queues up for a turn; mu is held.
func (t *Turn) await(ctx context.Context) {
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

// Yield lets walks go on whose wait is over, between two pages: one that never
// waits would keep its turn from them to its end.
func (t *Turn) Yield(ctx context.Context) {
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

// Fetched says that a page is under way.
func (t *Turn) Fetched() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.pages++
}

// Rendered says that a page is no longer under way.
func (t *Turn) Rendered() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.pages--
	t.changed.Broadcast()
	t.release()
}

// Over gives the turn back: the walk is over.
func (t *Turn) Over() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.endWait()
	t.begun[t.client]--
	t.open--
	if t.held {
		t.held = false
		t.free++
	}
	t.changed.Broadcast()
}

// PutOff reports whether the walk, which failed for now, is to be tried again
// when the others of the round are done: where there are none, there is nothing
// to be done first.
func (t *Turn) PutOff() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.deferred = t.open > 1 || t.deferred
	return t.deferred
}

// wake makes all who wait look again.
func (t *Turns) wake() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.changed.Broadcast()
}
