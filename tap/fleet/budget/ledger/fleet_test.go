package ledger

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// fleet is some workers of an API and the bucket with their ledger, in a world of its own
// time.
type fleet struct {
	terms   *Terms
	random  *rand.Rand
	now     Time
	ledger  *Ledger
	changes int // how often the ledger was changed
	tries   int // how often somebody tried to
	workers []*worker
	calls   []call
	jitter  time.Duration // how much longer a call may be on its way than another
	flying  int
	most    int // that were flying at a time
}

// call is a request that reached the API.
type call struct {
	at     Time
	worker int
	class  Class
	cost   Amount
}

// worker is one of them.
type worker struct {
	*Holder
	number   int
	off      time.Duration // what its clock is wrong by
	unsure   time.Duration // what it knows of that
	class    func() (Class, Amount)
	threads  int // requests that it would have in flight
	latency  time.Duration
	paused   Time // until then
	dead     bool
	flying   []flight // of each thread
	lease    *lease   // under way
	got      int
	started  Time // when it was
	longest  time.Duration
	lastCall Time
}

type flight struct {
	use Use
	end Time
	is  bool
}

// lease is one that is under way: the ledger was read, and will be written.
type lease struct {
	ask     Ask
	grant   Grant
	changed *Ledger
	from    Time // when it is read
	of      int  // the change that was read
	at      Time
	times   int // that others were faster
	lost    bool
}

// calls is how many of a worker's calls are under way.
func (w *worker) calls() (n int) {
	for _, fl := range w.flying {
		if fl.is {
			n++
		}
	}
	return n
}

func newFleet(t *Terms, seed uint64) *fleet {
	return &fleet{terms: t, random: rand.New(rand.NewPCG(seed, 1)), now: 1_800_000_000_000_000_000, ledger: &Ledger{}}
}

func (f *fleet) add(w *worker) *worker {
	w.number = len(f.workers)
	w.Holder = NewHolder(f.terms, fmt.Sprintf("w%d", w.number))
	w.flying = nil
	w.started, w.lastCall = f.now, f.now
	f.workers = append(f.workers, w)
	return w
}

// run lets time pass, in steps.
func (f *fleet) run(d, step time.Duration, each func()) {
	for end := f.now.Add(d); f.now < end; f.now = f.now.Add(step) {
		for _, i := range f.random.Perm(len(f.workers)) {
			w := f.workers[i]
			if !w.dead && w.paused <= f.now {
				f.step(w)
			}
		}
		if each != nil {
			each()
		}
	}
}

func (f *fleet) step(w *worker) {
	now := Now{f.now.Add(w.off), w.unsure}
	for thread := range w.flying {
		if fl := &w.flying[thread]; fl.is && fl.end <= f.now {
			w.Done(fl.use)
			fl.is = false
			f.flying--
		}
	}
	for thread := range w.threads {
		if thread == len(w.flying) {
			w.flying = append(w.flying, flight{})
		}
		if w.flying[thread].is {
			continue
		}
		class, cost := w.class()
		use, _, ok := w.Take(Request{class, cost, thread}, now)
		if !ok {
			continue
		}
		f.flying++
		f.most = max(f.most, f.flying)
		w.flying[thread] = flight{use, f.now.Add(w.latency), true}
		w.got++
		w.longest, w.lastCall = max(w.longest, f.now.Sub(w.lastCall)), f.now
		f.calls = append(f.calls, call{f.now.Add(f.upTo(f.jitter + 1)), w.number, class, cost})
	}
	f.leases(w, now)
}

// leases goes on with a worker's lease, or begins one.
func (f *fleet) leases(w *worker, now Now) {
	if w.lease == nil {
		if at, ok := w.Due(now); ok && at <= now.At {
			w.lease = &lease{from: f.now}
		}
	}
	l := w.lease
	if l == nil || f.now < l.from {
		return
	}
	if l.changed == nil {
		l.ask, l.of, l.at = w.Ask(now), f.changes, f.now.Add(f.upTo(3*time.Millisecond))
		l.changed = f.ledger.Clone()
		if l.grant = l.changed.Lease(f.terms, &l.ask); l.grant.Same {
			w.lease = nil
			w.Granted(&l.ask, l.grant)
		}
		return
	}
	if f.now < l.at {
		return
	}
	f.tries++
	if l.of != f.changes {
		l.times++
		l.from, l.changed = f.now.Add(Backoff(l.times, f.random.Float64())), nil
		return
	}
	f.ledger = l.changed
	f.changes++
	w.lease = nil
	if l.lost {
		w.Lost(&l.ask)
	} else {
		w.Granted(&l.ask, l.grant)
	}
}

// worst returns the most that a limit counted in any span of its time.
func (f *fleet) worst(limit int) (most Amount) {
	l := f.terms.Limits[limit]
	var calls []call
	for _, c := range f.calls {
		if c.class.has(limit) {
			calls = append(calls, c)
		}
	}
	slices.SortFunc(calls, func(a, b call) int { return int(a.at - b.at) })
	sum, first := Amount(0), 0
	for _, c := range calls {
		sum += l.unit(c.cost)
		for c.at.Sub(calls[first].at) >= l.Per {
			sum -= l.unit(calls[first].cost)
			first++
		}
		most = max(most, sum)
	}
	return most
}

func all() (Class, Amount) { return 1, One }

func perSecond(n int) *Terms {
	return &Terms{Limits: []Limit{{Most: One * Amount(n), Per: time.Second}}}
}

// TestThreeWorkers: three workers of an API that takes 40 requests a second never send more,
// and nearly as many; each gets its part.
func TestThreeWorkers(t *testing.T) {
	f := newFleet(perSecond(40), 1)
	f.jitter = 40 * time.Millisecond
	for range 3 {
		f.add(&worker{class: all, threads: 4, latency: 100 * time.Millisecond, off: f.upTo(4*time.Millisecond) - 2*time.Millisecond, unsure: 2 * time.Millisecond})
	}
	f.run(30*time.Second, time.Millisecond, nil)
	if most := f.worst(0); most > 40*One {
		t.Errorf("%d in a second, want 40 at most", most/One)
	}
	if n := len(f.calls); n < 30*40*87/100 {
		t.Errorf("%d calls in 30 s, want nearly 1200", n)
	}
	for _, w := range f.workers {
		if w.got < 300 || w.got > 480 {
			t.Errorf("worker %d made %d of %d calls", w.number, w.got, len(f.calls))
		}
	}
	t.Logf("%d calls, %d leases, %d tries, %v", len(f.calls), f.changes, f.tries, []int{f.workers[0].got, f.workers[1].got, f.workers[2].got})
}

// upTo is a random duration below another one.
func (f *fleet) upTo(d time.Duration) time.Duration { return time.Duration(f.random.Int64N(int64(d))) }

// chances are a random fleet: its terms, and what its workers do.
func chances(seed uint64) *fleet {
	r := rand.New(rand.NewPCG(seed, 2))
	pick := func(n ...int) int { return n[r.IntN(len(n))] }
	t := &Terms{Places: pick(0, 1, 3, 8, 40)}
	for range 1 + r.IntN(3) {
		l := Limit{Most: One * Amount(pick(1, 2, 7, 40, 300)), Points: r.IntN(3) == 0}
		l.Per = time.Duration(pick(100, 1000, 1000, 5000, 60_000, 86_400_000)) * time.Millisecond
		t.Limits = append(t.Limits, l)
	}
	f := newFleet(t, seed)
	f.jitter = t.Limits[0].Per
	for _, l := range t.Limits {
		f.jitter = min(f.jitter, l.Per/16)
	}
	f.jitter = min(f.jitter, time.Second)
	for range 1 + r.IntN(6) {
		unsure := time.Duration(pick(0, 1, 5, 40, 200)) * time.Millisecond
		mask, dear := Class(pick(1, 1<<len(t.Limits)-1)), Amount(pick(1, 1, 3, 20))
		w := &worker{
			class:   func() (Class, Amount) { return mask, One + One*Amount(r.Int64N(int64(dear))) },
			threads: pick(1, 4, 10), latency: time.Duration(pick(3, 50, 400, 3000)) * time.Millisecond, unsure: unsure,
		}
		if unsure > 0 {
			w.off = time.Duration(r.Int64N(int64(2*unsure))) - unsure
		}
		f.add(w)
	}
	return f
}

// disturb pauses workers, kills them, and loses the answers to what they write.
func (f *fleet) disturb() {
	w := f.workers[f.random.IntN(len(f.workers))]
	switch f.random.IntN(3000) {
	case 0:
		w.paused = f.now.Add(f.upTo(3 * time.Second))
	case 1, 2, 3, 4:
		if w.lease != nil {
			w.lease.lost = true
		}
	case 5:
		if w.off != 0 {
			w.off = f.upTo(2*w.unsure) - w.unsure
		}
	case 6:
		if !w.dead && len(f.workers) < 12 {
			next := *w
			w.dead = true
			f.flying -= w.calls()
			f.add(&next).lease = nil
		}
	}
}

// holds checks what must be true of a fleet whatever happened.
func (f *fleet) holds(t *testing.T) {
	t.Helper()
	for i, l := range f.terms.Limits {
		if most := f.worst(i); most > l.Most {
			t.Errorf("%v of limit %d %+v in its time", float64(most)/float64(One), i, l)
		}
	}
	if f.terms.Places > 0 && f.most > f.terms.Places {
		t.Errorf("%d in flight, want %d at most", f.most, f.terms.Places)
	}
}

func checkChances(t *testing.T, seed uint64) {
	f := chances(seed)
	f.run(8*time.Second, 2*time.Millisecond, f.disturb)
	f.holds(t)
	dead := slices.ContainsFunc(f.workers, func(w *worker) bool { return w.dead })
	if len(f.calls) == 0 && !dead { // a dead worker may have the only place
		t.Error("no calls")
	}
	if t.Failed() {
		t.Logf("seed %d: %+v, %d workers, %d calls", seed, *f.terms, len(f.workers), len(f.calls))
	}
}

// TestNeverMoreThanTheLimit: whatever the limits are, and however workers are paused, die,
// start, lose answers and err about the time, no limit is passed.
func TestNeverMoreThanTheLimit(t *testing.T) {
	n := uint64(120)
	if testing.Short() {
		n = 30
	}
	for seed := range n {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { checkChances(t, seed) })
	}
}

func FuzzNeverMoreThanTheLimit(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(checkChances)
}

// in counts the calls of a worker in a time.
func (f *fleet) in(w *worker, from, till Time) (n int) {
	for _, c := range f.calls {
		if c.worker == w.number && from <= c.at && c.at < till {
			n++
		}
	}
	return n
}

// TestFairParts: each worker gets the same, within a fifth, whatever others want; who wants
// less gets that, and the others the rest; what is nobody's part is used.
func TestFairParts(t *testing.T) {
	for _, tt := range []struct {
		name    string
		terms   *Terms
		threads []int // of each worker
		want    []int // calls in the last 40 s
		all     int
	}{
		{"as hungry as each other", perSecond(40), []int{4, 4, 4, 4}, []int{372, 372, 372, 372}, 1480},
		{"one wants more", perSecond(40), []int{20, 4, 4}, []int{490, 490, 490}, 1480},
		{"one has few requests", perSecond(60), []int{1, 12, 12}, []int{400, 900, 900}, 2200},
		{"more workers than starts in an epoch", perSecond(5), slices.Repeat([]int{2}, 20), slices.Repeat([]int{9}, 20), 180},
		{"places", &Terms{Places: 6}, []int{10, 10, 10}, []int{800, 800, 800}, 2300},
		{"places that one does not want", &Terms{Places: 6}, []int{1, 10, 10}, []int{400, 1000, 1000}, 2300},
		{"more workers than places", &Terms{Places: 2}, []int{1, 1, 4, 1, 1}, []int{160, 160, 160, 160, 160}, 780},
		{"a long limit", &Terms{Limits: []Limit{{Most: 6000 * One, Per: time.Hour}}}, []int{4, 4}, []int{1600, 1600}, 3200},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFleet(tt.terms, 3)
			for _, n := range tt.threads {
				w := f.add(&worker{class: all, threads: n, latency: 100 * time.Millisecond, unsure: time.Millisecond})
				if len(tt.terms.Limits) == 0 {
					w.class = func() (Class, Amount) { return 0, 0 }
				}
			}
			step := 2 * time.Millisecond
			if testing.Short() {
				step = 5 * time.Millisecond
			}
			f.run(50*time.Second, step, nil)
			f.holds(t)
			sum := 0
			for i, w := range f.workers {
				n := f.in(w, f.now.Add(-40*time.Second), f.now)
				sum += n
				if n < tt.want[i]*8/10 || n > max(tt.want[i]*12/10, tt.want[i]+2) {
					t.Errorf("worker %d made %d calls in 40 s, want %d", i, n, tt.want[i])
				}
			}
			if sum < tt.all*9/10 {
				t.Errorf("%d calls in 40 s, want %d", sum, tt.all)
			}
			t.Logf("%d calls, %d leases in %d tries", sum, f.changes, f.tries)
		})
	}
}

// TestDeadWorkers: what a dead worker held comes back: its starts with the next lease, its
// places once it has not been heard of for as long as it held them.
func TestDeadWorkers(t *testing.T) {
	for _, tt := range []struct {
		name  string
		terms *Terms
		after time.Duration
		all   int // calls in 20 s from then on
	}{
		{"places of a limit", perSecond(40), HoldLife + 2*time.Second, 20 * 40 * 85 / 100},
		{"places", &Terms{Places: 6}, HoldLife, 20 * 60 * 95 / 100},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFleet(tt.terms, 5)
			for range 3 {
				w := f.add(&worker{class: all, threads: 8, latency: 100 * time.Millisecond, unsure: time.Millisecond})
				if len(tt.terms.Limits) == 0 {
					w.class = func() (Class, Amount) { return 0, 0 }
				}
			}
			f.run(5*time.Second, 2*time.Millisecond, nil)
			for _, w := range f.workers[:2] {
				w.dead = true
				f.flying -= w.calls()
			}
			f.run(tt.after+20*time.Second, 2*time.Millisecond, nil)
			f.holds(t)
			if n := f.in(f.workers[2], f.now.Add(-20*time.Second), f.now); n < tt.all {
				t.Errorf("the worker that is left made %d calls in 20 s, want %d", n, tt.all)
			}
		})
	}
}

// TestLeave: a worker that ends gives back what it has not used.
func TestLeave(t *testing.T) {
	terms := &Terms{Limits: []Limit{{Most: 100 * One, Per: 24 * time.Hour}}, Places: 3}
	f := newFleet(terms, 5)
	w := f.add(&worker{class: all, threads: 4, latency: time.Hour, unsure: time.Millisecond})
	f.run(2*time.Second, 2*time.Millisecond, nil)
	a := w.Leave(Now{f.now, time.Millisecond})
	f.ledger.Lease(terms, &a)
	left := Amount(0)
	for _, s := range f.ledger.Spent[0] {
		left += s.Cost
	}
	if left != 3*One || len(f.ledger.Members)+len(f.ledger.Holds) != 0 {
		t.Errorf("the ledger after three calls: %+v", f.ledger)
	}
}

// TestPlacesComeBack: places that a worker has taken of a limit are nobody else's for the
// limit's time, whether it left, or was not heard of any more; and it does not get them twice.
func TestPlacesComeBack(t *testing.T) {
	terms, kinds := perSecond(10), perSecond(10).kinds()
	start := Time(1_800_000_000_000_000_000)
	now := func(d time.Duration) Now { return Now{start.Add(d), 0} }
	for _, tt := range []struct {
		name   string
		leaves bool
		after  time.Duration // when they can be had
	}{
		{"it leaves", true, 100*time.Millisecond + kinds[0].reach},
		{"it dies", false, HoldLife + kinds[0].reach},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := &Ledger{}
			first, second := NewHolder(terms, "first"), NewHolder(terms, "second")
			lease := func(h *Holder, at time.Duration, waiting int) Grant {
				for i := range waiting {
					h.Take(Request{1, One, i}, now(at))
				}
				a := h.Ask(now(at))
				g := l.Lease(terms, &a)
				h.Granted(&a, g)
				return g
			}
			if g := lease(first, 0, 10); g.Places[0].Has != 10 {
				t.Fatalf("the first worker has %d places, want all 10", g.Places[0].Has)
			}
			for i := range 10 {
				if _, _, ok := first.Take(Request{1, One, i}, now(100*time.Millisecond)); !ok {
					t.Fatalf("request %d does not start", i)
				}
			}
			if tt.leaves {
				a := first.Leave(now(100 * time.Millisecond))
				l.Lease(terms, &a)
			}
			if g := lease(second, tt.after-time.Millisecond, 10); g.Places[0].Has != 0 {
				t.Errorf("the second worker has %d places before the first one's are free, want none", g.Places[0].Has)
			}
			if g := lease(second, tt.after+time.Millisecond, 10); g.Places[0].Has != 10 {
				t.Errorf("the second worker has %d places once the first one's are free, want 10", g.Places[0].Has)
			}
			if g := lease(first, tt.after+2*time.Millisecond, 10); g.Places[0].Has != 0 || g.Places[0].Share != 5 {
				t.Errorf("the first worker has %+v, which the second one holds, want none, and a part of 5", g.Places[0])
			}
		})
	}
}

// TestNothingNew: a worker that finds no place does not change the ledger, but for saying at
// each beat that it is there.
func TestNothingNew(t *testing.T) {
	terms, l, start := &Terms{Places: 1}, &Ledger{}, Time(1_800_000_000_000_000_000)
	first, second := NewHolder(terms, "first"), NewHolder(terms, "second")
	lease := func(h *Holder, at time.Duration) Grant {
		now := Now{start.Add(at), 0}
		h.Take(Request{0, One, h}, now)
		a := h.Ask(now)
		g := l.Lease(terms, &a)
		h.Granted(&a, g)
		return g
	}
	for _, tt := range []struct {
		name string
		h    *Holder
		at   time.Duration
		same bool
		has  int
	}{
		{"one takes the place", first, 0, false, 1},
		{"another waits", second, 100 * time.Millisecond, false, 0},
		{"it still waits", second, 300 * time.Millisecond, true, 0},
		{"it says that it is there", second, 1100 * time.Millisecond, false, 0},
	} {
		before := fmt.Sprint(*l)
		g := lease(tt.h, tt.at)
		if after := fmt.Sprint(*l); g.Same != tt.same || g.Same != (after == before) || g.Places[0].Has != tt.has || g.Until < start.Add(tt.at+HoldLife*8/10) {
			t.Errorf("%s: %+v; the ledger was %s, and is %s", tt.name, g, before, after)
		}
	}
}

// TestIdle: a worker that has no requests for some seconds gives back what others want.
func TestIdle(t *testing.T) {
	f := newFleet(perSecond(4), 9)
	for range 2 {
		f.add(&worker{class: all, threads: 4, latency: 10 * time.Millisecond, unsure: time.Millisecond})
	}
	f.run(5*time.Second, 2*time.Millisecond, nil)
	f.workers[0].threads = 0
	f.run(idle+3*time.Second, 2*time.Millisecond, nil)
	f.run(20*time.Second, 2*time.Millisecond, nil)
	f.holds(t)
	if n := f.in(f.workers[1], f.now.Add(-20*time.Second), f.now); n < 20*4*85/100 {
		t.Errorf("the worker that is left made %d calls in 20 s, want nearly %d", n, 20*4)
	}
}

// TestManyWorkers: hundreds of workers of one API keep to its limit, use it, and none of them
// starves.
func TestManyWorkers(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	f := newFleet(perSecond(200), 7)
	for range 300 {
		f.add(&worker{class: all, threads: 2, latency: 100 * time.Millisecond, unsure: time.Millisecond})
	}
	f.run(60*time.Second, 5*time.Millisecond, nil)
	f.holds(t)
	if n := len(f.calls); n < 60*200*85/100 {
		t.Errorf("%d calls in 60 s, want nearly 12000", n)
	}
	least, most := 1<<30, 0
	for _, w := range f.workers {
		n := f.in(w, f.now.Add(-32*time.Second), f.now)
		least, most = min(least, n), max(most, n)
	}
	if least < 5 { // of 18 that are its part
		t.Errorf("a worker made %d calls in the last 32 s, another %d", least, most)
	}
	t.Logf("%d calls, %d to %d each, %d leases in %d tries", len(f.calls), least, most, f.changes, f.tries)
}
