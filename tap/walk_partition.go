package tap

import (
	"cmp"
	"context"
	"errors"

	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/pace"
	"github.com/tap-rest/tap-rest/tap/limits"
	"github.com/tap-rest/tap-rest/tap/logs"
	"github.com/tap-rest/tap-rest/tap/patience"
	"github.com/tap-rest/tap-rest/tap/tracing"
)

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

// traced returns the context of the partition's walk, and what is to be called when that
// ends.
func (w *worker) traced(ctx context.Context) (context.Context, func(error)) {
	follow := w.pass.track.begun.Begin(w.run.Tracer, w.stream.Name)
	if follow == nil {
		return ctx, func(error) {}
	}
	hider := w.run.Config.Hider
	in := w.part.key.Window
	p := tracing.Partition{Key: w.part.key.Key, Start: in.Start, End: in.End}
	if c := w.part.Part.Context; c.Text != nil {
		p.Context = hider.Line(string(c.Sealed(w.pass.client.Secrets)))
	}
	ctx, end := follow.Partition(ctx, p)
	return ctx, func(err error) {
		if err != nil {
			err = logs.HideError(hider, err)
		}
		end(err)
	}
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
