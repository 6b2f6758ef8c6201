package auth

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/secret"
)

// signer is what authenticators have in common that make a proof of each request.
// A proof is no secret that lasts, but good for a while: answers that echo it are
// not shown.
type signer struct {
	constant
	keeping func() Keeping
}

func newSigner(keep func() Keeping) signer { return signer{keeping: sync.OnceValue(keep)} }

// hide keeps a proof out of what is shown.
func (s signer) hide(proof string) { s.keeping().Secrets.Pass("", proof) }

// optional is a part that may be missing, or empty.
func (p part) optional(vars expr.Vars) (string, error) {
	if p.template == nil {
		return "", nil
	}
	text, err := p.template.Text(vars)
	return strings.TrimSpace(text), err
}

// secretsOf are the parts that are secrets, where they are given.
func secretsOf(vars expr.Vars, parts ...part) (list secret.List) {
	for _, p := range parts {
		if p.template != nil {
			list = append(list, p.secret(vars))
		}
	}
	return list
}

// texts evaluates parts that must not be empty.
func texts(vars expr.Vars, parts ...part) ([]string, error) {
	all := make([]string, len(parts))
	for i, p := range parts {
		var err error
		if all[i], err = p.text(vars); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// http returns the request as net/http has it, for libraries that sign those.
func (r *Request) http() *http.Request {
	u := *r.URL
	return &http.Request{
		Method: r.Method, URL: &u, Host: u.Host, Header: r.Header.Clone(),
		Body: io.NopCloser(bytes.NewReader(r.Body)),
	}
}

// newNonce returns a text that was never used before.
func newNonce() string {
	var random [16]byte
	_, _ = rand.Read(random[:]) // it never fails
	return hex.EncodeToString(random[:])
}
