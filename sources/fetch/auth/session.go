package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/secret"
)

// session sends what a login answered: what send says of it, and the cookies that
// it set.
type session struct {
	*counter
	spec *sources.SessionLogin
}

func newSession(a *sources.Auth, keep func() Keeping) Authenticator {
	s := &session{counter: newCounter(a, keep), spec: a.Session}
	s.counter.get = s.get
	return s
}

// Known has the names of what is sent. What the login is made of, and what it
// gives, is learned when it is made.
func (s *session) Known(expr.Vars) (Known, error) {
	known := s.known()
	known.Headers = append(known.Headers, "Cookie")
	return known, nil
}

// get logs in.
func (s *session) get(ctx context.Context, vars expr.Vars, ask Ask, _ *rotationFile) (*ticket, error) {
	k := s.keeping()
	r, err := k.Login(s.spec, vars)
	if err != nil {
		return nil, &Failure{Err: fmt.Errorf("auth.login: %w", err)}
	}
	where, _, _ := strings.Cut(r.URL.String(), "?")
	what := "the login " + r.Method + " " + k.Secrets.Redact(where)
	at, from := time.Now(), r.URL
	a, err := ask(ctx, r)
	if err != nil {
		return nil, about(what, err)
	}
	t, err := s.read(a, from, vars, k.Secrets)
	if err != nil {
		return nil, about(what, err)
	}
	t.until = s.until(at, 0)
	return t, nil
}

// read reads the answer to a login.
func (s *session) read(a *Answer, from *url.URL, vars expr.Vars, secrets *secret.Hider) (*ticket, error) {
	t := &ticket{answer: answerOf(a), headers: a.Seen, cookies: newJar(from, a.Header, secrets)}
	lacks := ""
	var absent *absentValue
	switch err := s.learn(t, vars, secrets); {
	case errors.As(err, &absent):
		lacks = "the value of " + absent.key
	case err != nil:
		return nil, &Failure{Err: err}
	case len(s.headers)+len(s.params)+t.cookies.value().Len() == 0:
		lacks = "a cookie"
	}
	well, err := s.well(a, t, vars)
	if err != nil {
		return nil, &Failure{Err: err}
	}
	if well && lacks == "" {
		return t, nil
	}
	if lacks == "" {
		lacks = "what auth.login.ok asks for"
	}
	return nil, s.explain(refusedLogin(a, t.answer, secrets, "auth.login.path", lacks), a, t)
}

// well reports whether a login went well, by the definition or by its answer.
func (s *session) well(a *Answer, t *ticket, vars expr.Vars) (bool, error) {
	if a.Later {
		return false, nil
	}
	if s.spec.OK == nil {
		return a.Status/100 == 2 && kindOf(a) != "HTML", nil
	}
	v, err := s.spec.OK.Eval(t.seen(vars))
	if err != nil {
		return false, fmt.Errorf("auth.login.ok: %w", err)
	}
	return sources.Holds(v), nil
}

// explain says what to write where a login went well for all that.
func (s *session) explain(f *Failure, a *Answer, t *ticket) error {
	switch {
	case f.Later:
	case s.spec.OK == nil && (a.Status/100 == 3 || a.Status/100 == 2 && kindOf(a) == "HTML"):
		f.Advice += "; where a login that goes well is answered so, say how to tell it from others, as auth: {login: {ok: \"{{ cookies.NAME is defined }}\"}}"
	case f.Advice == "" && len(s.headers)+len(s.params) == 0:
		f.Advice = "say in auth.send what of the answer goes with each request"
	case f.Advice == "":
		f.Advice = "are auth.send, and the credentials, right?"
		if names := t.cookies.named(); names != "" {
			f.Advice += " the login set the cookies " + names
		}
	}
	return f
}

// answerOf is what templates see of an answer: JSON, or text that is no page.
func answerOf(a *Answer) expr.Value {
	switch text := strings.TrimSpace(string(a.Body)); {
	case json.Valid(a.Body):
		return expr.JSONBytes(a.Body)
	case text != "" && kindOf(a) != "HTML":
		return expr.String(text)
	}
	return expr.Undefined()
}

// Renew keeps what an answer to a proof set of the session's cookies: some servers
// renew them as they are used.
func (s *session) Renew(p Proof, from *url.URL, h http.Header) {
	if t := s.ticket(); t != nil && t.number == p && h.Get("Set-Cookie") != "" {
		t.cookies.renew(from, h)
	}
}
