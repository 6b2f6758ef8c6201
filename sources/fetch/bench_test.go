package fetch_test

import (
	"errors"
	"io"
	"net/http"
	"testing"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/tap/render/pages"
	"github.com/tap-rest/tap-rest/testshare"
)

// reusing is a splitter that makes no new page, as the program does not.
type reusing struct {
	*pages.Splitter
	last fetch.Records
}

func (s *reusing) Split(body []byte) (r fetch.Records, err error) {
	s.Recycle(s.last)
	s.last, err = s.Splitter.Split(body)
	return s.last, err
}

var _ fetch.Splitter = (*reusing)(nil)

// recorded is an API that gives the answers of another one again, without the
// work that they take.
func recorded(t testing.TB, s *sources.Stream, records, size int) *script {
	api := apitest.New().Add(orders(records, func(c *apitest.Collection) { c.Size, c.Total, c.Form.HasMore = size, true, true }))
	all := &script{}
	r := newRig(t, s, transport(func(q *http.Request) (*http.Response, error) {
		resp, err := api.RoundTrip(q)
		if err != nil {
			return nil, err
		}
		body, err := io.ReadAll(resp.Body)
		all.answers = append(all.answers, answer{resp.StatusCode, string(body), resp.Header})
		return all.answers[len(all.answers)-1].response(q), err
	}))
	if got := r.run(s, paging.Position{}); got.err != nil {
		t.Fatal(got.err)
	}
	return all
}

const benchStream = `path: /orders, pagination: {type: cursor, next: next_page, param: cursor, more: has_more, total: meta.total}`

// walkOnce reads recorded answers out once.
func walkOnce(t testing.TB, r *rig, s *sources.Stream, split *reusing, api *script) (pages int) {
	api.requests = api.requests[:0]
	w := r.client.NewWalk(s, split, r.vars, paging.Position{}, &r.counters)
	for {
		page, err := w.Next(t.Context())
		if errors.Is(err, io.EOF) {
			return pages
		}
		if err != nil {
			t.Fatal(err)
		}
		pages++
		page.Release()
	}
}

// BenchmarkWalk walks over 100 pages of 1,000 orders of about 540 bytes.
func BenchmarkWalk(b *testing.B) {
	s := define(b, "", benchStream)[0]
	api := recorded(b, s, 100_000, 1000)
	r := newRig(b, s, api)
	split := &reusing{Splitter: newSplitter(b, s.Records)}
	var size int64
	for _, a := range api.answers {
		size += int64(len(a.body))
	}
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		if pages := walkOnce(b, r, s, split, api); pages != 100 {
			b.Fatalf("%d pages", pages)
		}
	}
}

// TestNothingIsAllocatedPerRecord compares pages of 1,000 records with pages
// of 10.
func TestNothingIsAllocatedPerRecord(t *testing.T) {
	if testshare.Race {
		t.Skip("the race detector allocates, too")
	}
	perPage := func(size int) float64 {
		s := define(t, "", benchStream)[0]
		api := recorded(t, s, 4*size, size)
		r := newRig(t, s, api)
		split := &reusing{Splitter: newSplitter(t, s.Records)}
		return testing.AllocsPerRun(10, func() { walkOnce(t, r, s, split, api) }) / 4
	}
	small, large := perPage(10), perPage(1000)
	if large > small+20 {
		t.Errorf("%.0f allocations for a page of 1,000 records, %.0f for one of 10", large, small)
	}
}
