package apitest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// maxRequestBody bounds what is read of a request.
const maxRequestBody = 16 << 20

// exchange is one request on its way to its answer.
type exchange struct {
	api      *API
	n        int
	r        *http.Request
	url      *url.URL // absolute
	body     []byte   // of the request
	entry    *Request
	faults   []Fault
	c        *collection
	q        query
	mark     mark     // what the token said
	session  *session // of a Scroll
	page     page
	previous *page // the last one given at this path
	answer   answer
	answered bool // the answer stands: no page is looked for
}

// exchange makes the answer to r. It fails where r's body cannot be read.
func (a *API) exchange(r *http.Request) (*exchange, error) {
	var body []byte
	if r.Body != nil {
		b, err := io.ReadAll(io.LimitReader(r.Body, maxRequestBody))
		if err != nil {
			return nil, fmt.Errorf("read body of request to %s: %w", r.URL.Path, err)
		}
		body = b
	}
	x := a.arrive(r, body)
	if a.before != nil {
		seen := r.WithContext(r.Context())
		seen.Body = io.NopCloser(bytes.NewReader(body))
		a.before(x.n, seen)
	}
	x.run()
	return x, nil
}

// arrive counts and logs a request, and draws the faults that strike it.
func (a *API) arrive(r *http.Request, body []byte) *exchange {
	x := &exchange{api: a, r: r, url: absolute(r), body: body}
	x.answer.header = http.Header{}
	attempt := r.Method + " " + x.url.RequestURI() + "\n" + string(body)

	a.mu.Lock()
	defer a.mu.Unlock()
	x.n = len(a.log) + 1
	a.perPath[x.url.Path]++
	a.attempts[attempt]++
	o := occasion{
		seed: a.seed, n: x.n, attempt: a.attempts[attempt],
		path: x.url.Path, onPath: a.perPath[x.url.Path],
	}
	x.faults = draw(a.rules, o)
	x.previous = a.last[x.url.Path]
	x.entry = &Request{
		N: x.n, Time: time.Now(), Method: r.Method, URL: clone(x.url),
		Header: r.Header.Clone(), Body: body, Fault: names(x.faults),
	}
	a.log = append(a.log, x.entry)
	if a.news != nil {
		close(a.news)
		a.news = nil
	}
	return x
}

// absolute returns the URL of r with scheme and host, which a server's requests
// do not carry.
func absolute(r *http.Request) *url.URL {
	u := clone(r.URL)
	if u.Host == "" {
		u.Host = r.Host
	}
	if u.Scheme == "" {
		u.Scheme = "http"
		if r.TLS != nil {
			u.Scheme = "https"
		}
	}
	return u
}

// run makes the answer, letting faults strike at each stage.
func (x *exchange) run() {
	if p := x.admit(); p != nil {
		x.refuse(p)
	} else {
		x.strike(onArrival)
	}
	if !x.answered {
		if p := x.give(); p != nil {
			x.refuse(p)
		}
	}
	x.answer.header.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	x.answer.header.Set("X-Request-Id", fmt.Sprintf("req-%06d", x.n))
	x.strike(onWire)
}

// strike applies what the exchange's faults do at this stage.
func (x *exchange) strike(at stage) {
	for _, f := range x.faults {
		for _, s := range f.steps {
			if s.stage == at {
				s.do(x)
			}
		}
	}
}

// give answers with the page that was asked for.
func (x *exchange) give() *problem {
	if p := x.find(); p != nil || x.answered {
		return p
	}
	if p := x.turn(); p != nil {
		return p
	}
	x.strike(onPage)
	x.api.remember(x.url.Path, &x.page)
	x.render()
	x.strike(onBody)
	x.encode()
	return nil
}

// find looks up the collection and what is asked of it.
func (x *exchange) find() *problem {
	c, ok := x.api.collection(x.url.Path)
	if !ok {
		if x.api.extension.Serve(&Call{x}) {
			return nil
		}
	}
	if !ok && x.url.Path == scrollPath && x.r.Method != http.MethodDelete {
		return x.resume()
	}
	if !ok && ofSessions(x.url.Path) {
		return x.handleSession()
	}
	if !ok {
		return &problem{404, "not_found", "no collection at " + x.url.Path +
			"; there are: " + strings.Join(x.api.paths(), ", ")}
	}
	if want := c.method(); x.r.Method != want {
		x.answer.header.Set("Allow", want)
		return &problem{405, "method_not_allowed", x.url.Path + " takes " + want}
	}
	params, p := x.params(c)
	if p != nil {
		return p
	}
	x.c = c
	x.q = query{params: params}
	if pit := params.Get("pit"); pit != "" {
		_, _, p = x.api.redeem(pit, pitPath)
	}
	return p
}

// remember keeps the page that was given at a path, for RepeatPage.
func (a *API) remember(path string, p *page) {
	given := p.copy()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.last[path] = &given
}

// respond sets the answer, in place of any page.
func (x *exchange) respond(status int, contentType string, body []byte) {
	if status == http.StatusNoContent || status == http.StatusNotModified {
		body = nil
	}
	x.answered = true
	x.answer.status = status
	x.answer.header.Set("Content-Type", contentType)
	x.answer.body = body
}

// begin waits until the answer is due and completes the log's entry. Its error is
// that of a request without an answer.
func (x *exchange) begin(ctx context.Context) error {
	if err := pause(ctx, x.answer.wait); err != nil {
		return err
	}
	if x.answer.early != whole {
		return x.answer.early.err(ctx)
	}
	x.api.mu.Lock()
	defer x.api.mu.Unlock()
	x.entry.Status = x.answer.status
	return nil
}
