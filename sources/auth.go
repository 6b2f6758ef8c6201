package sources

import (
	"time"

	"github.com/tap-rest/tap-rest/sources/expr"
)

// AuthType is a way to prove who asks.
type AuthType string

// The auth types.
const (
	AuthNone   AuthType = "none"
	AuthBearer AuthType = "bearer"
	AuthBasic  AuthType = "basic"
	AuthAPIKey AuthType = "api_key"
	AuthOAuth2 AuthType = "oauth2"
	// AuthSession sends what a login answered, AuthJWT a token that is signed here.
	AuthSession AuthType = "session"
	AuthJWT     AuthType = "jwt"
)

// Auth holds the keys of its type; those of other types are nil.
type Auth struct {
	Type     AuthType
	Token    *expr.Template // bearer
	Username *expr.Template // basic
	Password *expr.Template // basic
	Name     *expr.Template // api_key
	Value    *expr.Template // api_key
	InQuery  bool           // api_key: in the query, else in a header
	OAuth2   *OAuth2        // oauth2
	Session  *SessionLogin  // session
	JWT      *JWT           // jwt
	Renewal  Renewal        // oauth2, session, jwt
	AWS      *AWS           // aws_sigv4
	HMAC     *HMAC          // hmac
	OAuth1   *OAuth1        // oauth1
	Pool     []*Auth        // pool
}

// OAuth2 says how a token is asked for (RFC 6749).
type OAuth2 struct {
	Grant        string
	TokenURL     *expr.Template
	ClientID     *expr.Template // nil: none is sent
	ClientSecret *expr.Template // likewise, as all below
	Basic        bool           // the client says who it is in a header, else in the body
	JSON         bool           // the request is a JSON object, else a form
	Scopes       Tree           // text, or a list
	Audience     *expr.Template
	RefreshToken *expr.Template
	Username     *expr.Template
	Password     *expr.Template
	Extra        []Param
}

// Renewal says how long what a login gave holds, and how it is sent.
type Renewal struct {
	TTL     time.Duration  // where the answer does not say; 0: until it is refused
	Margin  time.Duration  // it is renewed so long before it ends
	Expired *expr.Template // over ResponseScope: an answer that means that it holds no longer
	Headers []Param        // what is sent, over LoginScope
	Params  []Param
}

// EachTemplate hands out the templates of the auth.
func (a *Auth) EachTemplate(visit func(*expr.Template)) {
	a.eachSigned(visit)
	own := []*expr.Template{a.Token, a.Username, a.Password, a.Name, a.Value}
	if o := a.OAuth2; o != nil {
		own = append(own, o.TokenURL, o.ClientID, o.ClientSecret, o.Audience, o.RefreshToken, o.Username, o.Password)
		all := func(t *expr.Template) bool {
			visit(t)
			return false
		}
		o.Scopes.any(all)
		anyParam(o.Extra, all)
	}
	if a.JWT != nil {
		a.JWT.EachTemplate(visit)
	}
	if a.Session != nil {
		a.Session.EachTemplate(visit)
	}
	for _, t := range own {
		if t != nil {
			visit(t)
		}
	}
}

// Differs reports whether contexts of a stream may prove who asks in different
// ways, or not at all.
func (a *Auth) Differs() bool {
	differs := a.Type == AuthNone
	a.EachTemplate(func(t *expr.Template) { differs = differs || t.Uses("partition") })
	return differs
}
