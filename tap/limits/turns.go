package limits

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/tap-rest/tap-rest/sources/fetch/pace"
)

// shortWait is below which a wait is not worth to go on with another walk.
const shortWait = time.Second

// Turns says which walks may go on: run.concurrency of them at a time. A walk
// that waits, with no page of it under way, gives its turn to another, and takes
// one again afterwards, before walks that have not begun. So no more walks have
// pages under way than there are turns.
//
// Of one client, and of one group, no more walks begin than there are turns, but
// for those of a client that wait by themselves: they would wait for the same
// pace, and the sessions that they hold open would grow old.
type Turns struct {
	most int

	mu                    sync.Mutex
	changed               *sync.Cond
	free                  int
	begun                 map[any]int     // of each client: walks that are not over, nor wait by themselves
	groups                map[any]*group  // that have walks which are not over, or lanes
	lanes                 []*lane         // that may have more walks, in the order they came
	back                  []*Turn         // of walks whose wait is over, in their order
	late                  []*Turn         // of walks that were put off, in their order
	open                  int             // walks that are not over, nor put off
	resting               int             // of them, those that wait for their children
	served                int             // walks that began
	lateOpen, lateResting int             // of those that are open, and that rest, the ones that were put off before
	silent                map[any]silence // clients whose API does not answer
}

// Lane are walks of a group that share a client, in their order.
type Lane struct {
	Group  any // a stream
	Client any
	Depth  int  // of two groups, the deeper one is served first
	Single bool // there is one walk
	// Next returns what does the next walk, nil after the last. It is called from
	// one goroutine, when the walk may begin. The walk is done once more where it
	// returns again: when nothing else can go on, or, of several, when no more begin.
	Next func() func(*Turn) (again bool)
}

type lane struct {
	Lane
	group *group
}

// group is what is known of the walks of a group.
type group struct {
	open, held int // walks that are not over; those that hold a turn
	served     int // when one of them began last
}

// Turn is that of one walk. Its fields are under the turns' mu.
type Turn struct {
	*Turns
	lane  *lane
	walk  func(*Turn) bool
	held  bool
	waits bool
	alone bool // by itself
	rests bool // for its children
	last  bool // it was put off before
	pages int  // that are fetched, and not rendered
}

var _ pace.Turn = (*Turn)(nil)

// NewTurns returns so many turns.
func NewTurns(most int) *Turns {
	most = max(1, most)
	all := &Turns{most: most, free: most, begun: map[any]int{}, groups: map[any]*group{}, silent: map[any]silence{}}
	all.changed = sync.NewCond(&all.mu)
	return all
}

// Lane adds walks, behind those that are there.
func (t *Turns) Lane(l Lane) {
	t.mu.Lock()
	defer t.mu.Unlock()
	g := t.groups[l.Group]
	if g == nil {
		g = &group{}
		t.groups[l.Group] = g
	}
	t.lanes = append(t.lanes, &lane{l, g})
	t.changed.Broadcast()
}

// Run makes walks begin until there are no more, and waits until all are over. No
// more begin once stop is closed.
func (t *Turns) Run(stop <-chan struct{}) {
	var walks sync.WaitGroup
	ended := make(chan struct{})
	defer close(ended)
	go func() {
		select {
		case <-stop:
			t.wake()
		case <-ended:
		}
	}()
	for one := t.next(stop); one != nil; one = t.next(stop) {
		walks.Go(func() {
			one.over(one.walk(one))
		})
	}
	walks.Wait()
	for _, one := range t.leftLate() {
		one.over(one.walk(one))
	}
}

// leftLate returns the turns of walks that were put off, and not tried again before
// the run's end: they can say so.
func (t *Turns) leftLate() (all []*Turn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, one := range t.late {
		if !one.lane.Single {
			one.last = true
			one.take()
			all = append(all, one)
		}
	}
	t.late = nil
	return all
}

// next returns the turn of the next walk, nil after the last.
func (t *Turns) next(stop <-chan struct{}) *Turn {
	t.mu.Lock()
	defer t.mu.Unlock()
	for {
		select {
		case <-stop:
			return nil
		default:
		}
		l, late := t.pick(), t.pickLate()
		switch {
		case l != nil:
			if one := t.begin(l); one != nil {
				return one
			}
		case late != nil:
			return late
		case len(t.lanes)+t.open+len(t.late) == 0:
			return nil
		case t.giveUp():
		default:
			t.changed.Wait()
		}
	}
}

// pick returns the lane whose next walk may begin, nil where none may: of the
// groups, the one that holds the fewest turns; mu is held.
func (t *Turns) pick() (best *lane) {
	if t.free == 0 || len(t.back) > 0 {
		return nil
	}
	for _, l := range t.lanes {
		if t.begun[l.Client] < t.most && l.group.open < t.most && !t.held(l) && (best == nil || l.before(best)) {
			best = l
		}
	}
	return best
}

// before reports whether a lane is served before another one that came earlier.
func (l *lane) before(other *lane) bool {
	return cmp.Or(cmp.Compare(l.group.held, other.group.held), cmp.Compare(other.Depth, l.Depth), cmp.Compare(l.group.served, other.group.served)) < 0
}

// begin makes the next walk of a lane begin; mu is held. It returns nil after the
// last.
func (t *Turns) begin(l *lane) *Turn {
	one := &Turn{Turns: t, lane: l}
	one.take()
	t.mu.Unlock()
	walk := l.Next()
	t.mu.Lock()
	if walk == nil {
		one.giveBack()
	}
	if walk == nil || l.Single {
		t.remove(l)
	}
	if walk == nil {
		return nil
	}
	one.walk = walk
	return one
}

// remove forgets a lane; mu is held.
func (t *Turns) remove(l *lane) {
	for i := range t.lanes {
		if t.lanes[i] == l {
			t.lanes = append(t.lanes[:i:i], t.lanes[i+1:]...)
			break
		}
	}
	t.changed.Broadcast()
}

// pickLate makes the first walk begin again that was put off, where nothing else
// can go on; mu is held.
func (t *Turns) pickLate() *Turn {
	if t.free == 0 || len(t.back) > 0 || len(t.late) == 0 || !t.stuck() {
		return nil
	}
	for i, one := range t.late {
		if t.held(one.lane) {
			if t.silent[one.lane.Client] == asked {
				continue
			}
			t.silent[one.lane.Client] = asked
		}
		t.late = slices.Delete(t.late, i, i+1)
		one.last = true
		one.take()
		return one
	}
	return nil
}

// stuck reports whether nothing but what was put off can go on; mu is held.
func (t *Turns) stuck() bool {
	for _, l := range t.lanes {
		if l.group.open < t.most && !t.held(l) {
			return false
		}
	}
	return t.open-t.lateOpen == t.resting-t.lateResting
}

// take takes a turn for a walk that begins; mu is held.
func (t *Turn) take() {
	t.held = true
	t.free--
	t.open++
	t.served++
	t.begun[t.lane.Client]++
	t.lane.group.open++
	t.lane.group.held++
	t.lane.group.served = t.served
	if t.last {
		t.lateOpen++
	}
}

// giveBack undoes take; mu is held.
func (t *Turn) giveBack() {
	t.drop()
	t.open--
	t.begun[t.lane.Client]--
	t.lane.group.open--
	if t.last {
		t.lateOpen--
	}
}

// drop gives the turn to others; mu is held.
func (t *Turn) drop() {
	if t.held {
		t.held = false
		t.free++
		t.lane.group.held--
		t.changed.Broadcast()
	}
}

// Last reports whether the walk was put off before: it is not again.
func (t *Turn) Last() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.last
}

// Leave gives the turn to another walk, as soon as no page is under way.
func (t *Turn) Leave(wait time.Duration, alone bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if wait >= shortWait {
		t.leave(alone)
	}
}

// LeaveForChildren gives the turn to another walk until those are done that the
// pages of this one lead to.
func (t *Turn) LeaveForChildren() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rests = true
	t.rest(1)
	t.leave(true)
}

// rest counts a walk that waits for its children; mu is held.
func (t *Turn) rest(n int) {
	t.resting += n
	if t.last {
		t.lateResting += n
	}
}

func (t *Turn) leave(alone bool) {
	t.waits, t.alone = true, alone
	if alone {
		t.begun[t.lane.Client]--
	}
	t.changed.Broadcast()
	t.release()
}

// release gives the turn to another walk where this one waits and has no page
// under way; mu is held.
func (t *Turn) release() {
	if t.waits && t.pages == 0 {
		t.drop()
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
		t.begun[t.lane.Client]++
	}
	if t.rests {
		t.rest(-1)
	}
	t.waits, t.alone, t.rests = false, false, false
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
		t.lane.group.held++
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

// over gives the turn back: the walk is over, or put off.
func (t *Turn) over(again bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.endWait()
	t.giveBack()
	if again {
		t.late = append(t.late, t)
	}
	t.changed.Broadcast()
}

// PutOff reports whether the walk, which failed for now, is to be tried again
// when nothing else can go on: where there is nothing else, there is nothing to
// be done first.
func (t *Turn) PutOff() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return !t.last && (t.open > 1 || len(t.lanes) > 0 || len(t.late) > 0)
}

// wake makes all who wait look again.
func (t *Turns) wake() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.changed.Broadcast()
}
