package apitest

import (
	"crypto/subtle"
	"net/http"
)

// guard says whether a request may pass; challenge is the WWW-Authenticate
// header for those that may not, "" for none.
type guard struct {
	passes    func(x *exchange) bool
	challenge string
}

func require(challenge string, passes func(x *exchange) bool) Option {
	return func(a *API) { a.guards = append(a.guards, guard{passes, challenge}) }
}

// RequireBearer answers 401 to requests without Authorization: Bearer token.
// Several requirements must all be met.
func RequireBearer(token string) Option {
	return require(`Bearer realm="apitest"`, func(x *exchange) bool {
		return same(x.r.Header.Get("Authorization"), "Bearer "+token)
	})
}

// RequireBasic answers 401 to requests without this user and password.
func RequireBasic(user, password string) Option {
	return require(`Basic realm="apitest"`, func(x *exchange) bool {
		u, p, ok := x.r.BasicAuth()
		return ok && same(u, user) && same(p, password)
	})
}

// RequireKey answers 401 to requests that have value neither in the header name
// nor in the query parameter name.
func RequireKey(name, value string) Option {
	return require("", func(x *exchange) bool {
		return same(x.r.Header.Get(name), value) || same(x.url.Query().Get(name), value)
	})
}

func same(a, b string) bool {
	return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1
}

// admit asks all guards. Links that are signed need no credentials.
func (x *exchange) admit() *problem {
	if x.api.extension.Greet(&Call{x}) {
		return nil
	}
	for _, g := range x.api.guards {
		if g.passes(x) {
			continue
		}
		if g.challenge != "" {
			x.answer.header.Set("WWW-Authenticate", g.challenge)
		}
		return &problem{http.StatusUnauthorized, "unauthorized", "credentials are missing or wrong"}
	}
	return nil
}
