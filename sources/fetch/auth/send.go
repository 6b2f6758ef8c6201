package auth

import (
	"fmt"
	"net/http"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch/uri"
	"github.com/tap-rest/tap-rest/sources/secret"
)

// sending is what a login's ticket puts on each request.
type sending struct {
	headers, params []sources.Param
	bearer          bool // where there are none: an access token as RFC 6750 has it
}

// seen is what the templates of send see of a ticket.
func (t *ticket) seen(vars expr.Vars) expr.Vars {
	own := make(expr.Vars, sources.VarCount)
	copy(own, vars)
	own[sources.VarAuth], own[sources.VarResponse], own[sources.VarHeaders] = t.answer, t.answer, t.headers
	own[sources.VarCookies] = t.cookies.value()
	return own
}

// put puts the cookies and the values on a request. A value that is missing is an
// error: the request would be somebody else's.
func (s sending) put(t *ticket, r *Request) error {
	t.cookies.send(r)
	if s.bearer && len(s.headers)+len(s.params) == 0 {
		r.Header.Set("Authorization", "Bearer "+t.answer.Get("access_token").Text())
	}
	return s.each(t, r.Vars, func(p sources.Param, inQuery bool, text string) { r.put(inQuery, p.Name, text) })
}

// put puts a value on a request.
func (r *Request) put(inQuery bool, name, text string) {
	if inQuery {
		r.URL.RawQuery = uri.ParsePairs(r.URL.RawQuery).Set(name, text).InURL()
	} else {
		r.Header.Set(name, text)
	}
}

// each evaluates what is sent.
func (s sending) each(t *ticket, vars expr.Vars, visit func(p sources.Param, inQuery bool, text string)) error {
	seen := t.seen(vars)
	for i, list := range [][]sources.Param{s.headers, s.params} {
		for _, p := range list {
			v, err := p.Value.Eval(seen)
			if err == nil && (v.Missing() || v.Text() == "" || lacks(p.Value, seen)) {
				err = fmt.Errorf("is not in the login's answer%s", names(t.answer))
			}
			if err != nil {
				return &absentValue{"auth.send." + [...]string{"headers", "params"}[i] + "." + p.Name, err}
			}
			visit(p, i == 1, v.Text())
		}
	}
	return nil
}

// lacks reports whether a piece of a value is missing: Bearer, and no token.
func lacks(t sources.Tree, seen expr.Vars) (missing bool) {
	if t.Leaf != nil {
		_ = t.Leaf.Expressions(seen, func(_ string, v expr.Value) { missing = missing || v.Missing() }) // it was evaluated without an error
	}
	return missing
}

// absentValue is one that a login did not give.
type absentValue struct {
	key string // of the definition
	err error
}

func (e *absentValue) Error() string { return e.key + ": " + e.err.Error() }
func (e *absentValue) Unwrap() error { return e.err }

// names says which members an answer has, for a message: their values may be
// secrets.
func names(answer expr.Value) string {
	text := ""
	answer.Each(func(key string, _ expr.Value) bool {
		if key != "" {
			text += ", " + key
		}
		return len(text) < 200
	})
	if text == "" {
		return ""
	}
	return "; the answer has " + text[2:]
}

// learn makes what a ticket sends known as secrets: each by its place, so that
// what was kept of one is opened as the next. It returns what is missing.
func (s sending) learn(t *ticket, vars expr.Vars, secrets *secret.Hider) error {
	learnMembers(secrets, "auth", t.answer)
	seen := t.seen(vars)
	for i, list := range [][]sources.Param{s.headers, s.params} {
		for _, p := range list {
			place := [...]string{"auth.send.headers.", "auth.send.params."}[i] + p.Name
			if p.Value.Leaf == nil {
				continue
			}
			pieces := 0
			_ = p.Value.Leaf.Expressions(seen, func(_ string, v expr.Value) { // an error comes again below
				if v.Kind() == expr.KindString {
					pieces++
					secrets.Set(fmt.Sprintf("%s.%d", place, pieces), v.Text())
				}
			})
		}
	}
	return s.each(t, vars, func(sources.Param, bool, string) {})
}

// learnMembers makes those members of an answer known whose names say that they
// are credentials.
func learnMembers(secrets *secret.Hider, place string, v expr.Value) {
	if v.Kind() != expr.KindDict {
		return
	}
	v.Each(func(key string, item expr.Value) bool {
		if item.Kind() == expr.KindString && NamesCredential(key) {
			secrets.Set(place+"."+key, item.Text())
		}
		learnMembers(secrets, place+"."+key, item)
		return true
	})
}

// known are the names of what is sent.
func (s sending) known() (known Known) {
	for _, p := range s.headers {
		known.Headers = append(known.Headers, http.CanonicalHeaderKey(p.Name))
	}
	for _, p := range s.params {
		known.Params = append(known.Params, p.Name)
	}
	return known
}
