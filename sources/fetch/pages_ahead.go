package fetch

import (
	"context"
	"net/http"

	"github.com/tap-rest/tap-rest/sources/fetch/body"
	"github.com/tap-rest/tap-rest/sources/fetch/pace"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/sources/fetch/records"
	"github.com/tap-rest/tap-rest/state/journal"
)

// ahead are the requests of a walk for pages behind the next one, whose place is
// known before the pages between have come. Their answers wait until the walk
// comes to them: it takes pages in order, and each one is judged then. What is
// proven of an answer when it comes is only that it is whole, and it is in the
// journal from then on. It is used from the walk's goroutine.
type ahead struct {
	client   *Client
	counters *Counters
	judge    *judge
	requests *builder
	most     int // pages at once, the one that the walk waits for too
	early    map[int64]*early
	used     int // answers that the walk took
	lost     int // answers that it did not come to
}

// early is a request ahead and its answer, which is there once done is closed.
type early struct {
	out    *outgoing
	hash   uint64
	next   bool // it is for the next page: the walk waits for it
	cancel context.CancelFunc
	done   chan struct{}
	ex     *Exchange // nil: none that is of use
	err    error     // why there is none, where the walk waits
	kept   *kept     // in the journal; nil: it is not
}

// newAhead returns what asks for a walk's pages ahead. Who waits for a few pages
// wants no more of them, a replay asks for none, and cookies are a session, which
// has an order.
func newAhead(c *Client, n *Counters, j *judge, requests *builder) *ahead {
	most := c.requester.source.MaxInFlight
	if c.Hasty || requests.stream.Call.Cookies {
		most = 1
	}
	return &ahead{client: c, counters: n, judge: j, requests: requests, most: most, early: map[int64]*early{}}
}

// take returns the request that was made for page out.n, nil where none was. What
// was asked for ahead is of no use once the walk asks for another page instead.
func (h *ahead) take(out *outgoing, hash uint64) *early {
	e := h.early[out.n]
	switch {
	case e == nil:
		return nil
	case e.hash != hash:
		h.drop(true)
		return nil
	}
	delete(h.early, out.n)
	h.used++
	return e
}

// start asks for as many pages as may be asked for now, the next one first, unless
// that was asked for, and returns its request; nil where it has to wait. A request
// ahead waits for nothing, so none holds up another walk.
func (h *ahead) start(ctx context.Context, next *early) *early {
	most := h.requests.pager.AtOnce(h.most)
	if most <= 1 || h.requests.recorder.only() || h.refused() || h.lost > h.used+h.most {
		return next
	}
	defer h.requests.setPage()
	if next == nil {
		if next = h.ask(ctx, h.requests.pager.Position(), true); next == nil {
			return nil
		}
	}
	for i := int64(1); i < int64(most); i++ {
		at, ok := h.requests.pager.Later(i)
		if !ok {
			break
		}
		if h.early[at.Pages] != nil || h.requests.recorder.keeps(at.Pages) {
			continue
		}
		e := h.ask(ctx, at, false)
		if e == nil {
			break
		}
		h.early[at.Pages] = e
	}
	return next
}

// together is how many pages may have been asked for together with the one in
// hand: of an answer from the journal nobody knows how many were, so that a walk
// which is done again must go the same way.
func (h *ahead) together() int64 {
	if most := h.requests.pager.AtOnce(h.most); most > 1 {
		return int64(most)
	}
	return 0
}

// refused reports whether the API answers something else than pages at present.
func (h *ahead) refused() bool {
	for _, e := range h.early {
		select {
		case <-e.done:
			if e.ex == nil || !e.ex.well() {
				return true
			}
		default:
		}
	}
	return false
}

// ask asks for the page at a position; nil where that is not possible now.
func (h *ahead) ask(ctx context.Context, at paging.Position, next bool) *early {
	here := h.requests.pager.Position()
	h.requests.pager.Go(at)
	h.requests.setPage()
	out, err := h.requests.build()
	h.requests.pager.Go(here)
	if err != nil || !h.client.requester.ready() || !h.client.admission.TryAdmit(&out.passage, &h.counters.Spent) {
		return nil
	}
	out.vars = append(out.vars[:0:0], out.vars...)
	e := &early{out: out, hash: out.hash(), next: next, done: make(chan struct{})}
	ctx, e.cancel = context.WithCancel(pace.WithoutTurn(ctx))
	go h.receive(ctx, e)
	return e
}

// receive waits for an answer ahead, and keeps it in the journal where it is whole.
func (h *ahead) receive(ctx context.Context, e *early) {
	defer close(e.done)
	ex, err := h.client.transport.sendAdmitted(ctx, e.out, h.requests.stream.Call.Timeout, h.counters)
	switch {
	case err != nil && e.next:
		e.err = err
		return
	case err != nil:
		return
	case !e.next && (ex.Status == http.StatusTooManyRequests || ex.Status >= http.StatusInternalServerError || ex.cut != nil):
		ex.Body.Release() // the walk asks again when it comes to it
		return
	}
	e.out.answered(ex)
	e.ex = ex
	if ex.cut != nil {
		return
	}
	if !ex.well() || ex.Status == http.StatusNoContent || ex.Body.Long() {
		return
	}
	if ex.proven == nil {
		found, err := h.judge.bodies.Short(ex.Body.Text)
		if err != nil {
			return
		}
		ex.proven = &records.Split{Records: found}
	}
	ex.Attempts = 1
	e.out.tries = []journal.Try{{Took: ex.At.Sub(e.out.sent), Status: ex.Status}}
	page := &Page{Exchange: *ex, Records: ex.proven.Records}
	if err := h.requests.recorder.keep(e.out, page); err == nil { // else the walk tries again, and says why not
		e.kept = page.kept
	}
}

// answer waits for the answer; without one, nor an error, the walk has to ask.
func (e *early) answer() (*Exchange, error) {
	if e == nil {
		return nil, nil
	}
	<-e.done
	e.cancel()
	return e.ex, e.err
}

// gave reports whether a page is the answer.
func (e *early) gave(page *Page) bool { return e != nil && e.ex != nil && e.ex.Body == page.Body }

// drop throws away what was asked for ahead. Unless the walk may come to it after
// all, in this run or the next, the journal forgets it too.
func (h *ahead) drop(forget bool) {
	for _, e := range h.early {
		e.cancel()
	}
	first := int64(-1)
	for n, e := range h.early {
		if ex, _ := e.answer(); ex != nil {
			ex.Body.Release()
		}
		if e.kept != nil && (first < 0 || n < first) {
			first = n
		}
	}
	if forget {
		h.lost += len(h.early)
		h.counters.Unused.Add(int64(len(h.early)))
		if first >= 0 {
			h.requests.recorder.reject(h.requests.sent, first)
		}
	}
	clear(h.early)
}

// forgetSpent throws away answers ahead that refused a proof which is spent by now:
// they are asked for again together, rather than one by one.
func (h *ahead) forgetSpent() {
	l := h.client.requester.login()
	if l == nil {
		return
	}
	for n, e := range h.early {
		select {
		case <-e.done:
		default:
			continue
		}
		if ex := e.ex; ex != nil && ex.proof != nil && l.Spent(*ex.proof) && h.judge.refusesProof(ex) {
			e.cancel()
			ex.Body.Release()
			delete(h.early, n)
		}
	}
}

// room waits for memory for a whole answer; nil: the run stops. What was asked for
// ahead goes first: the walk would wait for what it holds itself.
func (h *ahead) room(ctx context.Context) *body.Share {
	if share := h.client.Ahead.Try(2 * body.Max); share != nil {
		return share
	}
	h.drop(false)
	return h.client.Ahead.Wait(ctx, h.client.Gate.Closed(), 2*body.Max)
}
