package rules

import (
	"slices"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/document"
)

// constantAuths are the auth types that send what the settings say, and nothing else
// where that is refused.
var constantAuths = []sources.AuthType{sources.AuthNone, sources.AuthBearer, sources.AuthBasic, sources.AuthAPIKey,
	sources.AuthAWS, sources.AuthHMAC, sources.AuthOAuth1, sources.AuthDigest}

// loginRules checks that rules which log in find something to log in to.
func (c stream) loginRules(n *document.Node, s *sources.Stream) {
	if s.Client.Auth != nil && !slices.Contains(constantAuths, s.Client.Auth.Type) {
		return
	}
	for _, rule := range n.Get("errors").List() {
		if do := rule.Get("do"); do != nil && do.Text == string(sources.DoLogin) {
			c.Problem(do, "nothing logs in here: needs an auth that asks for what it sends, as oauth2 or session")
		}
	}
}

// loginAddress checks that the URL of a login can be told before there is one.
func (c stream) loginAddress(n *document.Node, s *sources.Stream) {
	session, path := s.Client.Auth.Session, n.Get("auth").Get("login").Get("path")
	if session == nil || path == nil || session.Login.Path == nil || sources.Origin(session.Login.Path) != "" {
		return
	}
	switch base := session.BaseURL; {
	case base == nil:
		c.Problem(path, "is not an absolute URL: needs base_url in client")
	case sources.PerRequest(base):
		c.Problem(path, "wants an absolute URL: base_url, %s, is known only after the login, or is another one for each request", document.Clip(base.Source()))
	}
}
