package fetch

import (
	"encoding/json"
	"fmt"
	"net/url"
	"unicode/utf8"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch/uri"
)

// seal makes a text fit to be kept in a position.
func (w *Walk) seal(text string) (string, error) {
	sealed, ok := w.client.Secrets.Seal(text)
	if !ok || !utf8.ValidString(text) {
		return "", fmt.Errorf("what names the next page cannot be kept: %s", w.quote(text))
	}
	return sealed, nil
}

// sealToken makes a token fit to be kept.
func (w *Walk) sealToken(v expr.Value) (json.RawMessage, error) {
	token, err := w.client.Seal(v)
	if err != nil {
		return nil, fmt.Errorf("what names the next page %w", err)
	}
	return token, nil
}

// Seal makes a value of an answer fit to be kept in a state. Texts are sealed
// as what they say, not as JSON writes it, so that any other secret fits in the
// place of this one.
func (c *Client) Seal(v expr.Value) (json.RawMessage, error) {
	if v.Kind() != expr.KindString {
		raw := v.AppendJSON(nil)
		if c.Secrets.In(string(raw)) {
			return nil, fmt.Errorf("holds a secret and cannot be kept: %s", c.quote(string(raw)))
		}
		return raw, nil
	}
	sealed, ok := c.Secrets.Seal(v.Text())
	if !ok || !utf8.ValidString(v.Text()) {
		return nil, fmt.Errorf("cannot be kept: %s", c.quote(v.Text()))
	}
	return expr.String(sealed).AppendJSON(nil), nil
}

// Open undoes Seal for a stream, whose requests see vars.
func (c *Client) Open(v expr.Value, s *sources.Stream, vars expr.Vars) (expr.Value, error) {
	if v.Kind() != expr.KindString {
		return v, nil
	}
	c.carries(s, vars)
	text, ok := c.Secrets.Open(v.Text())
	if !ok {
		return v, errSealed
	}
	return expr.String(text), nil
}

// opens reports whether the walk's position was sealed with the secrets of
// today, as far as that matters.
func (w *Walk) opens() bool {
	if w.pos.Token == nil {
		return true
	}
	_, ok := w.client.Secrets.Open(expr.JSON(string(w.pos.Token)).Text())
	return ok
}

// openToken undoes sealToken.
func (w *Walk) openToken(token json.RawMessage) expr.Value {
	v := expr.JSON(string(token))
	if v.Kind() == expr.KindString {
		text, _ := w.client.Secrets.Open(v.Text()) // the walk has seen that it can be opened
		return expr.String(text)
	}
	return v
}

// sealURL makes a URL fit to be kept. The key that auth sets again is left
// out. Other parameters are sealed as what they say, like tokens; those that
// hold no secret stay as they are.
func (w *Walk) sealURL(u *url.URL) (string, error) {
	kept := uri.Pairs{}
	changed := false
	for _, p := range uri.ParsePairs(u.RawQuery) {
		value := p.Value()
		sealed, ok := w.client.Secrets.Seal(value)
		switch {
		case w.client.source.Auth.InQuery && p.Name == w.client.keyName:
			changed = true
			continue
		case !ok:
			return "", fmt.Errorf("what names the next page cannot be kept: %s", w.quote(u.String()))
		case sealed != value:
			p, changed = uri.NewPair(p.Name, sealed), true
		}
		kept = append(kept, p)
	}
	if changed {
		u.RawQuery = kept.Encode()
	}
	return w.seal(u.String())
}

// openURL undoes sealURL.
func (w *Walk) openURL(text string) (*url.URL, error) {
	text, ok := w.client.Secrets.Open(text)
	if !ok {
		return nil, errSealed
	}
	u, err := uri.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("the link to the next page: %w", err)
	}
	query := uri.ParsePairs(u.RawQuery)
	changed := false
	for i, p := range query {
		value, ok := w.client.Secrets.Open(p.Value())
		if !ok {
			return nil, errSealed
		}
		if value != p.Value() {
			query[i], changed = uri.NewPair(p.Name, value), true
		}
	}
	if changed {
		u.RawQuery = query.Encode()
	}
	return u, nil
}
