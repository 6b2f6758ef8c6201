package apitest

import (
	"net/http"
	"net/url"
	"strconv"
)

// Extension is a part of an API that hands out something else than collections.
type Extension interface {
	// Greet sees each request first, and reports whether it may pass without
	// credentials.
	Greet(c *Call) (free bool)
	// Serve answers a request that is for no collection, and reports whether it was
	// one for the extension.
	Serve(c *Call) (served bool)
	// Reset forgets what clients did. It is called with the API's lock held.
	Reset()
}

// Extended adds an extension to the API, of which there is one at most. Collections at
// its paths come first.
func Extended(e Extension) Option {
	return func(a *API) { a.extension = e }
}

// noExtension is the extension of an API without one.
type noExtension struct{}

func (noExtension) Greet(*Call) bool { return false }
func (noExtension) Serve(*Call) bool { return false }
func (noExtension) Reset()           {}

// Call is a request as an extension sees it, and the writer of its answer, with which
// net/http's file server can write.
type Call struct{ x *exchange }

var _ http.ResponseWriter = (*Call)(nil)

// Number is the request's, among all.
func (c *Call) Number() int { return c.x.n }

// URL is the request's, absolute.
func (c *Call) URL() *url.URL { return c.x.url }

// Request is the request, as faults left it; its body was read.
func (c *Call) Request() *http.Request { return c.x.r }

// Body is that of the request.
func (c *Call) Body() []byte { return c.x.body }

// Came are the headers of the request, as they came.
func (c *Call) Came() http.Header { return c.x.entry.Header }

// Extension is the API's.
func (c *Call) Extension() Extension { return c.x.api.extension }

// Answer sets the answer.
func (c *Call) Answer(status int, contentType string, body []byte) {
	c.x.respond(status, contentType, body)
}

// Refuse answers with an error, as the API refuses other requests.
func (c *Call) Refuse(status int, code, message string) {
	c.x.refuse(&problem{status, code, message})
}

// Status is that of the answer so far.
func (c *Call) Status() int { return c.x.answer.status }

// Header is that of the answer.
func (c *Call) Header() http.Header { return c.x.answer.header }

// WriteHeader begins an answer that is written in pieces.
func (c *Call) WriteHeader(status int) {
	c.x.answered, c.x.answer.status = true, status
	if n, err := strconv.Atoi(c.x.answer.header.Get("Content-Length")); err == nil {
		c.x.answer.body = make([]byte, 0, n)
	}
}

// Write adds to an answer that is written in pieces.
func (c *Call) Write(p []byte) (int, error) {
	c.x.answer.body = append(c.x.answer.body, p...)
	return len(p), nil
}

// Counts makes count be called with the number of bytes of the body, as they go on their
// way.
func (c *Call) Counts(count func(n int)) { c.x.answer.sent = count }

// OnArrival is the fault of an extension: do is called before the answer, which says what
// is then.
func OnArrival(name string, do func(c *Call)) Fault {
	return at(onArrival, name, func(x *exchange) { do(&Call{x}) })
}
