package fetch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
)

// outgoing is a request ready to be sent, as often as it takes.
type outgoing struct {
	method string
	url    *url.URL
	header http.Header
	body   []byte
	shown  string // method and URL, redacted
}

func (o *outgoing) request(ctx context.Context) *http.Request {
	r := &http.Request{
		Method: o.method, URL: o.url, Host: o.url.Host, Header: o.header.Clone(),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
	if o.body != nil {
		r.Body = io.NopCloser(bytes.NewReader(o.body))
		r.ContentLength = int64(len(o.body))
		r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(o.body)), nil }
	}
	return r.WithContext(ctx)
}

// pairs are the parameters of a query or a form, in order.
type pairs []pair

type pair struct{ name, value string }

// set puts the values in the place of those that bear the name.
func (p pairs) set(name string, values ...string) pairs {
	kept := p[:0:0]
	for _, q := range p {
		if q.name != name {
			kept = append(kept, q)
		}
	}
	for _, v := range values {
		kept = append(kept, pair{name, v})
	}
	return kept
}

func (p pairs) encode() string {
	var b strings.Builder
	for i, q := range p {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(url.QueryEscape(q.name))
		b.WriteByte('=')
		b.WriteString(url.QueryEscape(q.value))
	}
	return b.String()
}

// parsePairs reads a query, keeping its order.
func parsePairs(query string) (pairs, error) {
	var p pairs
	for part := range strings.SplitSeq(query, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		n, err1 := url.QueryUnescape(name)
		v, err2 := url.QueryUnescape(value)
		if err := errors.Join(err1, err2); err != nil {
			return nil, err
		}
		p = append(p, pair{n, v})
	}
	return p, nil
}

// build makes the request for the walk's position.
func (w *Walk) build() (*outgoing, error) {
	spec := w.spec()
	out := &outgoing{method: spec.Method, header: http.Header{}}
	if err := w.setURL(out, spec); err != nil {
		return nil, err
	}
	home := w.base == nil || sameSite(w.base, out.url)
	if err := w.setHeaders(out, spec, home); err != nil {
		return nil, err
	}
	if err := w.setBody(out, spec); err != nil {
		return nil, err
	}
	if home {
		if err := w.authorize(out); err != nil {
			return nil, err
		}
	}
	out.shown = out.method + " " + w.client.Secrets.Redact(out.url.Redacted())
	return out, nil
}

// spec returns the stream's request, or after the first page what after_first
// makes of it.
func (w *Walk) spec() sources.Request {
	spec, then := w.stream.Request, w.stream.Pagination.AfterFirst
	if w.pos.First() || then == nil {
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

func (w *Walk) setURL(out *outgoing, spec sources.Request) error {
	base, err := w.client.source.BaseURL.Text(w.vars)
	if err != nil {
		return fmt.Errorf("base_url: %w", err)
	}
	path, err := spec.Path.Path(w.vars)
	if err != nil {
		return fmt.Errorf("path: %w", err)
	}
	if w.base, err = parseURL(base); err != nil {
		return fmt.Errorf("base_url %q: %w", w.client.Secrets.Redact(base), err)
	}
	params := spec.Params
	switch {
	case w.pos.URL != "":
		// The API's own link stands as it is; only what after_first says is set.
		out.url, err = parseURL(w.client.Secrets.Open(w.pos.URL))
		if params = nil; w.stream.Pagination.AfterFirst != nil {
			params = w.stream.Pagination.AfterFirst.Params
		}
	case strings.Contains(path, "://"):
		out.url, err = parseURL(path)
	default:
		out.url, err = parseURL(joinURL(base, path))
	}
	if err != nil {
		return fmt.Errorf("url: %w", err)
	}
	if !w.client.allowed(w.base, out.url) {
		return errLeaves{out.url.Host}
	}
	return w.setQuery(out, params)
}

func parseURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	var parse *url.Error
	if errors.As(err, &parse) {
		return nil, parse.Err // without the text, which may hold a secret
	}
	if err == nil && (u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
		return nil, errors.New("not an absolute http or https URL")
	}
	return u, err
}

// joinURL puts one slash between base and path. The query of base goes behind
// that of path.
func joinURL(base, path string) string {
	base, query, hasQuery := strings.Cut(base, "?")
	joined := strings.TrimSuffix(base, "/")
	if path = strings.TrimPrefix(path, "/"); path != "" && path[0] != '?' {
		joined += "/"
	}
	joined += path
	if !hasQuery {
		return joined
	}
	if strings.Contains(path, "?") {
		return joined + "&" + query
	}
	return joined + "?" + query
}

// setQuery sets the parameters on the query that the URL has already. A URL
// that nothing is set on stays as it is, byte for byte.
func (w *Walk) setQuery(out *outgoing, params []sources.Param) error {
	query, err := parsePairs(out.url.RawQuery)
	if err != nil {
		return fmt.Errorf("query: %w", err)
	}
	before := len(params)
	for _, p := range params {
		values, err := w.values(p)
		if err != nil {
			return fmt.Errorf("params.%s: %w", p.Name, err)
		}
		query = query.set(p.Name, values...)
	}
	p := &w.stream.Pagination
	if w.pos.URL == "" {
		if v := w.pageValue(); p.Param != "" && !v.Missing() {
			query, before = query.set(p.Param, v.Text()), before+1
		}
		if p.SizeParam != "" && p.Size > 0 {
			query, before = query.set(p.SizeParam, fmt.Sprint(p.Size)), before+1
		}
	}
	if before > 0 {
		out.url.RawQuery = query.encode()
	}
	return nil
}

// values evaluates a parameter: none when it is undefined or null, several
// when it is a list.
func (w *Walk) values(p sources.Param) ([]string, error) {
	v, err := p.Value.Eval(w.vars)
	if err != nil || v.Missing() {
		return nil, err
	}
	switch v.Kind() {
	case expr.KindList:
		var values []string
		v.Each(func(_ string, item expr.Value) bool {
			if !item.Missing() {
				values = append(values, plain(item))
			}
			return true
		})
		return values, nil
	}
	return []string{plain(v)}, nil
}

// plain is a value as a parameter carries it: objects as JSON, all else as
// text.
func plain(v expr.Value) string {
	if v.Kind() == expr.KindDict {
		return string(v.AppendJSON(nil))
	}
	return v.Text()
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

func (w *Walk) setHeaders(out *outgoing, spec sources.Request, home bool) error {
	for _, p := range spec.Headers {
		values, err := w.values(p)
		if err != nil {
			return fmt.Errorf("headers.%s: %w", p.Name, err)
		}
		for _, v := range values {
			if home || !w.client.Secrets.In(v) {
				out.header.Add(p.Name, v)
			}
		}
	}
	if name := w.stream.Pagination.Header; name != "" {
		if v := w.pageValue(); !v.Missing() {
			out.header.Set(name, v.Text())
		}
	}
	for name, value := range map[string]string{
		"Accept": "application/json", "Accept-Encoding": acceptEncoding, "User-Agent": w.client.UserAgent,
	} {
		if out.header.Get(name) == "" {
			out.header.Set(name, value)
		}
	}
	for name, values := range out.header {
		for _, v := range values {
			if strings.ContainsAny(v, "\r\n\x00") {
				return fmt.Errorf("headers.%s: its value has a line break", name)
			}
		}
	}
	return nil
}

func (w *Walk) setBody(out *outgoing, spec sources.Request) error {
	if spec.Body == nil {
		return nil
	}
	body, contentType, err := w.body(spec.Body)
	if err != nil {
		return fmt.Errorf("body: %w", err)
	}
	out.body = body
	if out.header.Get("Content-Type") == "" {
		out.header.Set("Content-Type", contentType)
	}
	return nil
}

func (w *Walk) body(b *sources.Body) (body []byte, contentType string, err error) {
	switch b.Kind {
	case sources.BodyForm:
		var form pairs
		for _, p := range b.Form {
			values, err := w.values(p)
			if err != nil {
				return nil, "", fmt.Errorf("form.%s: %w", p.Name, err)
			}
			form = form.set(p.Name, values...)
		}
		return []byte(form.encode()), "application/x-www-form-urlencoded", nil
	case sources.BodyText:
		text, err := b.Text.Text(w.vars)
		return []byte(text), "text/plain; charset=utf-8", err
	case sources.BodyGraphQL:
		return w.jsonBody(graphQL(b))
	}
	return w.jsonBody(b.JSON)
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
	if page := w.pageValue(); p.BodyPath != "" && !page.Missing() {
		v = withPath(v, strings.Split(p.BodyPath, "."), page)
	}
	return v.AppendJSON(nil), "application/json", nil
}

// withPath returns v with what stands at the path of keys replaced. What is no
// object on the way becomes one.
func withPath(v expr.Value, path []string, leaf expr.Value) expr.Value {
	if len(path) == 0 {
		return leaf
	}
	var keys []string
	var values []expr.Value
	found := false
	if v.Kind() == expr.KindDict {
		v.Each(func(key string, item expr.Value) bool {
			if key == path[0] {
				item, found = withPath(item, path[1:], leaf), true
			}
			keys, values = append(keys, key), append(values, item)
			return true
		})
	}
	if !found {
		keys = append(keys, path[0])
		values = append(values, withPath(expr.Undefined(), path[1:], leaf))
	}
	return expr.Dict(keys, values)
}
