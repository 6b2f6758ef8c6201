package fetch

import (
	"context"
	"time"

	"github.com/tap-rest/tap-rest/sources"
)

// Gate decides about every request before it is sent.
type Gate interface {
	// Enter is called from any goroutine, once before each request, retries
	// and redirects too. Its error is ErrStopped: the request must not start.
	Enter() error
	// Closed is closed when Enter will never allow a request again: it ends
	// every wait for one.
	Closed() <-chan struct{}
}

// admission says which request of a client may start when. It is used from any
// goroutine.
type admission struct {
	gate   Gate
	pace   *pace
	health health
	slots  chan struct{} // for requests in flight
}

func newAdmission(source *sources.Client, gate Gate) *admission {
	return &admission{gate: gate, pace: newPace(source.RateLimits), slots: make(chan struct{}, source.MaxInFlight)}
}

// admit waits until a request may start, and takes one of the client's slots
// for it. Rates are waited for without a slot, but counted with one: otherwise
// requests that were let through long ago could start all at once.
func (a *admission) admit(ctx context.Context, n *Counters) error {
	for {
		if ctx.Err() != nil {
			return ErrStopped
		}
		select {
		case a.slots <- struct{}{}:
		case <-a.gate.Closed():
			return ErrStopped
		case <-ctx.Done():
			return ErrStopped
		}
		wait := a.pace.take(time.Now())
		if wait <= 0 {
			err := a.gate.Enter()
			if err != nil {
				a.leave()
			}
			return err
		}
		a.leave()
		if err := a.hold(ctx, wait, n); err != nil {
			return err
		}
	}
}

// tryAdmit is admit for a request that can wait: it takes a slot only where a
// request may start at once.
func (a *admission) tryAdmit() bool {
	select {
	case a.slots <- struct{}{}:
	default:
		return false
	}
	if a.pace.take(time.Now()) <= 0 && a.gate.Enter() == nil {
		return true
	}
	a.leave()
	return false
}

// leave gives the slot back that a request took.
func (a *admission) leave() { <-a.slots }

// stopped reports whether no further request may start.
func (a *admission) stopped(ctx context.Context) bool {
	select {
	case <-a.gate.Closed():
		return true
	default:
		return ctx.Err() != nil
	}
}

// sleep makes a walk wait by itself, until the run stops.
func (a *admission) sleep(ctx context.Context, d time.Duration, n *Counters) error {
	turn := turnOf(ctx)
	turn.Leave(d, true)
	err := a.wait(ctx, d, n)
	if err == nil {
		turn.Return(ctx)
	}
	return err
}

// wait waits, until the run stops.
func (a *admission) wait(ctx context.Context, d time.Duration, n *Counters) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	start := time.Now()
	defer func() { n.Waited.Add(int64(time.Since(start))) }()
	select {
	case <-timer.C:
		return nil
	case <-a.gate.Closed():
	case <-ctx.Done():
	}
	return ErrStopped
}

// hold is sleep for the sake of a rate, which holds for the whole client, and
// says so.
func (a *admission) hold(ctx context.Context, d time.Duration, n *Counters) error {
	turn := turnOf(ctx)
	turn.Leave(d, false)
	n.Limited.Store(time.Now().Add(d).UnixMilli())
	err := a.wait(ctx, d, n)
	n.Limited.Store(0)
	if err == nil {
		turn.Return(ctx)
	}
	return err
}
