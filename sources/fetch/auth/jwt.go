package auth

import (
	"context"
	"encoding/base64"
	"fmt"
	"strconv"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch/pemtext"
	"github.com/tap-rest/tap-rest/sources/secret"
)

// signedToken sends a token that is signed here (RFC 7519), or exchanges it for one
// (RFC 7523).
type signedToken struct {
	*counter
	spec *sources.JWT
}

func newJWT(a *sources.Auth, keep func() Keeping) Authenticator {
	j := &signedToken{counter: newCounter(a, keep), spec: a.JWT}
	j.counter.get, j.signs = j.get, a.JWT.TokenURL == nil
	return j
}

// Known has the key, and says what is wrong with it.
func (j *signedToken) Known(vars expr.Vars) (Known, error) {
	known := j.known()
	key := part{"key", j.spec.Key}
	text := key.secret(vars)
	if j.spec.Algorithm[:2] == "HS" || pemtext.Is(text.Reveal()) {
		known.Secrets = secret.List{text}
	}
	if err := check(vars, key, part{"token_url", j.spec.TokenURL}); err != nil {
		return known, err
	}
	_, err := j.key(vars)
	return known, err
}

// key is what signs.
func (j *signedToken) key(vars expr.Vars) (any, error) {
	text, err := part{"key", j.spec.Key}.text(vars)
	if err != nil {
		return nil, err
	}
	key, err := signingKey(j.spec.Algorithm, text)
	if err != nil {
		return nil, fmt.Errorf("auth.key: what %s gives %w", j.spec.Key.Source(), err)
	}
	return key, nil
}

// get signs a token, and exchanges it.
func (j *signedToken) get(ctx context.Context, vars expr.Vars, ask Ask, _ *rotationFile) (*ticket, error) {
	at := time.Now()
	token, until, err := j.sign(at, vars)
	if err != nil {
		return nil, &Failure{Err: err}
	}
	secrets := j.keeping().Secrets
	if j.spec.TokenURL != nil {
		secrets.Set("auth.assertion", token)
		r, err := j.request(token, vars)
		if err != nil {
			return nil, &Failure{Err: err}
		}
		return j.askToken(ctx, vars, r, ask)
	}
	t := &ticket{answer: expr.Dict([]string{"access_token"}, []expr.Value{expr.String(token)})}
	if !until.IsZero() {
		t.until = j.until(at, until.Sub(at))
	}
	if err := j.learn(t, vars, secrets); err != nil {
		return nil, &Failure{Err: err}
	}
	return t, nil
}

// sign makes a token. It holds until exp says.
func (j *signedToken) sign(at time.Time, vars expr.Vars) (token string, until time.Time, err error) {
	key, err := j.key(vars)
	if err != nil {
		return "", until, err
	}
	seen := make(expr.Vars, sources.VarCount)
	copy(seen, vars)
	seen[sources.VarNow] = expr.Time(at)
	claims, err := j.claims(at, seen)
	if err != nil {
		return "", until, err
	}
	own := &members{}
	own.set("alg", expr.String(j.spec.Algorithm))
	own.set("typ", expr.String("JWT"))
	if err := own.add("auth.headers", j.spec.Headers, seen); err != nil {
		return "", until, err
	}
	token, err = signJWT(j.spec.Algorithm, own.json(), claims.json(), key)
	if err != nil {
		return "", until, fmt.Errorf("auth.key: %w", err)
	}
	if exp, err := strconv.ParseFloat(claims.value("exp").Text(), 64); err == nil {
		until = time.Unix(int64(exp), 0)
	}
	return token, until, nil
}

// claims are those of the definition, and what each token needs.
func (j *signedToken) claims(at time.Time, seen expr.Vars) (*members, error) {
	c := &members{}
	c.set("iat", expr.JSON(strconv.FormatInt(at.Unix(), 10)))
	c.set("exp", expr.JSON(strconv.FormatInt(at.Add(j.spec.Life).Unix(), 10)))
	if j.spec.TokenURL != nil {
		target, err := part{"token_url", j.spec.TokenURL}.text(seen)
		if err != nil {
			return nil, err
		}
		c.set("aud", expr.String(target))
	}
	return c, c.add("auth.claims", j.spec.Claims, seen)
}

// request is the token request that exchanges a token.
func (j *signedToken) request(token string, vars expr.Vars) (*tokenRequest, error) {
	target, err := part{"token_url", j.spec.TokenURL}.text(vars)
	if err != nil {
		return nil, err
	}
	r := &tokenRequest{url: target, json: j.spec.JSON}
	if j.spec.Client {
		r.setText("grant_type", "client_credentials")
		r.setText("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
		r.setText("client_assertion", token)
	} else {
		r.setText("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer")
		r.setText("assertion", token)
	}
	return r, r.add("auth.extra", j.spec.Extra, vars)
}

// signJWT signs what a header and claims say, as they are written (RFC 7515).
func signJWT(algorithm string, header, claims []byte, key any) (string, error) {
	text := base64.RawURLEncoding.EncodeToString(header) + "." + base64.RawURLEncoding.EncodeToString(claims)
	signature, err := jwt.GetSigningMethod(algorithm).Sign(text, key)
	return text + "." + base64.RawURLEncoding.EncodeToString(signature), err
}
