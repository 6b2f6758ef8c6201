package rate

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
)

// points are so many.
func points(n int) sources.Cost { return sources.OneCost.Times(int64(n)) }

// TestPointsAreNotExceeded: in any span of the limit's length, requests that start
// cost no more than it allows, whatever they cost, and whether that is known before.
// What costs more than the limit is over that many spans later.
func TestPointsAreNotExceeded(t *testing.T) {
	for round := range 40 {
		varies := round%2 == 1
		l := New([]sources.RateLimit{{Points: points(100), Per: time.Second}}, Sharing{})
		type call struct {
			at   time.Time
			cost int
		}
		var calls []call
		at, total := now, 0
		for range 400 {
			cost := rand.IntN(60)
			if varies {
				cost = 20 + rand.IntN(5)
			}
			ask := Ask{Stream: "s", Cost: points(cost), Varies: varies}
			s, wait := l.Take(ask, at)
			for s == nil {
				at = at.Add(wait.For)
				s, wait = l.Take(ask, at)
			}
			calls, total = append(calls, call{at, cost}), total+cost
			l.Settle(s, points(cost))
			l.Done(s, at)
			at = at.Add(rand.N(10 * time.Millisecond))
		}
		sum, from := 0, 0
		for i, c := range calls {
			for sum += c.cost; c.at.Sub(calls[from].at) >= time.Second; from++ {
				sum -= calls[from].cost
			}
			if slack := 5; sum > 100 && !(varies && sum <= 100+slack) { // an answer may cost more than those before
				t.Fatalf("round %d: %d points within a second, up to call %d", round, sum, i)
			}
		}
		if took, most := at.Sub(now), time.Duration(total/100)*time.Second; took > 2*most {
			t.Errorf("round %d: took %v, the limit asks for %v", round, took, most)
		}
	}
}

// TestCostlyRequest: one that costs more than all of the limit starts where nothing
// else counts, and holds those behind it as long as it costs.
func TestCostlyRequest(t *testing.T) {
	l := New([]sources.RateLimit{{Points: points(100), Per: time.Second}}, Sharing{})
	if _, wait := l.Take(Ask{Cost: points(1)}, now); wait.For > 0 {
		t.Fatal(wait)
	}
	_, wait := l.Take(Ask{Cost: points(350)}, now)
	if wait.For != time.Second || wait.String() != "the rate_limit of the definition: 100 points in every 1s" {
		t.Errorf("waits %v for %v", wait.For, wait)
	}
	at := now.Add(wait.For)
	if s, wait := l.Take(Ask{Cost: points(350)}, at); s == nil {
		t.Fatalf("waits %v", wait.For)
	}
	if _, wait := l.Take(Ask{Cost: points(1)}, at); wait.For != 3500*time.Millisecond {
		t.Errorf("the next waits %v, want 3.5s", wait.For)
	}
}

// TestCostIsLearned: until an answer says what requests cost, one is under way; then
// as many start as fit.
func TestCostIsLearned(t *testing.T) {
	l := New([]sources.RateLimit{{Points: points(100), Per: time.Second}}, Sharing{})
	ask := Ask{Stream: "s", Varies: true}
	first, _ := l.Take(ask, now)
	if _, wait := l.Take(ask, now); wait.Why != FirstCost || wait.For <= 0 {
		t.Fatalf("the second waits %v for %v", wait.For, wait)
	}
	if more := l.Settle(first, points(30)); more != points(30) {
		t.Errorf("30 more, not %v", more)
	}
	if more := l.Settle(first, points(50)); more != 0 {
		t.Errorf("it was settled before: %v", more)
	}
	l.Done(first, now)
	n := 0
	for ; ; n++ {
		if _, wait := l.Take(ask, now); wait.For > 0 {
			break
		}
	}
	if n != 2 {
		t.Errorf("%d further requests of 30 fit into 100 of which 30 are spent, want 2", n)
	}
}

// TestWeightsOfPaths: limits that count points hold for their paths alone.
func TestWeightsOfPaths(t *testing.T) {
	l := New([]sources.RateLimit{{Points: points(10), Per: time.Minute, Match: "/search*"}, {Points: points(100), Per: time.Minute}}, Sharing{})
	for _, tt := range []struct {
		path string
		cost int
		wait string
	}{
		{"/search/x", 8, ""}, {"/search/x", 3, "for /search*"}, {"/search/x", 2, ""}, {"/orders", 80, ""}, {"/orders", 11, "100 points in every 1m"}, {"/orders", 10, ""},
	} {
		_, wait := l.Take(Ask{Path: tt.path, Cost: points(tt.cost)}, now)
		if (wait.For > 0) != (tt.wait != "") || !strings.Contains(wait.String(), tt.wait) {
			t.Errorf("%s for %d waits %v for %v", tt.path, tt.cost, wait.For, wait)
		}
	}
}

// TestManyRequestsTakeLittleMemory: a limit of many requests a day remembers not each of its
// requests, and makes none wait for much longer than it must.
func TestManyRequestsTakeLittleMemory(t *testing.T) {
	w := window{most: points(200_000), per: 24 * time.Hour}
	at := now
	for range 200_000 { // a tenth of a second apart
		if d := w.wait(points(1), at); d > 0 {
			t.Fatalf("waits %v", d)
		}
		w.start(points(1), at)
		at = at.Add(100 * time.Millisecond)
	}
	if len(w.spent) > mostBatch {
		t.Errorf("%d batches", len(w.spent))
	}
	if d, least := w.wait(points(1), at), now.Add(w.per).Sub(at); d < least || d > least+w.per/coarse {
		t.Errorf("waits %v, at least %v", d, least)
	}
}

// TestLeft: what answers say is left holds requests back until it is there again: at a
// time that they say, or evenly. Requests under way are not counted twice, and the
// answer that came last counts.
func TestLeft(t *testing.T) {
	template := new(expr.Template)
	limits := []sources.RateLimit{{Points: points(1000), Per: 20 * time.Second, Remaining: template}}
	ask := Ask{Stream: "s", Cost: points(100)}
	start := func(l *Limits, at time.Time) *Started {
		t.Helper()
		s, wait := l.Take(ask, at)
		if s == nil {
			t.Fatalf("waits %v for %v", wait.For, wait)
		}
		return s
	}
	t.Run("evenly", func(t *testing.T) { // 50 points a second
		l := New(limits, Sharing{})
		s := start(l, now)
		l.Done(s, now)
		l.Told(s, Left{Cost: points(40)}, now)
		if _, wait := l.Take(ask, now); wait.For != 1200*time.Millisecond || wait.Why != DeclaredLimit {
			t.Errorf("waits %v for %v, want 1.2s", wait.For, wait)
		}
		start(l, now.Add(1200*time.Millisecond))
		if _, wait := l.Take(ask, now.Add(1200*time.Millisecond)); wait.For != soon { // an answer is under way
			t.Errorf("waits %v", wait.For)
		}
	})
	t.Run("a time", func(t *testing.T) {
		l := New(limits, Sharing{})
		a, b := start(l, now), start(l, now)
		l.Done(a, now.Add(time.Second))
		l.Told(a, Left{Cost: points(250), Reset: 30 * time.Second}, now.Add(time.Second)) // b may not be counted yet
		start(l, now.Add(time.Second))
		if _, wait := l.Take(ask, now.Add(time.Second)); wait.For != soon {
			t.Errorf("waits %v", wait.For)
		}
		l.Done(b, now.Add(2*time.Second))
		l.Told(b, Left{Cost: points(5), Reset: 29 * time.Second}, now.Add(2*time.Second))
		l.Told(a, Left{Cost: points(900), Reset: 29 * time.Second}, now.Add(time.Second)) // older
		if _, wait := l.Take(ask, now.Add(31*time.Second)); wait.For > 0 {
			t.Errorf("after the reset it waits %v", wait.For)
		}
	})
	t.Run("no answer says more", func(t *testing.T) {
		l, at := New(limits, Sharing{}), now
		s := start(l, at)
		l.Done(s, at)
		l.Told(s, Left{Cost: 0}, at)
		for range 3000 {
			s, wait := l.Take(ask, at)
			if s == nil {
				at = at.Add(wait.For)
				continue
			}
			l.Done(s, at)
		}
		if took := at.Sub(now); took < 1000*2*time.Second || took > 4000*2*time.Second {
			t.Errorf("took %v", took)
		}
	})
}
