package auth

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/secret"
)

// signedToken sends a token that is signed here (RFC 7519), or exchanges it for one
// (RFC 7523).
type signedToken struct {
	*counter
	sending
	spec    *sources.JWT
	keeping func() Keeping
}

func newJWT(a *sources.Auth, keep func() Keeping) Authenticator {
	j := &signedToken{
		spec: a.JWT, keeping: sync.OnceValue(keep),
		sending: sending{a.Renewal.Headers, a.Renewal.Params},
	}
	j.counter = &counter{renewal: a.Renewal, get: j.get}
	return j
}

// Prove sends the token as the definition says, else as a bearer token.
func (j *signedToken) Prove(_ context.Context, r *Request) (Proof, error) {
	t := j.ticket()
	if t == nil {
		return 0, errors.New("there is no token yet")
	}
	return t.number, j.putToken(t, r)
}

// Known has the key, and says what is wrong with it.
func (j *signedToken) Known(vars expr.Vars) (Known, error) {
	known := Known{}
	known.Headers, known.Params = j.known()
	key := part{"key", j.spec.Key}
	text := key.secret(vars)
	if j.spec.Algorithm[:2] == "HS" || isKeyText(text.Reveal()) {
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
func (j *signedToken) get(ctx context.Context, vars expr.Vars, ask Ask) (*ticket, error) {
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
		return j.askToken(ctx, vars, r, ask, secrets, j.counter)
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
		r.set("grant_type", "client_credentials")
		r.set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
		r.set("client_assertion", token)
	} else {
		r.set("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer")
		r.set("assertion", token)
	}
	for _, p := range j.spec.Extra {
		v, err := p.Value.Eval(vars)
		if err != nil {
			return nil, fmt.Errorf("auth.extra.%s: %w", p.Name, err)
		}
		if !v.Missing() {
			r.setValue(p.Name, v)
		}
	}
	return r, nil
}

// signJWT signs what a header and claims say, as they are written (RFC 7515).
func signJWT(algorithm string, header, claims []byte, key any) (string, error) {
	text := base64.RawURLEncoding.EncodeToString(header) + "." + base64.RawURLEncoding.EncodeToString(claims)
	signature, err := jwt.GetSigningMethod(algorithm).Sign(text, key)
	return text + "." + base64.RawURLEncoding.EncodeToString(signature), err
}

// members are those of a JSON object, in their order.
type members struct {
	names  []string
	values []expr.Value
}

func (m *members) set(name string, v expr.Value) {
	for i, known := range m.names {
		if known == name {
			m.values[i] = v
			return
		}
	}
	m.names, m.values = append(m.names, name), append(m.values, v)
}

// add sets what the definition says; what is missing is left out.
func (m *members) add(place string, list []sources.Param, vars expr.Vars) error {
	for _, p := range list {
		v, err := p.Value.Eval(vars)
		if err != nil {
			return fmt.Errorf("%s.%s: %w", place, p.Name, err)
		}
		if !v.Missing() {
			m.set(p.Name, v)
		}
	}
	return nil
}

func (m *members) value(name string) expr.Value { return expr.Dict(m.names, m.values).Get(name) }

func (m *members) json() []byte { return expr.Dict(m.names, m.values).AppendJSON(nil) }
