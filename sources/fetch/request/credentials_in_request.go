package request

import (
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch/auth"
	"github.com/tap-rest/tap-rest/sources/secret"
)

// carried is what a stream's requests carry of secrets: what a template makes
// of a secret setting, and what stands in the definition under the name of a
// credential. None of it goes to another host than base_url's.
type carried struct {
	headers map[string]bool // by their canonical names
	params  map[string]bool
	body    bool
	each    []*expr.Template // those that make another secret of each request
}

// learn returns what the stream's requests carry, and makes secrets know it.
func learn(s *sources.Stream, secrets *secret.Hider, vars expr.Vars) carried {
	l := &learner{secrets: secrets, vars: vars, stream: s.Name, carried: carried{headers: map[string]bool{}, params: map[string]bool{}}}
	l.request(&s.Request)
	if then := s.Pagination.AfterFirst; then != nil {
		l.request(then)
	}
	if open := s.Pagination.Session.Open; open != nil {
		l.request(&open.Request)
	}
	if end := s.Pagination.Session.Close; end != nil {
		l.request(end)
	}
	return l.carried
}

// learner finds out what a stream's requests carry.
type learner struct {
	carried
	secrets *secret.Hider
	vars    expr.Vars
	stream  string
}

func (l *learner) request(r *sources.Request) {
	l.template(r.Path)
	for _, p := range r.Headers {
		if l.param(p) {
			l.headers[http.CanonicalHeaderKey(p.Name)] = true
		}
	}
	for _, p := range r.Params {
		if l.param(p) {
			l.params[p.Name] = true
		}
	}
	if r.Body != nil {
		l.body = l.tree(r.Body.Tree()) || l.body
	}
}

// param learns of a parameter, and reports whether it carries a credential.
func (l *learner) param(p sources.Param) bool {
	made := l.tree(p.Value)
	if made || !auth.NamesCredential(p.Name) {
		return made
	}
	if p.Value.Leaf != nil {
		if v, constant := p.Value.Leaf.Const(); constant && v.Kind() == expr.KindString {
			l.literal(p.Name, v.Text())
			return true
		}
	}
	return false
}

// literal learns a credential that stands in the definition: what follows a
// scheme as Bearer, each value of a cookie, and the password of Basic.
func (l *learner) literal(name, text string) {
	place := l.stream + "\n" + name
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == ';' || r == ',' }) {
		if key, value, found := strings.Cut(word, "="); found && strings.Trim(value, "=") != "" && key != "" {
			word = strings.Trim(value, `"`) // of a cookie, or of a scheme's parameter
		}
		l.secrets.Literal(place, word)
		if raw, err := base64.StdEncoding.DecodeString(word); err == nil && strings.HasPrefix(strings.ToLower(text), "basic ") {
			_, password, _ := strings.Cut(string(raw), ":")
			l.secrets.Literal(place+"\npassword", password)
		}
		place += "\n" // so that each has a mark of its own
	}
}

// tree learns of all templates in a tree.
func (l *learner) tree(t sources.Tree) (made bool) {
	made = l.template(t.Leaf)
	for _, item := range t.List {
		made = l.tree(item) || made
	}
	for _, f := range t.Fields {
		made = l.param(f) || made
	}
	return made
}

// template learns what a template makes of secrets. It reports whether it makes
// anything of one.
func (l *learner) template(t *expr.Template) bool {
	if t == nil || !l.readsSecret(t) {
		return false
	}
	if sources.PerRequest(t) {
		l.each = append(l.each, t)
		return true
	}
	eachText(t, l.vars, l.secrets.Derive)
	return true
}

// eachText hands out the texts that a template makes, with the piece that makes
// them.
func eachText(t *expr.Template, vars expr.Vars, visit func(source, text string)) {
	_ = t.Expressions(vars, func(source string, v expr.Value) { // an error comes again with the request
		visitScalars(v, func(v expr.Value) {
			if v.Kind() == expr.KindString {
				visit(source, v.Text())
			}
		})
	})
}

// readsSecret reports whether a template looks at a setting that is a secret,
// or may do so.
func (l *learner) readsSecret(t *expr.Template) bool {
	found := false
	for _, keys := range t.Reads("config") {
		v := l.vars[sources.VarConfig]
		for _, key := range keys {
			v = v.Get(key)
		}
		visitScalars(v, func(v expr.Value) { found = found || l.secrets.Gave(v.Text()) })
	}
	return found
}

// visitScalars hands out the scalars in a value.
func visitScalars(v expr.Value, visit func(expr.Value)) {
	if v.Kind() != expr.KindList && v.Kind() != expr.KindDict {
		visit(v)
		return
	}
	v.Each(func(_ string, item expr.Value) bool {
		visitScalars(item, visit)
		return true
	})
}
