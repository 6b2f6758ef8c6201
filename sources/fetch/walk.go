package fetch

import (
	"cmp"
	"context"
	"io"
	"net/http"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch/request"
)

// Walk is the session over one partition. It is used from one goroutine.
type Walk struct {
	suspicion
	lookout
	client   *Client
	stream   *sources.Stream
	splitter Splitter
	counters *Counters
	vars     expr.Vars
	page     expr.Value // what templates see as page
	pos      Position
	rec      *Recording // nil: none
	err      error      // that ended the walk
	sent     *outgoing  // the request under way
	answer   *Page      // under way
	whole    bool       // the records of an answer cannot come in pieces
	apart    bool       // no key of the definition looks at the records of an answer
	seen     []byte     // what the keys see of the answer
	beside   []byte     // memory for that
	text     []string   // layers of the answers' text
	jar      *cookies
	requests *request.Maker
}

// NewWalk returns the walk over one partition of stream from pos on. vars hold
// what its requests see as config, partition, window and now.
func (c *Client) NewWalk(stream *sources.Stream, splitter Splitter, vars expr.Vars, pos Position, n *Counters) *Walk {
	w := &Walk{
		client: c, stream: stream, splitter: splitter, counters: n, pos: pos, apart: stream.LooksAtRecords() == "", whole: needsWhole(stream, splitter),
		text: textLayers(stream.Text), jar: newCookies(stream.Call.Cookies),
		vars: make(expr.Vars, sources.VarCount), suspicion: newSuspicion(),
	}
	copy(w.vars, vars)
	w.requests = c.requestsOf(stream, w.vars)
	if pos.First() {
		w.pos.Number, w.pos.Offset = stream.Pagination.Start, stream.Pagination.Start
	}
	w.ever = sight{next: pos.Token != nil || pos.URL != "", total: pos.Total != nil, more: !pos.First(), pages: !pos.First()}
	return w
}

// Record makes the walk keep its exchanges, and ask for them before it asks the
// API. It is called before Next.
func (w *Walk) Record(r *Recording) { w.rec = r }

// SameRequest reports whether both walks ask for the same next.
func (w *Walk) SameRequest(other *Walk) bool {
	var digests [2][16]byte
	for i, one := range []*Walk{w, other} {
		one.setPage(expr.Undefined())
		out, err := one.build()
		if err != nil {
			return false
		}
		digests[i] = one.digest(out)
	}
	return digests[0] == digests[1]
}

// Next returns the next page, io.EOF after the last one. After an error the
// walk is over, and every call returns it again: another walk goes on from the
// last page's Next. The error is ErrStopped, also when ctx ends, or an *Error:
// that may wrap an io.EOF of the connection, so the end is io.EOF itself.
func (w *Walk) Next(ctx context.Context) (*Page, error) {
	if w.err != nil {
		return nil, w.err
	}
	page, err := w.next(ctx)
	w.seen, w.vars[sources.VarResponse] = nil, expr.Undefined() // a walk that waits holds no answer
	switch {
	case err != nil:
		w.err = err
	case page.Last:
		w.err = io.EOF
	}
	return page, err
}

func (w *Walk) next(ctx context.Context) (*Page, error) {
	w.setPage(expr.Undefined())
	out, err := w.build()
	if err != nil {
		return nil, w.fail(w.stream.Request.Method+" "+w.stream.Request.Path.Source(), err)
	}
	w.sent = out
	if err := cmp.Or(w.beyond(), w.round(out)); err != nil {
		return nil, w.fail(out.Shown, err)
	}
	if w.client.stopped(ctx) { // what the journal has takes memory too
		return nil, ErrStopped
	}
	page, err := w.recall(ctx, out)
	switch {
	case err == nil:
		w.pos = page.Next
		return page, nil
	case w.rec != nil && w.rec.Only:
		return nil, w.fail(out.Shown, err)
	}
	page, err = w.exchange(ctx, out)
	if err != nil {
		return nil, err
	}
	if err := w.advance(page); err != nil {
		e := w.failPage(page, err)
		page.Release()
		return nil, e
	}
	if err := w.record(out, page); err != nil {
		page.Unrecorded = err
	}
	w.client.forgetWire(page)
	w.pos = page.Next
	return page, nil
}

// setPage makes what templates see as page.
func (w *Walk) setPage(records expr.Value) {
	keys := []string{"number", "offset", "records"}
	number := w.pos.Number
	if w.stream.Pagination.Type != sources.PaginatePage {
		number = w.pos.pages() + 1
	}
	values := []expr.Value{expr.Int(number), expr.Int(w.pos.Offset), records}
	if size := w.stream.Pagination.Sends.Size; size > 0 {
		keys, values = append(keys, "size"), append(values, expr.Int(size))
	}
	if w.pos.Token != nil {
		token, _ := w.requests.OpenToken(w.pos.Token) // who makes the request finds the error
		keys, values = append(keys, "token"), append(values, token)
	}
	w.page = expr.Dict(keys, values)
	w.vars[sources.VarPage] = w.page
}

// advance finds what comes after a page, and suspects its end.
func (w *Walk) advance(page *Page) error {
	if page.First = w.pos.First(); page.Skipped != "" {
		page.Last = true
		return nil
	}
	w.now = sight{}
	if w.repeats(page) {
		page.Records, page.empty = none{}, true
	}
	n := int64(page.Records.Len())
	w.setPage(expr.Int(n))
	next := w.pos
	next.Pages++
	next.Records += n
	w.recognise(page, &next)
	lost, err := w.total(page, &next)
	if err != nil {
		return err
	}
	step, behind, err := w.stepMoved(page, &next, n, lost)
	if err != nil {
		return err
	}
	page.Follows, page.Counting = w.follows(step), w.counting()
	end, err := w.ends(step)
	if err != nil {
		return err
	}
	back := (behind != nil || step.back) && !end.stopped
	switch {
	case back && behind != nil:
		end.last = w.goBack(&next, behind)
		end.back = end.last
	case back:
		end.last = false
	case !end.last && (next.Total != nil || next.AllPages != nil):
		next.PerPage = fewest(w.pos.PerPage, n)
	}
	w.ever, w.widest = w.ever.or(w.now), max(w.widest, n)
	if end.last && w.walkAgain(&next) {
		page.Next = next
		return nil
	}
	if page.Last = end.last; !page.Last {
		page.Next = next
		return w.suspect(page, next, back)
	}
	return w.conclude(page, next, end)
}

// stepMoved moves next to the page after the one that had n records, and finds
// where the walk stands in a list that has lost so many records since the page
// before; nil where that is no matter.
func (w *Walk) stepMoved(page *Page, next *Position, n, lost int64) (s step, b *Behind, err error) {
	if w.counts() {
		if !w.overlaps() {
			b = w.moved(next, n, lost, false)
		}
		if s, err = w.step(next, n); page.over {
			s = over
		}
		return s, b, err
	}
	if s, err = w.step(next, n); err != nil {
		return s, nil, err
	}
	if page.over {
		s = over
	}
	w.renumber(next, n)
	if lost > 0 && !w.numbered() && w.stream.Pagination.Type != sources.PaginateKeyset {
		next.Shrunk += lost
	}
	return s, w.moved(next, n, lost, !s.more), nil
}

// eval evaluates a Ref over the answer.
func (w *Walk) eval(r sources.Ref) (expr.Value, error) {
	return EvalRef(r, w.vars, w.seen, w.answer.Header)
}

// EvalRef evaluates a Ref over a proven answer. What is not there is
// undefined; what stands there twice, with different values, is an error.
func EvalRef(r sources.Ref, vars expr.Vars, body []byte, h http.Header) (expr.Value, error) {
	switch {
	case r.Template != nil:
		return r.Template.Eval(vars)
	case r.Header != "":
		if h.Values(r.Header) == nil {
			return expr.Undefined(), nil
		}
		return expr.String(h.Get(r.Header)), nil
	}
	if err := twice(body, r.Path); err != nil {
		return expr.Undefined(), err
	}
	return pathValue(body, r.Path), nil
}

// quote is a value of an answer as messages show it.
func (w *Walk) quote(text string) string { return w.client.Secrets.Quote(text) }
