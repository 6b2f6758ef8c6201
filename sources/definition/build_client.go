package definition

import (
	"strings"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/document"
	"github.com/tap-rest/tap-rest/sources/expr"
)

// client returns the client of a stream: the one that others have too, where
// all its keys come from the same place.
func (b *builder) client(n *document.Node) *sources.Client {
	k := clientKey{origin: sources.Origin(document.Value[*expr.Template](n, "path"))}
	for i, name := range []string{"base_url", "auth", "rate_limit", "max_in_flight", "allow_hosts", "tls"} {
		k.keys[i] = n.Get(name)
	}
	if c, found := b.clients[k]; found {
		return c
	}
	c := &sources.Client{
		BaseURL:     document.Value[*expr.Template](n, "base_url"),
		Auth:        authOf(n.Get("auth"), n.Get("base_url")),
		RateLimits:  ratesOf(n.Get("rate_limit")),
		MaxInFlight: int(document.Value[int64](n, "max_in_flight")),
		AllowHosts:  document.Value[[]string](n, "allow_hosts"),
		TLS:         tlsOf(n.Get("tls")),
	}
	b.hosts(n.Get("allow_hosts"))
	if k.origin != "" {
		c.BaseURL = nil // the path is not appended to it
	}
	b.clients[k] = c
	return c
}

// hosts checks allow_hosts.
func (b *builder) hosts(list *document.Node) {
	for _, host := range list.List() {
		if strings.Contains(host.Text, "/") {
			b.Problem(host, "wants the name of a host, as cdn.example.com, not %q", document.Clip(host.Text))
		}
	}
}

func ratesOf(n *document.Node) (list []sources.RateLimit) {
	for _, item := range n.List() {
		list = append(list, sources.RateLimit{
			Requests:  int(document.Value[int64](item, "requests")),
			Points:    sources.OneCost.Times(document.Value[int64](item, "points")),
			Per:       document.Value[time.Duration](item, "per"),
			Match:     document.Value[string](item, "match"),
			Remaining: document.Value[*expr.Template](item, "remaining"),
			Reset:     document.Value[*expr.Template](item, "reset"),
			Shared:    document.Value[bool](item, "shared"),
		})
	}
	return list
}
