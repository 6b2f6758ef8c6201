// Package auth proves who asks: one file for each way to do it, and one line in
// the table of [New].
package auth

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/secret"
)

// Authenticator proves who asks, for all requests of a client. Its methods may
// be called from any goroutine.
type Authenticator interface {
	// Prove puts a proof on a request that is about to be sent. It is called for
	// every attempt, after all waiting: a signature does not get old. The request
	// has one of the client's slots meanwhile. An error is for good: nothing is
	// sent.
	Prove(ctx context.Context, r *Request) (Proof, error)
	// Refused is called when the API did not take a proof, by each walk to which
	// that happened. It reports whether the next proof will be another one, so
	// that asking again may help.
	Refused(ctx context.Context, p Proof) bool
	// Known returns what vars, those of the run, say of the proofs: also where
	// its error says why no request could be made. Proofs that depend on more
	// than vars are left to the requests.
	Known(vars expr.Vars) (Known, error)
}

// Request is what a proof is put on.
type Request struct {
	URL    *url.URL // the caller's own, to be changed
	Header http.Header
	Vars   expr.Vars // what templates see
}

// Proof is the number of a proof. It grows where an authenticator gets another
// one: of those who are refused the same, one has to get it for all.
type Proof int64

// Known is what is known of proofs before the first request.
type Known struct {
	Secrets secret.List // texts that are sent, in an order that does not depend on them
	Header  string      // that carries a secret, besides Authorization; "": none does
	Param   string      // of the query, likewise
}

// New returns the authenticator that a definition describes.
func New(a *sources.Auth) Authenticator {
	return map[sources.AuthType]func(*sources.Auth) Authenticator{
		sources.AuthNone:   newNone,
		sources.AuthBearer: newBearer,
		sources.AuthBasic:  newBasic,
		sources.AuthAPIKey: newAPIKey,
	}[a.Type](a)
}

// constant is what authenticators are that send what the settings say: when
// that is refused, they have nothing else.
type constant struct{}

// Refused returns false.
func (constant) Refused(context.Context, Proof) bool { return false }

// part is a template of the definition's auth.
type part struct {
	key      string
	template *expr.Template
}

// text evaluates a part that must not be empty: a request without it would be
// somebody else's.
func (p part) text(vars expr.Vars) (string, error) {
	v, err := p.template.Eval(vars)
	if err != nil {
		return "", fmt.Errorf("auth.%s: %w", p.key, err)
	}
	text := strings.TrimSpace(v.Text())
	if v.Missing() || text == "" {
		return "", fmt.Errorf("auth.%s: %s is empty: give the setting that it is made of", p.key, p.template.Source())
	}
	return text, nil
}

// secret is a part as a secret; the error comes again with the first request.
func (p part) secret(vars expr.Vars) secret.Text {
	text, _ := p.template.Text(vars)
	return secret.New("auth."+p.key, strings.TrimSpace(text))
}

// check returns the error that every request would have.
func check(vars expr.Vars, parts ...part) error {
	for _, p := range parts {
		if sources.PerRequest(p.template) {
			continue
		}
		if _, err := p.text(vars); err != nil {
			return err
		}
	}
	return nil
}
