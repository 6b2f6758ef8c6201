package advice

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/tap-rest/tap-rest/sources"
)

// Auth says where the definition puts what proves who asks, and what the API
// asks for instead, if it says so; "" where it asks for just that.
func Auth(a *sources.Auth, h http.Header) string {
	says, scheme := "auth: {type: none} sends nothing", ""
	switch {
	case a == nil || a.Type == sources.AuthNone:
	case a.Type == sources.AuthAPIKey && a.InQuery:
		says = "auth: {type: api_key, in: query} sends the parameter " + a.Name.Source()
	case a.Type == sources.AuthAPIKey:
		says = "auth: {type: api_key, in: header} sends the header " + a.Name.Source()
	default:
		says = fmt.Sprintf("auth: {type: %s} sends %s", a.Type, proofPlaces(a))
		scheme = schemes[a.Type]
	}
	wanted, _, _ := strings.Cut(h.Get("Www-Authenticate"), " ")
	switch {
	case strings.EqualFold(wanted, scheme) && scheme != "" && strings.HasSuffix(says, inAuthorization):
		return ""
	case wanted != "" && sources.IsHeaderName(wanted):
		says += ", and the API asks for " + wanted + " (WWW-Authenticate)"
	}
	return says + ": check that the API looks for it there"
}

// schemes are those of HTTP (RFC 9110) that types of auth send.
var schemes = map[sources.AuthType]string{
	sources.AuthBearer: "Bearer", sources.AuthOAuth2: "Bearer", sources.AuthJWT: "Bearer", sources.AuthBasic: "Basic", sources.AuthDigest: "Digest",
}

const inAuthorization = "the header Authorization"

// proofPlaces says what carries the proof of who asks.
func proofPlaces(a *sources.Auth) string {
	headers, params := a.Renewal.Headers, a.Renewal.Params
	switch {
	case a.HMAC != nil:
		headers, params = a.HMAC.Headers, a.HMAC.Params
	case a.Type == sources.AuthPool:
		return "what those in auth.of send"
	case a.Type == sources.AuthSession && len(headers)+len(params) == 0:
		return "the cookies of its login"
	case len(headers)+len(params) == 0:
		return inAuthorization
	}
	var all []string
	for _, h := range headers {
		all = append(all, "the header "+h.Name+keyOf(a, "headers", h.Name))
	}
	for _, p := range params {
		all = append(all, "the parameter "+p.Name+keyOf(a, "params", p.Name))
	}
	return strings.Join(all, " and ")
}

// keyOf names the key of the definition that sends the proof of a session.
func keyOf(a *sources.Auth, place, name string) string {
	if a.Type != sources.AuthSession {
		return ""
	}
	return fmt.Sprintf(" (auth.send.%s.%s)", place, name)
}

// Expired says what may be wrong where each login is answered as one that expired:
// what it is sent in may be misspelt.
func Expired(a *sources.Auth) string {
	var where string
	if r := a.Renewal; a.Type == sources.AuthSession && len(r.Headers)+len(r.Params) > 0 {
		where = "that the API looks for " + proofPlaces(a) + ", "
	}
	return "check " + where + "the credentials, and auth.expired: it may mean too many answers"
}
