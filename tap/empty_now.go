package tap

import (
	"fmt"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/tap/certificate"
	"github.com/tap-rest/tap-rest/tap/plan"
)

// readsAll reports whether a pass asks for all there is, and all of it in this run:
// that there is nothing says something only then.
func (p *pass) readsAll() bool {
	d := p.decision
	return !p.feed && (d.Way == plan.Anew || d.Way == plan.FromJournal) && p.stream.Range == (plan.Range{}) && (p.stream.FullTable() || d.From == nil)
}

// remember keeps what a pass came to that is over and has read all there is.
func (t *track) remember() {
	if !t.ended || t.failure != nil || !t.pass.readsAll() || t.account.Certificate.Walks == 0 {
		return
	}
	name, err := t.pass.run.work.Finished(t.stream.Name)
	if err == nil {
		err = certificate.Former{Shape: t.stream.Shape, Records: t.account.Certificate.Records, AsOf: t.decision.Pass.AsOf}.Keep(name)
	}
	if err != nil {
		t.pass.run.Log.Warn("the work folder could not keep how many records the stream had: if it is empty in the next run, nobody will say so", "stream", t.stream.Name, "why", err.Error())
	}
}

// emptied is the doubt of a pass that has read all there is and found nothing, where
// the last one found something; nil where that is as it was.
func (p *pass) emptied() *paging.Doubt {
	if !p.readsAll() {
		return nil
	}
	name, err := p.run.work.Finished(p.stream.Name)
	if err != nil {
		return nil
	}
	return certificate.Emptied(name, p.stream.Shape)
}

// suspectEmpty takes the doubt of a first page without records that is the last into
// the page, or fails the walk, where on_incomplete says so. Of a pass with many
// partitions, only all of them together say something.
func (w *walker) suspectEmpty(page *fetch.Page) error {
	p := w.part.pass
	if p.many || !page.Last || page.Skipped != "" || page.Proof.Records > 0 || page.Count() > 0 {
		return nil
	}
	d := p.emptied()
	if d == nil {
		return nil
	}
	if p.stream.Definition.OnIncomplete == sources.Fail {
		return &fetch.Error{Class: fetch.Permanent, Stream: p.stream.Name, Request: page.Request, Status: page.Status,
			Err: fmt.Errorf("%w: %s (on_incomplete: warn takes it for the end)", paging.ErrDoubtful, d)}
	}
	page.Proof.Doubts = append(page.Proof.Doubts, *d)
	return nil
}

// suspectNothing doubts a pass with many partitions that has ended without a record.
func (t *track) suspectNothing() {
	a := t.account
	if t.parts == nil || t.pass.parted.share != nil || a.Certificate.Walks == 0 || a.Certificate.Records > 0 || t.failure != nil || a.Skips > 0 {
		return
	}
	if d := t.pass.emptied(); d != nil {
		a.Certificate.Doubt(*d)
		t.pass.lacks("the stream is empty now, and was not in the last finished pass")
		t.pass.run.Log.Warn("the stream may not be complete: "+d.String(), "stream", t.stream.Name)
	}
}
