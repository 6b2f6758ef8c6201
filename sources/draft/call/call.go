package call

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/tap-rest/tap-rest/sources/pattern"
)

// Pair is a name with its value: a parameter or a header.
type Pair struct{ Name, Value string }

// Call is a request as it was made.
type Call struct {
	Method   string
	URL      *url.URL // absolute; without user, query and fragment
	Params   []Pair   // of the query, in their order
	Headers  []Pair   // in their order
	Body     []byte
	User     string // of basic authentication
	Password string
	Basic    bool // User and Password are sent
}

// New returns a GET call of an absolute URL.
func New(address string) (*Call, error) {
	u, err := parseURL(address)
	if err != nil {
		return nil, err
	}
	c := &Call{Method: http.MethodGet}
	c.Params = ParsePairs(u.RawQuery)
	if u.User != nil {
		c.Basic, c.User = true, u.User.Username()
		c.Password, _ = u.User.Password()
	}
	u.User, u.RawQuery, u.Fragment, u.RawFragment, u.ForceQuery = nil, "", "", "", false
	c.URL = u
	return c, nil
}

// ParsePairs reads a query or a form, and keeps its order. What is no escape
// stays as it is.
func ParsePairs(text string) (pairs []Pair) {
	for part := range strings.SplitSeq(text, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		pairs = append(pairs, Pair{unescaped(name), unescaped(value)})
	}
	return pairs
}

func unescaped(text string) string {
	plain, err := url.QueryUnescape(text)
	if err != nil {
		plain = text
	}
	return strings.ToValidUTF8(plain, "\uFFFD")
}

// Clone returns a call that can be changed apart from c.
func (c *Call) Clone() *Call {
	d := *c
	u := *c.URL
	d.URL, d.Params, d.Headers, d.Body = &u, slices.Clone(c.Params), slices.Clone(c.Headers), bytes.Clone(c.Body)
	return &d
}

// Param returns the first value of a parameter.
func (c *Call) Param(name string) (string, bool) {
	return find(c.Params, func(n string) bool { return n == name })
}

// Header returns the first value of a header.
func (c *Call) Header(name string) (string, bool) {
	return find(c.Headers, func(n string) bool { return strings.EqualFold(n, name) })
}

func find(pairs []Pair, is func(name string) bool) (string, bool) {
	for _, p := range pairs {
		if is(p.Name) {
			return p.Value, true
		}
	}
	return "", false
}

// SetParam sets a parameter, in the place of all that have its name.
func (c *Call) SetParam(name, value string) {
	for i := range c.Params {
		if c.Params[i].Name == name {
			c.Params[i].Value = value
			rest := slices.DeleteFunc(slices.Clone(c.Params[i+1:]), func(p Pair) bool { return p.Name == name })
			c.Params = append(c.Params[:i+1:i+1], rest...)
			return
		}
	}
	c.Params = append(c.Params, Pair{name, value})
}

// DropParam takes a parameter away.
func (c *Call) DropParam(name string) {
	c.Params = slices.DeleteFunc(slices.Clone(c.Params), func(p Pair) bool { return p.Name == name })
}

// SetHeader sets a header, in the place of all that have its name.
func (c *Call) SetHeader(name, value string) {
	c.Headers = slices.DeleteFunc(slices.Clone(c.Headers), func(p Pair) bool { return strings.EqualFold(p.Name, name) })
	c.Headers = append(c.Headers, Pair{name, value})
}

// Address is the whole URL.
func (c *Call) Address() string {
	u := *c.URL
	u.RawQuery = encoded(c.Params)
	return u.String()
}

func encoded(pairs []Pair) string {
	parts := make([]string, len(pairs))
	for i, p := range pairs {
		parts[i] = url.QueryEscape(p.Name) + "=" + url.QueryEscape(p.Value)
	}
	return strings.Join(parts, "&")
}

// Request is the call as net/http makes it.
func (c *Call) Request(ctx context.Context) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, c.Method, c.Address(), bytes.NewReader(c.Body))
	if err != nil {
		return nil, err
	}
	if len(c.Body) == 0 {
		r.Body, r.GetBody = nil, nil
	}
	for _, h := range c.Headers {
		r.Header.Add(h.Name, h.Value)
	}
	if c.Basic {
		r.SetBasicAuth(c.User, c.Password)
	}
	return r, nil
}

var headerName = pattern.New("^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")

// IsHeader reports whether a header may have the name and the value.
func IsHeader(name, value string) bool {
	return headerName().MatchString(name) && utf8.ValidString(value) && strings.IndexFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) < 0
}
