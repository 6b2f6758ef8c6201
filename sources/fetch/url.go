package fetch

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
)

// setURL makes the request's URL, and the base that its host is measured by.
func (w *Walk) setURL(out *outgoing, spec sources.Request) error {
	base, err := w.client.source.BaseURL.Text(w.vars)
	if err != nil {
		return fmt.Errorf("base_url: %w", err)
	}
	if base != "" {
		if out.base, err = parseURL(base); err != nil {
			return fmt.Errorf("base_url %s: %w", w.quote(base), err)
		}
	}
	params := spec.Params
	if w.pos.URL != "" {
		// The API's own link stands as it is; only what after_first says is set.
		out.url, err = w.openURL(w.pos.URL)
		if params = nil; w.stream.Pagination.AfterFirst != nil {
			params = w.stream.Pagination.AfterFirst.Params
		}
	} else {
		out.url, err = w.specURL(base, spec)
	}
	if err != nil {
		return err
	}
	if out.base == nil { // the path is a URL itself
		out.base = out.url
	}
	if !w.client.allowed(out.base, out.url) {
		return fmt.Errorf("the URL %w", leaves(out.base, out.url, ""))
	}
	return w.setQuery(out, params)
}

// specURL is the URL that the definition gives.
func (w *Walk) specURL(base string, spec sources.Request) (*url.URL, error) {
	path, err := spec.Path.Path(w.vars)
	if err != nil {
		return nil, fmt.Errorf("path: %w", err)
	}
	text := path
	if !absolute(path) {
		text = joinURL(base, path)
	}
	u, err := parseURL(text)
	if err != nil {
		return nil, fmt.Errorf("the URL %s: %w", w.quote(text), err)
	}
	return u, nil
}

// absolute reports whether a path is a URL itself.
func absolute(path string) bool {
	scheme, _, found := strings.Cut(path, "://")
	return found && (strings.EqualFold(scheme, "http") || strings.EqualFold(scheme, "https"))
}

// parseURL reads a URL that requests can be sent to. Its errors leave the text
// out, which may hold a secret.
func parseURL(text string) (*url.URL, error) {
	if !strings.Contains(text, "://") {
		return nil, errors.New("has no scheme: write http:// or https:// before it")
	}
	u, err := url.Parse(escapeURL(text))
	var parse *url.Error
	switch {
	case errors.As(err, &parse):
		return nil, parse.Err
	case err != nil:
		return nil, err
	}
	return u, checkURL(u)
}

func checkURL(u *url.URL) error {
	switch {
	case u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return errors.New("is no absolute http or https URL")
	case u.User != nil:
		return errors.New("holds a user: give it under auth, as type basic")
	case u.Fragment != "":
		return errors.New("has a #, and what follows it is never sent: write %23 if it is meant")
	}
	return nil
}

// parseReference reads a URL, absolute or relative to base, out of an answer.
// What of it is well written stays as it is, byte for byte; user and fragment
// are left out.
func parseReference(base *url.URL, text string) (*url.URL, error) {
	u, err := url.Parse(escapeURL(strings.TrimSpace(text)))
	var parse *url.Error
	if errors.As(err, &parse) {
		err = parse.Err
	}
	if err != nil {
		return nil, err
	}
	if !u.IsAbs() {
		u = base.ResolveReference(u)
	}
	u.User, u.Fragment, u.RawFragment = nil, "", ""
	return u, checkURL(u)
}

// escapeURL escapes what cannot stand in a URL, behind its host. Else a space
// in its path would make net/url spell the whole path its own way, and %2F as
// a slash.
func escapeURL(text string) string {
	path := 0
	if i := strings.Index(text, "//"); i == 0 || i > 0 && text[i-1] == ':' {
		path = len(text)
		if end := strings.IndexAny(text[i+2:], "/?#"); end >= 0 {
			path = i + 2 + end
		}
	}
	query := len(text)
	if i := strings.IndexAny(text[path:], "?#"); i >= 0 {
		query = path + i
	}
	var b strings.Builder
	b.WriteString(text[:path])
	for i, c := range []byte(text[path:]) {
		inPath := path+i < query
		if c <= ' ' || c >= 0x7f || inPath && strings.IndexByte("\"<>\\^`{|}", c) >= 0 {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
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

// setQuery sets the parameters on the query that the URL has already. What is
// not set stays as it is, byte for byte.
func (w *Walk) setQuery(out *outgoing, params []sources.Param) error {
	query := parsePairs(out.url.RawQuery)
	out.former = out.url.RawQuery
	set := false
	for _, p := range params {
		if w.carried.params[p.Name] && !sameSite(out.base, out.url) {
			continue // a credential stays on its host
		}
		values, err := w.values(p)
		if err != nil {
			return fmt.Errorf("params.%s: %w", p.Name, err)
		}
		query, set = query.set(p.Name, values...), true
	}
	if p := &w.stream.Pagination; w.pos.URL == "" {
		if v := w.pageValue(); p.Param != "" && !v.Missing() {
			query, set = query.set(p.Param, plain(v)), true
		}
		if p.SizeParam != "" && p.Size > 0 {
			query, set = query.set(p.SizeParam, strconv.FormatInt(p.Size, 10)), true
		}
	}
	if set {
		out.former, out.url.RawQuery = query.encode(), query.inURL()
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
	if v.Kind() != expr.KindList {
		return []string{plain(v)}, nil
	}
	var values []string
	v.Each(func(_ string, item expr.Value) bool {
		if !item.Missing() {
			values = append(values, plain(item))
		}
		return true
	})
	return values, nil
}

// plain is a value as a parameter carries it: objects and lists as JSON, all
// else as text.
func plain(v expr.Value) string {
	if v.Kind() == expr.KindDict || v.Kind() == expr.KindList {
		return string(v.AppendJSON(nil))
	}
	return v.Text()
}

// pairs are the parameters of a query or a form, in order.
type pairs []pair

// pair is one of them.
type pair struct {
	name string // unescaped
	raw  string // name=value, as it came, or escaped as in a form
	made bool   // raw is escaped by us
}

func newPair(name, value string) pair {
	return pair{name, url.QueryEscape(name) + "=" + url.QueryEscape(value), true}
}

// value is what stands after the name, unescaped where it can be.
func (p pair) value() string {
	_, value, _ := strings.Cut(p.raw, "=")
	return unescape(value)
}

// unescape undoes the escaping of a query, unless it is broken: then it is
// the API's own way to write.
func unescape(text string) string {
	if plain, err := url.QueryUnescape(text); err == nil {
		return plain
	}
	return text
}

func parsePairs(query string) pairs {
	var p pairs
	for part := range strings.SplitSeq(query, "&") {
		if part != "" {
			name, _, _ := strings.Cut(part, "=")
			p = append(p, pair{name: unescape(name), raw: part})
		}
	}
	return p
}

// set puts the values in the place of those that bear the name, at the end
// where none does.
func (p pairs) set(name string, values ...string) pairs {
	kept := make(pairs, 0, len(p)+len(values))
	put := func() {
		for _, v := range values {
			kept = append(kept, newPair(name, v))
		}
		values = nil
	}
	for _, q := range p {
		if q.name != name {
			kept = append(kept, q)
			continue
		}
		put()
	}
	put()
	return kept
}

// inURL returns the pairs as a URL's query. A blank is %20 there: that is one by
// every reading, while + is one in forms only, and OData takes it for a plus.
func (p pairs) inURL() string {
	spelled := slices.Clone(p)
	for i, q := range spelled {
		if q.made {
			spelled[i].raw = strings.ReplaceAll(q.raw, "+", "%20") // a plus is %2B
		}
	}
	return spelled.encode()
}

// encode returns the pairs as a form.
func (p pairs) encode() string {
	var b strings.Builder
	for i, q := range p {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(q.raw)
	}
	return b.String()
}
