package definition

import (
	"strings"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/document"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/times"
)

// retryWaits checks that waits grow.
func retryWaits(r *reader, n *document.Node, _ *object) {
	least, most := retryOf(n).MinWait, retryOf(n).MaxWait
	if least > most {
		r.Problem(n, "min_wait %v is longer than max_wait %v", least, most)
	}
}

// ratePath checks that the paths of a rate limit may be those of URLs.
func ratePath(r *reader, n *document.Node, _ *object) {
	if match := n.Get("match"); match != nil && !strings.HasPrefix(match.Text, "/") && !strings.HasPrefix(match.Text, "*") {
		r.Problem(match, "wants the path of a URL, as /search*, not %q", document.Clip(match.Text))
	}
}

// errorRule checks that a rule matches something, and waits only where it
// repeats.
func errorRule(r *reader, n *document.Node, _ *object) {
	if !n.Has("status") && !n.Has("when") {
		r.Problem(n, "needs status or when: it would match every answer")
	}
	do := n.Get("do")
	if do != nil && do.Text == "end" {
		endRule(r, n, do)
	}
	noAnswerRule(r, n, do)
	if wait := n.Get("wait"); wait != nil && do != nil && do.Read != nil && do.Text != "retry" && do.Text != "cool_down" {
		r.Problem(wait, "belongs to do: retry, not to %s", do.Text)
	} else if wait != nil && wait.Read != nil && !expr.IsTemplate(wait.Text) && !isWait(wait) {
		r.Problem(wait, "wants a duration, as 30s, a number of seconds or a template, not %q", document.Clip(wait.Text))
	}
}

// noAnswerRule checks that only smaller pages are asked for where there is no answer.
func noAnswerRule(r *reader, n, do *document.Node) {
	ranges, _ := readOf(n.Get("status")).([]sources.StatusRange)
	for _, s := range ranges {
		switch {
		case s.From > 0:
		case do != nil && do.Read != nil && do.Text != string(sources.DoSmallerPage):
			r.Problem(n.Get("status"), "timeout and too_large are no answers: they are for do: smaller_page, not for %s", do.Text)
			return
		case n.Has("when"):
			r.Problem(n.Get("when"), "is about an answer, and timeout and too_large are none")
			return
		}
	}
}

// endRule checks that a rule which ends walks says by its status which answers
// it means: one that is no JSON may be among them.
func endRule(r *reader, n, do *document.Node) {
	ranges, _ := readOf(n.Get("status")).([]sources.StatusRange)
	if ranges == nil && n.Has("status") {
		return // what is wrong with it was said
	}
	if ranges == nil {
		r.Problem(do, "needs status: the answers that end a walk")
	}
	for _, s := range ranges {
		if s.From <= 200 && s.To >= 200 && !n.Has("when") {
			r.Problem(do, "would end every walk at its first answer: status 200 needs when")
		}
	}
}

func isWait(n *document.Node) bool {
	if n.Shape == document.Number {
		return true
	}
	_, err := times.ParseDuration(n.Text)
	return err == nil
}

// oneBody checks that a body is of one kind.
func oneBody(r *reader, n *document.Node, o *object) {
	var kinds []string
	for _, k := range o.keys {
		if n.Has(k.name) {
			kinds = append(kinds, k.name)
		}
	}
	switch len(kinds) {
	case 0:
		r.Problem(n, "needs json, form, text or graphql")
	case 1:
	default:
		r.Problem(n, "%s: only one of them is possible", strings.Join(kinds, ", "))
	}
}

// onePartition checks that a partition has values or a parent.
func onePartition(r *reader, n *document.Node, o *object) {
	values, parent := n.Has("name") || n.Has("values"), n.Has("parent") || n.Has("keys")
	switch {
	case values && parent:
		r.Problem(n, "has values or a parent, not both")
	case parent:
		r.needs(n, o, []key{need(o, "parent"), need(o, "keys")})
	case values:
		r.needs(n, o, []key{need(o, "name"), need(o, "values")})
		for _, name := range []string{"when", "changed_only", "batch"} {
			if n.Has(name) {
				r.Problem(n.Get(name), "is about the records of a parent: needs parent and keys, not values")
			}
		}
	default:
		r.Problem(n, "needs name and values, or parent and keys")
	}
}

// need returns a key of the object as a required one.
func need(o *object, name string) key {
	k, _, _ := o.lookup(name)
	k.need = true
	return k
}
