package fetch

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/maphash"
	"io"
	"net/http"
	"net/url"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
)

// Walk is the session over one partition. It is used from one goroutine.
type Walk struct {
	client   *Client
	stream   *sources.Stream
	splitter Splitter
	counters *Counters
	vars     expr.Vars
	page     expr.Value // what templates see as page
	pos      Position
	done     bool
	base     *url.URL // of the request under way
	answer   *Page    // under way

	seed   maphash.Seed
	last   trace // of the page before
	seen   trace // an earlier page, moved up now and then: finds rounds of any length
	stride int64 // pages until seen moves up
}

// trace is what a walk remembers of a page, to suspect its end.
type trace struct {
	request string
	content uint64 // hash of the records, or of a body without any
	token   uint64 // hash of the token or URL that it named as next; 0: none
	pages   int64  // up to this one; 0: no page
}

// NewWalk returns the walk over one partition of stream from pos on. vars hold
// what its requests see as config, partition, window and now.
func (c *Client) NewWalk(stream *sources.Stream, splitter Splitter, vars expr.Vars, pos Position, n *Counters) *Walk {
	w := &Walk{
		client: c, stream: stream, splitter: splitter, counters: n, pos: pos,
		vars: make(expr.Vars, sources.VarCount), seed: maphash.MakeSeed(), stride: 1,
	}
	copy(w.vars, vars)
	if pos.First() {
		w.pos.Number, w.pos.Offset = stream.Pagination.Start, stream.Pagination.Start
	}
	return w
}

// Next returns the next page, io.EOF after the last one. After an error the
// walk is over: it goes on from the last page's Next in another walk. The
// error is ErrStopped, ctx's, or an *Error.
func (w *Walk) Next(ctx context.Context) (*Page, error) {
	if w.done {
		return nil, io.EOF
	}
	w.done = true // until the page is known to be good
	w.setPage(expr.Undefined())
	out, err := w.build()
	if err != nil {
		return nil, w.fail(Permanent, w.stream.Request.Method+" "+w.stream.Request.Path.Source(), err)
	}
	page, err := w.exchange(ctx, out)
	if err != nil {
		return nil, err
	}
	if err := w.advance(page); err != nil {
		e := w.failPage(page, err)
		page.Release()
		return nil, e
	}
	if w.pos, w.done = page.Next, page.Last; page.Last {
		page.Next = Position{}
	}
	return page, nil
}

// setPage makes what templates see as page.
func (w *Walk) setPage(records expr.Value) {
	keys := []string{"number", "offset", "records"}
	number := w.pos.Number
	if w.stream.Pagination.Type != sources.PaginatePage {
		number = w.pos.Pages + 1
	}
	values := []expr.Value{expr.Int(number), expr.Int(w.pos.Offset), records}
	if size := w.stream.Pagination.Size; size > 0 {
		keys, values = append(keys, "size"), append(values, expr.Int(size))
	}
	if w.pos.Token != nil {
		token := w.client.Secrets.Open(string(w.pos.Token))
		keys, values = append(keys, "token"), append(values, expr.JSON(token))
	}
	w.page = expr.Dict(keys, values)
	w.vars[sources.VarPage] = w.page
}

// advance finds what comes after a page, and suspects its end.
func (w *Walk) advance(page *Page) error {
	n := int64(page.Records.Len())
	w.setPage(expr.Int(n))
	next := w.pos
	next.Pages++
	next.Records += n
	if page.Skipped != "" {
		page.Last = true
		return nil
	}
	total, err := w.total(page, &next)
	if err != nil {
		return err
	}
	step, err := w.step(&next, n)
	if err != nil {
		return err
	}
	page.Last, err = w.ends(step, next, n)
	if err != nil {
		return err
	}
	if !page.Last {
		w.stepBack(&next, total)
		if err := w.suspect(page, next); err != nil {
			return err
		}
	}
	if page.Last {
		if err := w.complete(next, total); err != nil {
			return err
		}
	}
	if limit := int64(w.stream.Pagination.MaxPages); limit > 0 && !page.Last && next.Pages >= limit {
		return fmt.Errorf("the walk has more than max_pages: %d pages", limit)
	}
	page.Next = next
	return nil
}

// ends decides whether a page is the last: what the definition's more and
// stop say goes before what the type found.
func (w *Walk) ends(step step, next Position, n int64) (bool, error) {
	p := &w.stream.Pagination
	last := !step.more
	if !p.More.IsZero() {
		v, err := w.eval(p.More)
		if err != nil {
			return false, fmt.Errorf("pagination.more: %w", err)
		}
		switch {
		case v.Missing():
		case v.Kind() != expr.KindBool:
			return false, fmt.Errorf("pagination.more: expected true or false, got %s", clip(v.Text()))
		case !v.Truth():
			last = true
		case !step.possible:
			return false, fmt.Errorf("the answer says that there is more, but not where: %s", step.missing)
		default:
			last = false
		}
	}
	if p.Stop != nil && !last {
		v, err := p.Stop.Eval(w.vars)
		if err != nil {
			return false, fmt.Errorf("pagination.stop: %w", err)
		}
		last = v.Truth()
	}
	return last, nil
}

// suspect finds a walk that goes round: the same token or the same body twice.
func (w *Walk) suspect(page *Page, next Position) error {
	now := trace{request: page.Request, content: w.content(page), pages: next.Pages}
	if key := w.nextKey(next); key != "" {
		now.token = maphash.String(w.seed, key) | 1
	}
	defer func() { w.last = now }()
	if w.stream.Pagination.Session {
		return nil
	}
	for _, before := range []trace{w.last, w.seen} {
		if now.token != 0 && now.token == before.token {
			return fmt.Errorf("names the same next page as %s did: the walk goes round", before.request)
		}
	}
	if w.last.pages > 0 && now.content == w.last.content && (page.Records.Len() > 0 || w.numbered()) {
		return fmt.Errorf("the same page again as from %s: does the API take the page's parameter?", w.last.request)
	}
	if w.stride--; w.stride <= 0 { // Brent: finds any round, with one page remembered
		w.seen, w.stride = now, now.pages
	}
	return nil
}

// content is the hash by which a page is known again: that of its records,
// since envelopes hold times and ids of requests.
func (w *Walk) content(page *Page) uint64 {
	if page.Records.Len() == 0 {
		return maphash.Bytes(w.seed, page.Body)
	}
	var h maphash.Hash
	h.SetSeed(w.seed)
	for i := range page.Records.Len() {
		h.Write(page.Records.Record(i))
	}
	return h.Sum64()
}

// nextKey is what a position of the cursor types asks for.
func (w *Walk) nextKey(next Position) string {
	switch w.stream.Pagination.Type {
	case sources.PaginateCursor, sources.PaginateKeyset:
		return string(next.Token)
	case sources.PaginateNextURL, sources.PaginateLinkHeader:
		return next.URL
	}
	return ""
}

// eval evaluates a Ref over the answer.
func (w *Walk) eval(r sources.Ref) (expr.Value, error) {
	return EvalRef(r, w.vars, w.answer.Body, w.answer.Header)
}

// EvalRef evaluates a Ref over a proven answer. What is not there is
// undefined.
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
	return pathValue(body, r.Path), nil
}

// seal makes a token fit to be kept.
func (w *Walk) seal(text string) (string, error) {
	sealed, ok := w.client.Secrets.Seal(text)
	if !ok {
		return "", fmt.Errorf("the next page's token cannot be kept: %s", clip(w.client.Secrets.Redact(text)))
	}
	return sealed, nil
}

func (w *Walk) sealToken(v expr.Value) (json.RawMessage, error) {
	sealed, err := w.seal(string(v.AppendJSON(nil)))
	return json.RawMessage(sealed), err
}

// clip shortens what a message quotes.
func clip(text string) string {
	const most = 80
	if len(text) > most {
		return text[:most] + "…"
	}
	return text
}
