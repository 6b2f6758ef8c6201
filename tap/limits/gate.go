package limits

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch"
)

// Gate is the run's budget and its brake: once it is shut, no request starts
// and every wait ends. It is the pace.Gate of all clients.
type Gate struct {
	maxRequests, maxRecords int64
	requests, records       atomic.Int64
	cost                    budget
	none                    bool // no request is let through
	closed                  chan struct{}
	once                    sync.Once
	reason                  string // set before closed is
	timer                   *time.Timer
}

// NewGate returns the gate of a run with its budget.
func NewGate(run sources.Run) *Gate {
	g := &Gate{maxRequests: run.MaxRequests, maxRecords: run.MaxRecords, cost: budget{most: run.MaxCost}, closed: make(chan struct{})}
	if run.MaxDuration > 0 {
		g.timer = time.AfterFunc(run.MaxDuration, func() { g.Shut("run.max_duration is reached") })
	}
	return g
}

// AllowNone makes the gate let no request through: a replay asks nobody but the
// journal.
func (g *Gate) AllowNone() { g.none = true }

// budget is what requests may cost in all.
type budget struct {
	most  sources.Cost // 0: no limit
	mu    sync.Mutex
	spent sources.Cost
}

// spend takes a cost out of the budget, where that has as much: false where it has not,
// or nothing at all.
func (b *budget) spend(cost sources.Cost) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.most > 0 && (b.spent >= b.most || b.spent+cost > b.most) {
		return false
	}
	b.spent += cost
	return true
}

// over says why a request that costs so much is too much.
func (b *budget) over(cost sources.Cost) string {
	if cost > b.most {
		return fmt.Sprintf("run.max_cost is %v, and one request costs %v", b.most, cost)
	}
	return "run.max_cost is reached"
}

// settle takes more out of the budget, also more than it has.
func (b *budget) settle(more sources.Cost) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.spent += more
}

// Spend takes note of what a request cost more than was known when it entered.
func (g *Gate) Spend(more sources.Cost) { g.cost.settle(more) }

// Enter lets a request through while there is a budget for it.
func (g *Gate) Enter(cost sources.Cost) error {
	select {
	case <-g.closed:
		return fetch.ErrStopped
	default:
	}
	if g.none {
		g.Shut("a replay sends no request")
		return fetch.ErrStopped
	}
	if n := g.requests.Add(1); g.maxRequests > 0 && n > g.maxRequests {
		g.Shut("run.max_requests is reached")
		return fetch.ErrStopped
	}
	if !g.cost.spend(cost) {
		g.Shut(g.cost.over(cost))
		return fetch.ErrStopped
	}
	return nil
}

// Closed is closed when no request is let through any more.
func (g *Gate) Closed() <-chan struct{} { return g.closed }

// Count takes note of records that were fetched.
func (g *Gate) Count(records int64) {
	if n := g.records.Add(records); g.maxRecords > 0 && n >= g.maxRecords {
		g.Shut("run.max_records is reached")
	}
}

// Shut closes the gate; the first reason stands.
func (g *Gate) Shut(reason string) {
	g.once.Do(func() {
		g.reason = reason
		close(g.closed)
	})
}

// Why returns the reason for which the gate is shut, "" while it is open.
func (g *Gate) Why() string {
	select {
	case <-g.closed:
		return g.reason
	default:
		return ""
	}
}

// Stop ends the gate's own timer.
func (g *Gate) Stop() {
	if g.timer != nil {
		g.timer.Stop()
	}
}
