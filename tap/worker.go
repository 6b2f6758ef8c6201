package tap

import (
	"encoding/json"
	"fmt"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/tap/distinct"
	"github.com/tap-rest/tap-rest/tap/plan"
	"github.com/tap-rest/tap-rest/tap/render"
)

// newWorker returns the worker of a partition. Its error is one of the input, or
// a *JournalError.
func newWorker(p *part) (*worker, error) {
	r, stream := p.pass.run, p.Stream
	inStream := func(err error) error { return fmt.Errorf("stream %s: %w", stream.Name, err) }
	pair, err := p.pass.splitters.take(stream)
	if err != nil {
		return nil, inStream(err)
	}
	split, reload := pair[0], pair[1]
	client := p.pass.client
	if err := openBookmark(p.Reading, client); err != nil {
		return nil, inStream(err)
	}
	recording, err := r.journal.Record(p.pass.recorded, p.Reading)
	if err != nil {
		return nil, inStream(&JournalError{Err: err, Early: true})
	}
	w := &worker{run: r, pass: p.pass, part: p, stream: stream, reload: reload}
	w.renderer = render.New(p.Reading, p.pass.schema, render.Options{
		Protocol: r.Protocol, Quarantine: r.work.Quarantine(stream.Name), Seal: client.Secrets.SealValue, Log: r.Log, Many: p.pass.many, Findings: &p.pass.findings,
		Version: p.pass.track.table.version, Noter: p.pass.kept.noted.Noter(), Keys: w.keys(),
		Context: p.shownContext(), Completed: r.Definition.HasChildren(stream.Name),
	})
	w.walker = &walker{
		journal: r.journal, gate: r.gate, log: r.Log, part: p, at: p.Start,
		client: client, splitter: split, recording: recording,
	}
	w.walker.goOn()
	w.expect()
	return w, nil
}

// keys is where the keys of the stream are counted; nil: they are not, since its
// records leave for nobody.
func (w *worker) keys() *distinct.Pool {
	if w.pass.feed || w.run.listing {
		return nil
	}
	return w.run.keys
}

// shownContext is the context of the partition without its secrets, where records
// may go to a file that names it; nil: it is not needed, or there is none.
func (p *part) shownContext() json.RawMessage {
	if p.Stream.Definition.Schema.OnInvalid != sources.Quarantine || p.Part.Context.Text == nil {
		return nil
	}
	return p.Part.Context.Sealed(p.pass.client.Secrets)
}

// openBookmark puts today's secrets into the start of the window, where that is
// what an answer said.
func openBookmark(one *plan.Reading, client *fetch.Client) error {
	if one.Stream.Clock.Mark().IsZero() {
		return nil
	}
	start, err := client.Open(one.Part.Window.Start, one.Stream.Definition, one.Part.Vars)
	if err != nil {
		return fmt.Errorf("the bookmark of the state: %w: remove it, and the stream is read from its start", err)
	}
	one.Part = one.Part.StartAt(start)
	return nil
}

// expect makes the records of the pages to come be checked while they are
// proven, if nothing is added to them.
func (w *worker) expect() {
	w.walker.splitter.Expect(w.renderer.Expected())
	w.reload.Expect(w.renderer.Expected())
}
