package pace

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch/auth"
	"github.com/tap-rest/tap-rest/sources/fetch/rate"
	"github.com/tap-rest/tap-rest/sources/secret"
)

// ErrStopped says that the run starts no more requests: it was told to stop,
// or its budget is used up. The walk has not failed; its position stands.
var ErrStopped = errors.New("the run is stopping")

// Gate decides about every request before it is sent.
type Gate interface {
	// Enter is called from any goroutine, once before each request, retries
	// and redirects too, with what it costs, as far as that is known. Its error is
	// ErrStopped: the request must not start.
	Enter(cost sources.Cost) error
	// Spend is called when a request turns out to have cost more than that, or less:
	// then more is negative.
	Spend(more sources.Cost)
	// Closed is closed when Enter will never allow a request again: it ends
	// every wait for one.
	Closed() <-chan struct{}
}

// Options say with whom requests of a client share what they may use.
type Options struct {
	Gate    Gate
	MaxCost sources.Cost // of the run, which the gate keeps to; 0: there is no limit
	Log     *slog.Logger
	Secrets *secret.Hider
	Sharing rate.Sharing // of the client's limits
	Pool    auth.Several // of credentials; nil: the client has one at most
}

// Admission says which request of a client may start when. It is used from any
// goroutine.
type Admission struct {
	Health  rate.Health
	gate    Gate
	limits  *rate.Limits
	log     *slog.Logger
	secrets *secret.Hider
	values  *values       // of templates that say what is counted
	slots   chan struct{} // for requests in flight
	seats   seats
}

// New returns the admission of a client.
func New(source *sources.Client, o Options) *Admission {
	return &Admission{
		gate: o.Gate, limits: rate.New(source.RateLimits, o.Sharing), log: o.Log, secrets: o.Secrets, slots: make(chan struct{}, source.MaxInFlight),
		values: newValues(source, o), seats: seats{o.Pool},
	}
}

// Admit waits until a request may start, and takes one of the client's slots
// for it. Rates are waited for without a slot, but counted with one: otherwise
// requests that were let through long ago could start all at once.
//
// Where ready is there and says no, what proves who asks has run out meanwhile, and
// the request is not admitted: the error is ErrSpent.
func (a *Admission) Admit(ctx context.Context, p *Passage, n *Spent, ready func() bool) error {
	if err := a.values.uncounted(p); err != nil {
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
			return ErrSpent
		}
		wait := a.take(p)
		if wait.For <= 0 {
			return a.enter(p, n)
		}
		<-a.slots
		told.waits(a, p.Stream, wait, n)
		began := time.Now()
		err := a.rest(ctx, wait, n)
		if p.Follower != nil {
			p.Follower.Waited(a.secrets.Redact(wait.String()), time.Since(began))
		}
		if err != nil {
			return err
		}
	}
}

// AdmitLast waits until a request may start that is sent though the run stops: it
// keeps to the rates, and to the client's slots.
func (a *Admission) AdmitLast(ctx context.Context, p *Passage) error {
	for {
		select {
		case a.slots <- struct{}{}:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		wait := a.take(p)
		if wait.For <= 0 {
			return nil
		}
		<-a.slots
		timer := time.NewTimer(wait.For)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return fmt.Errorf("the client's rate does not let it start within the time that a close has: %w", context.Cause(ctx))
		}
	}
}

// TryAdmit is Admit for a request that can wait: it takes a slot only where a
// request may start at once.
func (a *Admission) TryAdmit(p *Passage, n *Spent) bool {
	if a.values.uncounted(p) != nil {
		return false
	}
	select {
	case a.slots <- struct{}{}:
	default:
		return false
	}
	if wait := a.take(p); wait.For > 0 {
		<-a.slots
		return false
	}
	return a.enter(p, n) == nil
}

// take asks the limits to let a request start.
func (a *Admission) take(p *Passage) (wait rate.Hold) {
	if wait = a.seats.choose(p); wait.For > 0 {
		return wait
	}
	ask := rate.Ask{Stream: p.Stream, Path: p.Path, Cost: p.Price.Known, Varies: p.Price.Varies, By: p}
	if p.Started, wait = a.limits.Take(ask, time.Now()); p.Started == nil {
		a.seats.stand(p)
	}
	return wait
}

// enter lets a request through that the limits let start, and counts what it costs.
func (a *Admission) enter(p *Passage, n *Spent) error {
	err := a.gate.Enter(p.Started.Cost)
	if err != nil {
		a.Leave(p)
		return err
	}
	n.Cost.Add(int64(p.Started.Cost))
	return nil
}

// Pay counts what a request costs that is sent whatever the gate says.
func (a *Admission) Pay(p *Passage, n *Spent) {
	a.gate.Spend(p.Started.Cost)
	n.Cost.Add(int64(p.Started.Cost))
}

// Settle counts what a request cost, where only its answer says.
func (a *Admission) Settle(s *rate.Started, cost sources.Cost, n *Spent) {
	if more := a.limits.Settle(s, cost); more != 0 {
		a.gate.Spend(more)
		n.Cost.Add(int64(more))
	}
}

// Leave gives the slot back that a request took.
func (a *Admission) Leave(p *Passage) {
	a.seats.stand(p)
	a.limits.Done(p.Started, time.Now())
	<-a.slots
}

// Answered takes note of what an answer says about the rate at which requests may
// come, before its request leaves: proof is of who asked, nil where none was sent.
func (a *Admission) Answered(p *Passage, shown string, sent time.Time, answer Answer, proof *auth.Proof) {
	if a.seats.answered(answer, proof) {
		return
	}
	a.limits.Answered(p.Stream, answer.Header, answer.ServerTime(), answer.At)
	switch {
	case answer.Status/100 == 2:
		a.limits.Granted(p.Stream, sent, answer.At)
	case answer.ThrottlesAsker():
		if perSecond := a.limits.Refused(p.Stream, sent, answer.At, answer.RetryAfter() > 0); perSecond > 0 {
			a.log.Info("the API refused a request because too many came: the stream is asked for more slowly, and faster again while the API answers",
				"stream", p.Stream, "request", shown, "calls_a_second", fmt.Sprintf("%.2g", perSecond))
		}
	}
}

// Told takes note of what an answer said is left of a limit.
func (a *Admission) Told(s *rate.Started, left rate.Left, at time.Time) { a.limits.Told(s, left, at) }

// Rest makes the whole client keep still.
func (a *Admission) Rest(until time.Time) { a.limits.Rest(until) }

// Count takes note of a value by which the client counts, in the answer to a request of
// reader that vars show.
func (a *Admission) Count(v Value, reader, request string, vars expr.Vars) {
	a.values.take(v, reader, request, vars)
}

// Close says at the end which templates no answer had a value for, and lets go of what
// is shared with other processes.
func (a *Admission) Close() {
	a.values.tell()
	a.limits.Close(time.Now())
}

// Stopped reports whether no further request may start.
func (a *Admission) Stopped(ctx context.Context) bool {
	select {
	case <-a.gate.Closed():
		return true
	default:
		return ctx.Err() != nil
	}
}

// Sleep makes a walk wait by itself, until the run stops.
func (a *Admission) Sleep(ctx context.Context, d time.Duration, n *Spent) error {
	turn := TurnOf(ctx)
	turn.Leave(d, true)
	err := a.wait(ctx, rate.Hold{For: d}, n)
	if err == nil {
		turn.Return(ctx)
	}
	return err
}

// wait waits until its time is over, or there is news, or the run stops.
func (a *Admission) wait(ctx context.Context, hold rate.Hold, n *Spent) error {
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

// Hold is sleep for the sake of a rate, which holds for the whole client, and
// says so.
func (a *Admission) Hold(ctx context.Context, d time.Duration, n *Spent) error {
	var told teller
	defer told.over(n)
	pause := rate.Hold{For: d, Why: rate.AskedPause}
	told.shows(pause, n)
	return a.rest(ctx, pause, n)
}

// rest waits for a rate.
func (a *Admission) rest(ctx context.Context, hold rate.Hold, n *Spent) error {
	turn := TurnOf(ctx)
	turn.Leave(hold.For, false)
	err := a.wait(ctx, hold, n)
	if err == nil {
		turn.Return(ctx)
	}
	return err
}

// ErrSpent says that what proves who asks ran out while the request waited.
var ErrSpent = errors.New("what proves who asks has run out")
