package fetch

import (
	"context"
	"errors"

	"github.com/tap-rest/tap-rest/sources/fetch/pace"
	"github.com/tap-rest/tap-rest/sources/secret"
)

// buildLoggedIn builds the request for the walk's position. It logs in first where
// the request, or the position, is made of what a login answers.
func (a *asker) buildLoggedIn(ctx context.Context, build func() (*outgoing, error)) (*outgoing, error) {
	l := a.client.requester.login()
	if l == nil || a.requests.recorder.only() {
		return build()
	}
	if a.stream.Uses("auth") {
		if err := a.logIn(ctx); err != nil {
			return nil, err
		}
	}
	out, err := build()
	if errors.Is(err, secret.ErrSealed) && !l.Ready() {
		if err := a.logIn(ctx); err != nil {
			return nil, err
		}
		return build()
	}
	return out, err
}

// logIn logs in where that is due, as often as a request is made.
func (a *asker) logIn(ctx context.Context) error {
	retry := a.retry()
	for n := 1; ; n++ {
		err := a.client.transport.prepare(ctx, a.stream.Name, a.requests.vars, a.stream.Call.Timeout, a.counters)
		v := judgeError(err)
		if err == nil || errors.Is(err, ErrStopped) || !v.retry || n >= retry.Attempts || v.wait > a.longestWait() {
			return err
		}
		if v.wait < 0 {
			v.wait = pace.Backoff(retry, n)
		}
		a.counters.Retries.Add(1)
		if err := a.client.admission.Sleep(ctx, v.wait, &a.counters.Spent); err != nil {
			return err
		}
	}
}

// anew makes a request again whose proof was refused, with what the next login
// answers; the one that was made where that is not possible: asking says why.
func (a *asker) anew(ctx context.Context, out *outgoing) *outgoing {
	if a.client.requester.login() == nil || !a.stream.Uses("auth") || a.logIn(ctx) != nil {
		return out
	}
	if again, err := a.requests.rebuild(out); err == nil {
		return again
	}
	return out
}
