package limits

import (
	"errors"
	"testing"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch"
)

// TestGateOfReplay: it lets nothing through, whoever asks.
func TestGateOfReplay(t *testing.T) {
	g := NewGate(sources.DefaultRun())
	defer g.Stop()
	g.AllowNone()
	for range 2 {
		if err := g.Enter(0); !errors.Is(err, fetch.ErrStopped) {
			t.Errorf("got %v, want %v", err, fetch.ErrStopped)
		}
	}
	if g.requests.Load() != 0 || g.Why() == "" {
		t.Errorf("%d requests, shut because %q", g.requests.Load(), g.Why())
	}
}

// TestBudgetOfCosts: no request enters that would make the sum greater than it may be,
// as far as its cost is known; what one costs more is counted against those that follow.
func TestBudgetOfCosts(t *testing.T) {
	const one = sources.OneCost
	for _, tt := range []struct {
		name  string
		most  sources.Cost
		costs []sources.Cost // of the requests that enter,
		more  sources.Cost   // which the last of them turns out to cost more
		then  sources.Cost   // the one that does not enter
		why   string
	}{
		{"spent", 10 * one, []sources.Cost{4 * one, 6 * one}, 0, 0, "run.max_cost is reached"},
		{"nearly", 10 * one, []sources.Cost{4 * one, 4 * one}, 0, 4 * one, "run.max_cost is reached"},
		{"too much for one", one, nil, 0, 5 * one, "run.max_cost is 1, and one request costs 5"},
		{"more than was known", 10 * one, []sources.Cost{0, 0}, 12 * one, 0, "run.max_cost is reached"},
		{"less than was known", 10 * one, []sources.Cost{9 * one}, -8 * one, 10 * one, "run.max_cost is reached"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			run := sources.DefaultRun()
			run.MaxCost = tt.most
			g := NewGate(run)
			defer g.Stop()
			for _, cost := range tt.costs {
				if err := g.Enter(cost); err != nil {
					t.Fatal(err)
				}
			}
			g.Spend(tt.more)
			if err := g.Enter(tt.then); !errors.Is(err, fetch.ErrStopped) || g.Why() != tt.why {
				t.Errorf("got %v, shut because %q", err, g.Why())
			}
		})
	}
}
