package tap

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/tap/plan"
	"github.com/tap-rest/tap-rest/tap/render"
	"github.com/tap-rest/tap-rest/tap/workdir"
)

// former is what the last finished pass of a stream came to that read all there
// was.
type former struct {
	Shape   string    `json:"shape"` // of its requests
	Records int64     `json:"records"`
	AsOf    time.Time `json:"as_of"`
}

// former returns the file of what the last finished pass of a stream came to.
func (w *workFolder) former(o *Options, stream string) (string, error) {
	identity, err := w.identity(o)
	if err != nil {
		return "", err
	}
	return w.path(filepath.Join("finished", identity), stream, ".json"), nil
}

// readsAll reports whether a pass asks for all there is, and all of it in this run:
// that there is nothing says something only then.
func (p *pass) readsAll() bool {
	d := p.decision
	return !p.feed && (d.Way == plan.Anew || d.Way == plan.FromJournal) && p.stream.Range == (plan.Range{}) && (p.stream.FullTable() || d.From == nil)
}

// remember keeps what a pass came to that is over and has read all there is.
func (p *pass) remember() {
	t := p.track
	if !t.ended || t.failure != nil || !p.readsAll() || t.account.Certificate.Walks == 0 {
		return
	}
	name, err := p.run.work.former(&p.run.Options, p.stream.Name)
	if err == nil {
		var text []byte
		if text, err = json.Marshal(former{p.stream.Shape, t.account.Certificate.Records, p.decision.Pass.AsOf}); err == nil {
			err = workdir.Replace(name, text)
		}
	}
	if err != nil {
		p.run.Log.Warn("the work folder could not keep how many records the stream had: if it is empty in the next run, nobody will say so", "stream", p.stream.Name, "why", err.Error())
	}
}

// emptied is the doubt of a pass that has read all there is and found nothing, where
// the last one found something; nil where that is as it was. A file that cannot be
// read is none.
func (p *pass) emptied() *paging.Doubt {
	if !p.readsAll() {
		return nil
	}
	name, err := p.run.work.former(&p.run.Options, p.stream.Name)
	if err != nil {
		return nil
	}
	var f former
	if text, err := os.ReadFile(name); err != nil || json.Unmarshal(text, &f) != nil || f.Shape != p.stream.Shape || f.Records == 0 {
		return nil
	}
	return &paging.Doubt{
		Key: render.EmptyNow, Value: fmt.Sprintf("0, and was %d in the last finished pass, of %s", f.Records, f.AsOf.UTC().Format(time.RFC3339)),
		Advice: "if there is nothing any more, that is right, and the next run says it no more; else compare path, settings and rights of the login with what they were", Keep: true,
	}
}

// suspectEmpty takes the doubt of a first page without records that is the last into
// the page, or fails the walk, where on_incomplete says so. Of a pass with many
// partitions, only all of them together say something.
func (p *pass) suspectEmpty(page *fetch.Page) error {
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
func (p *pass) suspectNothing() {
	a := p.track.account
	if !p.many || a.Certificate.Walks == 0 || a.Certificate.Records > 0 || p.track.failure != nil || a.Skips > 0 {
		return
	}
	if d := p.emptied(); d != nil {
		a.Certificate.Doubt(*d)
		p.lacks("the stream is empty now, and was not in the last finished pass")
		p.run.Log.Warn("the stream may not be complete: "+d.String(), "stream", p.stream.Name)
	}
}
