package tap

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch"
)

// gate is the run's budget and its brake: once it is shut, no request starts
// and every wait ends. It is the fetch.Gate of all clients.
type gate struct {
	maxRequests, maxRecords int64
	requests, records       atomic.Int64
	none                    bool // a replay's: no request is let through
	closed                  chan struct{}
	once                    sync.Once
	reason                  string // set before closed is
	timer                   *time.Timer
}

func newGate(run sources.Run) *gate {
	g := &gate{maxRequests: run.MaxRequests, maxRecords: run.MaxRecords, closed: make(chan struct{})}
	if run.MaxDuration > 0 {
		g.timer = time.AfterFunc(run.MaxDuration, func() { g.shut("run.max_duration is reached") })
	}
	return g
}

// Enter lets a request through while there is a budget for it.
func (g *gate) Enter() error {
	select {
	case <-g.closed:
		return fetch.ErrStopped
	default:
	}
	if g.none {
		g.shut("a replay sends no request")
		return fetch.ErrStopped
	}
	if n := g.requests.Add(1); g.maxRequests > 0 && n > g.maxRequests {
		g.shut("run.max_requests is reached")
		return fetch.ErrStopped
	}
	return nil
}

// Closed is closed when no request is let through any more.
func (g *gate) Closed() <-chan struct{} { return g.closed }

// count takes note of records that were fetched.
func (g *gate) count(records int64) {
	if n := g.records.Add(records); g.maxRecords > 0 && n >= g.maxRecords {
		g.shut("run.max_records is reached")
	}
}

// shut closes the gate; the first reason stands.
func (g *gate) shut(reason string) {
	g.once.Do(func() {
		g.reason = reason
		close(g.closed)
	})
}

// why returns the reason for which the gate is shut, "" while it is open.
func (g *gate) why() string {
	select {
	case <-g.closed:
		return g.reason
	default:
		return ""
	}
}

// stop ends the gate's own timer.
func (g *gate) stop() {
	if g.timer != nil {
		g.timer.Stop()
	}
}
