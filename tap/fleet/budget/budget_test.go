package budget_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/rate"
	"github.com/tap-rest/tap-rest/tap/fleet/budget"
	"github.com/tap-rest/tap-rest/testshare"
)

// take waits until leases let a request start.
func take(ctx context.Context, l rate.Leases, a rate.Ask) rate.Lease {
	a.By = new(int)
	for {
		got, hold := l.Take(a, time.Now())
		if got != nil {
			return got
		}
		timer := time.NewTimer(hold.For)
		select {
		case <-timer.C:
		case <-hold.News:
		case <-ctx.Done():
			timer.Stop()
			return nil
		}
		timer.Stop()
	}
}

// starts are the times of requests.
type starts struct {
	mu sync.Mutex
	at []time.Time
}

func (s *starts) add() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at = append(s.at, time.Now())
}

// worst is how many lie in a span, at most.
func (s *starts) worst(per time.Duration) (most int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	slices.SortFunc(s.at, time.Time.Compare)
	first := 0
	for i, at := range s.at {
		for at.Sub(s.at[first]) >= per {
			first++
		}
		most = max(most, i-first+1)
	}
	return most
}

func (s *starts) len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.at)
}

// TestThreeBudgets: three workers keep to the rate limit and to max_in_flight together, and
// use what there is. A client of another id has limits of its own.
func TestThreeBudgets(t *testing.T) {
	n := startNATS(t)
	limits := []sources.RateLimit{{Requests: 40, Per: time.Second}}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	var made starts
	var wait sync.WaitGroup
	var mu sync.Mutex
	flying, most := 0, 0
	log, said := newLog()
	each := make([]int, 3)
	for i := range each {
		b := budget.New(t.Context(), n.bucket(), "w", log)
		defer b.Close()
		l := b.Leases("client", limits, 5)
		for range 4 {
			wait.Go(func() {
				for {
					got := take(ctx, l, rate.Ask{Stream: "s"})
					if got == nil {
						return
					}
					made.add()
					mu.Lock()
					each[i]++
					flying++
					most = max(most, flying)
					mu.Unlock()
					<-time.After(50 * time.Millisecond) // the API answers
					mu.Lock()
					flying--
					mu.Unlock()
					got.Done()
				}
			})
		}
	}
	late := testshare.Lateness()
	wait.Wait()
	wrong := testshare.Blame(t, late())
	if worst := made.worst(time.Second); worst > 40 {
		wrong("%d requests within a second, want 40 at most", worst)
	}
	if most > 5 {
		t.Errorf("%d requests in flight, want 5 at most", most)
	}
	if made.len() < 5*40*7/10 {
		wrong("%d requests in 5 s, want nearly 200", made.len())
	}
	if said.String() != "" {
		t.Error(said.String())
	}
	t.Logf("%d requests: %v; at most %d in a second, %d in flight", made.len(), each, made.worst(time.Second), most)
}

// TestServerIsGone: while the server is gone, requests wait, and the log says so once; they
// go on when it is back. A wait ends with its run.
func TestServerIsGone(t *testing.T) {
	t.Parallel()
	n := startNATS(t)
	log, said := newLog()
	b := budget.New(t.Context(), n.bucket(), "w", log)
	defer b.Close()
	l := b.Leases("client", []sources.RateLimit{{Requests: 1000, Per: time.Second}}, 2)
	for range 100 {
		take(t.Context(), l, rate.Ask{}).Done()
	}
	n.Stop()
	until(t, "no request waits", func() bool {
		got, hold := l.Take(rate.Ask{By: l}, time.Now())
		if got != nil {
			got.Done()
			return false
		}
		return hold.Why == rate.SharedBudget && said.count("cannot be reached") == 1
	})
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if got := take(stopped, l, rate.Ask{}); got != nil {
		t.Error("a request starts that was stopped")
	}
	n.Start()
	for range 100 {
		take(t.Context(), l, rate.Ask{}).Done()
	}
	if said.count("level=WARN") != 1 || said.count("can be reached again") != 1 {
		t.Error(said.String())
	}
}

// TestPausesOfOthers: when the API asks one worker to wait, all wait, also one that comes
// later; one that is refused makes the others slower.
func TestPausesOfOthers(t *testing.T) {
	n := startNATS(t)
	log, _ := newLog()
	limits := []sources.RateLimit{{Requests: 1000, Per: time.Second}}
	var all []rate.Leases
	slower := make(chan string, 10)
	for range 2 {
		b := budget.New(t.Context(), n.bucket(), "w", log)
		defer b.Close()
		l := b.Leases("client", limits, 4)
		take(t.Context(), l, rate.Ask{}).Done()
		all = append(all, l)
	}
	defer all[0].Listen(func(string, bool) { t.Error("who told is told") })()
	defer all[1].Listen(func(stream string, told bool) { slower <- stream })()
	all[0].Refused("orders", false)
	if stream := <-slower; stream != "orders" {
		t.Errorf("slower: %s", stream)
	}
	rest := time.Now().Add(time.Minute)
	all[0].Rest(rest)
	late := budget.New(t.Context(), n.bucket(), "w", log)
	defer late.Close()
	all = append(all, late.Leases("client", limits, 4))
	for i, l := range all {
		until(t, "a worker does not pause", func() bool {
			got, hold := l.Take(rate.Ask{By: l}, time.Now())
			if got != nil {
				got.Done()
			}
			return hold.Why == rate.AskedPause
		})
		_, hold := l.Take(rate.Ask{By: l}, time.Now())
		if off := time.Now().Add(hold.For).Sub(rest); off < -time.Second || off > time.Second {
			t.Errorf("worker %d pauses until %v after what was asked", i, off)
		}
	}
}

// TestFirstRequest: the first request of a worker starts as soon as the server's time is
// known, and what a worker tells before it ends is heard by one that comes later.
func TestFirstRequest(t *testing.T) {
	n := startNATS(t)
	log, _ := newLog()
	limits := []sources.RateLimit{{Requests: 1000, Per: time.Second}}
	b := budget.New(t.Context(), n.bucket(), "w", log)
	l := b.Leases("client", limits, 4)
	late := testshare.Lateness()
	start := time.Now()
	take(t.Context(), l, rate.Ask{}).Done()
	if d := time.Since(start); d > 700*time.Millisecond {
		testshare.Blame(t, late())("the first request starts after %v", d)
	} else {
		late()
	}
	l.Rest(time.Now().Add(time.Minute))
	b.Close()
	next := budget.New(t.Context(), n.bucket(), "w", log)
	defer next.Close()
	l = next.Leases("client", limits, 4)
	until(t, "a worker that comes later does not pause", func() bool {
		got, hold := l.Take(rate.Ask{By: l}, time.Now())
		if got != nil {
			got.Done()
		}
		return hold.Why == rate.AskedPause
	})
}

// TestMemo: a key is made once for the same secrets.
func TestMemo(t *testing.T) {
	n := startNATS(t)
	log, _ := newLog()
	b := budget.New(t.Context(), n.bucket(), "w", log)
	defer b.Close()
	made := 0
	for _, id := range []byte{1, 1, 2, 1} {
		key := b.Memo([32]byte{id}, func() []byte {
			made++
			return []byte{id}
		})
		if len(key) != 1 || key[0] != id {
			t.Errorf("id %d has the key %x", id, key)
		}
	}
	if made != 2 {
		t.Errorf("%d keys are made, want 2", made)
	}
}
