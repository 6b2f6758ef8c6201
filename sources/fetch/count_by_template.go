package fetch

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/nearest"
	"github.com/tap-rest/tap-rest/sources/secret"
)

// The keys of templates over an answer by which the client counts.
const (
	keyCost      = "cost"
	keyRemaining = "rate_limit.remaining"
)

// value says whether a template by which the client counts has a value in an answer.
type value struct {
	stream string // whose template it is; "": the client's, for all streams
	key    string
	of     *expr.Template
	known  bool
}

// values knows of each template by which a client counts whether any answer had a
// value for it. An answer may leave the value out; but a template that never has one,
// as where a member is misspelt, counts nothing, and the limits that go by it do not
// hold. Its methods may be called from any goroutine.
type values struct {
	points  bool         // a limit of the client counts what requests cost
	budget  sources.Cost // of the run; 0: there is none
	log     *slog.Logger
	secrets *secret.Hider

	mu  sync.Mutex
	all []*templateValues // in the order in which their first answers came
}

// templateValues are those of one template.
type templateValues struct {
	value           // the last one
	answers int     // without a value, before one that has it
	told    bool    // the log says so
	request string  // the first one that was answered without a value,
	reader  string  // by which stream,
	there   missing // and what the answer had in the place of the value
}

// The number of answers without a value after which the log says so, before the run is
// over: calls that cost something should not be made uncounted for long, but answers of
// several streams may differ in what they say of a limit.
const (
	enoughCosts     = 3
	enoughRemaining = 100
)

func newValues(source *sources.Client, o Options) *values {
	points := slices.ContainsFunc(source.RateLimits, func(l sources.RateLimit) bool { return l.Points > 0 })
	return &values{points: points, budget: o.MaxCost, log: o.Log, secrets: o.Secrets}
}

// of returns what is known of a template; nil: nothing is. mu is held.
func (c *values) of(stream, key string, t *expr.Template) *templateValues {
	i := slices.IndexFunc(c.all, func(one *templateValues) bool {
		return one.stream == stream && one.key == key && (t == nil || one.value.of == t)
	})
	if i < 0 {
		return nil
	}
	return c.all[i]
}

// take takes note of a value, in the answer that vars show.
func (c *values) take(v value, reader, request string, vars expr.Vars) {
	c.mu.Lock()
	defer c.mu.Unlock()
	one := c.of(v.stream, v.key, v.of)
	if one == nil {
		one = &templateValues{value: v}
		c.all = append(c.all, one)
	}
	one.known = one.known || v.known
	if one.known {
		return
	}
	if one.answers++; one.answers == 1 {
		one.request, one.reader, one.there = request, reader, missingOf(v.of, vars, c.secrets)
	}
	if one.answers >= enoughCosts && v.key == keyCost || one.answers >= enoughRemaining {
		c.warn(one)
	}
}

// tell says at the end of which templates no answer had a value.
func (c *values) tell() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, one := range c.all {
		if !one.known {
			c.warn(one)
		}
	}
}

// warn says once that a template had no value so far; mu is held.
func (c *values) warn(one *templateValues) {
	if one.told {
		return
	}
	one.told = true
	text := "no answer says what is left of the limit: requests keep to what rate_limit declares, and what others spend of it is not counted"
	if one.key == keyCost {
		text = "no answer says what it cost: the stream's requests count as free" + c.boundless()
	}
	c.log.Warn(text, "stream", one.reader, "request", one.request, "answers", one.answers, one.key, one.of.Source(), "came", one.there.came, "write", one.write())
}

// boundless names the limits that do not hold where no cost is counted.
func (c *values) boundless() string {
	switch {
	case c.points && c.budget > 0:
		return ", so that neither the points of rate_limit nor run.max_cost bound them"
	case c.points:
		return ", so that the points of rate_limit do not bound them"
	case c.budget > 0:
		return ", so that run.max_cost does not bound them"
	}
	return ""
}

// write is what to write in the definition.
func (one *templateValues) write() string {
	if one.there.mended != "" {
		return fmt.Sprintf("%s: %q", one.key, one.there.mended)
	}
	if one.key == keyCost {
		return "cost: with the place where the answer says it; or cost: 0 in the stream, where its requests cost nothing"
	}
	return one.key + ": with the place where the answer says it; or leave it out"
}

// errUncounted is a request whose cost nobody would count, in a run that has a budget.
type errUncounted struct{ text, advice string }

func (e *errUncounted) Error() string { return e.text }

// uncounted is why a request must not start whose cost nobody would count; nil where it
// may.
func (c *values) uncounted(out *outgoing) error {
	if c.budget == 0 || !out.price.varies || out.login {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	one := c.of(out.stream, keyCost, nil)
	if one == nil || one.known || one.answers < enoughCosts {
		return nil
	}
	return &errUncounted{
		fmt.Sprintf("run.max_cost is %v, and cost: %s had no value in any of the %d answers of the stream: %s. What further requests cost would not be counted, so none is sent",
			c.budget, one.of.Source(), one.answers, one.there.came),
		"write " + one.write() + "; or leave run.max_cost out",
	}
}

// missing says where an answer has no value for a template.
type missing struct {
	came   string // what the answer has there
	lacks  bool   // it has no member of such a name
	mended string // the template with the name that the answer has; "": it is not known
}

// missingOf says what the answer has where a template looks.
func missingOf(t *expr.Template, vars expr.Vars, secrets *secret.Hider) missing {
	m := missing{came: "the answer has everything that the template names"}
	for _, name := range []struct {
		text string
		slot int
	}{{"response", sources.VarResponse}, {"headers", sources.VarHeaders}} {
		for _, keys := range t.Reads(name.text) {
			if at, key, v := deepest(name.text, vars[name.slot], keys); key != "" {
				known := membersOf(v)
				m.came, m.lacks = at+" "+has(v, key, known, secrets), true
				if meant := nearest.Name(key, known); meant != "" && !secrets.In(meant) {
					m.mended = strings.Replace(t.Source(), key, meant, 1)
				}
				return m
			} else if v.Missing() {
				m.came = at + " is " + v.Kind().String()
			}
		}
	}
	return m
}

// deepest follows keys into a value, as far as they lead: there, at is how templates
// write the place, v what it has, and key what it does not have; "": they lead to v.
func deepest(name string, v expr.Value, keys []string) (at, key string, _ expr.Value) {
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
