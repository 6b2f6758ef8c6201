package tap

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/tap-rest/tap-rest/catalog/raw"
	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/sources/fetch/ref"
	"github.com/tap-rest/tap-rest/tap/logs"
	"github.com/tap-rest/tap-rest/tap/render"
)

// sampleRecords is from how many records on a schema is inferred without asking
// for more pages.
const sampleRecords = 500

// sample is what a schema is inferred from: the first pages of a stream, and a
// page of its other end, where the definition lets us ask for that.
type sample struct {
	*render.Learned
	last     bool            // the stream has no more pages
	next     paging.Position // after the last page of the start
	size     int64           // records of the first page
	pages    int64           // in all, as the API counts; 0: unknown
	from, to []byte          // replication values at the start: of the first and of the last record
}

// inferSchema infers a schema from a sample, or takes it from a file that says it
// itself. Without any records it says nothing of them.
func (w *probe) inferSchema(ctx context.Context) (doc json.RawMessage, s *sample, err error) {
	s = &sample{Learned: render.NewLearned()}
	err = w.firstPages(ctx, func(page *fetch.Page) (bool, error) {
		if err := w.renderer.Learn(s.Learned, page); err != nil {
			return false, err
		}
		return s.Records < sampleRecords && !s.enough(), s.look(w, page)
	})
	if err == nil && !s.last && !s.enough() && !w.pass.many && !w.exports() {
		err = w.takeOtherEnd(ctx, s)
	}
	if err != nil {
		return nil, s, err
	}
	if doc, err = s.Schema(w.stream.Keys); err != nil {
		err = fmt.Errorf("%s: the schema that the file says itself: %w", w.stream.Name, err)
	}
	return doc, s, err
}

// enough reports whether more records would say nothing more.
func (s *sample) enough() bool { return s.Told() && s.Records > 0 }

// look notes what a page from the start says about the other end.
func (s *sample) look(w *probe, page *fetch.Page) error {
	n := page.Records.Len()
	s.last, s.next = page.Last, page.Next
	if n > 0 && w.stream.ReplicationKey != "" {
		if s.from == nil {
			s.from = slices.Clone(raw.Text(page.Records.Record(0)).Field(w.stream.ReplicationKey))
		}
		s.to = slices.Clone(raw.Text(page.Records.Record(n - 1)).Field(w.stream.ReplicationKey))
	}
	if s.size == 0 {
		s.size = int64(n)
	}
	total := w.stream.Definition.Pagination.Ends.TotalPages
	if total.IsZero() {
		return nil
	}
	vars := slices.Clone(w.renderer.Vars())
	vars[sources.VarResponse], vars[sources.VarHeaders] = expr.JSONBytes(page.Body.Text), fetch.HeaderValue(page.Header)
	v, err := ref.Eval(total, vars, page.Body.Text, page.Header)
	if pages, ok := v.Int64(); ok {
		s.pages = pages
	}
	return err
}

// takeOtherEnd adds one page of the other end to the sample. An API that
// refuses it leaves the sample as it is: it would the next time, too.
func (w *probe) takeOtherEnd(ctx context.Context, s *sample) error {
	walk := w.otherEnd(s)
	if walk == nil {
		return nil
	}
	defer walk.Close()
	page, err := walk.Next(ctx)
	var e *fetch.Error
	if errors.As(err, &e) && e.Class != fetch.Transient {
		w.run.Log.Info("the schema is inferred from the first pages alone", "stream", w.stream.Name, "why", logs.Unnamed(w.stream.Name, err))
		return nil
	}
	if err != nil {
		return err
	}
	defer page.Release()
	_, err = w.visit(page, func(p *fetch.Page) (bool, error) { return true, w.renderer.Learn(s.Learned, p) })
	return err
}

// otherEnd returns a walk that begins at the other end, nil where the
// definition does not let us ask for it, or the request would be the first one.
func (w *probe) otherEnd(s *sample) *fetch.Walk {
	if at, ok := s.lastPage(&w.stream.Definition.Pagination); ok {
		return w.walker.newWalk(at)
	}
	end, ok := w.stream.Clock.OtherEnd(s.from, s.to, w.pass.decision.Pass.AsOf, w.part.Part.Vars)
	if !ok {
		return nil
	}
	vars := slices.Clone(w.part.Part.Vars)
	vars[sources.VarWindow] = end.Value()
	walk := w.walker.client.NewWalk(w.stream.Definition, w.walker.splitter, vars, paging.Position{}, &w.pass.track.counters)
	if walk.SameRequest(w.walker.newWalk(paging.Position{})) {
		return nil
	}
	return walk
}

// lastPage returns where the last page is, if pages are counted, the API says
// how many there are, and it was not among the first ones.
func (s *sample) lastPage(p *sources.Pagination) (at paging.Position, ok bool) {
	if s.size == 0 {
		return at, false
	}
	total, pages := s.next.Total, s.pages
	if pages == 0 && total != nil {
		pages = (*total + s.size - 1) / s.size
	}
	at, ok = paging.Skip(p, pages-1, s.size)
	if total != nil {
		at.Records = *total // it is no end of a walk that has them all
	}
	return at, ok && at.Number >= s.next.Number && at.Offset >= s.next.Offset
}
