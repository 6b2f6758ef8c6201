package auth

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/secret"
)

// oauth2 sends a token that it asks for (RFC 6749). The request is made here rather
// than by x/oauth2, which sends no JSON, counts no calls, tries both ways of client
// authentication where one is refused, and uses a refresh token before anybody could
// keep it.
type oauth2 struct {
	*counter
	spec *sources.OAuth2
}

func newOAuth2(a *sources.Auth, keep func() Keeping) Authenticator {
	o := &oauth2{counter: newCounter(a, keep), spec: a.OAuth2}
	o.counter.get = o.get
	return o
}

// Known has what the token request sends, and what it makes of that.
func (o *oauth2) Known(vars expr.Vars) (Known, error) {
	s := o.spec
	id, key := part{"client_id", s.ClientID}, part{"client_secret", s.ClientSecret}
	known := o.known()
	known.Secrets = secret.List{
		key.secret(vars), part{"password", s.Password}.secret(vars), part{"refresh_token", s.RefreshToken}.secret(vars),
		secret.New("auth.client", encode(formText(id.secret(vars).Reveal()), formText(key.secret(vars).Reveal()))),
	}
	return known, check(vars, part{"token_url", s.TokenURL}, id, key, part{"refresh_token", s.RefreshToken}, part{"username", s.Username})
}

// get asks for a token.
func (o *oauth2) get(ctx context.Context, vars expr.Vars, ask Ask, known *rotationFile) (*ticket, error) {
	r, err := o.request(vars)
	if err != nil {
		return nil, &Failure{Err: err}
	}
	if o.spec.Grant != "refresh_token" {
		return o.askToken(ctx, vars, r, ask)
	}
	rotation, err := openRotation(o.keeping(), r.id(), r.value("refresh_token").Text())
	if err != nil {
		return nil, unreadable(err)
	}
	defer rotation.close()
	rotation.adopt(known)
	if err := rotation.probe(); err != nil {
		return nil, &Failure{Err: fmt.Errorf("the refresh token that comes next could not be kept, so none is spent: %w", err), Later: true, Wait: -1,
			Advice: "make room on the disk, or the folder writable: the refresh token that there is stays good"}
	}
	given := r.value("refresh_token").Text()
	r.setText("refresh_token", rotation.token)
	t, err := o.askToken(ctx, vars, r, ask)
	if err != nil {
		return nil, rotation.explain(err)
	}
	if next := t.answer.Get("refresh_token").Text(); next != "" && next != rotation.token {
		if err := rotation.keep(next); err != nil {
			return nil, &Failure{Err: fmt.Errorf("the API gave another refresh token, which could not be kept: %w", err),
				Advice: "make room, or the folder writable, and give a new refresh token: the API may not take the former one any more"}
		}
		rotation.token = next // be it kept nowhere
	}
	if rotation.stored {
		t.refresh = &rotation.file
	}
	o.tell(vars, given, rotation.token)
	return t, nil
}

// tell says which refresh token takes the place of the one in the config.
func (o *oauth2) tell(vars expr.Vars, given, token string) {
	rotated := o.keeping().Rotated
	if rotated == nil || token == given {
		return
	}
	if all := o.spec.RefreshToken.Reads("config"); len(all) == 1 {
		v := vars[sources.VarConfig]
		for _, key := range all[0] {
			v = v.Get(key)
		}
		if v.Kind() == expr.KindString && v.Text() == given {
			rotated(all[0], token)
		}
	}
}

// askToken sends a token request, and reads what is answered.
func (c *counter) askToken(ctx context.Context, vars expr.Vars, r *tokenRequest, ask Ask) (*ticket, error) {
	at, secrets := time.Now(), c.keeping().Secrets
	a, err := r.send(ctx, ask)
	if err != nil {
		return nil, err
	}
	answer, err := readToken(a, secrets)
	if err == nil {
		t := &ticket{answer: answer, headers: a.Seen, until: c.until(at, lifeOf(answer))}
		if err = c.learn(t, vars, secrets); err == nil {
			return t, nil
		}
		err = &Failure{Err: err}
	}
	return nil, r.wrap(err)
}

// lifeOf is how long a token's answer says that it holds; 0: it does not.
func lifeOf(answer expr.Value) time.Duration {
	seconds, err := strconv.ParseFloat(answer.Get("expires_in").Text(), 64)
	if err != nil || !(seconds > 0) || seconds > longestLife.Seconds() {
		return 0
	}
	return time.Duration(seconds * float64(time.Second))
}

// longestLife is the longest that is believed: what is longer is a time, not a
// duration.
const longestLife = 10 * 365 * 24 * time.Hour

// request makes the token request.
func (o *oauth2) request(vars expr.Vars) (*tokenRequest, error) {
	s := o.spec
	target, err := part{"token_url", s.TokenURL}.text(vars)
	if err != nil {
		return nil, err
	}
	r := &tokenRequest{url: target, json: s.JSON, basic: s.Basic}
	r.setText("grant_type", s.Grant)
	for _, p := range []part{
		{"client_id", s.ClientID}, {"client_secret", s.ClientSecret}, {"refresh_token", s.RefreshToken},
		{"username", s.Username}, {"password", s.Password}, {"audience", s.Audience},
	} {
		if p.template == nil {
			continue
		}
		text, err := p.text(vars)
		if err != nil && p.key != "password" && p.key != "audience" {
			return nil, err
		}
		if p.key == "password" { // as it is: blanks may be part of it
			if text, err = p.template.Text(vars); err != nil {
				return nil, fmt.Errorf("auth.password: %w", err)
			}
		}
		if text != "" {
			r.setText(p.key, text)
		}
	}
	if scope, err := scopeText(s.Scopes, vars); err != nil {
		return nil, fmt.Errorf("auth.scopes: %w", err)
	} else if scope != "" {
		r.setText("scope", scope)
	}
	return r, r.add("auth.extra", s.Extra, vars)
}

// scopeText is a list of scopes as the request has them: with blanks between.
func scopeText(t sources.Tree, vars expr.Vars) (string, error) {
	v, err := t.Eval(vars)
	if err != nil || v.Missing() {
		return "", err
	}
	if v.Kind() != expr.KindList {
		return v.Text(), nil
	}
	var all []string
	v.Each(func(_ string, item expr.Value) bool {
		all = append(all, item.Text())
		return true
	})
	return strings.Join(all, " "), nil
}

// readToken reads the answer to a token request.
func readToken(a *Answer, secrets *secret.Hider) (expr.Value, error) {
	answer := expr.Undefined()
	if json.Valid(a.Body) {
		answer = expr.JSONBytes(a.Body)
		learnMembers(secrets, "auth", answer)
	}
	token := answer.Get("access_token")
	if a.Status/100 == 2 && token.Kind() == expr.KindString && token.Text() != "" {
		return answer, nil
	}
	wanted := "access_token"
	if token.Kind() != expr.KindUndefined {
		wanted = "text in access_token"
	}
	return answer, refusedLogin(a, answer, secrets, "auth.token_url", wanted)
}
