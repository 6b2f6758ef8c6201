package pace

import (
	"fmt"
	"log/slog"
	"slices"
	"sync"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch/advice"
	"github.com/tap-rest/tap-rest/sources/secret"
)

// The keys of templates over an answer by which the client counts.
const (
	KeyCost      = "cost"
	KeyRemaining = "rate_limit.remaining"
)

// Value says whether a template by which the client counts has a value in an answer.
type Value struct {
	Stream string // whose template it is; "": the client's, for all streams
	Key    string
	Of     *expr.Template
	Known  bool
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
	Value                  // the last one
	answers int            // without a value, before one that has it
	told    bool           // the log says so
	request string         // the first one that was answered without a value,
	reader  string         // by which stream,
	there   advice.Missing // and what the answer had in the place of the value
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
		return one.Stream == stream && one.Key == key && (t == nil || one.Of == t)
	})
	if i < 0 {
		return nil
	}
	return c.all[i]
}

// take takes note of a value, in the answer that vars show.
func (c *values) take(v Value, reader, request string, vars expr.Vars) {
	c.mu.Lock()
	defer c.mu.Unlock()
	one := c.of(v.Stream, v.Key, v.Of)
	if one == nil {
		one = &templateValues{Value: v}
		c.all = append(c.all, one)
	}
	one.Known = one.Known || v.Known
	if one.Known {
		return
	}
	if one.answers++; one.answers == 1 {
		one.request, one.reader, one.there = request, reader, advice.MissingOf(v.Of, vars, c.secrets)
	}
	if one.answers >= enoughCosts && v.Key == KeyCost || one.answers >= enoughRemaining {
		c.warn(one)
	}
}

// tell says at the end of which templates no answer had a value.
func (c *values) tell() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, one := range c.all {
		if !one.Known {
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
	if one.Key == KeyCost {
		text = "no answer says what it cost: the stream's requests count as free" + c.boundless()
	}
	c.log.Warn(text, "stream", one.reader, "request", one.request, "answers", one.answers, one.Key, one.Of.Source(), "came", one.there.Came, "write", one.write())
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
	if one.there.Mended != "" {
		return fmt.Sprintf("%s: %q", one.Key, one.there.Mended)
	}
	if one.Key == KeyCost {
		return "cost: with the place where the answer says it; or cost: 0 in the stream, where its requests cost nothing"
	}
	return one.Key + ": with the place where the answer says it; or leave it out"
}

// Uncounted is a request whose cost nobody would count, in a run that has a budget.
type Uncounted struct{ text, Advice string }

func (e *Uncounted) Error() string { return e.text }

// uncounted is why a request must not start whose cost nobody would count; nil where it
// may.
func (c *values) uncounted(p *Passage) error {
	if c.budget == 0 || !p.Price.Varies || p.Login {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	one := c.of(p.Stream, KeyCost, nil)
	if one == nil || one.Known || one.answers < enoughCosts {
		return nil
	}
	return &Uncounted{
		fmt.Sprintf("run.max_cost is %v, and cost: %s had no value in any of the %d answers of the stream: %s. What further requests cost would not be counted, so none is sent",
			c.budget, one.Of.Source(), one.answers, one.there.Came),
		"write " + one.write() + "; or leave run.max_cost out",
	}
}
