package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch/auth"
	"github.com/tap-rest/tap-rest/sources/fetch/body"
	"github.com/tap-rest/tap-rest/sources/fetch/request"
	"github.com/tap-rest/tap-rest/sources/secret"
)

// mostLogins is how often a request that waits longer than a login holds logs in
// before it is sent all the same.
const mostLogins = 3

// admit waits until a request may start, and can be proven. It logs in before it
// waits: nothing that waits for a login holds a slot.
func (t *transport) admit(ctx context.Context, out *outgoing, timeout time.Duration, n *Counters) error {
	for range mostLogins {
		if err := t.prepare(ctx, out.stream, out.vars, timeout, n); err != nil {
			return err
		}
		if err := t.admission.admit(ctx, out, n, t.requester.ready); err != errSpent {
			return err
		}
	}
	return t.admission.admit(ctx, out, n, nil)
}

// prepare logs in where that is due.
func (t *transport) prepare(ctx context.Context, stream string, vars expr.Vars, timeout time.Duration, n *Counters) error {
	l := t.requester.login()
	if l == nil || l.Ready() {
		return nil
	}
	return l.Prepare(ctx, vars, func(ctx context.Context, r *http.Request) (*auth.Answer, error) {
		return t.askLogin(ctx, stream, r, timeout, n)
	})
}

// maxLogin is how long the answer to a login may be, in bytes.
const maxLogin = 1 << 20

// askLogin sends a request of a login: at the client's pace, in one of its slots,
// and as a call of the stream that needs it. It is not kept in the journal.
func (t *transport) askLogin(ctx context.Context, stream string, r *http.Request, timeout time.Duration, n *Counters) (*auth.Answer, error) {
	out := &outgoing{Request: &request.Request{URL: r.URL}, stream: stream, login: true}
	if err := t.admission.admit(ctx, out, n, nil); err != nil {
		return nil, err
	}
	defer t.admission.leave(out)
	n.Requests.Add(1)
	r.Header.Set("Accept-Encoding", body.Accept)
	r.Header.Set("User-Agent", t.requester.defaults.Get("User-Agent"))
	idle, cancel := context.WithTimeoutCause(ctx, timeout, errNoByte{timeout})
	defer cancel()
	resp, err := t.trip.RoundTrip(r.WithContext(countRepeats(idle, n)))
	if err != nil {
		return nil, lostLogin(ctx, requestError(idle, err))
	}
	defer resp.Body.Close()
	wire := &body.Wire{In: resp.Body, Idle: func() {}, Whole: func() {}}
	ex := &Exchange{Status: resp.StatusCode, Header: resp.Header, At: time.Now()}
	text, err := body.Decode(nil, io.LimitReader(wire, maxLogin), body.Layers{}.With(resp.Header))
	n.Wire.Add(wire.N)
	if err != nil {
		return nil, lostLogin(ctx, fmt.Errorf("the body of the answer %d: %w", resp.StatusCode, requestError(idle, err)))
	}
	return &auth.Answer{
		Status: ex.Status, Header: ex.Header, Seen: HeaderValue(ex.Header), Body: text, Later: throttles(ex), Wait: retryAfter(ex),
	}, nil
}

// lostLogin is the error of a login without an answer.
func lostLogin(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ErrStopped
	}
	v := judgeError(err)
	return &auth.Failure{Err: err, Later: v.retry, Wait: v.wait, Advice: v.tip}
}

// LoginFailed reports whether a request failed since its login did, for good: no
// other request of the client is tried with those credentials.
func LoginFailed(err error) bool {
	var login *auth.Failure
	return errors.As(err, &login) && !login.Later
}

// showLogin makes what templates see as auth.
func (w *Walk) showLogin() {
	if l := w.client.requester.login(); l != nil {
		w.vars[sources.VarAuth] = l.Answer()
	}
}

// buildLoggedIn builds the request for the walk's position. It logs in first where
// the request, or the position, is made of what a login answers.
func (w *Walk) buildLoggedIn(ctx context.Context) (*outgoing, error) {
	l := w.client.requester.login()
	if l == nil || w.recorder.only() {
		return w.build()
	}
	if w.stream.Uses("auth") {
		if err := w.logIn(ctx); err != nil {
			return nil, err
		}
	}
	out, err := w.build()
	if errors.Is(err, secret.ErrSealed) && !l.Ready() {
		if err := w.logIn(ctx); err != nil {
			return nil, err
		}
		return w.build()
	}
	return out, err
}

// logIn logs in where that is due, as often as a request is made.
func (w *Walk) logIn(ctx context.Context) error {
	retry := w.asker.retry()
	for n := 1; ; n++ {
		err := w.client.transport.prepare(ctx, w.stream.Name, w.vars, w.stream.Call.Timeout, w.counters)
		v := judgeError(err)
		if err == nil || errors.Is(err, ErrStopped) || !v.retry || n >= retry.Attempts || v.wait > w.asker.longestWait() {
			return err
		}
		if v.wait < 0 {
			v.wait = backoff(retry, n)
		}
		w.counters.Retries.Add(1)
		if err := w.client.admission.sleep(ctx, v.wait, w.counters); err != nil {
			return err
		}
	}
}

// anew makes a request again whose proof was refused, with what the next login
// answers; the one that was made where that is not possible: asking says why.
func (w *Walk) anew(ctx context.Context, out *outgoing) *outgoing {
	if w.client.requester.login() == nil || !w.stream.Uses("auth") || w.logIn(ctx) != nil {
		return out
	}
	w.setPage()
	if again, err := w.build(); err == nil {
		return again
	}
	return out
}

// send makes one attempt: it asks, and follows redirects. An answer of any
// status is an exchange; the error is for the lack of one. The caller gives
// the body back.
func (t *transport) send(ctx context.Context, out *outgoing, timeout time.Duration, n *Counters) (*Exchange, error) {
	if err := t.admit(ctx, out, timeout, n); err != nil {
		return nil, err
	}
	return t.sendAdmitted(ctx, out, timeout, n)
}
