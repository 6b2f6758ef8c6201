package postman

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/tap-rest/tap-rest/sources/document"
	"github.com/tap-rest/tap-rest/sources/draft"
	"github.com/tap-rest/tap-rest/sources/draft/outline"
)

// auth makes the auth that most requests have the client's.
func (r *reader) auth() {
	count := map[*document.Node]int{}
	var best *document.Node
	for _, q := range r.requests {
		if count[q.auth]++; count[q.auth] > count[best] && q.auth != nil || best == nil {
			best = q.auth
		}
	}
	made := map[*document.Node]*draft.Map{}
	if best != nil {
		made[best] = r.authOf(best)
		if made[best] != nil {
			r.out.Client.Set("auth", made[best], "auth of the collection")
		}
	}
	written := 0 // requests that have their auth in a header
	for _, q := range r.requests {
		if q.Auth != nil {
			written++
		}
	}
	if made[best] == nil && written == len(r.requests) {
		r.out.Client.Set("auth", r.requests[0].Auth, "a header of the requests")
		for _, q := range r.requests {
			q.Auth = nil
		}
		return
	}
	for _, q := range r.requests {
		if q.auth == best || q.Auth != nil {
			continue
		}
		if _, known := made[q.auth]; !known {
			made[q.auth] = r.authOf(q.auth)
		}
		if q.Auth = made[q.auth]; q.Auth == nil && made[best] != nil {
			q.Auth = new(draft.Map).Set("type", "none", "")
		}
	}
}

// given are the values of an auth: a list of keys and values, or an object.
func given(n *document.Node) map[string]string {
	values := map[string]string{}
	if n == nil {
		return values
	}
	for _, m := range n.Fields {
		values[m.Name] = m.Value.Text
	}
	if n.Shape == document.List {
		for _, item := range n.Items {
			values[outline.Text(item, "key")] = outline.Text(item, "value")
		}
	}
	return values
}

// authOf writes an auth; nil where there is none, or none that a definition
// has.
func (r *reader) authOf(n *document.Node) *draft.Map {
	kind := outline.Text(n, "type")
	v := given(n.Get(kind))
	secret := func(name, key string) string { return r.credential(name, v[key], true) }
	plain := func(name, key string) string { return r.credential(name, v[key], false) }
	m := new(draft.Map)
	switch strings.ToLower(kind) {
	case "", "noauth":
		return nil
	case "bearer":
		return m.Set("type", "bearer", "").Set("token", secret("token", "token"), "")
	case "basic", "digest":
		return m.Set("type", strings.ToLower(kind), "").Set("username", plain("username", "username"), "").Set("password", secret("password", "password"), "")
	case "apikey":
		return r.apiKey(m, v)
	case "oauth2":
		return r.oauth2(m, v)
	case "awsv4":
		m.Set("type", "aws_sigv4", "").Set("access_key", secret("access_key", "accessKey"), "").Set("secret_key", secret("secret_key", "secretKey"), "")
		return m.Set("region", plain("region", "region"), "").Set("service", plain("service", "service"), "")
	case "oauth1":
		m.Set("type", "oauth1", "").Set("consumer_key", secret("consumer_key", "consumerKey"), "").Set("consumer_secret", secret("consumer_secret", "consumerSecret"), "")
		return m.Set("token", secret("token", "token"), "").Set("token_secret", secret("token_secret", "tokenSecret"), "")
	}
	r.out.Leave("auth of the type %s: a definition has none of that name; see Auth in FORMAT.md", document.Clip(kind))
	return nil
}

// credential is a setting, or the template of the variables that the
// collection has there.
func (r *reader) credential(name, value string, isSecret bool) string {
	if inBraces().MatchString(value) {
		return r.text(value, isSecret)
	}
	if isSecret || outline.LooksSecret(value) {
		return r.out.SecretOf(name, value, "auth of the collection")
	}
	schema := outline.Plain()
	if value != "" {
		schema.Set("default", value, "")
	}
	return r.out.Setting(name, schema, true, "auth of the collection")
}

func (r *reader) apiKey(m *draft.Map, v map[string]string) *draft.Map {
	name := cmp.Or(v["key"], "Authorization")
	if inBraces().MatchString(name) {
		name = r.text(name, false)
	} else {
		name = outline.Literal(name)
	}
	m.Set("type", "api_key", "").Set("name", name, "").Set("value", r.credential("api_key", v["value"], true), "")
	if v["in"] == "query" {
		return m.Set("in", "query", "")
	}
	if !strings.Contains(name, "{{") && !outline.IsHeader(name) {
		r.out.Leave("auth: %s is not the name of a header", document.Clip(name))
		return nil
	}
	return m.Set("in", "header", "")
}

// oauth2 has what a program can do of Postman's grants.
func (r *reader) oauth2(m *draft.Map, v map[string]string) *draft.Map {
	if v["accessTokenUrl"] == "" {
		return m.Set("type", "bearer", "").Set("token", r.credential("token", v["accessToken"], true), "")
	}
	grant := map[string]string{"client_credentials": "client_credentials", "password_credentials": "password"}[v["grant_type"]]
	m.Set("type", "oauth2", "").Set("grant", cmp.Or(grant, "refresh_token"), fmt.Sprintf("%s in Postman", cmp.Or(outline.Line(v["grant_type"]), "authorization_code")))
	address := v["accessTokenUrl"]
	if !inBraces().MatchString(address) {
		address = outline.WithoutUser(address)
	}
	m.Set("token_url", r.text(address, false), "")
	m.Set("client_id", r.credential("client_id", v["clientId"], false), "").Set("client_secret", r.credential("client_secret", v["clientSecret"], true), "")
	switch grant {
	case "":
		m.Set("refresh_token", r.credential("refresh_token", v["refreshToken"], true), "of an authorization in a browser, done once")
	case "password":
		m.Set("username", r.credential("username", v["username"], false), "").Set("password", r.credential("password", v["password"], true), "")
	}
	if scope := strings.TrimSpace(v["scope"]); scope != "" && grant != "" {
		m.Set("scopes", r.text(scope, false), "")
	}
	return m
}
