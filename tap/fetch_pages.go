package tap

import (
	"context"
	"errors"
	"io"

	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/tap/limits"
)

// fetchAll queues the walk's pages.
func (w *walker) fetchAll(ctx context.Context, pages *limits.Queue, t *limits.Turn) error {
	defer func() { w.walk.Close() }() // it is another one after a restart
	for {
		t.Yield(ctx)
		w.part.awaitChildren(ctx, w.gate.Closed(), t, maxOpenPages-1)
		if w.part.pass.servesNobody() {
			return fetch.ErrStopped
		}
		page, err := w.walk.Next(ctx)
		switch {
		case err == io.EOF: // not one that a failure wraps: an API that hangs up is no end
			return nil
		case w.restart(err):
			continue
		case errors.Is(err, fetch.ErrJournal): // it takes no answer any more
			w.journal.Fail(err)
			return fetch.ErrStopped
		case err != nil:
			return w.replayEnds(err)
		}
		if !page.Recalled {
			w.part.pass.patience.Answered(w.part)
		}
		if page.TooMuch != "" {
			page.Release()
			return &tooMuch{w.part.Stream.Name, page.Request, page.TooMuch}
		}
		if err := w.suspectEmpty(page); err != nil {
			page.Release()
			return err
		}
		if w.part.halves() && w.walk.TooMany(page) {
			page.Release()
			return &tooMuch{w.part.Stream.Name, page.Request, "the API counts more records in this window than pagination.max_offset lets it be asked for"}
		}
		w.at.Next = page.Next
		if page.Unrecorded != nil {
			w.journal.Fail(page.Unrecorded)
		}
		if !page.Recalled {
			w.gate.Count(int64(page.Count()))
		}
		w.putOff = nil
		t.Fetched()
		if len(w.part.pass.children) > 0 {
			w.part.came()
		}
		var stated chan struct{}
		if page.Next.Submitted() {
			stated = make(chan struct{})
			w.part.stated = stated
		}
		if last := page.Last; !pages.Push(ctx, limits.Queued{Page: page, Losses: w.at.Losses}) || last {
			return nil
		}
		if stated != nil {
			w.awaitState(ctx, t, stated)
		}
	}
}

// awaitState waits until a state has the job that was asked for, or the run ends: no
// run that comes after this one may ask for a second one, however this one ends.
func (w *walker) awaitState(ctx context.Context, t *limits.Turn, stated <-chan struct{}) {
	t.LeaveForChildren()
	select {
	case <-stated:
	case <-w.gate.Closed():
	case <-ctx.Done():
	}
	t.Return(ctx)
}

// inAll is a failure that counts the attempts at its request before the walk was
// put off, too.
func (w *walker) inAll(err error) error {
	var e *fetch.Error
	if w.putOff == nil || !errors.As(err, &e) || e.Request != w.putOff.Request {
		return err
	}
	sum := *e
	sum.Deferred = e.Attempts
	sum.Attempts += w.putOff.Attempts
	return &sum
}
