package fetch

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/state/journal"
)

// How long closing a session may take: while the run goes on, and once it stops.
const (
	closeWithin        = 30 * time.Second
	closeWithinStopped = 3 * time.Second
)

// close asks the API to end the session. It costs no budget, and the run that stops
// waits for it: a session that is left open takes room at the API. What goes wrong
// is a warning.
func (s *conversation) close() {
	if s.rules.Close == nil || s.closed || !s.used || s.requests.recorder.only() {
		return
	}
	s.closed = true
	out, err := s.closing()
	if out == nil && err == nil {
		return
	}
	shown := s.rules.Close.Method + " " + s.rules.Close.Path.Source()
	if err == nil {
		shown = out.Shown
		err = s.sendClosing(out)
	}
	if err != nil {
		s.leaveOpen(shown, err)
	}
}

// leaveOpen counts a session that could not be closed, and says why of the first one
// of a stream: others are likely to fare as it did.
func (s *conversation) leaveOpen(shown string, err error) {
	c := s.asker.client
	if s.asker.counters.Sessions.LeftOpen.Add(1) > 1 {
		return
	}
	c.Log.Warn("the session could not be closed: the API keeps it until it expires there; further ones of the stream are counted, but not logged",
		"stream", s.requests.stream.Name, "request", c.Secrets.Redact(shown), "why", hide(c.Secrets, err).Error())
}

// justNow is how long an API may be taken to keep a session that it has answered in.
const justNow = 10 * time.Second

// refused is the error of an answer to close; nil: the session is closed, or gone.
// Where none of the stream was ever closed, and this one was there a moment ago, 404
// speaks of the path.
func (s *conversation) refused(status int) error {
	n := &s.asker.counters.Sessions
	switch {
	case status/100 == 2:
		n.Closed.Add(1)
		return nil
	case status == http.StatusGone, status == http.StatusNotFound && (n.Closed.Load() > 0 || time.Since(s.heard) > justNow):
		return nil
	}
	err := error(&statusError{status, http.StatusText(status)})
	switch status {
	case http.StatusNotFound:
		return fmt.Errorf("%w, though the API answered in the session just now: is pagination.close right? It says path: %s, behind base_url. Where the API ends a session itself with its last page, leave close out",
			err, s.rules.Close.Path.Source())
	case http.StatusMethodNotAllowed:
		return fmt.Errorf("%w: is the method right? pagination.close says method: %s", err, s.rules.Close.Method)
	}
	return err
}

// closing makes the request that ends the session; nil where there is none yet.
func (s *conversation) closing() (*outgoing, error) {
	if s.rules.Close == nil || s.at.Session == nil && s.at.Token == nil && s.at.URL == "" {
		return nil, nil
	}
	here := s.pager.Position()
	s.pager.Go(s.at)
	out, err := s.requests.buildOther(*s.rules.Close, "")
	s.pager.Go(here)
	s.requests.setPage()
	if err != nil {
		return nil, fmt.Errorf("pagination.close: %w", err)
	}
	out.vars = append(expr.Vars(nil), out.vars...)
	out.aside = "#close." + hex.EncodeToString(out.digest[:])
	return out, nil
}

// sendClosing sends it, once, and keeps that it was answered.
func (s *conversation) sendClosing(out *outgoing) error {
	start := time.Now()
	status, err := s.asker.sendLast(out)
	if err != nil {
		return err
	}
	if err := s.refused(status); err != nil {
		return err
	}
	if r := s.requests.recorder.Recording; r != nil {
		_, err = r.Journal.Append(&journal.Exchange{
			Key: r.keyOf(out), At: time.Now(), Took: time.Since(start), Request: out.Shown, Digest: out.digest, Status: status, Attempts: 1,
		})
		if err == nil {
			r.Journal.Emitted(r.keyOf(out))
		}
	}
	return wrapJournal(err)
}

// sendLast sends a request of whose answer the status is enough, once, and though the
// run stops.
func (a *asker) sendLast(out *outgoing) (status int, err error) {
	within := min(closeWithin, a.stream.Call.Timeout)
	if a.client.admission.Stopped(context.Background()) {
		within = min(within, closeWithinStopped)
	}
	ctx, cancel := context.WithTimeoutCause(context.Background(), within, errNoByte{within})
	defer cancel()
	if err := a.client.admission.AdmitLast(ctx, &out.passage); err != nil {
		return 0, err
	}
	status, err = a.client.transport.askLast(ctx, out, a.counters)
	if err != nil {
		return 0, requestError(ctx, err)
	}
	return status, nil
}

// maxLast is how much is read of an answer that nobody looks at, so that its
// connection can be used again.
const maxLast = 64 << 10

// askLast sends a request that was admitted, of whose answer the status is enough.
func (t *transport) askLast(ctx context.Context, out *outgoing, n *Counters) (status int, err error) {
	defer t.admission.Leave(&out.passage)
	sent, _, err := t.requester.prove(ctx, out, out.Request)
	if err != nil {
		return 0, err
	}
	n.Requests.Add(1)
	t.admission.Pay(&out.passage, &n.Spent)
	t.free(out, n) // nobody reads what its answer says
	out.jar.Send(sent)
	resp, err := t.roundTrip(ctx, sent, n)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	wire, _ := io.CopyN(io.Discard, resp.Body, maxLast)
	n.Wire.Add(wire)
	return resp.StatusCode, nil
}
