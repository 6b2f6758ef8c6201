package request

import (
	"encoding/json"
	"fmt"
	"net/url"

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
	kept := uri.Pairs{}
	changed := false
	for _, p := range uri.ParsePairs(u.RawQuery) {
		value := p.Value()
		sealed, ok := m.secrets.Seal(value)
		switch {
		case p.Name == m.known.Param && m.known.Param != "":
			changed = true
			continue
		case !ok:
			return "", m.unkept(u)
		case sealed != value:
			p, changed = uri.NewPair(p.Name, sealed), true
		}
		kept = append(kept, p)
	}
	if changed {
		u.RawQuery = kept.Encode()
	}
	sealed, ok := m.secrets.Seal(u.String())
	if !ok {
		return "", m.unkept(u)
	}
	return sealed, nil
}

func (m *Maker) unkept(u *url.URL) error {
	return fmt.Errorf("what names the next page cannot be kept: %s", m.secrets.Quote(u.String()))
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
	query := uri.ParsePairs(u.RawQuery)
	changed := false
	for i, p := range query {
		value, ok := m.secrets.Open(p.Value())
		if !ok {
			return nil, secret.ErrSealed
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
