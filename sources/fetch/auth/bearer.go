package auth

import (
	"context"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/secret"
)

// bearer sends a token (RFC 6750).
type bearer struct {
	constant
	token part
}

func newBearer(a *sources.Auth, _ func() Keeping) Authenticator {
	return bearer{token: part{"token", a.Token}}
}

func (b bearer) Prove(_ context.Context, r *Request) (Proof, error) {
	token, err := b.token.text(r.Vars)
	r.Header.Set("Authorization", "Bearer "+token)
	return 0, err
}

func (b bearer) Known(vars expr.Vars) (Known, error) {
	return Known{Secrets: secret.List{b.token.secret(vars)}}, check(vars, b.token)
}
