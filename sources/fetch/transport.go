package fetch

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/body"
	"github.com/tap-rest/tap-rest/sources/fetch/pace"
	"github.com/tap-rest/tap-rest/sources/fetch/partial"
	"github.com/tap-rest/tap-rest/sources/fetch/recorded"
	"github.com/tap-rest/tap-rest/sources/fetch/request"
)

// slowest is how many timeouts a whole answer may take: one that drips a byte
// within every timeout would never end otherwise.
const slowest = 10

// transport sends requests, and receives what is answered. It is used from any
// goroutine.
type transport struct {
	trip      http.RoundTripper
	requester *requester
	admission *pace.Admission
	bodies    *body.Store
	room      *body.Room // for them
	follow    func(context.Context, *Trail)
}

// sendAdmitted is send for a request that was admitted.
func (t *transport) sendAdmitted(ctx context.Context, out *outgoing, timeout time.Duration, n *Counters) (*Exchange, error) {
	for at := out.Request; ; {
		ex, next, err := t.ask(ctx, out, at, timeout, n)
		if next != nil {
			t.free(out, n)
			err = t.admission.Admit(ctx, &out.passage, &n.Spent, nil)
		}
		if next == nil || err != nil {
			if ex == nil {
				t.free(out, n)
			} else {
				ex.started = out.passage.Started
			}
			return ex, err
		}
		at = next
	}
}

// free counts nothing for a request without an answer, where an answer would have said
// what it costs.
func (t *transport) free(out *outgoing, n *Counters) {
	if out.passage.Started != nil && out.passage.Started.Varies {
		t.admission.Settle(out.passage.Started, 0, &n.Spent)
	}
}

// ask sends one request that was admitted, the first one or what a redirect made
// of it. It reads the answer whole, or returns the request that it redirects to,
// and gives the slot back.
func (t *transport) ask(ctx context.Context, out *outgoing, at *request.Request, timeout time.Duration, n *Counters) (*Exchange, *request.Request, error) {
	defer t.admission.Leave(&out.passage)
	sent, proof, err := t.requester.prove(ctx, out, at)
	if err != nil {
		return nil, nil, err
	}
	n.Requests.Add(1)

	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	idle := time.AfterFunc(timeout, func() { cancel(errNoByte{timeout}) })
	defer idle.Stop()
	whole := time.AfterFunc(slowest*timeout, func() { cancel(errTooSlow{slowest * timeout}) })
	defer whole.Stop()

	if err := out.mark.send(); err != nil {
		return nil, nil, err
	}
	start := time.Now()
	if out.sent.IsZero() {
		out.sent = start
	}
	out.jar.Send(sent)
	out.part.Ask(sent.Header)
	resp, err := t.roundTrip(ctx, sent, n)
	if err != nil {
		return nil, nil, requestError(ctx, err)
	}
	out.jar.Keep(at.URL, resp.Header)
	t.requester.renew(proof, at.URL, resp.StatusCode, resp.Header)
	defer resp.Body.Close()
	next, err := out.Redirect(at, resp.StatusCode, resp.Header.Get("Location"))
	if next != nil || err != nil {
		_, _ = io.CopyN(io.Discard, resp.Body, 4<<10) // so that the connection can be used again; a long body is not worth it
		return nil, next, err
	}
	idle.Reset(timeout)
	wire := &body.Wire{
		In: resp.Body, Idle: func() { idle.Reset(timeout) }, Whole: func() { whole.Reset(slowest * timeout) },
	}
	ex := &Exchange{
		Request: out.Shown, Status: resp.StatusCode, Header: resp.Header, RequestID: requestID(resp.Header, t.requester.secrets), url: at.URL, proof: proof,
	}
	ex.Header.Del(recorded.UnendedHeader) // strangers may send what is ours
	if resp.ProtoMajor == 1 && resp.ContentLength < 0 && len(resp.TransferEncoding) == 0 && !resp.Uncompressed {
		ex.Header.Set(recorded.UnendedHeader, "true")
	}
	ex.Body, err = t.receive(out, ex, wire, resp.ContentLength)
	n.Wire.Add(wire.N)
	ex.At, ex.Took = time.Now(), time.Since(start)
	t.admission.Answered(&out.passage, ex.Request, start, ex.head(), proof)
	if err != nil {
		ex.cut = fmt.Errorf("the body of the answer %d: %w", resp.StatusCode, requestError(ctx, err))
	}
	return ex, nil, nil
}

// receive reads the body of an answer: all of it, or the rest of one that broke off.
func (t *transport) receive(out *outgoing, ex *Exchange, wire *body.Wire, length int64) (*body.Body, error) {
	left, goesOn, err := out.part.GoesOn(ex.Status, ex.Header)
	if err != nil {
		return t.bodies.Empty(), err
	}
	in := &body.Incoming{
		Wire: wire, Length: length, Room: t.room, Begin: func() (body.File, error) { return out.begin(ex.Status, ex.Header) },
	}
	if goesOn {
		ex.Status, ex.Header = http.StatusOK, out.part.Whole(ex.Header)
		in.Part = out.part.Take()
		wire.In = partial.Rest(wire.In, left)
	}
	in.Layers, in.Refused = out.layers(ex.Status, ex.Header), !ex.well()
	b, err := t.bodies.Receive(in)
	ex.Wire = wire.N
	if in.Part != nil {
		ex.Wire += in.Part.Size
	}
	if err != nil && out.part.Lasts(out.Method, ex.Status, ex.Header) {
		out.part.BreaksOff(b, ex.Header)
	}
	return b, err
}

// roundTrip sends a request, and counts its answer.
func (t *transport) roundTrip(ctx context.Context, sent *http.Request, n *Counters) (*http.Response, error) {
	resp, err := t.trip.RoundTrip(sent.WithContext(countRepeats(ctx, n)))
	if err != nil {
		n.Answers.add(NoAnswer)
		return nil, err
	}
	n.Answers.add(resp.StatusCode)
	return resp, nil
}

// countRepeats makes requests count that net/http repeats by itself, when a
// kept connection turns out to be closed: the API may have seen both.
func countRepeats(ctx context.Context, n *Counters) context.Context {
	sent := false
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) {
			if sent {
				n.Requests.Add(1)
				n.Retries.Add(1)
				n.Answers.add(NoAnswer)
			}
			sent = true
		},
	})
}

// requestError says why a request had no answer: what ended it, rather than
// the "context canceled" that came of it.
func requestError(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

// newTransport returns the transport of a client that says who it is by spec.
func newTransport(source *sources.Client, own *tls.Config) http.RoundTripper {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.DisableCompression = true // bodies are decoded here, so that their wire bytes are known
	t.MaxIdleConnsPerHost = source.MaxInFlight
	if own != nil {
		t.TLSClientConfig = own
	}
	return t
}

// failing is a transport that makes no request.
type failing struct{ err error }

func (f failing) RoundTrip(*http.Request) (*http.Response, error) { return nil, errUnproven{f.err} }
