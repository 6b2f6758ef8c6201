package fetch

import (
	"fmt"
	"net/url"
	"strconv"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch/uri"
)

// setURL makes the request's URL, and the base that its host is measured by.
func (w *Walk) setURL(out *outgoing, spec sources.Request) error {
	base, err := w.client.source.BaseURL.Text(w.vars)
	if err != nil {
		return fmt.Errorf("base_url: %w", err)
	}
	if base != "" {
		if out.base, err = uri.Parse(base); err != nil {
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
	if !uri.Absolute(path) {
		text = uri.Join(base, path)
	}
	u, err := uri.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("the URL %s: %w", w.quote(text), err)
	}
	return u, nil
}

// setQuery sets the parameters on the query that the URL has already. What is
// not set stays as it is, byte for byte.
func (w *Walk) setQuery(out *outgoing, params []sources.Param) error {
	query := uri.ParsePairs(out.url.RawQuery)
	out.former = out.url.RawQuery
	set := false
	for _, p := range params {
		if w.carried.params[p.Name] && !uri.SameSite(out.base, out.url) {
			continue // a credential stays on its host
		}
		values, err := w.values(p)
		if err != nil {
			return fmt.Errorf("params.%s: %w", p.Name, err)
		}
		query, set = query.Set(p.Name, values...), true
	}
	if p := &w.stream.Pagination; w.pos.URL == "" {
		if v := w.pageValue(); p.Sends.Param != "" && !v.Missing() {
			query, set = query.Set(p.Sends.Param, plain(v)), true
		}
		if p.Sends.SizeParam != "" && p.Sends.Size > 0 {
			query, set = query.Set(p.Sends.SizeParam, strconv.FormatInt(p.Sends.Size, 10)), true
		}
	}
	if set {
		out.former, out.url.RawQuery = query.Encode(), query.InURL()
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
