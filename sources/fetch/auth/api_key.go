package auth

import (
	"context"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/secret"
)

// apiKey sends a key in a header, or in the query, of any name.
type apiKey struct {
	constant
	name, value part
	inQuery     bool
}

func newAPIKey(a *sources.Auth, _ func() Keeping) Authenticator {
	return apiKey{name: part{"name", a.Name}, value: part{"value", a.Value}, inQuery: a.InQuery}
}

func (k apiKey) Prove(_ context.Context, r *Request) (Proof, error) {
	name, err := k.name.text(r.Vars)
	if err != nil {
		return 0, err
	}
	value, err := k.value.text(r.Vars)
	if err != nil {
		return 0, err
	}
	r.put(k.inQuery, name, value)
	return 0, nil
}

func (k apiKey) Known(vars expr.Vars) (Known, error) {
	known := Known{Secrets: secret.List{k.value.secret(vars)}}
	name, _ := k.name.template.Text(vars)
	if k.inQuery {
		known.Params = []string{name}
	} else {
		known.Headers = []string{name}
	}
	return known, check(vars, k.name, k.value)
}
