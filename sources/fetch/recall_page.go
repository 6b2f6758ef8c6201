package fetch

import (
	"context"
	"errors"
	"fmt"

	"github.com/tap-rest/tap-rest/sources/fetch/body"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/state/journal"
)

// recall returns the page that the journal holds for a request, or why there is
// none.
func (w *Walk) recall(ctx context.Context, out *outgoing) (*Page, error) {
	place, err := w.recorder.lookup(out)
	if err != nil {
		return nil, err
	}
	page, err := w.recallAt(ctx, place, out)
	if err != nil {
		w.requests.setPage()
		if errors.Is(err, paging.ErrChanged) {
			w.client.Log.Info("an answer that a run before asked for ahead is asked for again", "stream", w.stream.Name, "request", out.Shown, "why", err.Error())
			w.recorder.reject(out, out.n)
			return nil, err
		}
		w.recorder.distrust(out, hide(w.client.Secrets, err))
		return nil, fmt.Errorf("the answer in the journal: %w", err)
	}
	page.kept = &kept{w.recorder.key(out.n), place, out.under}
	w.finish(out, page)
	w.counters.Saved.add(page)
	return page, nil
}

func (w *Walk) recallAt(ctx context.Context, place journal.Place, out *outgoing) (*Page, error) {
	var share *body.Share
	if w.judge.bodies.Whole() {
		share = w.ahead.room(ctx)
	}
	ex, err := w.recorder.read(stored{w.recorder.Journal, place}, out.under, w.client.Ahead, share)
	if err != nil {
		return nil, err
	}
	if ex.url == nil {
		ex.url = out.URL
	}
	page, err := w.judge.decide(out, ex, nil).taken()
	if err == nil {
		page.Recalled, page.older = true, w.recorder.behind
		err = w.advance(page, nil)
	}
	if err != nil {
		ex.Body.Release()
		return nil, err
	}
	return page, nil
}

// recallSmaller looks in the journal for the page with fewer records: the walk that kept
// it had to ask for so many. The error is that of the page as it would be asked for.
func (w *Walk) recallSmaller(ctx context.Context, other error) (*Page, error) {
	from, sent := w.pager.Position(), w.requests.sent
	for at := from; ; {
		var err error
		if at, err = w.pager.Smaller(at); err != nil {
			break
		}
		out, err := w.requests.buildAt(at)
		if err != nil {
			break
		}
		if _, err := w.recorder.lookup(out); errors.Is(err, ErrOtherRequest) {
			continue
		}
		w.pager.Resize(at)
		w.requests.sent = out
		page, err := w.recall(ctx, out)
		if err == nil {
			return page, nil
		}
		other = err
		break
	}
	w.pager.Go(from)
	w.requests.setPage()
	w.requests.sent = sent
	return nil, other
}
