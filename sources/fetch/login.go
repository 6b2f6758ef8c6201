package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch/auth"
	"github.com/tap-rest/tap-rest/sources/fetch/body"
	"github.com/tap-rest/tap-rest/sources/fetch/pace"
)

// mostLogins is how often a request that waits longer than a login holds logs in
// before it is sent all the same.
const mostLogins = 3

// admit waits until a request may start, and can be proven. It logs in before it
// waits: nothing that waits for a login holds a slot.
func (t *transport) admit(ctx context.Context, out *outgoing, timeout time.Duration, n *Counters) error {
	for range mostLogins {
		if err := t.prepare(ctx, out.passage.Stream, out.vars, timeout, n); err != nil {
			return err
		}
		if err := t.admission.Admit(ctx, &out.passage, &n.Spent, t.requester.ready); err != pace.ErrSpent {
			return err
		}
	}
	return t.admission.Admit(ctx, &out.passage, &n.Spent, nil)
}

// prepare logs in where that is due.
func (t *transport) prepare(ctx context.Context, stream string, vars expr.Vars, timeout time.Duration, n *Counters) error {
	l := t.requester.login()
	if l == nil || l.Ready() {
		return nil
	}
	err := l.Prepare(ctx, vars, func(asked context.Context, r *http.Request) (*auth.Answer, error) {
		trail := t.loginTrail(stream, r)
		answer, bytes, err := t.askLogin(asked, stream, r, trail, timeout, n)
		if trail != nil {
			trail.endLogin(answer, bytes, err, t.requester.secrets)
			t.follow(ctx, trail)
		}
		return answer, err
	})
	if errors.Is(err, context.Canceled) && t.admission.Stopped(ctx) { // it waited for the login of another worker
		return ErrStopped
	}
	return err
}

// maxLogin is how long the answer to a login may be, in bytes.
const maxLogin = 1 << 20

// askLogin sends a request of a login: at the client's pace, in one of its slots,
// and as a call of the stream that needs it. It is not kept in the journal. It returns
// the answer, and how many bytes of its body came.
func (t *transport) askLogin(ctx context.Context, stream string, r *http.Request, trail *Trail, timeout time.Duration, n *Counters) (*auth.Answer, int64, error) {
	pass := &pace.Passage{Stream: stream, Path: r.URL.Path, Login: true}
	if trail != nil {
		pass.Follower = waits{trail}
	}
	if err := t.admission.Admit(ctx, pass, &n.Spent, nil); err != nil {
		return nil, 0, err
	}
	defer t.admission.Leave(pass)
	n.Requests.Add(1)
	r.Header.Set("Accept-Encoding", body.Accept)
	r.Header.Set("User-Agent", t.requester.defaults.Get("User-Agent"))
	idle, cancel := context.WithTimeoutCause(ctx, timeout, errNoByte{timeout})
	defer cancel()
	resp, err := t.roundTrip(idle, r, n)
	if err != nil {
		return nil, 0, lostLogin(ctx, requestError(idle, err))
	}
	defer resp.Body.Close()
	wire := &body.Wire{In: resp.Body, Idle: func() {}, Whole: func() {}}
	ex := &Exchange{Status: resp.StatusCode, Header: resp.Header, At: time.Now()}
	text, err := body.Decode(nil, io.LimitReader(wire, maxLogin), body.Layers{}.With(resp.Header))
	n.Wire.Add(wire.N)
	if err != nil {
		return nil, wire.N, lostLogin(ctx, fmt.Errorf("the body of the answer %d: %w", resp.StatusCode, requestError(idle, err)))
	}
	return &auth.Answer{
		Status: ex.Status, Header: ex.Header, Seen: HeaderValue(ex.Header), Body: text, Later: ex.head().Throttles(), Wait: ex.head().RetryAfter(),
	}, wire.N, nil
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

// send makes one attempt: it asks, and follows redirects. An answer of any
// status is an exchange; the error is for the lack of one. The caller gives
// the body back.
func (t *transport) send(ctx context.Context, out *outgoing, timeout time.Duration, n *Counters) (*Exchange, error) {
	if err := t.admit(ctx, out, timeout, n); err != nil {
		return nil, err
	}
	return t.sendAdmitted(ctx, out, timeout, n)
}

// loginTrail begins the trail of a request of a login; nil, where nobody follows it. Its URL
// is without the query, which holds secrets of which nothing is known yet.
func (t *transport) loginTrail(stream string, r *http.Request) *Trail {
	if t.follow == nil {
		return nil
	}
	u := url.URL{Scheme: r.URL.Scheme, Host: r.URL.Host, Path: r.URL.Path}
	return &Trail{Stream: stream, Login: true, Method: r.Method, URL: t.requester.secrets.Redact(u.String()), Host: u.Host, Began: time.Now(), Attempts: 1}
}
