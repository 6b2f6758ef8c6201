package auth

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/secret"
)

// jar keeps the cookies of a login. They go where RFC 6265 says: a login at another
// host of the same domain may set some for that of base_url, which both the
// definition names. A nil one has none.
type jar struct {
	jar     *cookiejar.Jar
	secrets *secret.Hider
	from    *url.URL // that set them
	set     []string // as it did

	mu     sync.Mutex
	names  []string
	values []expr.Value
}

// newJar returns a jar with what a login's answer set.
func newJar(from *url.URL, h http.Header, secrets *secret.Hider) *jar {
	kept, _ := cookiejar.New(nil) // never fails
	j := &jar{jar: kept, secrets: secrets, from: from, set: h["Set-Cookie"]}
	set := (&http.Response{Header: h}).Cookies()
	for _, c := range set {
		if c.MaxAge >= 0 && c.Value != "" {
			secrets.Set("auth.cookies."+c.Name, c.Value)
			j.names, j.values = append(j.names, c.Name), append(j.values, expr.String(c.Value))
		}
	}
	kept.SetCookies(from, set)
	return j
}

// value is what templates see as cookies.
func (j *jar) value() expr.Value {
	if j == nil {
		return expr.Undefined()
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	return expr.Dict(j.names, j.values)
}

// named are the names of the cookies, for a message.
func (j *jar) named() string { return strings.Join(j.names, ", ") }

// send puts the cookies on a request, behind those that it has already.
func (j *jar) send(r *Request) {
	if j == nil {
		return
	}
	h := http.Request{Header: r.Header}
	for _, c := range j.jar.Cookies(r.URL) {
		h.AddCookie(c)
	}
}

// renew keeps another value of a cookie. What answers set besides, say to count
// visits, is not of the session.
func (j *jar) renew(from *url.URL, h http.Header) {
	j.mu.Lock()
	defer j.mu.Unlock()
	var set []*http.Cookie
	for _, c := range (&http.Response{Header: h}).Cookies() {
		for i, name := range j.names {
			if name == c.Name && c.MaxAge >= 0 && c.Value != "" && j.values[i].Text() != c.Value {
				j.secrets.Pass("", c.Value)
				set, j.values = append(set, c), slices.Clone(j.values) // templates may look at those before
				j.values[i] = expr.String(c.Value)
			}
		}
	}
	if len(set) > 0 {
		j.jar.SetCookies(from, set)
	}
}
