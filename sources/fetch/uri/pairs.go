package uri

import (
	"net/url"
	"slices"
	"strings"
)

// Pairs are the parameters of a query or a form, in order.
type Pairs []Pair

// Pair is one of them.
type Pair struct {
	Name string // unescaped
	Raw  string // name=value, as it came, or escaped as in a form
	made bool   // Raw is escaped by us
}

// NewPair returns a pair, escaped as in a form.
func NewPair(name, value string) Pair {
	return Pair{name, url.QueryEscape(name) + "=" + url.QueryEscape(value), true}
}

// Value is what stands after the name, unescaped where it can be.
func (p Pair) Value() string {
	_, value, _ := strings.Cut(p.Raw, "=")
	return Unescape(value)
}

// Unescape undoes the escaping of a query, unless it is broken: then it is
// the API's own way to write.
func Unescape(text string) string {
	if plain, err := url.QueryUnescape(text); err == nil {
		return plain
	}
	return text
}

// ParsePairs reads a query.
func ParsePairs(query string) Pairs {
	var p Pairs
	for part := range strings.SplitSeq(query, "&") {
		if part != "" {
			name, _, _ := strings.Cut(part, "=")
			p = append(p, Pair{Name: Unescape(name), Raw: part})
		}
	}
	return p
}

// Set puts the values in the place of those that bear the name, at the end
// where none does.
func (p Pairs) Set(name string, values ...string) Pairs {
	kept := make(Pairs, 0, len(p)+len(values))
	put := func() {
		for _, v := range values {
			kept = append(kept, NewPair(name, v))
		}
		values = nil
	}
	for _, q := range p {
		if q.Name != name {
			kept = append(kept, q)
			continue
		}
		put()
	}
	put()
	return kept
}

// InURL returns the pairs as a URL's query. A blank is %20 there: that is one by
// every reading, while + is one in forms only, and OData takes it for a plus.
func (p Pairs) InURL() string {
	spelled := slices.Clone(p)
	for i, q := range spelled {
		if q.made {
			spelled[i].Raw = strings.ReplaceAll(q.Raw, "+", "%20") // a plus is %2B
		}
	}
	return spelled.Encode()
}

// Encode returns the pairs as a form.
func (p Pairs) Encode() string {
	var b strings.Builder
	for i, q := range p {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(q.Raw)
	}
	return b.String()
}
