package fetch

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/rate"
	"github.com/tap-rest/tap-rest/sources/secret"
)

// admission says which request of a client may start when. It is used from any
// goroutine.
type admission struct {
	gate    Gate
	limits  *rate.Limits
	log     *slog.Logger
	secrets *secret.Hider
	health  rate.Health
	values  *values       // of templates that say what is counted
	slots   chan struct{} // for requests in flight
	seats   seats
}

func newAdmission(source *sources.Client, o Options, s rate.Sharing) *admission {
	return &admission{
		gate: o.Gate, limits: rate.New(source.RateLimits, s), log: o.Log, secrets: o.Secrets, slots: make(chan struct{}, source.MaxInFlight),
		values: newValues(source, o),
	}
}

// admit waits until a request may start, and takes one of the client's slots
// for it. Rates are waited for without a slot, but counted with one: otherwise
// requests that were let through long ago could start all at once.
//
// Where ready is there and says no, what proves who asks has run out meanwhile, and
// the request is not admitted: the error is errSpent.
func (a *admission) admit(ctx context.Context, out *outgoing, n *Counters, ready func() bool) error {
	if err := a.values.uncounted(out); err != nil {
		return err
	}
	var told teller
	defer told.over(n)
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
		if ready != nil && !ready() {
			<-a.slots
			return errSpent
		}
		wait := a.take(out)
		if wait.For <= 0 {
			return a.enter(out, n)
		}
		<-a.slots
		told.waits(a, out, wait, n)
		began := time.Now()
		err := a.rest(ctx, wait, n)
		out.trail.waited(began, wait, a.secrets)
		if err != nil {
			return err
		}
	}
}

// tryAdmit is admit for a request that can wait: it takes a slot only where a
// request may start at once.
func (a *admission) tryAdmit(out *outgoing, n *Counters) bool {
	if a.values.uncounted(out) != nil {
		return false
	}
	select {
	case a.slots <- struct{}{}:
	default:
		return false
	}
	if wait := a.take(out); wait.For > 0 {
		<-a.slots
		return false
	}
	return a.enter(out, n) == nil
}

// take asks the limits to let a request start.
func (a *admission) take(out *outgoing) (wait rate.Hold) {
	if wait = a.seats.choose(out); wait.For > 0 {
		return wait
	}
	ask := rate.Ask{Stream: out.stream, Path: out.URL.Path, Cost: out.price.known, Varies: out.price.varies, By: out}
	if out.started, wait = a.limits.Take(ask, time.Now()); out.started == nil {
		a.seats.stand(out)
	}
	return wait
}

// enter lets a request through that the limits let start, and counts what it costs.
func (a *admission) enter(out *outgoing, n *Counters) error {
	err := a.gate.Enter(out.started.Cost)
	if err != nil {
		a.leave(out)
		return err
	}
	n.Cost.Add(int64(out.started.Cost))
	return nil
}

// pay counts what a request costs that is sent whatever the gate says.
func (a *admission) pay(out *outgoing, n *Counters) {
	a.gate.Spend(out.started.Cost)
	n.Cost.Add(int64(out.started.Cost))
}

// settle counts what a request cost, where only its answer says.
func (a *admission) settle(s *rate.Started, cost sources.Cost, n *Counters) {
	if more := a.limits.Settle(s, cost); more != 0 {
		a.gate.Spend(more)
		n.Cost.Add(int64(more))
	}
}

// leave gives the slot back that a request took.
func (a *admission) leave(out *outgoing) {
	a.seats.stand(out)
	a.limits.Done(out.started, time.Now())
	<-a.slots
}

// answered takes note of what an answer says about the rate at which requests may
// come, before its request leaves.
func (a *admission) answered(stream string, ex *Exchange, started time.Time) {
	if a.seats.answered(ex) {
		return
	}
	a.limits.Answered(stream, ex.Header, serverTime(ex), ex.At)
	switch {
	case ex.well():
		a.limits.Granted(stream, started, ex.At)
	case ex.Status == http.StatusTooManyRequests || ex.Status == http.StatusForbidden && throttles(ex):
		if perSecond := a.limits.Refused(stream, started, ex.At, retryAfter(ex) > 0); perSecond > 0 {
			a.log.Info("the API refused a request because too many came: the stream is asked for more slowly, and faster again while the API answers",
				"stream", stream, "request", ex.Request, "calls_a_second", fmt.Sprintf("%.2g", perSecond))
		}
	}
}

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
	err := a.wait(ctx, rate.Hold{For: d}, n)
	if err == nil {
		turn.Return(ctx)
	}
	return err
}

// wait waits until its time is over, or there is news, or the run stops.
func (a *admission) wait(ctx context.Context, hold rate.Hold, n *Counters) error {
	timer := time.NewTimer(hold.For)
	defer timer.Stop()
	start := time.Now()
	defer func() { n.Waited.Add(int64(time.Since(start))) }()
	select {
	case <-timer.C:
		return nil
	case <-hold.News:
		return nil
	case <-a.gate.Closed():
	case <-ctx.Done():
	}
	return ErrStopped
}

// hold is sleep for the sake of a rate, which holds for the whole client, and
// says so.
func (a *admission) hold(ctx context.Context, d time.Duration, n *Counters) error {
	var told teller
	defer told.over(n)
	pause := rate.Hold{For: d, Why: rate.AskedPause}
	told.shows(pause, n)
	return a.rest(ctx, pause, n)
}

// rest waits for a rate.
func (a *admission) rest(ctx context.Context, hold rate.Hold, n *Counters) error {
	turn := turnOf(ctx)
	turn.Leave(hold.For, false)
	err := a.wait(ctx, hold, n)
	if err == nil {
		turn.Return(ctx)
	}
	return err
}

// errSpent says that what proves who asks ran out while the request waited.
var errSpent = errors.New("what proves who asks has run out")
