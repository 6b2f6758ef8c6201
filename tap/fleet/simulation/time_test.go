package simulation

import (
	"container/heap"
	"math/rand/v2"
	"time"

	"github.com/tap-rest/tap-rest/tap/fleet/budget/ledger"
)

// world is where everything happens, one thing after the other.
type world struct {
	now    ledger.Time
	random *rand.Rand
	timers timers
	set    uint64 // how many timers were
}

func newWorld(seed uint64) *world {
	return &world{now: 1_800_000_000_000_000_000, random: rand.New(rand.NewPCG(seed, 3))}
}

// timer is something that happens at a time; it may be set again and again.
type timer struct {
	do    func()
	at    ledger.Time
	order uint64 // of those of one time, who was set first comes first
	place int    // in the heap, from 1 on; 0: it is not set
}

// in sets a timer, also one that is set already.
func (w *world) in(d time.Duration, t *timer) {
	w.set++
	t.at, t.order = w.now.Add(d), w.set
	if t.place > 0 {
		heap.Fix(&w.timers, t.place-1)
		return
	}
	heap.Push(&w.timers, t)
}

// stop makes a timer one that is not set.
func (w *world) stop(t *timer) {
	if t.place > 0 {
		heap.Remove(&w.timers, t.place-1)
	}
}

// run lets time pass until something is true, or nothing is left to happen.
func (w *world) run(over func() bool) {
	for len(w.timers) > 0 && !over() {
		t := heap.Pop(&w.timers).(*timer)
		w.now = t.at
		t.do()
	}
}

// upTo is a random time below another one.
func (w *world) upTo(d time.Duration) time.Duration { return time.Duration(w.random.Int64N(int64(d))) }

// timers are a heap, of which the next one is first.
type timers []*timer

func (h timers) Len() int { return len(h) }

func (h timers) Less(a, b int) bool {
	return h[a].at < h[b].at || h[a].at == h[b].at && h[a].order < h[b].order
}

func (h timers) Swap(a, b int) {
	h[a], h[b] = h[b], h[a]
	h[a].place, h[b].place = a+1, b+1
}

func (h *timers) Push(t any) {
	one := t.(*timer)
	*h = append(*h, one)
	one.place = len(*h)
}

func (h *timers) Pop() any {
	last := len(*h) - 1
	one := (*h)[last]
	(*h)[last], *h = nil, (*h)[:last]
	one.place = 0
	return one
}
