package fetch

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/tap-rest/tap-rest/sources"
)

// hastyAttempts is how often a hasty client asks, in all.
const hastyAttempts = 2

// retry is how often a request is made, and with which waits between.
func (w *Walk) retry() sources.Retry {
	r := w.stream.Call.Retry
	if w.client.Hasty {
		r.Attempts, r.CoolDown = min(r.Attempts, hastyAttempts), 0
	}
	return r
}

// longestWait is how long an API may ask the walk to wait.
func (w *Walk) longestWait() time.Duration {
	if w.client.Hasty {
		return w.stream.Call.Retry.MaxWait
	}
	return longestWait
}

// tries counts the attempts at one request.
type tries struct {
	made  int  // in all
	round int  // since the client rested, or the beginning
	alike int  // of the last ones, those whose answer would come again
	anew  bool // another proof of who asks was tried
}

// count takes note of an attempt that was refused.
func (t *tries) count(v verdict) {
	t.alike++
	if !v.once {
		t.alike = 0
	}
}

// exchange asks until there is a page, or an error for good.
func (w *Walk) exchange(ctx context.Context, out *outgoing) (*Page, error) {
	retry, longest := w.retry(), w.longestWait()
	for n := (tries{}); ; {
		n.made, n.round = n.made+1, n.round+1
		ex, err := w.client.send(ctx, out, w.stream.Call.Timeout, w.counters)
		if errors.Is(err, ErrStopped) || err != nil && ctx.Err() != nil {
			return nil, ErrStopped
		}
		if err == nil {
			if err := w.makeWhole(ctx, ex); err != nil {
				w.client.done(ex)
				return nil, err
			}
		}
		v := w.judge(ex, err)
		if v.page != nil {
			w.client.health.well()
			v.page.Attempts = n.made
			v.page.release = func() { w.client.done(ex) }
			return v.page, nil
		}
		if v.proof && !n.anew && w.client.requester.auth.Refused(ctx, *ex.proof) {
			w.client.Log.Info("the API refused who asks: asking again with another proof", "stream", w.stream.Name, "request", out.Shown, "why", v.err.Error())
			n.anew, n.round, v = true, n.round-1, again(0, v.err)
		}
		n.count(v)
		if v.told && v.wait <= longest { // the whole client keeps still
			w.client.pace.rest(time.Now().Add(v.wait))
		}
		last := n.round >= retry.Attempts || v.rest || n.alike > 1
		switch {
		case v.retry && v.wait <= longest && last && !v.once && w.coolDown(out, v):
			n.round, v.wait = 0, 0
		case !v.retry || v.wait > longest || last:
			return nil, w.giveUp(out, ex, v, n.made)
		case v.wait < 0:
			v.wait = backoff(retry, n.round)
		}
		if err := w.pause(ctx, out, ex, v, n.round); err != nil {
			return nil, err
		}
	}
}

// pause waits before the next attempt, after so many since the client rested.
func (w *Walk) pause(ctx context.Context, out *outgoing, ex *Exchange, v verdict, round int) error {
	if round > 0 {
		most := w.retry().Attempts
		if v.once {
			most = min(most, round+1)
		}
		w.client.Log.Info("asking again", "stream", w.stream.Name, "request", out.Shown, "why", w.hide(v.err).Error(),
			"attempt", round, "of", most, "wait", v.wait.Round(time.Millisecond).String())
	}
	w.counters.Retries.Add(1)
	wait := w.client.sleep
	if v.told || ex != nil && ex.Status == http.StatusTooManyRequests {
		wait = w.client.hold
	}
	if ex != nil {
		w.client.done(ex)
	}
	return wait(ctx, v.wait, w.counters)
}
