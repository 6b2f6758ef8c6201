package request

import (
	"fmt"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/uri"
)

func (d *draft) setBody() error {
	if d.spec.Body == nil {
		return nil
	}
	body, contentType, err := d.body(d.spec.Body)
	if err != nil {
		return fmt.Errorf("body: %w", err)
	}
	if body == nil {
		body = []byte{} // an empty one, rather than none
	}
	d.Body = body
	setDefault(d.Header, "Content-Type", contentType)
	return nil
}

func (d *draft) body(b *sources.Body) (body []byte, contentType string, err error) {
	switch b.Kind {
	case sources.BodyForm:
		form, err := d.form(b.Form)
		return []byte(form.Encode()), "application/x-www-form-urlencoded", err
	case sources.BodyText:
		text, err := b.Text.Text(d.vars)
		return []byte(text), "text/plain; charset=utf-8", err
	}
	return d.jsonBody(b.Tree())
}

func (d *draft) form(params []sources.Param) (uri.Pairs, error) {
	var form uri.Pairs
	for _, p := range params {
		values, err := d.values(p)
		if err != nil {
			return nil, fmt.Errorf("form.%s: %w", p.Name, err)
		}
		form = form.Set(p.Name, values...)
	}
	return form, nil
}

func (d *draft) jsonBody(t sources.Tree) ([]byte, string, error) {
	v, err := t.Eval(d.vars)
	if err != nil {
		return nil, "", err
	}
	for _, s := range d.page.Sends {
		if s.Body == "" {
			continue
		}
		if v, err = withPath(v, sources.SplitPath(s.Body), s.Value); err != nil {
			return nil, "", fmt.Errorf("pagination.body %s: %w", s.Body, err)
		}
	}
	return v.AppendJSON(nil), "application/json", nil
}
