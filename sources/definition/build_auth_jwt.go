package definition

import (
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/document"
	"github.com/tap-rest/tap-rest/sources/expr"
)

var jwtKeys = []key{
	{name: "algorithm", kind: aChoice, need: true, doc: "As RFC 7518 names it.", enum: []string{
		"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "HS256", "HS384", "HS512", "EdDSA"}},
	{name: "key", kind: aTemplate, only: ofRun, need: true, doc: "What signs: of HS the secret itself, of the others a private key, as PEM text or the path of its file."},
	{name: "claims", kind: params, only: ofRun, doc: "Claims of the token: names to templates, which see the moment of signing as `now`. `iat`, `exp` and with `token_url` `aud` are there by themselves."},
	{name: "headers", kind: params, only: ofRun, doc: "Further members of its header, as `kid`."},
	{name: "lifetime", kind: aDuration, def: "5m", doc: "How long the token holds: `exp`, from `iat` on."},
	{name: "token_url", kind: aTemplate, only: ofRun, def: "it is sent as it is", doc: "Where it is exchanged for an access token."},
	{name: "grant", kind: aChoice, enum: []string{"jwt-bearer", "client_credentials"}, def: "jwt-bearer", doc: "As what it is exchanged: as the grant itself (service accounts), or in place of a client's secret (`private_key_jwt`)."},
	{name: "encoding", kind: aChoice, enum: []string{"form", "json"}, def: "form", doc: "How the body of the token request is written."},
	{name: "extra", kind: params, only: ofRun, doc: "Further parameters of the token request."},
	{name: "send", kind: aMap, of: sendObject, def: "`Authorization: Bearer …`", doc: "What goes with every request; `response.access_token` is the token. See Send."},
	{name: "ttl", kind: aWait, def: "until it is refused", doc: "How long an access token holds where its answer has no `expires_in`."},
	{name: "margin", kind: aDuration, def: "30s", doc: "A token is renewed so long before it ends, a tenth of its life at most."},
	{name: "expired", kind: aCondition, scope: sources.InResponse, def: "an answer 401", doc: "Template over an answer, which means that the token holds no longer."},
}

// defaultLifetime is how long a signed token holds: APIs refuse those that hold
// for long.
const defaultLifetime = 5 * time.Minute

func jwtOf(n *document.Node) *sources.JWT {
	return &sources.JWT{
		Algorithm: document.Value[string](n, "algorithm"),
		Key:       document.Value[*expr.Template](n, "key"),
		Claims:    paramsOf(n.Get("claims")),
		Headers:   paramsOf(n.Get("headers")),
		Life:      document.ValueOr(n, "lifetime", defaultLifetime),
		TokenURL:  document.Value[*expr.Template](n, "token_url"),
		Client:    document.Value[string](n, "grant") == "client_credentials",
		JSON:      document.Value[string](n, "encoding") == "json",
		Extra:     paramsOf(n.Get("extra")),
	}
}

// jwtKeysFit checks what the keys of a signed token are to each other.
func jwtKeysFit(r *reader, n *document.Node) {
	if n.Get("type").Text != string(sources.AuthJWT) {
		return
	}
	for _, name := range []string{"grant", "encoding", "extra", "ttl"} {
		if n.Has(name) && !n.Has("token_url") {
			r.Problem(n.Get(name), "is about the exchange of the token: needs token_url beside it")
		}
	}
	if life := n.Get("lifetime"); life != nil && life.Read != nil && document.Value[time.Duration](n, "lifetime") < time.Second {
		r.Problem(life, "wants a second at least: exp counts in seconds")
	}
	if alg := n.Get("headers").Get("alg"); alg != nil {
		r.Problem(alg, "is what algorithm says")
	}
	r.tokenURL(n)
}
