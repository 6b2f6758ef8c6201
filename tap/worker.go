package tap

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/pace"
	"github.com/tap-rest/tap-rest/tap/distinct"
	"github.com/tap-rest/tap-rest/tap/limits"
	"github.com/tap-rest/tap-rest/tap/logs"
	"github.com/tap-rest/tap-rest/tap/patience"
	"github.com/tap-rest/tap-rest/tap/plan"
	"github.com/tap-rest/tap-rest/tap/render"
	"github.com/tap-rest/tap-rest/tap/render/pages"
)

// worker walks one partition, and makes its pages batches.
type worker struct {
	run      *run
	pass     *pass
	part     *part
	stream   *plan.Stream
	walker   *walker
	reload   *pages.Splitter // the renderer's, for pages that are read again
	renderer *render.Renderer
}

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

// work walks the partition: one goroutine fetches the pages to come while this
// one renders those that are there. A walk that failed for now is put off,
// unless this is the last time.
func (w *worker) work(ctx context.Context, batches chan<- *batch, t *limits.Turn) (again bool) {
	w.pass.track.counters.Walking.Add(1)
	defer w.pass.track.counters.Walking.Add(-1)
	ctx, end := w.traced(ctx)
	again, why := w.walkOn(ctx, batches, t)
	end(why)
	return again
}

// walkOn walks the partition on. The error says why it is not at its end.
func (w *worker) walkOn(ctx context.Context, batches chan<- *batch, t *limits.Turn) (again bool, why error) {
	walkCtx, cancel := context.WithCancel(pace.WithTurn(ctx, t))
	defer cancel()
	pages := w.run.spool.NewQueue()
	ended := make(chan error, 1)
	go func() {
		defer pages.End()
		ended <- w.walker.fetchAll(walkCtx, pages, t)
	}()
	renderErr := w.renderAll(ctx, pages, batches, t)
	cancel()
	err := cmp.Or(renderErr, <-ended)
	pages.Drop()
	w.renderer.WalkEnds()
	if err == nil {
		w.part.awaitChildren(ctx, w.run.gate.Closed(), t, 0) // or parents begin before the children of others are done
		return false, nil
	}
	if renderErr == nil {
		err = w.split(ctx, batches, err)
	}
	if err == nil {
		return false, nil
	}
	if errors.Is(err, fetch.ErrStopped) {
		w.leave(ctx, batches)
		return false, err
	}
	var e *fetch.Error
	if renderErr == nil {
		w.pass.patience.Failed(w.part, err)
	}
	if renderErr == nil && errors.As(err, &e) && e.Class == fetch.Transient && t.PutOff() {
		w.tellPutOff(err)
		w.walker.putOff = e
		return true, err
	}
	if e != nil && w.pass.many && vanished(err, w.walker.at.Next) {
		e.Advice = "it may have vanished while it was read: the next run asks for its first page again"
	}
	send(ctx, batches, w.failed(w.pass.patience.InShort(w.walker.inAll(err))))
	return false, err
}

// leave says of a partition that failed for now that the run ended before it was
// tried again: it comes last in the next run. That it did so before is a failure, or
// it would be put off in each run whose budget something else uses up.
func (w *worker) leave(ctx context.Context, batches chan<- *batch) {
	e := w.walker.putOff
	if e == nil || !w.pass.many || w.run.listing {
		return
	}
	if w.part.Start.Deferred {
		send(ctx, batches, w.failed(patience.LeftBehind(w.part.Stream.Name, e)))
		return
	}
	b := &batch{track: w.pass.track, part: w.part, step: step{putOff: true}}
	b.step.at.Losses = w.walker.at.Losses
	send(ctx, batches, b)
}

// tellPutOff warns of a walk that is put off; of very many of one stream, of the
// first ones.
func (w *worker) tellPutOff(err error) {
	text := "the stream failed for now: it is tried again when the other streams are done"
	if w.pass.many {
		text = "a partition of the stream failed for now: it is tried again when nothing else is left to do"
		switch first, tooMany := w.pass.findings.First("put off", w.part.key.Key); {
		case tooMany:
			text = "more than ten partitions of the stream failed for now: they are tried again, and further ones are counted, but not logged"
		case !first:
			return
		}
	}
	w.run.Log.Warn(text, "stream", w.stream.Name, "why", logs.Unnamed(w.stream.Name, err))
}

// renderAll makes each page a batch, in their order.
func (w *worker) renderAll(ctx context.Context, pages *limits.Queue, batches chan<- *batch, t *limits.Turn) error {
	w.renderer.HandOn = func(part *render.Lines) ([]byte, error) {
		if !send(ctx, batches, &batch{track: w.pass.track, part: w.part, lines: *part}) {
			return nil, fetch.ErrStopped
		}
		return w.run.lines.Take(), nil
	}
	for page, ok := pages.Pop(ctx); ok; page, ok = pages.Pop(ctx) {
		split, err := w.load(ctx, page)
		switch {
		case err != nil:
		case page.Long():
			err = w.renderLong(ctx, page, batches)
			page.Release()
		default:
			err = w.renderWhole(ctx, page, split, batches)
		}
		t.Rendered()
		if err != nil {
			return w.run.journal.Forget(page, err)
		}
	}
	return nil
}

// renderWhole makes a page whose body is in memory a batch.
func (w *worker) renderWhole(ctx context.Context, page limits.Queued, split *pages.Splitter, batches chan<- *batch) error {
	l := w.lead()
	err := w.renderOne(ctx, page, split, batches, l)
	l.end()
	return err
}

// renderOne makes a page, or a piece of one, a batch, and lets the children
// begin that it leads to.
func (w *worker) renderOne(ctx context.Context, page limits.Queued, split *pages.Splitter, batches chan<- *batch, l *leading) error {
	b, err := w.render(page, split)
	if err != nil {
		return err
	}
	b.leads, b.step.page, b.astray, b.listed = l.lanes(), l.of(), l.lost(), l.files()
	if !send(ctx, batches, b) {
		return fetch.ErrStopped
	}
	l.begin(b.leads)
	return nil
}

// renderLong makes a page whose body is not in memory several batches: only the
// last one moves the bookmark, so that a run that is cut before it goes on with
// the whole page.
func (w *worker) renderLong(ctx context.Context, page limits.Queued, batches chan<- *batch) error {
	l := w.lead()
	err := page.Pieces(w.reload, func(p *fetch.Page) error {
		return w.renderOne(ctx, limits.Queued{Page: p, Losses: page.Losses}, w.reload, batches, l)
	})
	l.end()
	if errors.Is(err, fetch.ErrReread) {
		return w.rereadError(page, err)
	}
	return err
}

// load reads a page back that was spooled, and returns whose its records are.
func (w *worker) load(ctx context.Context, page limits.Queued) (*pages.Splitter, error) {
	if !page.Spooled() {
		return w.walker.splitter, nil
	}
	if err := w.walker.client.Reload(ctx, w.run.journal.Disk, page.Page, w.reload); err != nil {
		return w.reload, w.rereadError(page, err)
	}
	return w.reload, nil
}

// rereadError is the failure of a page that cannot be read again.
func (w *worker) rereadError(page limits.Queued, err error) error {
	return &fetch.Error{Class: fetch.Transient, Stream: w.stream.Name, Request: page.Request, Err: err,
		Advice: "the next run asks the API for this answer again"}
}

// send hands a batch to the emitter, unless the run has ended.
func send(ctx context.Context, batches chan<- *batch, b *batch) bool {
	select {
	case batches <- b:
		return true
	case <-ctx.Done():
		return false
	}
}

// render makes a page a batch, and gives its memory back to split.
func (w *worker) render(page limits.Queued, split *pages.Splitter) (*batch, error) {
	lines, err := w.lines(page.Page)
	w.expect()
	records := page.Records
	page.Release()
	split.Recycle(records)
	if err != nil {
		return nil, err
	}
	b := &batch{track: w.pass.track, part: w.part, lines: *lines}
	b.step = step{at: lines.At, keep: lines.Keep, key: page.Key()}
	b.step.at.Losses = page.Losses
	if !page.Partial {
		b.step.last, b.step.date, b.step.came = page.Last, page.Header.Get("Date"), page.At
	}
	return b, nil
}

// lines are the records of a page as they leave; none, where it is read for its
// children alone, or for a plan.
func (w *worker) lines(page *fetch.Page) (*render.Lines, error) {
	if w.pass.feed || w.run.listing {
		return w.renderer.Follow(page)
	}
	return w.renderer.Render(page, w.run.lines.Take())
}

// failed is the batch that tells the emitter of a failure. The bookmark stays
// where the last page left it, unless the API has forgotten the walk.
func (w *worker) failed(err error) *batch {
	err = logs.HideError(w.run.Config.Hider, err)
	if w.pass.patience.Tells() {
		w.run.Log.Error(logs.Unnamed(w.stream.Name, err), "stream", w.stream.Name)
	}
	b := &batch{track: w.pass.track, part: w.part, step: step{failure: err}}
	var e *fetch.Error
	b.step.lost = errors.As(err, &e) && e.Class == fetch.SessionLost
	b.step.at.Losses = w.walker.at.Losses
	return b
}
