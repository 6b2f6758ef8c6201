package request

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/uri"
)

// Astray is a link or a redirect that is not followed.
type Astray struct{ why string }

func (e *Astray) Error() string { return e.why }

// astray is a step to a host that is not allowed. remedy is what to write where
// it gives up https, "" if nothing is known.
func astray(from, to *url.URL, remedy string) error {
	host := to.Scheme + "://" + to.Host
	if uri.Downgrades(from, to) {
		return &Astray{downgrade(host, remedy)}
	}
	return &Astray{fmt.Sprintf("leads away from the host of base_url, to %s: if that is meant, name it in allow_hosts", host)}
}

// allowed reports whether a request for from may lead to the host of to.
func allowed(c *sources.Client, from, to *url.URL) bool {
	if uri.SameSite(from, to) {
		return true
	}
	for _, host := range c.AllowHosts {
		if strings.EqualFold(host, to.Host) || strings.EqualFold(host, to.Hostname()) {
			return true
		}
	}
	return false
}

// mayGo reports whether a request may lead to a host. Files may lie on any that is
// asked with no less encryption: no credential goes there.
func (r *Request) mayGo(to *url.URL) bool {
	return allowed(r.maker.stream.Client, r.base, to) || r.file && (r.base.Scheme == to.Scheme || to.Scheme == "https")
}

// unsigned is a URL of an answer as people may see it.
func (r *Request) unsigned(link string) string {
	if u, err := url.Parse(link); r.file && err == nil {
		return uri.Shown(u).String()
	}
	return link
}

// bare is the URL without what signs it.
func (r *Request) bare() *url.URL {
	if r.file {
		return uri.Unsigned(r.URL)
	}
	return r.URL
}

// show is the URL as people may see it: what signs it for whoever has it is left out.
func (r *Request) show() *url.URL {
	if r.file {
		return uri.Shown(r.URL)
	}
	return r.URL
}

// maxHops is how many redirects a request follows.
const maxHops = 10

// AtHome reports whether the request goes to the host of base_url, and may carry
// a proof of who asks.
func (r *Request) AtHome() bool { return uri.SameSite(r.base, r.URL) }

// Follow returns what a URL in an answer from at leads to: the answer is one to
// the request, or to what redirects made of it. https says what to write where
// the URL gives up https, and nothing else is wrong with it.
func (r *Request) Follow(at *url.URL, link string, https func() string) (*url.URL, error) {
	to, err := uri.Reference(at, link)
	if err != nil {
		return nil, fmt.Errorf("the link to the next page, %s: %w", r.maker.secrets.Quote(link), err)
	}
	if !allowed(r.maker.stream.Client, r.base, to) {
		return nil, fmt.Errorf("the link to the next page %w", astray(r.base, to, https()))
	}
	return to, nil
}

// Redirect returns the request that an answer with that status sends the first
// one on to, nil where it does not; at is the one that was answered so, the
// first or what a redirect made of it.
// Following is done here rather than by net/http, which knows neither the pace
// nor the credentials, and turns a POST into a GET.
func (r *Request) Redirect(at *Request, status int, location string) (*Request, error) {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
	default:
		return nil, nil
	}
	if location == "" {
		return nil, nil
	}
	quoted := r.maker.secrets.Quote(r.unsigned(location))
	if r.Method != http.MethodGet && status < http.StatusTemporaryRedirect {
		return nil, &Astray{fmt.Sprintf("answered %d, which would turn the %s into a GET of %s: write the path as the API redirects to it, with or without a slash at its end (path: %s)",
			status, r.Method, quoted, r.maker.secrets.Quote(r.maker.stream.Request.Path.Source()))}
	}
	to, err := uri.Reference(at.URL, location)
	if err != nil {
		return nil, &Astray{fmt.Sprintf("answered %d, but its Location %s: %v", status, quoted, err)}
	}
	if !r.mayGo(to) && r.base.Scheme == "http" && to.Scheme == "https" && strings.EqualFold(r.base.Hostname(), to.Hostname()) {
		return nil, &Astray{fmt.Sprintf("answered %d, which leads to https: write base_url: https://%s", status, to.Host)}
	}
	if !r.mayGo(to) {
		return nil, fmt.Errorf("the redirect %w", astray(r.base, to, ""))
	}
	if at.hops == maxHops {
		return nil, &Astray{fmt.Sprintf("more than %d redirects", maxHops)}
	}
	next := *r
	next.hops = at.hops + 1
	next.URL, next.Header = to, r.Header.Clone()
	if err := next.keepHome(); err != nil {
		return nil, err
	}
	return &next, nil
}

// keepHome takes every credential off a request that goes to another host
// than that of base_url.
func (r *Request) keepHome() error {
	if r.AtHome() {
		return nil
	}
	m := r.maker
	for name, values := range r.Header {
		switch name {
		case "Authorization", "Cookie", "Proxy-Authorization":
			r.Header.Del(name)
			continue
		}
		if m.carried.headers[name] || isName(m.known.Headers, name) || m.secrets.In(strings.Join(values, "\n")) {
			r.Header.Del(name)
		}
	}
	query := uri.ParsePairs(r.URL.RawQuery)
	signs := uri.Signing(query)
	kept := query[:0:0]
	for _, p := range query {
		if r.file && signs(p.Name) || !isName(m.known.Params, p.Name) && !m.secrets.In(p.Raw) && !m.secrets.In(p.Value()) {
			kept = append(kept, p)
		}
	}
	if len(kept) < len(query) {
		u := *r.URL
		u.RawQuery = kept.Encode()
		r.URL = &u
	}
	if m.secrets.In(r.bare().String()) || m.carried.body && r.Body != nil || m.secrets.InBody(r.Body) {
		return &Astray{"would carry a secret to another host, " + r.URL.Host}
	}
	return nil
}

// isName reports whether a name of a header or a parameter is one of those that
// carry a credential.
func isName(credentials []string, name string) bool {
	return slices.ContainsFunc(credentials, func(credential string) bool { return strings.EqualFold(credential, name) })
}
