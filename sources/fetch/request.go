package fetch

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch/uri"
)

// outgoing is a request ready to be sent, as often as it takes.
type outgoing struct {
	method  string
	url     *url.URL
	base    *url.URL // base_url, on whose host credentials stay
	header  http.Header
	body    []byte   // nil: none
	shown   string   // method and URL, redacted
	former  string   // the query with + for blanks, by which journals know the request
	digest  [16]byte // of all but auth, where the walk is recorded
	text    []string // layers of the answer's text
	jar     *cookies
	carried *carried // what of it stays on the host of base_url
	// overflow begins a file for an answer that is too long for memory; nil:
	// there is none.
	overflow func(http.Header) (overflow, error)
}

func (o *outgoing) request(ctx context.Context) *http.Request {
	r := &http.Request{
		Method: o.method, URL: o.url, Host: o.url.Host, Header: o.header.Clone(),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
	if o.body != nil {
		r.Body = io.NopCloser(bytes.NewReader(o.body))
		r.ContentLength = int64(len(o.body))
		// net/http asks for it when a kept connection turns out to be closed.
		r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(o.body)), nil }
	}
	return r.WithContext(ctx)
}

// build makes the request for the walk's position.
func (w *Walk) build() (*outgoing, error) {
	spec := w.spec()
	if !w.opens() {
		return nil, errSealed
	}
	w.passSecrets()
	out := &outgoing{method: spec.Method, header: http.Header{}, overflow: w.overflow, text: w.text, jar: w.jar, carried: w.carried}
	if err := w.setURL(out, spec); err != nil {
		return nil, err
	}
	out.shown = out.method + " " + w.client.Secrets.Redact(out.url.String())
	if err := w.setHeaders(out, spec); err != nil {
		return nil, err
	}
	if err := w.setBody(out, spec); err != nil {
		return nil, err
	}
	if w.rec != nil {
		out.digest = w.digest(out)
	}
	if uri.SameSite(out.base, out.url) {
		if err := w.authorize(out); err != nil {
			return nil, err
		}
	}
	if err := w.client.keepHome(out); err != nil {
		return nil, err
	}
	return out, checkHeaders(out.header)
}

// spec returns the stream's request, or after the first page what after_first
// makes of it.
func (w *Walk) spec() sources.Request {
	spec, then := w.stream.Request, w.stream.Pagination.AfterFirst
	if w.first() || then == nil {
		return spec
	}
	if then.Method != "" {
		spec.Method = then.Method
	}
	if then.Path != nil {
		spec.Path = then.Path
	}
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

// first reports whether the walk asks for its first page, be it again.
func (w *Walk) first() bool {
	switch p := &w.stream.Pagination; p.Type {
	case sources.PaginatePage:
		return w.pos.Number == p.Start
	case sources.PaginateOffset:
		return w.pos.Offset == p.Start
	case sources.PaginateNone:
		return w.pos.First()
	}
	return w.pos.named() == ""
}

// pageValue is what the pagination sends: undefined where it sends nothing.
func (w *Walk) pageValue() expr.Value {
	switch w.stream.Pagination.Type {
	case sources.PaginateCursor, sources.PaginateKeyset:
		return w.page.Get("token")
	case sources.PaginatePage:
		return w.page.Get("number")
	case sources.PaginateOffset:
		return w.page.Get("offset")
	}
	return expr.Undefined()
}

func (w *Walk) setHeaders(out *outgoing, spec sources.Request) error {
	for _, p := range spec.Headers {
		values, err := w.values(p)
		if err != nil {
			return fmt.Errorf("headers.%s: %w", p.Name, err)
		}
		for _, v := range values {
			out.header.Add(p.Name, v)
		}
	}
	if name := w.stream.Pagination.Sends.Header; name != "" {
		if v := w.pageValue(); !v.Missing() {
			out.header.Set(name, plain(v))
		}
	}
	setDefault(out.header, "Accept", "application/json")
	setDefault(out.header, "Accept-Encoding", acceptEncoding)
	setDefault(out.header, "User-Agent", w.client.UserAgent)
	return nil
}

func setDefault(h http.Header, name, value string) {
	if h.Get(name) == "" {
		h.Set(name, value)
	}
}

// checkHeaders refuses what cannot be sent. It does not quote values.
func checkHeaders(h http.Header) error {
	for name, values := range h {
		if strings.ContainsFunc(name, notToken) || name == "" {
			return fmt.Errorf("headers: %q is not the name of a header", clip(name))
		}
		for _, v := range values {
			if strings.ContainsFunc(v, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
				return fmt.Errorf("headers.%s: its value has a line break or another control character", name)
			}
		}
	}
	return nil
}

// notToken reports whether a character cannot stand in a header's name (RFC
// 9110, 5.6.2).
func notToken(r rune) bool {
	return r <= ' ' || r >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
}

func (w *Walk) setBody(out *outgoing, spec sources.Request) error {
	if spec.Body == nil {
		return nil
	}
	body, contentType, err := w.body(spec.Body)
	if err != nil {
		return fmt.Errorf("body: %w", err)
	}
	if body == nil {
		body = []byte{} // an empty one, rather than none
	}
	out.body = body
	setDefault(out.header, "Content-Type", contentType)
	return nil
}

func (w *Walk) body(b *sources.Body) (body []byte, contentType string, err error) {
	switch b.Kind {
	case sources.BodyForm:
		form, err := w.form(b.Form)
		return []byte(form.Encode()), "application/x-www-form-urlencoded", err
	case sources.BodyText:
		text, err := b.Text.Text(w.vars)
		return []byte(text), "text/plain; charset=utf-8", err
	case sources.BodyGraphQL:
		return w.jsonBody(graphQL(b))
	}
	return w.jsonBody(b.JSON)
}

func (w *Walk) form(params []sources.Param) (uri.Pairs, error) {
	var form uri.Pairs
	for _, p := range params {
		values, err := w.values(p)
		if err != nil {
			return nil, fmt.Errorf("form.%s: %w", p.Name, err)
		}
		form = form.Set(p.Name, values...)
	}
	return form, nil
}

// graphQL is the JSON body that carries a query.
func graphQL(b *sources.Body) sources.Tree {
	fields := []sources.Param{{Name: "query", Value: sources.Tree{Leaf: b.Query}}}
	if len(b.Variables) > 0 {
		fields = append(fields, sources.Param{Name: "variables", Value: sources.Tree{IsMap: true, Fields: b.Variables}})
	}
	return sources.Tree{IsMap: true, Fields: fields}
}

func (w *Walk) jsonBody(t sources.Tree) ([]byte, string, error) {
	v, err := t.Eval(w.vars)
	if err != nil {
		return nil, "", err
	}
	p := &w.stream.Pagination
	if page := w.pageValue(); p.Sends.BodyPath != "" && !page.Missing() {
		if v, err = withPath(v, splitPath(p.Sends.BodyPath), page); err != nil {
			return nil, "", fmt.Errorf("pagination.body %s: %w", p.Sends.BodyPath, err)
		}
	}
	return v.AppendJSON(nil), "application/json", nil
}

// splitPath cuts a path at its points, but for those behind a backslash.
func splitPath(path string) []string {
	keys := []string{""}
	for i := 0; i < len(path); i++ {
		last := &keys[len(keys)-1]
		switch {
		case path[i] == '\\' && i+1 < len(path):
			i++
			*last += path[i : i+1]
		case path[i] == '.':
			keys = append(keys, "")
		default:
			*last += path[i : i+1]
		}
	}
	return keys
}

// withPath returns v with what stands at the path of keys replaced. What is
// not there yet becomes an object.
func withPath(v expr.Value, path []string, leaf expr.Value) (expr.Value, error) {
	if len(path) == 0 {
		return leaf, nil
	}
	switch v.Kind() {
	case expr.KindDict, expr.KindUndefined, expr.KindNull:
		return withKey(v, path, leaf)
	case expr.KindList:
		return withIndex(v, path, leaf)
	}
	return v, fmt.Errorf("there is %s where %q should be", v.Kind(), path[0])
}

func withKey(v expr.Value, path []string, leaf expr.Value) (expr.Value, error) {
	var keys []string
	var values []expr.Value
	old := expr.Undefined()
	at := -1
	v.Each(func(key string, item expr.Value) bool {
		if key == path[0] {
			at, old = len(keys), item
		}
		keys, values = append(keys, key), append(values, item)
		return true
	})
	item, err := withPath(old, path[1:], leaf)
	if err != nil {
		return v, err
	}
	if at < 0 {
		keys, values = append(keys, path[0]), append(values, item)
	} else {
		values[at] = item
	}
	return expr.Dict(keys, values), nil
}

func withIndex(v expr.Value, path []string, leaf expr.Value) (expr.Value, error) {
	var items []expr.Value
	v.Each(func(_ string, item expr.Value) bool {
		items = append(items, item)
		return true
	})
	i, err := strconv.Atoi(path[0])
	if err != nil || i < 0 || i >= len(items) {
		return v, fmt.Errorf("the list there has no item %q", path[0])
	}
	if items[i], err = withPath(items[i], path[1:], leaf); err != nil {
		return v, err
	}
	return expr.List(items), nil
}
