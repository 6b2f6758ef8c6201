package simulation

import (
	"cmp"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/tap/fleet/budget/ledger"
)

// fleet is all workers, with what they work on.
type fleet struct {
	world   *world
	server  *server
	api     *api
	terms   *ledger.Terms
	pass    *pass
	err     error
	workers []*worker // dead ones are none
	started int
	begins  time.Duration // what a run takes until its first call
	deaths  float64       // of a worker in a minute
	pauses  float64       // likewise
	never   timer         // the next death
	pauser  timer         // the next pause

	died, paused, lost int
	leases, tries      int           // of the ledger; how often somebody tried, at most
	slowest            time.Duration // lease
}

// scene is a world to be.
type scene struct {
	workers, shops, days int
	pages                int           // of a part, at most: from 1 on, each as often
	limit                int           // calls in a second; 0: there is none
	places               int           // max_in_flight; 0: likewise
	latency              time.Duration // of calls
	deaths, pauses       float64       // part of the workers, in a minute
	most                 float64       // of the ideal time; 0: 1.2
	early                bool          // the bound is for 99 % of the parts: it is too short for one that a worker loses
	together             int           // states that are merged at once; 0: each by itself
}

// day is the text of a day, counted from the first.
func day(n int) string { return time.Date(2015, 1, 1+n, 0, 0, 0, 0, time.UTC).Format(time.DateOnly) }

func newFleet(t *testing.T, c scene, seed uint64) *fleet {
	t.Helper()
	w := newWorld(seed)
	f := &fleet{world: w, terms: &ledger.Terms{Places: c.places}, pass: newPass(t, c.shops, c.days), begins: 5 * time.Millisecond, deaths: c.deaths, pauses: c.pauses}
	f.api = &api{world: w, latency: c.latency}
	if c.limit > 0 {
		f.api.limit = ledger.Limit{Most: ledger.One * ledger.Amount(c.limit), Per: time.Second}
		f.terms.Limits = []ledger.Limit{f.api.limit}
	}
	f.server = &server{world: w, ledger: &ledger.Ledger{}, parts: f.pass.parts(func() int { return 1 + w.random.IntN(c.pages) })}
	f.server.left, f.pass.together = len(f.server.parts), c.together
	for range c.workers {
		f.start()
	}
	f.never.do, f.pauser.do = f.kill, f.pause
	f.later(&f.never, f.deaths)
	f.later(&f.pauser, f.pauses)
	return f
}

// later sets a timer for what happens to each worker so often in a minute.
func (f *fleet) later(t *timer, often float64) {
	if often > 0 {
		f.world.in(time.Duration(float64(time.Minute)*f.world.random.ExpFloat64()/(often*float64(len(f.workers)))), t)
	}
}

// kill kills a worker. Another one is started half a minute later.
func (f *fleet) kill() {
	i := f.world.random.IntN(len(f.workers))
	if w := f.workers[i]; w.life == lives {
		w.dies()
		f.died++
		last := len(f.workers) - 1
		f.workers[i], f.workers = f.workers[last], f.workers[:last]
		f.world.in(30*time.Second, &timer{do: func() { f.start() }})
	}
	f.later(&f.never, f.deaths)
}

// pause pauses a worker, for up to two leases.
func (f *fleet) pause() {
	if w := f.workers[f.world.random.IntN(len(f.workers))]; w.life == lives {
		w.isStopped(f.world.upTo(2 * lease))
		f.paused++
	}
	f.later(&f.pauser, f.pauses)
}

// kept keeps the state of a part.
func (f *fleet) kept(n int) {
	if err := f.pass.keeps(&f.server.parts[n]); err != nil && f.err == nil {
		f.err = err
	}
}

// thinks is how long a worker takes to read the ledger and to change it.
func (f *fleet) thinks() time.Duration { return time.Duration(f.server.bytes) * thinksPerByte }

// thinksPerByte is what BenchmarkLease of package ledger shows, or more.
const thinksPerByte = 50 * time.Nanosecond

// check runs a world, and holds it against what fleets promise.
func check(t *testing.T, c scene, seed uint64) {
	t.Helper()
	f := newFleet(t, c, seed)
	begun := f.world.now
	f.world.run(func() bool { return f.server.left <= len(f.server.parts)/100 || f.err != nil })
	most := f.world.now.Sub(begun)
	f.world.run(func() bool { return f.server.left == 0 || f.err != nil })
	took := f.world.now.Sub(begun)
	f.api.arrive(f.world.now.Add(time.Minute))
	if f.err != nil {
		t.Fatal(f.err)
	}
	pages := int64(0)
	for i := range f.server.parts {
		if p := &f.server.parts[i]; !p.done || p.came < p.pages {
			t.Fatalf("part %d: %+v", i, *p)
		} else {
			pages += int64(p.pages)
		}
	}
	places := c.workers
	if c.places > 0 {
		places = min(places, c.places)
	}
	ideal := f.api.spent / time.Duration(places)
	if c.limit > 0 {
		ideal = max(ideal, time.Duration(pages)*time.Second/time.Duration(c.limit))
	}
	twice := f.api.calls - pages
	ratio := float64(took) / float64(ideal)
	t.Logf("%d workers, %d parts, %d calls in %v, %.3f of the ideal, 99 %% of the parts in %v; %d died, %d were paused and %d of them lost their part, %d calls paid twice; %d leases, %d raced, %d tries at most, %v the slowest; the ledger took %d bytes; a plan's line %d",
		c.workers, len(f.server.parts), f.api.calls, took.Round(time.Second), ratio, most.Round(time.Second), f.died, f.paused, f.lost, twice, f.leases, f.server.raced, f.tries, f.slowest.Round(time.Millisecond), f.server.biggest, f.pass.longest)
	if f.api.over > 0 {
		t.Errorf("%d calls were more than %d in a second", f.api.over, c.limit)
	}
	if c.places > 0 && f.api.highest > c.places {
		t.Errorf("%d calls were under way at a time, want %d at most", f.api.highest, c.places)
	}
	if c.early {
		took, ratio = most, float64(most)/float64(ideal)
	}
	if want := cmp.Or(c.most, 1.2); ratio > want {
		t.Errorf("it took %v, %.3f of the ideal, want %.1f at most", took, ratio, want)
	}
	if twice > int64(f.died+f.lost) {
		t.Errorf("%d calls were paid twice, by %d deaths and %d lost parts", twice, f.died, f.lost)
	}
	f.pass.checkEnd(t, day(c.days))
}

// TestFleet: where the limit binds, where max_in_flight does, and where the workers do,
// the fleet takes little more than it must, no limit is passed, and nothing is lost, though
// workers die and are paused.
func TestFleet(t *testing.T) {
	scenes := []struct {
		name string
		scene
	}{
		{"the limit binds", scene{workers: 50, shops: 100, days: 200, pages: 1, limit: 40, latency: 200 * time.Millisecond, deaths: 0.01, pauses: 0.005}},
		{"the workers bind", scene{workers: 50, shops: 100, days: 200, pages: 2, latency: time.Second, deaths: 0.01, pauses: 0.005}},
		{"the workers bind, below the limit", scene{workers: 50, shops: 100, days: 200, pages: 2, limit: 100, latency: time.Second, deaths: 0.01, pauses: 0.005}},
		{"places bind", scene{workers: 50, shops: 100, days: 200, pages: 2, places: 30, latency: time.Second, deaths: 0.01}},
	}
	seeds := uint64(5)
	if testing.Short() {
		seeds, scenes = 1, scenes[:2]
		scenes[0].days, scenes[0].most = 40, 1.5 // so short that one lost part makes much of it
		scenes[1].days = 100
	}
	for _, c := range scenes {
		for seed := range seeds {
			t.Run(fmt.Sprintf("%s/%d", c.name, seed), func(t *testing.T) { check(t, c.scene, seed) })
		}
	}
}

// TestThousandWorkers: a thousand workers read up to ten million parts.
func TestThousandWorkers(t *testing.T) {
	for _, shops := range []int{200, 1000, 10_000} {
		t.Run(fmt.Sprint(shops*1000), func(t *testing.T) {
			full(t, scene{workers: 1000, shops: shops, days: 1000, pages: 2, latency: time.Second, deaths: 0.01, pauses: 0.005})
		})
	}
}

// TestThousandWorkersOfOneLimit: a thousand workers of one limit, or of one max_in_flight,
// pass it never, lose nothing, and take little more time than they must.
func TestThousandWorkersOfOneLimit(t *testing.T) {
	for _, c := range []struct {
		name string
		scene
	}{
		{"the limit binds", scene{shops: 800, limit: 2000, latency: 200 * time.Millisecond}},
		{"the limit binds, less than one call for each", scene{shops: 160, limit: 300, latency: 200 * time.Millisecond}},
		{"the workers bind, below the limit", scene{shops: 400, limit: 2000, latency: time.Second}},
		{"ten million parts", scene{shops: 10_000, limit: 2000, latency: 200 * time.Millisecond, together: 100}},
		{"places bind", scene{shops: 240, places: 600, latency: time.Second}},
	} {
		c.workers, c.days, c.pages, c.deaths = 1000, 1000, 2, 0.01
		if c.places == 0 { // a call of a worker that is paused is under way for as long
			c.pauses = 0.005
		}
		t.Run(c.name, func(t *testing.T) { full(t, c.scene) })
	}
}

// TestThousandWorkersBegin: a thousand workers that begin at once take their part of the
// limit, though all of them change one ledger.
func TestThousandWorkersBegin(t *testing.T) {
	c := scene{workers: 1000, shops: 40, days: 1000, pages: 2, limit: 2000, latency: 200 * time.Millisecond, deaths: 0.01, pauses: 0.005, early: true}
	if testing.Short() {
		c.together = 100 // TestFleet merges the states one by one
	}
	check(t, c, 1)
}

func full(t *testing.T, c scene) {
	if os.Getenv("TAP_REST_FULL_TESTS") == "" {
		t.Skip("TAP_REST_FULL_TESTS=1 runs it: it takes many minutes")
	}
	check(t, c, 1)
}
