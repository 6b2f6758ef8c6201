package tap

import (
	"fmt"

	"github.com/tap-rest/tap-rest/catalog/raw"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/tap/listing"
	"github.com/tap-rest/tap-rest/tap/logs"
	"github.com/tap-rest/tap-rest/tap/plan"
)

// leading is what a parent's page leads to, while it is worked on.
type leading struct {
	worker *worker
	page   *openPage
	found  [][]plan.Context // of each child
	vars   []expr.Vars      // of each child, to be used over and over
	astray []astray         // records that lead nowhere
	listed []listing.File   // files of the records
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
		c.passed.count(record, ok || err != nil)
		switch {
		case err != nil:
			l.astray = append(l.astray, w.leadsAstray(c.pass, err))
		case ok && c.files != nil && l.known(c, record, ctx):
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
		one.next = c.supply.parts(c.supply.Within(found, func(context uint64) { c.supply.leftovers[context].holds(one) }))
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

// leadsAstray tells of such a record: the child fails, and the parent, whose record
// leaves like the others, does not.
func (w *worker) leadsAstray(child *pass, err error) astray {
	err = logs.HideError(w.run.Config.Hider, fmt.Errorf("%w; nothing is read of what belongs to this record, and the next run looks at it again", err))
	if w.run.flow != nil && child.patience.Tells() { // else it is a look at first pages
		w.run.Log.Error(err.Error(), "stream", child.stream.Name)
	}
	return astray{w.pass, child, fmt.Errorf("stream %s: %w", child.stream.Name, err)}
}

// take takes note of the record, for the emitter. There is no context that could be
// owed: one that comes later is new, and read from its start.
func (a astray) take() {
	t := a.child.track
	t.account.Fail(a.err)
	t.fails(a.err)
	a.child.lacks("of a parent's record, the stream's contexts could not be found out")
	a.parent.owes, a.child.owes = true, true
}

// known takes note of a record that names a file, and reports whether that was read
// in an earlier pass, as it is.
func (l *leading) known(c *child, record []byte, ctx plan.Context) bool {
	one, ok := c.files.Of(ctx, []byte(raw.Text(record).Field(l.worker.stream.ReplicationKey)))
	if ok {
		l.listed = append(l.listed, one)
	}
	return ok && one.Known()
}

// files returns the files of the records, once.
func (l *leading) files() []listing.File {
	if l == nil {
		return nil
	}
	all := l.listed
	l.listed = nil
	return all
}
