package request

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
)

// Cookies are those of one walk. A nil one keeps none.
type Cookies struct{ jar *cookiejar.Jar }

// NewCookies returns those of a walk that begins, nil where none are kept.
func NewCookies(kept bool) *Cookies {
	if !kept {
		return nil
	}
	jar, _ := cookiejar.New(nil) // never fails
	return &Cookies{jar}
}

// Send puts the cookies for a host behind those that the request has already.
func (c *Cookies) Send(r *http.Request) {
	if c == nil {
		return
	}
	for _, cookie := range c.jar.Cookies(r.URL) {
		r.AddCookie(cookie)
	}
}

// Keep keeps what an answer sets, for the host that set it and no other:
// credentials do not cross hosts, whatever Domain says.
func (c *Cookies) Keep(from *url.URL, h http.Header) {
	if c == nil {
		return
	}
	set := (&http.Response{Header: h}).Cookies()
	for _, cookie := range set {
		cookie.Domain = ""
	}
	c.jar.SetCookies(from, set)
}
