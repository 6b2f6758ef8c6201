package fetch

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/uri"
)

// errLeaves is a redirect or a link that leads to a host that the definition
// does not name.
type errLeaves struct{ to string }

func (e errLeaves) Error() string {
	return fmt.Sprintf("leads away from the host of base_url, to %s: if that is meant, name it in allow_hosts", e.to)
}

// leaves is the error of a step to a host that is not allowed. remedy is what
// to write where the step gives up https.
func leaves(from, to *url.URL, remedy string) error {
	host := to.Scheme + "://" + to.Host
	if uri.Downgrades(from, to) {
		return errDowngrade{host, remedy}
	}
	return errLeaves{host}
}

// errRedirect is a redirect that is not followed.
type errRedirect struct{ text string }

func (e errRedirect) Error() string { return e.text }

// allowed reports whether a request for from may lead to the host of to.
func (c *Client) allowed(from, to *url.URL) bool {
	if uri.SameSite(from, to) {
		return true
	}
	for _, host := range c.source.AllowHosts {
		if strings.EqualFold(host, to.Host) || strings.EqualFold(host, to.Hostname()) {
			return true
		}
	}
	return false
}

// redirect returns the request that an answer to at sends first on to, nil
// where it does not. Following is done here rather than by net/http, which
// knows neither the pace nor the credentials, and turns a POST into a GET.
func (c *Client) redirect(first, at *outgoing, resp *http.Response) (*outgoing, error) {
	location := resp.Header.Get("Location")
	switch resp.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
	default:
		return nil, nil
	}
	if location == "" {
		return nil, nil
	}
	if at.method != http.MethodGet && resp.StatusCode < http.StatusTemporaryRedirect {
		return nil, errRedirect{fmt.Sprintf("answered %d, which would turn the %s into a GET of %s", resp.StatusCode, at.method, c.quote(location))}
	}
	to, err := uri.Reference(at.url, location)
	if err != nil {
		return nil, errRedirect{fmt.Sprintf("answered %d, but its Location %s: %v", resp.StatusCode, c.quote(location), err)}
	}
	if !c.allowed(first.base, to) {
		return nil, fmt.Errorf("the redirect %w", leaves(first.base, to, ""))
	}
	next := *first
	next.url, next.header = to, first.header.Clone()
	if err := c.keepHome(&next); err != nil {
		return nil, err
	}
	return &next, nil
}

// keepHome takes every credential off a request that goes to another host
// than that of base_url.
func (c *Client) keepHome(out *outgoing) error {
	if uri.SameSite(out.base, out.url) {
		return nil
	}
	for name, values := range out.header {
		switch name {
		case "Authorization", "Cookie", "Proxy-Authorization":
			out.header.Del(name)
			continue
		}
		if out.carried.headers[name] || c.isCredential(name) || c.Secrets.In(strings.Join(values, "\n")) {
			out.header.Del(name)
		}
	}
	query := uri.ParsePairs(out.url.RawQuery)
	kept := query[:0:0]
	for _, p := range query {
		if !c.holdsSecret(p) {
			kept = append(kept, p)
		}
	}
	if len(kept) < len(query) {
		u := *out.url
		u.RawQuery = kept.Encode()
		out.url = &u
	}
	if c.Secrets.In(out.url.String()) || out.carried.body && out.body != nil || c.Secrets.InBody(out.body) {
		return errRedirect{fmt.Sprintf("would carry a secret to another host, %s", out.url.Host)}
	}
	return nil
}

// holdsSecret reports whether a parameter of a query is a credential, however
// it is written.
func (c *Client) holdsSecret(p uri.Pair) bool {
	return c.Secrets.In(p.Raw) || c.Secrets.In(p.Value()) || c.source.Auth.InQuery && c.isKeyName(p.Name)
}

// isCredential reports whether the header is the one that auth api_key sets.
func (c *Client) isCredential(header string) bool {
	a := c.source.Auth
	return a.Type == sources.AuthAPIKey && !a.InQuery && c.isKeyName(header)
}

// isKeyName reports whether auth api_key sends its value under the name.
func (c *Client) isKeyName(name string) bool {
	return c.keyName != "" && strings.EqualFold(c.keyName, name)
}
