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
		says = "auth: {type: api_key, in: query} puts the key there"
	case a.Type == sources.AuthAPIKey:
		says = "auth: {type: api_key, in: header} puts the key there"
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
	return says + ": is that where it looks?"
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
		all = append(all, "the header "+h.Name)
	}
	for _, p := range params {
		all = append(all, "the parameter "+p.Name)
	}
	return strings.Join(all, " and ")
}
