package check

import (
	"maps"

	"github.com/tap-rest/tap-rest/catalog/schema/kinds"
	"github.com/tap-rest/tap-rest/catalog/schema/model"
)

// moreCheck is what a schema asks of values of every kind.
type moreCheck struct {
	judge    bool // there is more than is compiled: nothing is sure
	literals []*literals
	all      []*check
	any      []*check
	one      []*check
	not      []*check
	when     []condition
	plain    bool // there is something beside these
}

// condition is if, then and else; a nil branch accepts everything.
type condition struct{ test, then, otherwise *check }

// checkMore is check for a schema that has branches or literals. The value is
// read once for each of them: it is proven the first time.
func (f *Run) checkMore(c *check, i int) (int, verdict) {
	m, end, v := c.more, 0, fits
	if m.plain {
		end, v = f.checkPlain(c, i)
	} else {
		end = f.proof.Value(i)
	}
	if end < 0 {
		return end, unsure
	}
	for _, l := range m.literals {
		v = max(v, l.has(&f.texts, f.proof.Text[i:end]))
	}
	for _, branch := range m.all {
		v = max(v, f.try(branch, i))
	}
	if len(m.any) > 0 {
		v = max(v, f.tryAny(m.any, i))
	}
	if len(m.one) > 0 {
		v = max(v, f.tryOne(m.one, i))
	}
	for _, branch := range m.not {
		v = max(v, breaks-f.try(branch, i)) // the order of verdicts, turned round
	}
	for _, w := range m.when {
		v = max(v, f.tryWhen(w, i))
	}
	if m.judge {
		v = unsure
	}
	return end, v
}

// try holds a proven value against a branch.
func (f *Run) try(c *check, i int) verdict {
	if c == nil {
		return fits
	}
	if c.kinds&kinds.Of(f.proof.Text[i]) == 0 {
		return breaks
	}
	if f.effort--; f.effort < 0 {
		return unsure
	}
	_, v := f.check(c, i)
	return v
}

// tryAny wants one branch at least that fits.
func (f *Run) tryAny(branches []*check, i int) verdict {
	best := breaks
	for _, branch := range branches {
		if best = min(best, f.try(branch, i)); best == fits {
			break
		}
	}
	return best
}

// tryOne wants exactly one branch that fits.
func (f *Run) tryOne(branches []*check, i int) verdict {
	var count [3]int
	for _, branch := range branches {
		count[f.try(branch, i)]++
	}
	switch {
	case count[fits] > 1:
		return breaks
	case count[unsure] > 0:
		return unsure
	case count[fits] == 1:
		return fits
	}
	return breaks
}

func (f *Run) tryWhen(w condition, i int) verdict {
	switch f.try(w.test, i) {
	case fits:
		return f.try(w.then, i)
	case breaks:
		return f.try(w.otherwise, i)
	}
	return max(unsure, min(f.try(w.then, i), f.try(w.otherwise, i)))
}

// allOf returns a check that wants all of the given ones, nil where they ask
// for nothing.
func allOf(checks []*check) *check {
	var all []*check
	for _, c := range checks {
		if c != nil {
			all = append(all, c)
		}
	}
	switch len(all) {
	case 0:
		return nil
	case 1:
		return all[0]
	}
	return &check{kinds: kinds.Any, more: &moreCheck{all: all}}
}

// more compiles what is asked of values of every kind; nil where that is
// nothing.
func (c *compiler) more(n *model.Node) *moreCheck {
	m := moreCheck{all: c.branches(n.Get("allOf")), any: c.branches(n.Get("anyOf")), one: c.branches(n.Get("oneOf"))}
	if not := n.Get("not"); not != nil {
		m.not = []*check{c.compile(not, false)}
	}
	if test := c.has(n, "if"); test != nil {
		w := condition{c.compile(test, false), c.compile(c.has(n, "then"), false), c.compile(c.has(n, "else"), false)}
		m.when = []condition{w}
	}
	if value := c.has(n, "const"); value != nil {
		m.literals = append(m.literals, literalsOf([]*model.Node{value}))
	}
	if list := n.Get("enum"); list != nil {
		if values := list.Elements(); len(values) > 0 {
			m.literals = append(m.literals, literalsOf(values))
		}
	}
	if patterns := n.Object("patternProperties"); patterns != nil {
		m.judge = len(maps.Collect(patterns.Fields())) > maxPatterns
	}
	if !m.judge && m.all == nil && m.any == nil && m.one == nil && m.not == nil && m.when == nil && m.literals == nil {
		return nil
	}
	return &m
}

func (c *compiler) branches(list *model.Node) (all []*check) {
	if list == nil {
		return nil
	}
	for _, e := range list.Elements() {
		all = append(all, c.compile(e, false))
	}
	return all
}

func literalsOf(values []*model.Node) *literals {
	l := &literals{texts: map[string]bool{}, whole: map[int64]bool{}}
	for _, v := range values {
		switch kinds.Of(v.Raw[0]) {
		case kinds.String:
			l.texts[v.Raw.Unquote()] = true
		case kinds.Object, kinds.Array:
			l.nested = true
		case kinds.Null, kinds.Boolean:
			l.words = append(l.words, string(v.Raw))
		default:
			if n, ok := wholeNumber(v.Raw); ok {
				l.whole[n] = true
			} else {
				l.numbers = true
			}
		}
	}
	return l
}
