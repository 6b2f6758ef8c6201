package request

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"

	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch/uri"
	"github.com/tap-rest/tap-rest/sources/secret"
)

// SealToken makes what names the next page fit to be kept in a position.
func (m *Maker) SealToken(v expr.Value) (json.RawMessage, error) {
	token, err := m.secrets.SealValue(v)
	if err != nil {
		return nil, fmt.Errorf("what names the next page %w", err)
	}
	return token, nil
}

// OpenToken undoes SealToken.
func (m *Maker) OpenToken(token json.RawMessage) (expr.Value, error) {
	return m.secrets.OpenValue(expr.JSON(string(token)))
}

// SealURL makes the URL of the next page fit to be kept in a position. The key
// that a proof sets again is left out. Other parameters are sealed as what they
// say, like tokens; those that hold no secret stay as they are.
func (m *Maker) SealURL(u *url.URL) (string, error) {
	kept := m.withoutKey(u)
	if eachValue(kept, m.secrets.Seal) {
		if sealed, ok := m.secrets.Seal(kept.String()); ok {
			return sealed, nil
		}
	}
	return "", fmt.Errorf("what names the next page cannot be kept: %s", m.secrets.Quote(u.String()))
}

// OpenURL undoes SealURL.
func (m *Maker) OpenURL(text string) (*url.URL, error) {
	text, ok := m.secrets.Open(text)
	if !ok {
		return nil, secret.ErrSealed
	}
	u, err := uri.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("the link to the next page: %w", err)
	}
	if !eachValue(u, m.secrets.Open) {
		return nil, secret.ErrSealed
	}
	return u, nil
}

// eachValue changes the values in the query of a URL, unless one of them cannot
// be. Those that stay the same stay as they are written.
func eachValue(u *url.URL, change func(string) (string, bool)) bool {
	query := uri.ParsePairs(u.RawQuery)
	changed := false
	for i, p := range query {
		value, ok := change(p.Value())
		if !ok {
			return false
		}
		if value != p.Value() {
			query[i], changed = uri.NewPair(p.Name, value), true
		}
	}
	if changed {
		u.RawQuery = query.Encode()
	}
	return true
}

// withoutKey returns a copy of a URL without the key that a proof sets.
func (m *Maker) withoutKey(u *url.URL) *url.URL {
	c := *u
	query := uri.ParsePairs(u.RawQuery)
	for _, key := range m.known.Params {
		if slices.ContainsFunc(query, func(p uri.Pair) bool { return p.Name == key }) {
			query = query.Set(key)
			c.RawQuery = query.Encode()
		}
	}
	return &c
}

// Same reports whether a URL in an answer from at is that one, whatever key they
// have.
func (m *Maker) Same(at *url.URL, link string) bool {
	u, err := uri.Reference(at, link)
	return err == nil && m.withoutKey(u).String() == m.withoutKey(at).String()
}
