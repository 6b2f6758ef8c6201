package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
)

const (
	// MaxBody is the largest body that a walk takes, decoded, in bytes.
	MaxBody = 8 << 20
	// maxRedirects is how many redirects a request follows.
	maxRedirects = 10
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
	// too. An error forbids the request; ErrStopped when the run is stopping.
	Enter() error
	// Closed is closed when Enter will never allow a request again: it ends
	// every wait for one.
	Closed() <-chan struct{}
}

// Counters add up what the walks of a stream cost. They may be read at any
// time.
type Counters struct {
	Requests atomic.Int64 // sent, retries too
	Retries  atomic.Int64
	Waited   atomic.Int64 // nanoseconds, for rates and before retries
	Wire     atomic.Int64 // bytes of bodies as they came
}

// Options are what the clients of a run share.
type Options struct {
	Transport http.RoundTripper // nil: one like http.DefaultTransport
	Secrets   sources.Secrets
	UserAgent string
	Gate      Gate
	Log       *slog.Logger
}

// Client sends the requests of all streams that share a sources.Client, at
// the pace that it sets. Its methods may be called from any goroutine.
type Client struct {
	Options
	source *sources.Client
	http   *http.Client
	pace   *pace
	slots  chan struct{}
	bodies chan []byte // memory for the next ones
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
	c := &Client{
		Options: o,
		source:  source,
		pace:    newPace(source.RateLimits),
		slots:   make(chan struct{}, source.MaxInFlight),
		bodies:  make(chan []byte, keptBodies),
	}
	c.Secrets = append(slices.Clone(c.Secrets), credentials(source.Auth, vars)...)
	c.http = &http.Client{Transport: o.Transport, CheckRedirect: c.checkRedirect}
	return c
}

// Close ends the client's idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// errLeaves is a redirect or a link that leads to a host that the definition
// does not name.
type errLeaves struct{ host string }

func (e errLeaves) Error() string {
	return fmt.Sprintf("leads to another host, %s: if that is meant, name it in allow_hosts", e.host)
}

func (c *Client) checkRedirect(next *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects {
		return fmt.Errorf("more than %d redirects", maxRedirects)
	}
	first := via[0].URL
	if sameSite(first, next.URL) {
		return nil
	}
	if !c.allowed(first, next.URL) {
		return errLeaves{next.URL.Host}
	}
	// net/http drops Authorization by itself, but knows no other credential.
	for name, values := range next.Header {
		if name == "Authorization" || c.isCredential(name) || c.Secrets.In(strings.Join(values, "\n")) {
			next.Header.Del(name)
		}
	}
	return nil
}

// allowed reports whether a request for from may lead to the host of to.
func (c *Client) allowed(from, to *url.URL) bool {
	if sameSite(from, to) {
		return true
	}
	for _, host := range c.source.AllowHosts {
		if strings.EqualFold(host, to.Host) || strings.EqualFold(host, to.Hostname()) {
			return true
		}
	}
	return false
}

// sameSite reports whether to is on the host of from, and no less safe: a step
// from http to https on the default ports stays on the host, the way back
// does not.
func sameSite(from, to *url.URL) bool {
	if !strings.EqualFold(from.Hostname(), to.Hostname()) {
		return false
	}
	if from.Scheme == to.Scheme {
		return port(from) == port(to)
	}
	return from.Scheme == "http" && to.Scheme == "https" && port(from) == "80" && port(to) == "443"
}

func port(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "https":
		return "443"
	}
	return "80"
}

// send makes one attempt: it waits for the client's pace and a slot, asks, and
// reads the answer whole. An answer of any status is an exchange; the error is
// for the lack of one. The caller gives the body back with recycle.
func (c *Client) send(ctx context.Context, out *outgoing, timeout time.Duration, n *Counters) (*Exchange, error) {
	if err := c.admit(ctx, n); err != nil {
		return nil, err
	}
	defer func() { <-c.slots }()
	if err := c.Gate.Enter(); err != nil {
		return nil, err
	}
	n.Requests.Add(1)

	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	idle := time.AfterFunc(timeout, func() { cancel(errNoByte{timeout}) })
	defer idle.Stop()
	whole := time.AfterFunc(slowest*timeout, func() { cancel(errTooSlow{slowest * timeout}) })
	defer whole.Stop()

	start := time.Now()
	resp, err := c.http.Do(out.request(ctx))
	if err != nil {
		return nil, requestError(ctx, err)
	}
	defer resp.Body.Close()
	idle.Reset(timeout)
	wire := &wireReader{r: resp.Body, idle: idle, timeout: timeout}
	body, err := readBody(c.memory(), wire, resp.Header.Values("Content-Encoding"))
	n.Wire.Add(wire.n)
	if err != nil {
		c.recycle(body)
		return nil, fmt.Errorf("answer %d cut short: %w", resp.StatusCode, requestError(ctx, err))
	}
	ex := &Exchange{
		Request: out.shown, Status: resp.StatusCode, Header: resp.Header, Body: body, Wire: wire.n,
		At: time.Now(), Took: time.Since(start), RequestID: requestID(resp.Header), url: out.url,
	}
	if resp.Request != nil {
		ex.url = resp.Request.URL
	}
	return ex, nil
}

// admit waits until the client's pace and its slots let a request start.
func (c *Client) admit(ctx context.Context, n *Counters) error {
	for {
		wait := c.pace.take(time.Now())
		if wait <= 0 {
			break
		}
		if err := c.sleep(ctx, wait, n); err != nil {
			return err
		}
	}
	select {
	case c.slots <- struct{}{}:
		return nil
	case <-c.Gate.Closed():
		return ErrStopped
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// sleep waits, until the run stops.
func (c *Client) sleep(ctx context.Context, d time.Duration, n *Counters) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	start := time.Now()
	defer func() { n.Waited.Add(int64(time.Since(start))) }()
	select {
	case <-timer.C:
		return nil
	case <-c.Gate.Closed():
		return ErrStopped
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// memory returns memory for a body.
func (c *Client) memory() []byte {
	select {
	case body := <-c.bodies:
		return body[:0]
	default:
		return nil
	}
}

// recycle keeps a body's memory for the next one.
func (c *Client) recycle(body []byte) {
	select {
	case c.bodies <- body:
	default:
	}
}

// requestError says why a request had no answer: what ended it, rather than
// the "context canceled" that came of it.
func requestError(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	var u *url.Error // names the URL, secrets and all
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

func requestID(h http.Header) string {
	for _, name := range []string{"X-Request-Id", "X-Amzn-Requestid", "X-Correlation-Id", "Cf-Ray"} {
		if id := h.Get(name); id != "" {
			return id
		}
	}
	return ""
}

// wireReader counts the bytes of a body and puts off the end of a request
// that makes progress.
type wireReader struct {
	r       io.Reader
	idle    *time.Timer
	timeout time.Duration
	n       int64
}

func (w *wireReader) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	w.n += int64(n)
	if n > 0 {
		w.idle.Reset(w.timeout)
	}
	return n, err
}
