package tap

import (
	"context"
	"errors"

	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/tap/limits"
	"github.com/tap-rest/tap-rest/tap/render"
	"github.com/tap-rest/tap-rest/tap/render/pages"
)

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
