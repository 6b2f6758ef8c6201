package fetch

import (
	"context"
	"errors"

	"github.com/tap-rest/tap-rest/sources/fetch/paging"
)

// shrink makes the request for the same records with half as many on a page. The size
// stays so for the rest of the walk, and in its positions. What was asked for ahead is
// of no use.
func (w *Walk) shrink(out *outgoing, why error) (*outgoing, error) {
	from := w.pager.Position()
	to, err := w.pager.Smaller(from)
	if err != nil {
		return nil, err
	}
	was := w.pager.Size()
	w.ahead.drop(true)
	again, err := w.buildAt(to)
	if err != nil {
		w.pager.Go(from)
		return nil, err
	}
	w.pager.Resize(to)
	w.sent = again
	w.client.Log.Info("the answer is too much for the API or for this program: smaller pages are asked for from here on",
		"stream", w.stream.Name, "request", out.Shown, "why", hide(w.client.Secrets, why).Error(), "records", was, "instead", to.Size)
	return again, nil
}

// buildAt builds the request for a position, and stands there.
func (w *Walk) buildAt(at paging.Position) (*outgoing, error) {
	w.pager.Go(at)
	w.setPage()
	return w.build()
}

// recallSmaller looks in the journal for the page with fewer records: the walk that kept
// it had to ask for so many. The error is that of the page as it would be asked for.
func (w *Walk) recallSmaller(ctx context.Context, other error) (*Page, error) {
	from, sent := w.pager.Position(), w.sent
	for at := from; ; {
		var err error
		if at, err = w.pager.Smaller(at); err != nil {
			break
		}
		out, err := w.buildAt(at)
		if err != nil {
			break
		}
		if _, err := w.recorder.lookup(out); errors.Is(err, ErrOtherRequest) {
			continue
		}
		w.pager.Resize(at)
		w.sent = out
		page, err := w.recall(ctx, out)
		if err == nil {
			return page, nil
		}
		other = err
		break
	}
	w.pager.Go(from)
	w.setPage()
	w.sent = sent
	return nil, other
}
