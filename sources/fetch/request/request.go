// Package request makes what is sent for a page: URL, query, headers and body.
// It asks nobody: what it makes depends on the definition, on what templates
// see, and on what the pagination sends. What proves who asks is not of it: see
// package auth.
package request

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch/auth"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/sources/fetch/uri"
	"github.com/tap-rest/tap-rest/sources/secret"
)

// Request is ready to be sent, as often as it takes, once a proof is put on it.
type Request struct {
	Method  string
	URL     *url.URL
	Header  http.Header
	Body    []byte // nil: none
	Shown   string // method and URL, redacted
	Former  string // the query with + for blanks, by which journals know the request
	GraphQL bool
	file    bool     // it is for a file, wherever that is
	hops    int      // redirects that lead to it
	base    *url.URL // base_url, on whose host credentials stay
	maker   *Maker
}

// Page is what a walk's pagination sends for a page.
type Page struct {
	First bool          // the first one, be it again: after_first is not for it
	Link  *url.URL      // the API's own link to it; nil: there is none
	Sends []paging.Sent // what says which page it is
}

// Maker makes the requests of a stream. Its methods may be called from any
// goroutine.
type Maker struct {
	stream   *sources.Stream
	secrets  *secret.Hider
	defaults http.Header
	known    auth.Known
	carried  carried
}

// NewMaker returns the maker of a stream's requests, which see vars. They have
// the headers of defaults unless the definition says other. It makes secrets
// know what they carry of them.
func NewMaker(s *sources.Stream, secrets *secret.Hider, defaults http.Header, known auth.Known, vars expr.Vars) *Maker {
	return &Maker{s, secrets, defaults, known, learn(s, secrets, vars)}
}

// Placeholder returns a request that is never sent: it stands for one whose URL nobody
// knows yet, and says where credentials stay.
func (m *Maker) Placeholder(vars expr.Vars, shown string) (*Request, error) {
	d := &draft{&Request{Method: http.MethodGet, Shown: shown, Header: http.Header{}, maker: m, file: true}, sources.Request{}, vars, Page{}}
	base, err := d.maker.stream.Client.BaseURL.Text(vars)
	if err == nil {
		d.base, err = uri.Parse(base)
	}
	if err != nil {
		return nil, fmt.Errorf("base_url: %w", err)
	}
	d.URL = d.base
	return d.Request, nil
}

// draft is a request that is being made.
type draft struct {
	*Request
	spec sources.Request
	vars expr.Vars
	page Page
}

// Make makes the request for a page.
func (m *Maker) Make(vars expr.Vars, page Page) (*Request, error) {
	return m.MakeOther(m.spec(page.First), vars, page)
}

// MakeOther makes another request than the stream's, at the same API.
func (m *Maker) MakeOther(spec sources.Request, vars expr.Vars, page Page) (*Request, error) {
	for _, t := range m.carried.each {
		eachText(t, vars, m.secrets.Pass)
	}
	out := &Request{
		Method: spec.Method, Header: http.Header{}, maker: m, file: spec.File,
		GraphQL: spec.Body != nil && spec.Body.Kind == sources.BodyGraphQL,
	}
	d := &draft{out, spec, vars, page}
	if err := d.setURL(); err != nil {
		return nil, err
	}
	out.Shown = out.Method + " " + m.secrets.Redact(out.show().String())
	if err := d.setHeaders(); err != nil {
		return nil, err
	}
	if err := d.setBody(); err != nil {
		return nil, err
	}
	if err := out.keepHome(); err != nil {
		return nil, err
	}
	return out, CheckHeaders(out.Header)
}

// spec returns the stream's request, or after the first page what after_first
// makes of it.
func (m *Maker) spec(first bool) sources.Request {
	spec, then := m.stream.Request, m.stream.Pagination.AfterFirst
	if first || then == nil {
		return spec
	}
	spec.Method, spec.Path = cmp.Or(then.Method, spec.Method), cmp.Or(then.Path, spec.Path)
	if then.Params != nil {
		spec.Params = then.Params
	}
	if then.Headers != nil {
		spec.Headers = then.Headers
	}
	if then.Body != nil {
		spec.Body = then.Body
	}
	return spec
}

// File reports whether the request is for a file, whose URL may be signed.
func (r *Request) File() bool { return r.file }

// HTTP returns the request for net/http.
func (r *Request) HTTP() *http.Request {
	u := *r.URL
	h := &http.Request{
		Method: r.Method, URL: &u, Host: u.Host, Header: r.Header.Clone(),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
	if r.Body != nil {
		h.Body = io.NopCloser(bytes.NewReader(r.Body))
		h.ContentLength = int64(len(r.Body))
		// net/http asks for it when a kept connection turns out to be closed.
		h.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(r.Body)), nil }
	}
	return h
}
