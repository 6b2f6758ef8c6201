package fetch

import (
	"context"
	"io"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/sources/fetch/request"
)

// Walk is the session over one partition. It is used from one goroutine.
type Walk struct {
	client   *Client
	stream   *sources.Stream
	splitter Splitter
	counters *Counters
	vars     expr.Vars
	pager    *paging.Pager
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
func (c *Client) NewWalk(stream *sources.Stream, splitter Splitter, vars expr.Vars, pos paging.Position, n *Counters) *Walk {
	w := &Walk{
		client: c, stream: stream, splitter: splitter, counters: n, apart: stream.LooksAtRecords() == "", whole: needsWhole(stream, splitter),
		text: textLayers(stream.Text), jar: newCookies(stream.Call.Cookies),
		vars: make(expr.Vars, sources.VarCount),
	}
	copy(w.vars, vars)
	w.requests = c.requester.of(stream, w.vars)
	w.pager = paging.New(stream, pos, outside{w}, c.Log)
	return w
}

// Record makes the walk keep its exchanges, and ask for them before it asks the
// API. It is called before Next.
func (w *Walk) Record(r *Recording) { w.rec = r }

// SameRequest reports whether both walks ask for the same next.
func (w *Walk) SameRequest(other *Walk) bool {
	var digests [2][16]byte
	for i, one := range []*Walk{w, other} {
		one.setPage()
		out, err := one.build()
		if err != nil {
			return false
		}
		digests[i] = one.digest(out, false)
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
	w.setPage()
	out, err := w.build()
	if err != nil {
		return nil, w.fail(w.stream.Request.Method+" "+w.stream.Request.Path.Source(), err)
	}
	w.sent = out
	if err := w.pager.Begin(out.hash()); err != nil {
		return nil, w.fail(out.Shown, err)
	}
	if w.client.stopped(ctx) { // what the journal has takes memory too
		return nil, ErrStopped
	}
	page, err := w.recall(ctx, out)
	switch {
	case err == nil:
		w.pager.Go(page.Next)
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
	w.pager.Go(page.Next)
	return page, nil
}

// setPage makes what templates of a request see as page.
func (w *Walk) setPage() { w.vars[sources.VarPage] = w.pager.Page(expr.Undefined()) }

// advance finds what comes after a page.
func (w *Walk) advance(page *Page) (err error) {
	a := paging.Answer{
		Request: page.Request, Status: page.Status, Header: page.Header, Body: page.Body, Beside: w.seen, Records: page.Records,
		Ruling: page.ruling,
	}
	if page.long != nil {
		a.Tally = page.long.tally
	}
	if page.Found, err = w.pager.Take(a); page.Repeats {
		page.Records, page.ruling.Empty = none{}, true
	}
	return err
}

// quote is a value of an answer as messages show it.
func (w *Walk) quote(text string) string { return w.client.Secrets.Quote(text) }
