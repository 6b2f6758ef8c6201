package definition

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/definition/rules"
	"github.com/tap-rest/tap-rest/sources/document"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/nearest"
)

// authOf builds an auth; base is the base_url beside it.
func authOf(n, base *document.Node) *sources.Auth {
	if n == nil {
		return nil
	}
	a := &sources.Auth{
		Type:     sources.AuthType(document.Value[string](n, "type")),
		Token:    document.Value[*expr.Template](n, "token"),
		Username: document.Value[*expr.Template](n, "username"),
		Password: document.Value[*expr.Template](n, "password"),
		Name:     document.Value[*expr.Template](n, "name"),
		Value:    document.Value[*expr.Template](n, "value"),
		InQuery:  document.Value[string](n, "in") == "query",
	}
	if a.Type == sources.AuthOAuth2 {
		a.OAuth2, a.Renewal = oauth2Of(n), renewalOf(n)
		a.Username, a.Password = nil, nil
	}
	signedOf(a, n, base)
	if a.Type == sources.AuthJWT {
		a.JWT, a.Renewal = jwtOf(n), renewalOf(n)
	}
	if a.Type == sources.AuthSession {
		a.Session, a.Renewal = sessionOf(n, base), renewalOf(n)
	}
	return a
}

func oauth2Of(n *document.Node) *sources.OAuth2 {
	text := func(name string) *expr.Template { return document.Value[*expr.Template](n, name) }
	return &sources.OAuth2{
		Grant:        document.Value[string](n, "grant"),
		TokenURL:     text("token_url"),
		ClientID:     text("client_id"),
		ClientSecret: text("client_secret"),
		Basic:        document.Value[string](n, "client_auth") == "basic",
		JSON:         document.Value[string](n, "encoding") == "json",
		Scopes:       document.Value[sources.Tree](n, "scopes"),
		Audience:     text("audience"),
		RefreshToken: text("refresh_token"),
		Username:     text("username"),
		Password:     text("password"),
		Extra:        paramsOf(n.Get("extra")),
	}
}

// defaultMargin is how long before its end a token is renewed.
const defaultMargin = 30 * time.Second

func renewalOf(n *document.Node) sources.Renewal {
	return sources.Renewal{
		TTL:     document.Value[time.Duration](n, "ttl"),
		Margin:  document.ValueOr(n, "margin", defaultMargin),
		Expired: document.Value[*expr.Template](n, "expired"),
		Headers: paramsOf(n.Get("send").Get("headers")),
		Params:  paramsOf(n.Get("send").Get("params")),
	}
}

// grantNeeds are the keys that grants cannot do without.
var grantNeeds = map[string][]string{
	"client_credentials": {"client_id"}, "refresh_token": {"refresh_token"}, "password": {"username", "password"},
}

// authKeys checks what the keys of an auth are to each other.
func authKeys(r *reader, n *document.Node, _ *object) {
	if by := n.Get("type"); by == nil || by.Text != string(sources.AuthOAuth2) {
		if by != nil {
			signedKeys(r, n)
			jwtKeysFit(r, n)
		}
		return
	}
	grant := n.Get("grant")
	if grant == nil {
		return // it is said that it is needed
	}
	needs, known := grantNeeds[grant.Text]
	if near := nearest.Name(grant.Text, slices.Sorted(maps.Keys(grantNeeds))); !known && near != "" {
		r.Warn(grant, "%q is a grant of the API's own, and sent as it stands; did you mean %q?", document.Clip(grant.Text), near)
	}
	for _, name := range needs {
		if !n.Has(name) {
			r.Problem(grant, "%s needs %s", grant.Text, name)
		}
	}
	for _, name := range []string{"refresh_token", "username", "password"} {
		if n.Has(name) && needs != nil && !slices.Contains(needs, name) {
			r.Problem(n.Get(name), "is not sent with grant %s", grant.Text)
		}
	}
	if n.Has("client_secret") && !n.Has("client_id") {
		r.Problem(n.Get("client_secret"), "needs client_id beside it")
	}
	r.tokenURL(n)
	if extra := n.Get("extra"); extra != nil {
		r.knownTwice(n, extra)
	}
}

// tokenURL checks that a token_url is one.
func (r *reader) tokenURL(n *document.Node) {
	if target := n.Get("token_url"); target != nil && target.Read != nil && !expr.IsTemplate(target.Text) && !rules.IsAbsolute(target.Text) {
		r.Problem(target, "wants an absolute URL, as https://api.example.com/oauth/token, not %q", document.Clip(target.Text))
	}
}

// knownTwice reports parameters of a token request that have keys of their own.
func (r *reader) knownTwice(n, extra *document.Node) {
	for _, m := range extra.Members() {
		key := strings.Replace(m.Name, "grant_type", "grant", 1)
		if n.Has(key) || key == "scope" && n.Has("scopes") {
			r.ProblemAt(m.Line, m.Column, extra.Place(), "%s is said twice: here and beside extra", document.Clip(m.Name))
		}
	}
}
