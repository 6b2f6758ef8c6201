package sources

import "github.com/tap-rest/tap-rest/sources/expr"

// The auth types that make a proof of each request.
const (
	AuthAWS    AuthType = "aws_sigv4"
	AuthHMAC   AuthType = "hmac"
	AuthDigest AuthType = "digest" // with Username and Password
	AuthOAuth1 AuthType = "oauth1"

	// AuthPool is made of several of any type.
	AuthPool AuthType = "pool"
)

// AWS is how AWS has its requests signed, version 4.
type AWS struct {
	AccessKey    *expr.Template
	SecretKey    *expr.Template
	SessionToken *expr.Template // nil: none
	Region       *expr.Template
	Service      *expr.Template
}

// HMAC says what of a request is signed, and how the signature is sent.
type HMAC struct {
	Algorithm string // md5, sha1, sha256 or sha512
	Encoding  string // of the key: text, hex or base64
	Key       *expr.Template
	Sign      *expr.Template // over SignatureScope, as what is sent
	Headers   []Param
	Params    []Param
}

// OAuth1 is a signature of RFC 5849.
type OAuth1 struct {
	Method         string // as the RFC names it
	ConsumerKey    *expr.Template
	ConsumerSecret *expr.Template // nil: empty, as those below
	Token          *expr.Template
	TokenSecret    *expr.Template
	Key            *expr.Template // PEM, of the RSA methods
	Realm          *expr.Template
}

// eachSigned hands out the templates of those types, and of a pool.
func (a *Auth) eachSigned(visit func(*expr.Template)) {
	for _, of := range a.Pool {
		of.EachTemplate(visit)
	}
	var own []*expr.Template
	if s := a.AWS; s != nil {
		own = append(own, s.AccessKey, s.SecretKey, s.SessionToken, s.Region, s.Service)
	}
	if s := a.OAuth1; s != nil {
		own = append(own, s.ConsumerKey, s.ConsumerSecret, s.Token, s.TokenSecret, s.Key, s.Realm)
	}
	if s := a.HMAC; s != nil {
		own = append(own, s.Key, s.Sign)
		all := func(t *expr.Template) bool {
			visit(t)
			return false
		}
		anyParam(s.Headers, all)
		anyParam(s.Params, all)
	}
	for _, t := range own {
		if t != nil {
			visit(t)
		}
	}
}
