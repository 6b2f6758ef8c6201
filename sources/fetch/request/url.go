package request

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch/uri"
)

// setURL makes the request's URL, and the base that its host is measured by.
func (d *draft) setURL() error {
	base, err := d.maker.stream.Client.BaseURL.Text(d.vars)
	if err != nil {
		return fmt.Errorf("base_url: %w", err)
	}
	if base != "" {
		if d.base, err = uri.Parse(base); err != nil {
			return fmt.Errorf("base_url %s: %w", d.maker.secrets.Quote(base), err)
		}
	}
	params := d.spec.Params
	if d.page.Link != nil {
		// The API's own link stands as it is; only what after_first says is set.
		link := *d.page.Link
		d.URL, params = &link, nil
		if then := d.maker.stream.Pagination.AfterFirst; then != nil {
			params = then.Params
		}
	} else if d.URL, err = d.specURL(base); err != nil {
		return err
	}
	if d.base == nil { // the path is a URL itself
		d.base = d.URL
	}
	if !d.mayGo(d.URL) {
		return fmt.Errorf("the URL %w", astray(d.base, d.URL, ""))
	}
	if err := d.setQuery(params); err != nil {
		return err
	}
	if d.file { // the journal knows it by what stays the same when it is signed anew
		d.Former = uri.Unsigned(d.URL).RawQuery
	}
	return nil
}

// specURL is the URL that the definition gives.
func (d *draft) specURL(base string) (*url.URL, error) {
	path, err := d.path()
	if err != nil {
		return nil, fmt.Errorf("path: %w", err)
	}
	text := path
	if !uri.Absolute(path) {
		text = uri.Join(base, path)
	}
	u, err := uri.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("the URL %s: %w", d.maker.secrets.Quote(text), err)
	}
	return u, nil
}

// IsWhole reports whether a template is one value.
func IsWhole(t *expr.Template) bool {
	source := strings.TrimSpace(t.Source())
	return strings.HasPrefix(source, "{{") && strings.HasSuffix(source, "}}") && strings.Count(source, "{{") == 1
}

// path is what the definition appends to base_url. One that is a value whole, and a
// URL or the link to a file, stands as it is.
func (d *draft) path() (string, error) {
	if IsWhole(d.spec.Path) {
		text, err := d.spec.Path.Text(d.vars)
		if err != nil || d.file || uri.Absolute(text) {
			return text, err
		}
	}
	return d.spec.Path.Path(d.vars)
}

// setQuery sets the parameters on the query that the URL has already. What is
// not set stays as it is, byte for byte.
func (d *draft) setQuery(params []sources.Param) error {
	query := uri.ParsePairs(d.URL.RawQuery)
	d.Former = d.URL.RawQuery
	set := false
	for _, p := range params {
		if d.maker.carried.params[p.Name] && !uri.SameSite(d.base, d.URL) {
			continue // a credential stays on its host
		}
		values, err := d.values(p)
		if err != nil {
			return fmt.Errorf("params.%s: %w", p.Name, err)
		}
		query, set = query.Set(p.Name, values...), true
	}
	for _, s := range d.page.Sends {
		if s.Param == sources.AllMembers {
			s.Value.Each(func(name string, v expr.Value) bool {
				query, set = query.Set(name, plain(v)), true
				return true
			})
		} else if s.Param != "" {
			query, set = query.Set(s.Param, plain(s.Value)), true
		}
	}
	if set {
		d.Former, d.URL.RawQuery = query.Encode(), query.InURL()
	}
	return nil
}

// values evaluates a parameter: none when it is undefined or null, several
// when it is a list.
func (d *draft) values(p sources.Param) ([]string, error) {
	v, err := p.Value.Eval(d.vars)
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
