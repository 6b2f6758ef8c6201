package fetch

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
)

// cookies are those of one walk. A nil one keeps none.
type cookies struct{ jar *cookiejar.Jar }

func newCookies(kept bool) *cookies {
	if !kept {
		return nil
	}
	jar, _ := cookiejar.New(nil) // never fails
	return &cookies{jar}
}

// send puts the cookies for a host behind those that the request has already.
func (c *cookies) send(r *http.Request) {
	if c == nil {
		return
	}
	for _, cookie := range c.jar.Cookies(r.URL) {
		r.AddCookie(cookie)
	}
}

// keep keeps what an answer sets, for the host that set it and no other:
// credentials do not cross hosts, whatever Domain says.
func (c *cookies) keep(from *url.URL, h http.Header) {
	if c == nil {
		return
	}
	set := (&http.Response{Header: h}).Cookies()
	for _, cookie := range set {
		cookie.Domain = ""
	}
	c.jar.SetCookies(from, set)
}
