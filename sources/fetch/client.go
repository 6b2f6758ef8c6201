package fetch

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch/request"
	"github.com/tap-rest/tap-rest/sources/secret"
)

const (
	// MaxBody is the largest body that is read into memory, as it comes and
	// decoded, in bytes.
	MaxBody = 8 << 20
	// keptBodies is how many bodies' memory a client keeps. A sync.Pool would
	// lose it at every collection, and each body would be grown from nothing.
	keptBodies = 4
	// slowest is how many timeouts a whole answer may take: one that drips a
	// byte within every timeout would never end otherwise.
	slowest = 10
)

// Gate decides about every request before it is sent.
type Gate interface {
	// Enter is called from any goroutine, once before each request, retries
	// and redirects too. Its error is ErrStopped: the request must not start.
	Enter() error
	// Closed is closed when Enter will never allow a request again: it ends
	// every wait for one.
	Closed() <-chan struct{}
}

// Counters add up what the walks of a stream cost. They may be read at any
// time.
type Counters struct {
	Requests atomic.Int64 // sent, retries and redirects too
	Retries  atomic.Int64
	Waited   atomic.Int64 // nanoseconds, for rates and before retries
	Wire     atomic.Int64 // bytes of bodies as they came
	Recalled atomic.Int64 // exchanges that the journal had
	Limited  atomic.Int64 // until when a rate holds a request back, in Unix milliseconds; 0: none does
}

// Options are what the clients of a run share.
type Options struct {
	Transport http.RoundTripper // nil: one like http.DefaultTransport
	Secrets   *secret.Hider     // of the run; the client's own knows its credentials too
	UserAgent string
	Gate      Gate
	Log       *slog.Logger
	Ahead     *Room // for bodies that came, until they were worked on
	Back      *Room // for bodies that are read back
	Hasty     bool  // somebody waits for the answer: no request is made more than twice
}

// Client sends the requests of all streams that share a sources.Client, at
// the pace that it sets. Its methods may be called from any goroutine.
type Client struct {
	Options
	requester *requester
	pace      *pace
	health    health
	most      int64 // MaxResponse
	slots     chan struct{}
	bodies    pool
	wires     pool // of bodies that are encoded: they are as long as each other, too
}

// NewClient returns the client of source.
// vars hold what its auth sees as config: the credentials it makes are secrets
// like those of the settings.
func NewClient(source *sources.Client, o Options, vars expr.Vars) *Client {
	if o.Transport == nil {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.DisableCompression = true // bodies are decoded here, so that their wire bytes are known
		t.MaxIdleConnsPerHost = source.MaxInFlight
		o.Transport = t
	}
	r := newRequester(source, o.Secrets, o.UserAgent, vars)
	o.Secrets = r.secrets
	return &Client{
		Options:   o,
		requester: r,
		most:      MaxResponse,
		pace:      newPace(source.RateLimits),
		slots:     make(chan struct{}, source.MaxInFlight),
		bodies:    make(pool, keptBodies),
		wires:     make(pool, keptBodies),
	}
}

// Close ends the client's idle connections.
func (c *Client) Close() {
	if t, ok := c.Transport.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}

// send makes one attempt: it asks, and follows redirects. An answer of any
// status is an exchange; the error is for the lack of one. The caller gives
// the body back with recycle.
func (c *Client) send(ctx context.Context, out *outgoing, timeout time.Duration, n *Counters) (*Exchange, error) {
	for at := out.Request; ; {
		ex, next, err := c.ask(ctx, out, at, timeout, n)
		if next == nil {
			return ex, err
		}
		at = next
	}
}

// ask sends one request, the first one or what a redirect made of it, when the
// client's pace and a slot allow it. It reads the answer whole, or returns the
// request that it redirects to.
func (c *Client) ask(ctx context.Context, out *outgoing, at *request.Request, timeout time.Duration, n *Counters) (*Exchange, *request.Request, error) {
	if err := c.admit(ctx, n); err != nil {
		return nil, nil, err
	}
	defer func() { <-c.slots }()
	sent, proof, err := c.requester.prove(ctx, out, at)
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

	start := time.Now()
	out.jar.send(sent)
	resp, err := c.Transport.RoundTrip(sent.WithContext(countRepeats(ctx, n)))
	if err != nil {
		return nil, nil, requestError(ctx, err)
	}
	out.jar.keep(at.URL, resp.Header)
	defer resp.Body.Close()
	next, err := out.Redirect(at, resp.StatusCode, resp.Header.Get("Location"))
	if next != nil || err != nil {
		_, _ = io.CopyN(io.Discard, resp.Body, 4<<10) // so that the connection can be used again; a long body is not worth it
		return nil, next, err
	}
	idle.Reset(timeout)
	wire := &wireReader{r: resp.Body, idle: idle, whole: whole, timeout: timeout, next: MaxBody}
	ex := &Exchange{
		Request: out.Shown, Status: resp.StatusCode, Header: resp.Header, RequestID: c.requestID(resp.Header), url: at.URL, text: out.text, proof: proof,
	}
	err = c.receive(ex, wire, resp.ContentLength, out)
	n.Wire.Add(wire.n)
	ex.Wire, ex.At, ex.Took = wire.n, time.Now(), time.Since(start)
	if err != nil {
		ex.cut = fmt.Errorf("the body of the answer %d: %w", resp.StatusCode, requestError(ctx, err))
	}
	return ex, nil, nil
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
			}
			sent = true
		},
	})
}

// admit waits until a request may start, and takes one of the client's slots
// for it. Rates are waited for without a slot, but counted with one: otherwise
// requests that were let through long ago could start all at once.
func (c *Client) admit(ctx context.Context, n *Counters) error {
	for {
		if ctx.Err() != nil {
			return ErrStopped
		}
		select {
		case c.slots <- struct{}{}:
		case <-c.Gate.Closed():
			return ErrStopped
		case <-ctx.Done():
			return ErrStopped
		}
		wait := c.pace.take(time.Now())
		if wait <= 0 {
			err := c.Gate.Enter()
			if err != nil {
				<-c.slots
			}
			return err
		}
		<-c.slots
		if err := c.hold(ctx, wait, n); err != nil {
			return err
		}
	}
}

// stopped reports whether no further request may start.
func (c *Client) stopped(ctx context.Context) bool {
	select {
	case <-c.Gate.Closed():
		return true
	default:
		return ctx.Err() != nil
	}
}

// sleep makes a walk wait by itself, until the run stops.
func (c *Client) sleep(ctx context.Context, d time.Duration, n *Counters) error {
	turn := turnOf(ctx)
	turn.Leave(d, true)
	err := c.wait(ctx, d, n)
	if err == nil {
		turn.Return(ctx)
	}
	return err
}

// wait waits, until the run stops.
func (c *Client) wait(ctx context.Context, d time.Duration, n *Counters) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	start := time.Now()
	defer func() { n.Waited.Add(int64(time.Since(start))) }()
	select {
	case <-timer.C:
		return nil
	case <-c.Gate.Closed():
	case <-ctx.Done():
	}
	return ErrStopped
}

// hold is sleep for the sake of a rate, which holds for the whole client, and
// says so.
func (c *Client) hold(ctx context.Context, d time.Duration, n *Counters) error {
	turn := turnOf(ctx)
	turn.Leave(d, false)
	n.Limited.Store(time.Now().Add(d).UnixMilli())
	err := c.wait(ctx, d, n)
	n.Limited.Store(0)
	if err == nil {
		turn.Return(ctx)
	}
	return err
}

// done gives an exchange's memory back.
func (c *Client) done(ex *Exchange) {
	if ex.long != nil {
		ex.long.discard()
	}
	if apart(ex) {
		c.wires.give(ex.wire)
	}
	c.bodies.give(ex.Body)
	ex.share.give()
}

// apart reports whether a body has memory of its own besides the one that came
// off the wire.
func apart(ex *Exchange) bool {
	return cap(ex.wire) > 0 && cap(ex.Body) > 0 && &ex.wire[:1][0] != &ex.Body[:1][0]
}

// forgetWire gives the memory of a page's body back as it came off the wire,
// where it was encoded and is not needed again.
func (c *Client) forgetWire(p *Page) {
	if p.long != nil && !p.long.many && !p.recorded {
		return
	}
	if apart(&p.Exchange) {
		c.wires.give(p.wire)
	}
	p.wire = nil
	ex := p.Exchange
	p.release = func() { c.done(&ex) }
}

// pool keeps the memory of bodies for the next ones.
type pool chan []byte

// take returns memory for a body.
func (p pool) take() []byte {
	select {
	case body := <-p:
		return body[:0]
	default:
		return nil
	}
}

// give keeps a body's memory, unless it is that of one which wanted room.
func (p pool) give(body []byte) {
	if cap(body) > 2*inDoubt {
		return
	}
	select {
	case p <- body:
	default:
	}
}

// requestError says why a request had no answer: what ended it, rather than
// the "context canceled" that came of it.
func requestError(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

func (c *Client) requestID(h http.Header) string {
	for _, name := range []string{"X-Request-Id", "X-Amzn-Requestid", "X-Correlation-Id", "Cf-Ray"} {
		if id := h.Get(name); id != "" {
			return c.Secrets.Quote(id)
		}
	}
	return ""
}
