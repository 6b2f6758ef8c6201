package fetch

import (
	"context"
	"errors"
	"io"
)

// Next returns the next page, io.EOF after the last one. After an error the
// walk is over, and every call returns it again: another walk goes on from the
// last page's Next. The error is ErrStopped, also when ctx ends, or an *Error:
// that may wrap an io.EOF of the connection, so the end is io.EOF itself.
func (w *Walk) Next(ctx context.Context) (*Page, error) {
	if w.err != nil {
		return nil, w.err
	}
	page, err := w.next(ctx)
	w.judge.view.forget()
	switch {
	case err != nil:
		w.err = err
		w.judge.session.fails(err)
		w.job.fails(err)
		w.Close()
	case page.Last:
		w.err = io.EOF
		w.witness(page)
		w.ahead.drop(true)
		w.session.used = true // whoever opened it, it is over
		w.session.close()
		w.job.over()
	}
	return page, err
}

// next returns the next page, in another session where that of an earlier run is
// gone.
func (w *Walk) next(ctx context.Context) (*Page, error) {
	for {
		page, err := w.nextInSession(ctx)
		if err == nil {
			w.session.came(page)
		}
		if err == nil || !w.session.anew(err) {
			return page, err
		}
	}
}

func (w *Walk) nextInSession(ctx context.Context) (*Page, error) {
	if all, err := w.session.begin(ctx); all != nil || err != nil {
		return all, err
	}
	if w.job != nil {
		return filesWalk{w}.nextOfJob(ctx)
	}
	w.requests.setPage()
	out, err := w.asker.buildLoggedIn(ctx, w.requests.build)
	if errors.Is(err, ErrStopped) {
		return nil, err
	}
	if err != nil {
		return nil, w.failures.unsent(w.stream.Request.Method+" "+w.stream.Request.Path.Source(), err)
	}
	w.requests.sent = out
	hash := out.hash()
	if err := w.pager.Begin(hash); err != nil {
		return nil, w.failures.unsent(out.Shown, err)
	}
	w.ahead.forgetSpent()
	early := w.ahead.take(out, hash)
	if early == nil {
		if w.client.admission.Stopped(ctx) { // what the journal has takes memory too
			return nil, ErrStopped
		}
		page, err := w.recall(ctx, out)
		if errors.Is(err, ErrOtherRequest) && w.pager.CanBeSmaller() {
			page, err = w.recallSmaller(ctx, err)
		}
		switch {
		case err == nil:
			w.pager.Go(page.Next)
			return page, nil
		case w.recorder.only():
			return nil, w.failures.unsent(out.Shown, err)
		}
		if err := w.session.live(out, err); err != nil {
			return nil, w.failures.lost(out.Shown, err)
		}
	}
	page, err := w.ask(ctx, out, w.ahead.start(ctx, early))
	if err == nil {
		w.recorder.behind = true
		w.pager.Go(page.Next)
	}
	return page, err
}
