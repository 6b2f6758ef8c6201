package fetch

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/tap-rest/tap-rest/sources/fetch/auth"
	"github.com/tap-rest/tap-rest/sources/fetch/pace"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
)

// ask asks until there is a page, or an error for good. The first attempt may be
// under way already.
func (a *asker) ask(ctx context.Context, out *outgoing, first *early) (*Page, error) {
	trail := a.trail(out)
	page, err := a.askOn(ctx, out, first, trail)
	if trail != nil {
		trail.end(page, err)
		a.client.Follow(ctx, trail)
	}
	return page, err
}

func (a *asker) askOn(ctx context.Context, out *outgoing, first *early, trail *Trail) (*Page, error) {
	retry, longest := a.retry(), a.longestWait()
	asked := out
	for n := newTries(); ; {
		n.made, n.round = n.made+1, n.round+1
		out.followed(trail)
		ex, v, err := a.attempt(ctx, out, first)
		first = nil
		if err != nil {
			return nil, err
		}
		n.end(out, ex)
		if v.page != nil {
			a.client.admission.Health.Well()
			a.client.requester.accepted(v.page.proof)
			a.client.requester.sawRecords(v.page)
			a.judge.login.fell, a.judge.login.lapsed = false, n.fell && v.page.Records.Len() > 0
			v.page.Attempts, asked.tries = n.made, n.over
			a.meter.count(out, v.page)
			return v.page, nil
		}
		if v.pending > 0 {
			if err := a.pollLater(ctx, out, ex, v.pending); err != nil {
				return nil, err
			}
			n.polls()
			continue
		}
		if v.proof && a.mayProveAnew(n, ex) && a.client.requester.auth.Refused(ctx, *ex.proof, refusal(ex, v.expired)) {
			a.client.requester.sawRefusal(ex, v)
			a.client.Log.Info("the API refused who asks: asking again with another proof", "stream", a.stream.Name, "request", out.Shown, "why", v.err.Error())
			n.fell = n.fell || errors.Is(v.err, paging.ErrFallen)
			n.anew, n.round, v = n.anew+1, n.round-1, again(0, v.err)
			out = a.anew(ctx, out)
		}
		if spared(ex) {
			out.mark.takeBack()
		}
		if v.smaller {
			again, err := a.shrink(out, v.err)
			if err == nil {
				a.dropTooMuch(ex)
				out, n.round, n.alike = again, 0, 0
				continue
			}
			v.err = fmt.Errorf("%w; a smaller page is not possible: %w", v.err, err)
		}
		v = a.askOther(&n, ex, v)
		n.count(v)
		if v.told && v.wait <= longest { // the whole client keeps still
			a.client.admission.Rest(time.Now().Add(v.wait))
		}
		last := n.round >= retry.Attempts || v.rest || n.alike > 1
		switch {
		case v.retry && v.wait <= longest && last && !v.once && a.coolDown(out, v):
			n.round, v.wait = 0, 0
		case !v.retry || v.wait > longest || last:
			return nil, a.giveUp(out, ex, v, n.made)
		case v.wait < 0:
			v.wait = pace.Backoff(retry, n.round)
		}
		if err := a.pause(ctx, out, ex, v, n.round); err != nil {
			return nil, err
		}
	}
}

// dropTooMuch lets go of an answer in whose place a smaller one is asked for.
func (a *asker) dropTooMuch(ex *Exchange) {
	a.counters.Retries.Add(1)
	if ex != nil {
		ex.Body.Release()
	}
}

// attempt asks once, unless an answer is there or under way. The error is
// ErrStopped.
func (a *asker) attempt(ctx context.Context, out *outgoing, e *early) (*Exchange, verdict, error) {
	ex, err := e.answer()
	if ex == nil && err == nil {
		ex, err = a.client.transport.send(ctx, out, a.stream.Call.Timeout, a.counters)
	}
	if errors.Is(err, ErrStopped) || err != nil && ctx.Err() != nil {
		return nil, verdict{}, ErrStopped
	}
	if err == nil && ex.cut != nil && ctx.Err() != nil {
		ex.Body.Release()
		return nil, verdict{}, ErrStopped
	}
	if err == nil {
		out.answered(ex)
		if err := a.makeWhole(ctx, ex); err != nil {
			ex.Body.Release()
			return nil, verdict{}, err
		}
	}
	v := a.judge.decide(out, ex, err)
	if v.page != nil {
		a.judge.login.proves(ex)
	} else {
		out.mark.noPage(ex, err, v)
	}
	return ex, v, nil
}

// makeWhole takes a body into memory that came when there was no room for it,
// where the walk cannot do with its pieces. It waits for room, without a slot
// or a connection.
func (a *asker) makeWhole(ctx context.Context, ex *Exchange) error {
	if ex.cut != nil || !a.judge.bodies.Whole() || !ex.Body.Short() {
		return nil
	}
	share := a.ahead.room(ctx)
	if share == nil {
		return ErrStopped
	}
	if err := ex.Body.TakeIn(share); err != nil {
		ex.cut = fmt.Errorf("the body of the answer %d: %w", ex.Status, err)
	}
	return nil
}

// pause waits before the next attempt, after so many since the client rested.
func (a *asker) pause(ctx context.Context, out *outgoing, ex *Exchange, v verdict, round int) error {
	if a.client.admission.Stopped(ctx) {
		if ex != nil {
			ex.Body.Release()
		}
		return ErrStopped
	}
	if round > 0 {
		most := a.retry().Attempts
		if v.once {
			most = min(most, round+1)
		}
		a.client.Log.Info("asking again", "stream", a.stream.Name, "request", out.Shown, "why", hide(a.client.Secrets, v.err).Error(),
			"attempt", round, "of", most, "wait", v.wait.Round(time.Millisecond).String())
	}
	a.counters.Retries.Add(1)
	out.trail.retries(ex, v, a.client.Secrets)
	wait := a.client.admission.Sleep
	if v.told || ex != nil && ex.Status == http.StatusTooManyRequests {
		wait = a.client.admission.Hold
	}
	if ex != nil {
		ex.Body.Release()
	}
	return wait(ctx, v.wait, &a.counters.Spent)
}

// coolDown rests the client, where that may help: no stream of it makes a
// request meanwhile, those of other clients go on.
func (a *asker) coolDown(out *outgoing, v verdict) bool {
	retry := a.retry()
	if retry.CoolDown <= 0 {
		return false
	}
	pause := retry.CoolDown
	if v.rest && v.wait > 0 {
		pause = v.wait
	}
	until, rests := a.client.admission.Health.Rest(a.stream, v.rest, pause, retry.Rests)
	if !rests {
		return false
	}
	a.client.Log.Warn("the API is not well: the client rests", "stream", a.stream.Name, "request", out.Shown,
		"why", hide(a.client.Secrets, v.err).Error(), "for", time.Until(until).Round(time.Second).String())
	a.client.admission.Rest(until)
	return true
}

// giveUp makes the error of a request that is not asked again.
func (a *asker) giveUp(out *outgoing, ex *Exchange, v verdict, attempts int) error {
	e := &Error{Class: v.class, Attempts: attempts, Err: v.err, Advice: v.tip, Refused: v.about}
	if v.retry && v.wait > a.longestWait() {
		e.Advice = fmt.Sprintf("the API asks to wait until %s: run again after that",
			time.Now().Add(v.wait).UTC().Format(time.RFC3339))
	}
	if ex != nil {
		e.Excerpt = a.failures.excerpt(ex.Body.Text)
		defer ex.Body.Release()
	}
	return a.failures.answer(out, ex, e)
}

// mayProveAnew reports whether a request whose proof was refused may be asked again
// with another: once, and further times where the proof had held for other requests
// and so ran out while this one waited, or came too late by the API's own word.
func (a *asker) mayProveAnew(n tries, ex *Exchange) bool {
	if n.anew == 0 {
		return true
	}
	if p := a.client.requester.pool(); p != nil && n.anew < 2*p.Size() { // each credential may have another proof
		return true
	}
	l, lasts := a.client.requester.auth.(auth.Lasting)
	return lasts && n.anew < max(2, a.stream.Call.Retry.Attempts) && (l.Held(*ex.proof) || refusal(ex, false).Late())
}

// askOther makes a request that was refused for its credential's rate be asked again
// by another one, at once where one may ask. That is no attempt of the request, as
// long as each credential asks once.
func (a *asker) askOther(n *tries, ex *Exchange, v verdict) verdict {
	pool := a.client.requester.pool()
	if pool == nil || ex == nil || ex.proof == nil || !v.retry || !ex.head().ThrottlesAsker() {
		return v
	}
	v.wait, v.told = pool.Wait(time.Now()), false
	if v.wait > 0 {
		n.others = 0
		return v
	}
	if n.others++; n.others < pool.Size() {
		n.round--
	}
	return v
}

// pollLater waits before the next poll of a job that is not done.
func (a *asker) pollLater(ctx context.Context, out *outgoing, ex *Exchange, wait time.Duration) error {
	ex.Body.Release()
	if a.client.admission.Stopped(ctx) {
		return ErrStopped
	}
	out.trail.step(Step{What: Polls, For: wait})
	job := a.judge.jobs.job
	if running, tells := job.Tells(time.Now()); tells {
		a.client.Log.Info("the export's job is not done yet", "stream", a.stream.Name, "request", out.Shown,
			"for", running.Round(time.Second).String(), "of", job.Spec.Timeout.String(), "wait", wait.Round(time.Millisecond).String())
	}
	return a.client.admission.Sleep(ctx, wait, &a.counters.Spent)
}

// trail begins the trail of a request; nil, where nobody follows it.
func (a *asker) trail(out *outgoing) *Trail {
	if a.client.Follow == nil {
		return nil
	}
	t := &Trail{Stream: a.stream.Name, Began: time.Now()}
	t.Method, t.URL, _ = strings.Cut(out.Shown, " ")
	if u, err := url.Parse(t.URL); err == nil {
		t.Host = u.Host
	}
	return t
}
