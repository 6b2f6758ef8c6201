package auth

import (
	"context"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
)

// hmacSignature signs a text that a template makes of the request.
type hmacSignature struct {
	signer
	spec *sources.HMAC
	key  part
}

func newHMAC(a *sources.Auth, keep func() Keeping) Authenticator {
	return hmacSignature{signer: newSigner(keep), spec: a.HMAC, key: part{"key", a.HMAC.Key}}
}

// hashes are those that sign.
var hashes = map[string]func() hash.Hash{"md5": md5.New, "sha1": sha1.New, "sha256": sha256.New, "sha512": sha512.New}

// Prove signs a request as it is with what is sent beside the signature: that is
// often part of what is signed, as the time is.
func (s hmacSignature) Prove(_ context.Context, r *Request) (Proof, error) {
	key, err := s.keyOf(r.Vars)
	if err != nil {
		return 0, err
	}
	vars := make(expr.Vars, sources.VarCount)
	copy(vars, r.Vars)
	at, nonce := time.Now(), newNonce()
	show := func() { vars[sources.VarRequest] = requestValue(r, at, nonce) }
	show()
	if err := s.put(r, vars, false); err != nil {
		return 0, err
	}
	show()
	text, err := s.spec.Sign.Text(vars)
	if err != nil {
		return 0, fmt.Errorf("auth.sign: %w", err)
	}
	r.Signed = func() string { return s.shown(vars, text) }
	mac := hmac.New(hashes[s.spec.Algorithm], key)
	mac.Write([]byte(text))
	sum := mac.Sum(nil)
	asHex, asBase64 := hex.EncodeToString(sum), base64.StdEncoding.EncodeToString(sum)
	s.hide(asHex)
	s.hide(asBase64)
	vars[sources.VarSignature] = expr.Dict([]string{"hex", "base64"}, []expr.Value{expr.String(asHex), expr.String(asBase64)})
	return 0, s.put(r, vars, true)
}

// shown is what was signed, without what the settings made of it.
func (s hmacSignature) shown(vars expr.Vars, text string) string {
	_ = s.spec.Sign.Expressions(vars, func(source string, v expr.Value) { // it was evaluated without an error
		if strings.Contains(source, "config") && len(v.Text()) > 2 {
			text = strings.ReplaceAll(text, v.Text(), "***")
		}
	})
	return s.keeping().Secrets.Redact(text)
}

// put puts what is sent on a request: that which has the signature in it, or the
// rest.
func (s hmacSignature) put(r *Request, vars expr.Vars, signed bool) error {
	for i, list := range [][]sources.Param{s.spec.Headers, s.spec.Params} {
		for _, p := range list {
			if usesSignature(p) != signed {
				continue
			}
			v, err := p.Value.Eval(vars)
			if err == nil && (v.Missing() || v.Text() == "") {
				err = fmt.Errorf("is empty: give the setting that it is made of")
			}
			if err != nil {
				return fmt.Errorf("auth.send.%s.%s: %w", [...]string{"headers", "params"}[i], p.Name, err)
			}
			r.put(i == 1, p.Name, v.Text())
		}
	}
	return nil
}

func usesSignature(p sources.Param) bool {
	return p.Value.Leaf != nil && p.Value.Leaf.Uses("signature")
}

// requestValue is what templates see as request.
func requestValue(r *Request, at time.Time, nonce string) expr.Value {
	names := slices.Sorted(maps.Keys(r.Header))
	headers := make([]expr.Value, len(names))
	for i, name := range names {
		headers[i], names[i] = expr.String(strings.Join(r.Header[name], ", ")), strings.ToLower(name)
	}
	return expr.Dict(
		[]string{"method", "url", "host", "path", "query", "headers", "body", "time", "timestamp", "timestamp_ms", "nonce"},
		[]expr.Value{
			expr.String(r.Method), expr.String(r.URL.String()), expr.String(r.URL.Host), expr.String(pathOf(r)), expr.String(r.URL.RawQuery),
			expr.Dict(names, headers), expr.String(string(r.Body)),
			expr.Time(at), expr.Int(at.Unix()), expr.Int(at.UnixMilli()), expr.String(nonce),
		})
}

// pathOf is the path of a request as it is sent.
func pathOf(r *Request) string {
	path, _, _ := strings.Cut(r.URL.RequestURI(), "?")
	return path
}

// keyOf is the key in bytes.
func (s hmacSignature) keyOf(vars expr.Vars) (key []byte, err error) {
	text, err := s.key.text(vars)
	if err != nil {
		return nil, err
	}
	switch s.spec.Encoding {
	case "hex":
		key, err = hex.DecodeString(text)
	case "base64":
		key, err = decode64(text)
	default:
		return []byte(text), nil
	}
	if err != nil {
		return nil, fmt.Errorf("auth.key: is not written in %s, as auth.key_encoding says", s.spec.Encoding)
	}
	return key, nil
}

// decode64 reads base64 of either alphabet, with or without padding.
func decode64(text string) ([]byte, error) {
	text = strings.TrimRight(strings.NewReplacer("-", "+", "_", "/").Replace(text), "=")
	return base64.RawStdEncoding.DecodeString(text)
}

func (s hmacSignature) Known(vars expr.Vars) (Known, error) {
	known := sending{headers: s.spec.Headers, params: s.spec.Params}.known()
	known.Secrets = secretsOf(vars, s.key)
	err := check(vars, s.key)
	if err == nil && !sources.PerRequest(s.key.template) {
		_, err = s.keyOf(vars)
	}
	return known, err
}
