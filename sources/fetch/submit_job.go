package fetch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch/auth"
	"github.com/tap-rest/tap-rest/sources/fetch/export"
	"github.com/tap-rest/tap-rest/sources/fetch/pace"
)

// submission builds the request that asks for the job. By its digest the journal knows
// it, and so do other streams that ask for the same: that is of all but its key.
func (j *job) submission() (*outgoing, error) {
	build := func(key expr.Value) (*outgoing, error) {
		j.requests.vars[sources.VarJobKey] = key
		defer func() { j.requests.vars[sources.VarJobKey] = expr.Undefined() }()
		out, err := j.requests.buildOther(j.Spec.Submit, "")
		if err != nil {
			return nil, fmt.Errorf("export.submit: %w", err)
		}
		return j.of(out, forSubmit), nil
	}
	out, err := build(expr.String(""))
	if err != nil {
		return nil, err
	}
	out.asksBy = j.requests.recorder.digest(out, false)
	if !j.Spec.Submit.Uses("job_key") {
		return out, nil
	}
	keyed, err := build(expr.String(j.key(out.asksBy)))
	if err == nil {
		keyed.asksBy, keyed.digest = out.asksBy, out.digest
	}
	return keyed, err
}

// key is the one of a submission, whose digest without it is asksBy.
func (j *job) key(asksBy [16]byte) string {
	return export.Key(asksBy, j.walk.restarts, j.requests.vars, func(text string) string {
		if sealed, ok := j.requests.recorder.secrets.Digest(text, false); ok {
			return sealed
		}
		return text
	})
}

// lostBy takes note of an attempt at a submission that came to no page, or at a poll that
// did not say how the job stands.
func (j *job) lostBy(out *outgoing, ex *Exchange, err error, v verdict) {
	if (out.role == forPoll || out.role == forResult) && v.pending == 0 {
		j.Disturbed()
	}
	if out.role == forSubmit && (mayHaveArrived(ex, err) || errors.Is(v.err, ErrBroken)) {
		j.lost = true
		j.tellLost(out, v.err)
	}
}

// tellLost warns, once, that the API may have made a job of which nobody knows.
func (j *job) tellLost(out *outgoing, why error) {
	if j.warned || j.Spec.Submit.Uses("job_key") {
		return
	}
	j.warned = true
	j.asker.client.Log.Warn("the answer to the request for the export's job was lost: the API may do that job all the same, and may do a second one, and ask for its price, when it is asked again",
		"stream", j.requests.stream.Name, "request", out.Shown, "why", hide(j.asker.client.Secrets, why).Error(),
		"write", `where the API takes a key by which it knows a request again, send job_key in export.submit, as in headers: {Idempotency-Key: "{{ job_key }}"}`)
}

// mayHaveArrived reports whether the API may have got a request to which no whole
// answer of its own came.
func mayHaveArrived(ex *Exchange, err error) bool {
	var dial *net.OpError
	var login *auth.Failure
	switch {
	case ex != nil:
		return ex.cut != nil || ex.Status == http.StatusBadGateway || ex.Status == http.StatusGatewayTimeout
	case errors.As(err, &dial) && dial.Op == "dial", errors.As(err, &login):
		return false
	}
	return judgeError(err).retry
}

// takeSlot waits until another job of the client may run.
func (j *job) takeSlot(ctx context.Context) error {
	c := j.asker.client
	if j.slot = c.jobs.Take(ctx, j.Spec.MaxJobs, j.walk.partition, c.waiting(ctx)); j.slot == nil {
		return ErrStopped
	}
	return nil
}

// waiting is a walk of the client that may have to wait for others.
func (c *Client) waiting(ctx context.Context) export.Waiting {
	return export.Waiting{Turn: pace.TurnOf(ctx), Stopped: c.Gate.Closed()}
}
