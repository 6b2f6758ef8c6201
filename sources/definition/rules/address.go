package rules

import (
	"strings"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/document"
	"github.com/tap-rest/tap-rest/sources/expr"
)

// address checks that the URL of a stream can be told.
func (c stream) address(n *document.Node, s *sources.Stream) {
	if !n.Has("path") {
		c.Problem(n, "needs path: text or a template")
		return
	}
	path, base := n.Get("path"), n.Get("base_url")
	alone := sources.Origin(s.Request.Path) != ""
	if scheme, _, found := strings.Cut(path.Text, "://"); found && !alone && !strings.ContainsAny(scheme, "/?{") {
		c.Problem(path, "wants a path, or a URL of http or https, not %q", document.Clip(path.Text))
	} else if base == nil && path.Read != nil && !alone {
		c.Problem(path, "is not an absolute URL: needs base_url in client")
	}
	if base == nil || base.Read == nil || expr.IsTemplate(base.Text) {
		return
	}
	if !IsAbsolute(base.Text) {
		c.Problem(base, "wants an absolute URL, as https://api.example.com, not %q", document.Clip(base.Text))
	}
	if strings.Contains(base.Text, "#") {
		c.Problem(base, "a path is appended to it: it cannot hold #")
	}
}

// IsAbsolute reports whether a text begins as a URL of HTTP does.
func IsAbsolute(url string) bool {
	url = strings.ToLower(url)
	return strings.HasPrefix(url, "https://") || strings.HasPrefix(url, "http://")
}
