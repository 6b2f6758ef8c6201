package advice

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/nearest"
	"github.com/tap-rest/tap-rest/sources/secret"
)

// Missing says where an answer has no value for a template.
type Missing struct {
	Came   string // what the answer has there
	Lacks  bool   // it has no member of such a name
	Mended string // the template with the name that the answer has; "": it is not known
}

// MissingOf says what the answer has where a template looks.
func MissingOf(t *expr.Template, vars expr.Vars, secrets *secret.Hider) Missing {
	m := Missing{Came: "the answer has everything that the template names"}
	for _, name := range []struct {
		text string
		slot int
	}{{"response", sources.VarResponse}, {"headers", sources.VarHeaders}} {
		for _, keys := range t.Reads(name.text) {
			if at, key, v := followed(name.text, vars[name.slot], keys); key != "" {
				known := membersOf(v)
				m.Came, m.Lacks = at+" "+has(v, key, known, secrets), true
				if meant := nearest.Name(key, known); meant != "" && !secrets.In(meant) {
					m.Mended = strings.Replace(t.Source(), key, meant, 1)
				}
				return m
			} else if v.Missing() {
				m.Came = at + " is " + v.Kind().String()
			}
		}
	}
	return m
}

// WriteExpired is what to write in place of a template of auth.expired that looks at what
// answers do not have.
func (m *Missing) WriteExpired() string {
	if m.Mended != "" {
		return fmt.Sprintf("auth.expired: %q", m.Mended)
	}
	return "auth.expired: with a place that each answer has; or ttl, how long a login holds"
}

// followed follows keys into a value, as far as they lead: there, at is how templates
// write the place, v what it has, and key what it does not have; "": they lead to v.
func followed(name string, v expr.Value, keys []string) (at, key string, _ expr.Value) {
	at = name
	for _, key := range keys {
		next := v.Get(key)
		if next.Kind() == expr.KindUndefined {
			return at, key, v
		}
		at, v = at+"."+key, next
	}
	return at, "", v
}

// membersOf are the names of what a value holds.
func membersOf(v expr.Value) (names []string) {
	if v.Kind() != expr.KindDict {
		return nil
	}
	v.Each(func(name string, _ expr.Value) bool {
		names = append(names, name)
		return len(names) < 1000
	})
	slices.Sort(names)
	return names
}

// has says what there is in the place of a key.
func has(v expr.Value, key string, known []string, secrets *secret.Hider) string {
	switch {
	case v.Missing():
		return "is " + v.Kind().String()
	case v.Kind() != expr.KindDict:
		return fmt.Sprintf("is %s, and has no %s", v.Kind(), key)
	case len(known) == 0:
		return fmt.Sprintf("has no %s: it is empty", key)
	}
	return fmt.Sprintf("has no %s: it has %s", key, secrets.Quote(strings.Join(known, ", ")))
}
