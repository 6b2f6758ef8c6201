package sources

import (
	"time"

	"github.com/tap-rest/tap-rest/sources/expr"
)

// JWT says how a token is signed (RFC 7519), and what becomes of it.
type JWT struct {
	Algorithm string         // of RFC 7518 or 8037
	Key       *expr.Template // a private key as PEM text, or its file; of HMAC the secret itself
	Claims    []Param
	Headers   []Param
	Life      time.Duration  // exp, from iat on
	TokenURL  *expr.Template // where it is exchanged; nil: it is sent as it is
	Client    bool           // exchanged as what says who the client is (RFC 7523, section 2.2), else as the grant (2.1)
	JSON      bool           // the token request is a JSON object, else a form
	Extra     []Param        // of the token request
}

// EachTemplate hands out the templates of the token.
func (j *JWT) EachTemplate(visit func(*expr.Template)) {
	all := func(t *expr.Template) bool {
		visit(t)
		return false
	}
	for _, list := range [][]Param{j.Claims, j.Headers, j.Extra} {
		anyParam(list, all)
	}
	for _, t := range []*expr.Template{j.Key, j.TokenURL} {
		if t != nil {
			visit(t)
		}
	}
}
