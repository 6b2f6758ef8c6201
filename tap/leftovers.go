package tap

import (
	"math"
	"sync"
)

// leftover is what the state left open of a context of a stream with parents: the
// page of a parent that leads to that context in this run is open until those
// partitions are done, like one that they come of. So no parent is over, and begins
// anew, while a budget of a few requests a run keeps its children from their end.
// What failed for now in the run before comes last, and no page waits for it.
type leftover struct {
	mu      sync.Mutex
	walks   int     // that are not over
	waiting []*lane // that wait for the walks

	parts int     // that have not ended: the emitter's
	lanes []*lane // that wait for those: the emitter's
}

// leftovers are those of a pass, by context. They are put there before the run
// begins, and looked up from the goroutine that makes partitions.
type leftovers map[uint64]*leftover

// add takes note of a partition of the state.
func (all leftovers) add(context uint64) {
	one := all[context]
	if one == nil {
		one = &leftover{}
		all[context] = one
	}
	one.walks++
	one.parts++
}

// holds makes a lane wait for the walks, where there are any.
func (o *leftover) holds(l *lane) {
	if o == nil {
		return
	}
	l.leftovers = append(l.leftovers, o)
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.walks > 0 {
		o.waiting = append(o.waiting, l)
		l.mu.Lock()
		defer l.mu.Unlock()
		l.active++
	}
}

// walked takes note of walks that are over, or never begin.
func (o *leftover) walked(n int) {
	if o == nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.walks = max(0, o.walks-n); o.walks > 0 {
		return
	}
	for _, l := range o.waiting {
		l.ends()
	}
	o.waiting = nil
}

// release says that no more of them begin.
func (all leftovers) release() {
	for _, o := range all {
		o.walked(math.MaxInt)
	}
}

// more takes note of partitions that take the place of one of them, before its walk
// is over.
func (o *leftover) more(n int) {
	if o != nil {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.walks += n
	}
}
