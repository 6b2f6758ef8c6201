package tap

import (
	"fmt"
	"slices"

	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/times"
	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/tap/plan"
)

// child is a pass whose contexts the records of another one are.
type child struct {
	pass *pass
	of   *plan.Children
}

// leading is what a parent's page leads to, while it is worked on.
type leading struct {
	worker *worker
	page   *openPage
	found  [][]plan.Context // of each child
	vars   []expr.Vars      // of each child, to be used over and over
	astray []astray         // records that lead nowhere
}

// lead begins with a page of a parent, nil where the stream has no children.
func (w *worker) lead() *leading {
	if len(w.pass.children) == 0 {
		return nil
	}
	l := &leading{worker: w, page: w.part.openPage(), found: make([][]plan.Context, len(w.pass.children))}
	for _, c := range w.pass.children {
		l.vars = append(l.vars, c.pass.vars())
	}
	w.renderer.Lead = l.take
	return l
}

// take takes note of a record.
func (l *leading) take(record []byte) {
	w := l.worker
	for i, c := range w.pass.children {
		ctx, ok, err := c.of.Of(record, w.part.Part.Context, l.vars[i])
		switch {
		case err != nil:
			l.astray = append(l.astray, w.leadsAstray(c.pass, err))
		case ok:
			l.found[i] = append(l.found[i], ctx)
		}
	}
}

// of is the page; nil without children.
func (l *leading) of() *openPage {
	if l == nil {
		return nil
	}
	return l.page
}

// end says that the page is worked on no more.
func (l *leading) end() {
	if l != nil {
		l.page.over()
	}
}

// lanes returns what makes the partitions that were found.
func (l *leading) lanes() (all []*lane) {
	if l == nil {
		return nil
	}
	for i, found := range l.found {
		l.found[i] = nil
		if len(found) == 0 {
			continue
		}
		c := l.worker.pass.children[i].pass
		found = l.worker.pass.children[i].of.Batches(found, l.worker.part.Part.Context)
		l.page.leads()
		one := &lane{pass: c, page: l.page}
		one.next = (&parts{supply: c.supply, lane: one, contexts: c.supply.contexts.within(found)}).next
		all = append(all, one)
	}
	return all
}

// lost returns the records that lead nowhere, once.
func (l *leading) lost() []astray {
	if l == nil {
		return nil
	}
	all := l.astray
	l.astray = nil
	return all
}

// begin makes the walks of children begin.
func (l *leading) begin(lanes []*lane) {
	for _, one := range lanes {
		l.worker.run.turns.Lane(one.entry())
	}
}

// feedsNow is how far the parents of a pass are, and theirs.
func (p *pass) feedsNow() (all []state.Feed) {
	var feeds []*pass
	whose := map[*pass][]string{}
	var add func(p *pass)
	add = func(p *pass) {
		for _, f := range p.feeds {
			if whose[f] == nil {
				feeds = append(feeds, f)
				add(f)
			}
			whose[f] = append(whose[f], p.decision.Pass.ID)
		}
	}
	add(p)
	for i, f := range feeds {
		one := f.track.asFeed()
		if slices.ContainsFunc(feeds, func(other *pass) bool { return other != feeds[i] && other.stream.Name == f.stream.Name }) {
			one.For = whose[f]
		}
		all = append(all, one)
	}
	return all
}

// asFeed is how far a parent is, for the state of its children.
func (t *track) asFeed() state.Feed {
	f := state.Feed{Stream: t.stream.Name, Pass: t.decision.Pass.ID, From: t.decision.FedFrom(t.stream), Shape: t.stream.Shape, Owes: t.pass.owes}
	if t.decision.Length != (times.Span{}) {
		f.Window = t.decision.Length.String()
	}
	if t.parts != nil {
		r := t.parts.resume(t)
		f.Done, f.Contexts, f.Open = r.Done, r.Contexts, r.Open
		f.Over = t.ended && t.parts.over(r)
		f.Owes = f.Owes || len(r.Owed) > 0 || t.parts.kept || t.parts.tooMany
		return f
	}
	if r := t.bookmark.Resume; r != nil {
		f.Open = r.Open
	}
	f.Over = t.ended && t.failure == nil
	return f
}

// servesNobody reports whether a pass is read for children alone none of which
// asks for anything any more. It says of each why: no lane of theirs may come that
// does.
func (p *pass) servesNobody() bool {
	if !p.feed {
		return false
	}
	why := make([]error, len(p.children))
	for i, c := range p.children {
		if why[i] = c.pass.patience.Refused(); why[i] == nil {
			return false
		}
	}
	for i, c := range p.children {
		(&lane{pass: c.pass}).breaksOff(why[i])
	}
	return true
}

// touch says that the bookmark has changed, and those of children, which say how
// far their parents are.
func (p *pass) touch() {
	p.track.touched = true
	for _, c := range p.children {
		c.pass.touch()
	}
}

// tellChildren says in the state of children which pass of their parent they are
// fed by, before anything of them has come.
func (f *family) tellChildren() {
	for _, c := range f.children {
		if !c.pass.track.told {
			c.pass.track.touched = true
			c.pass.tellChildren()
		}
	}
}

// fails notes why the pass cannot be complete in this run.
func (e *ending) fails(err error) {
	if e.failure == nil {
		e.failure = err
	}
}

// failsWith notes that a parent was not read to its end.
func (t *track) failsWith(parent *pass) {
	err := fmt.Errorf("%s: its parent %s was not read to its end: %w", t.stream.Name, parent.stream.Name, parent.track.failure)
	if t.failure == nil {
		t.account.Fail(err)
		t.pass.run.Log.Error(fmt.Sprintf("its parent %s was not read to its end, as the log says of that stream: what belongs to records that did not come is not read, and the next run goes on", parent.stream.Name),
			"stream", t.stream.Name)
	}
	t.fails(err)
	if t.parts != nil {
		t.parts.broken = t.parts.broken || !parent.track.asFeed().Over
	}
}
