package fetch_test

import (
	"context"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/testshare"
)

// latency is an API whose answers take so long each, or a while by chance where
// that is 0. It knows how many requests were in flight at most.
type latency struct {
	api       http.RoundTripper
	each      time.Duration
	now, most atomic.Int64
	count     atomic.Int64
}

func (l *latency) RoundTrip(r *http.Request) (*http.Response, error) {
	l.count.Add(1)
	if n := l.now.Add(1); n > l.most.Load() {
		l.most.Store(n)
	}
	defer l.now.Add(-1)
	wait := l.each
	if wait == 0 {
		wait = rand.N(100 * time.Millisecond)
	}
	select {
	case <-time.After(wait):
		return l.api.RoundTrip(r)
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

// counted is an API of n orders whose pages are counted, 10 on a page.
func counted(style apitest.Style, n int, options ...apitest.Option) *apitest.API {
	return apitest.New(options...).Add(orders(n, func(c *apitest.Collection) { c.Style, c.Total = style, true }))
}

const (
	pagesStream  = `path: /orders, pagination: {type: page, param: page, total_pages: meta.pages}`
	totalStream  = `path: /orders, pagination: {type: page, param: page, total: meta.total}`
	offsetStream = `path: /orders, pagination: {type: offset, param: offset, total: meta.total}`
)

// TestPagesAhead: pages that are known are asked for at once, as many as may be in
// flight, and come in order however the answers do.
func TestPagesAhead(t *testing.T) {
	for _, tt := range []struct {
		name, client, stream string
		style                apitest.Style
		records              int
		calls, flight        int64
	}{
		{"page with total_pages", "max_in_flight: 8", pagesStream, apitest.Page, 205, 21, 8},
		{"page with total", "max_in_flight: 8", totalStream, apitest.Page, 205, 21, 8},
		{"offset with total", "max_in_flight: 8", offsetStream, apitest.Offset, 205, 21, 8},
		{"one request at a time", "max_in_flight: 1", pagesStream, apitest.Page, 205, 21, 1},
		{"ahead is less", "max_in_flight: 8", `path: /orders, pagination: {type: page, param: page, total_pages: meta.pages, ahead: 3}`, apitest.Page, 205, 21, 3},
		{"ahead is one", "max_in_flight: 8", `path: /orders, pagination: {type: page, param: page, total_pages: meta.pages, ahead: 1}`, apitest.Page, 205, 21, 1},
		{"no total", "max_in_flight: 8", `path: /orders, pagination: {type: page, param: page}`, apitest.Page, 205, 22, 1},
		{"ahead without a total", "max_in_flight: 8", `path: /orders, pagination: {type: page, param: page, ahead: 4}`, apitest.Page, 205, 25, 4},
		{"offset ahead without a total", "max_in_flight: 8", `path: /orders, pagination: {type: offset, param: offset, ahead: 4}`, apitest.Offset, 205, 0, 4},
		{"session", "max_in_flight: 8", `path: /orders, cookies: true, pagination: {type: page, param: page, total_pages: meta.pages}`, apitest.Page, 205, 21, 1},
		{"rate limit", "max_in_flight: 8, rate_limit: {requests: 3, per: 1s}", pagesStream, apitest.Page, 205, 21, 2},
		{"one page", "max_in_flight: 8", pagesStream, apitest.Page, 5, 2, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				stream := define(t, tt.client, tt.stream)[0]
				api := &latency{api: counted(tt.style, tt.records)}
				r := newRig(t, stream, api)
				got := r.run(stream, paging.Position{})
				if got.err != nil {
					t.Error(got.err)
				}
				wantIDs(t, got.ids, upTo(tt.records))
				if n := api.count.Load(); tt.calls > 0 && n != tt.calls {
					t.Errorf("got %d calls, want %d", n, tt.calls)
				}
				if n := api.most.Load(); n != tt.flight {
					t.Errorf("got %d requests in flight, want %d", n, tt.flight)
				}
				if n, unused := r.gate.entered.Load(), r.counters.Unused.Load(); tt.calls == 25 && unused != 3 || n != r.counters.Requests.Load() {
					t.Errorf("%d requests were let through, %d counted, and %d answers thrown away", n, r.counters.Requests.Load(), unused)
				}
			})
		})
	}
}

// TestPagesAheadThatFail: what fails ahead is asked for again in its turn, and
// nothing is missing.
func TestPagesAheadThatFail(t *testing.T) {
	for seed := range uint64(40) {
		synctest.Test(t, func(t *testing.T) {
			stream := define(t, "max_in_flight: 8, retry: {attempts: 20, min_wait: 1ms, max_wait: 1s, cool_down: 0s}", offsetStream)[0]
			good := counted(apitest.Offset, 205)
			var mu sync.Mutex
			chance := rand.New(rand.NewPCG(seed, 1))
			api := &latency{api: transport(func(q *http.Request) (*http.Response, error) {
				mu.Lock()
				defer mu.Unlock()
				switch chance.IntN(6) {
				case 0:
					return answer{503, "{}", nil}.response(q), nil
				case 1:
					return answer{429, "{}", http.Header{"Retry-After": {"1"}}}.response(q), nil
				case 2:
					return nil, io.ErrUnexpectedEOF
				}
				return good.RoundTrip(q)
			})}
			got := newRig(t, stream, api).run(stream, paging.Position{})
			if got.err != nil {
				t.Error(seed, got.err)
			}
			wantIDs(t, got.ids, upTo(205))
		})
	}
}

// TestPagesAheadOfListsThatChange: rows go and come while many pages are under way;
// what was there all along is read.
func TestPagesAheadOfListsThatChange(t *testing.T) {
	const seeds = 200
	for seed := range uint64(seeds) {
		if !testshare.Takes(int(seed)+1, seeds) {
			continue
		}
		synctest.Test(t, func(t *testing.T) {
			chance := rand.New(rand.NewPCG(seed, 2))
			list := newShifting(200, 10, false)
			list.counts = true
			changes := 1 + chance.IntN(6)
			at := map[int]bool{}
			for range changes {
				at[2+chance.IntN(18)] = true
			}
			list.change = func(n int) {
				if at[n] && len(list.rows) > 0 {
					list.remove(chance.IntN(len(list.rows)))
				}
			}
			var mu sync.Mutex
			api := &latency{api: transport(func(q *http.Request) (*http.Response, error) {
				mu.Lock()
				defer mu.Unlock()
				return list.RoundTrip(q)
			})}
			way := []string{"page, param: page", "offset, param: offset"}[seed%2]
			path := []string{"/page", "/offset"}[seed%2]
			stream := define(t, "max_in_flight: 8", fmt.Sprintf(`path: %s, primary_key: [id], on_incomplete: warn, pagination: {type: %s, total: total}`, path, way))[0]
			got := newRig(t, stream, api).run(stream, paging.Position{})
			if got.err != nil {
				t.Fatal(seed, got.err)
			}
			for id := range list.always {
				if !slices.Contains(got.ids, fmt.Sprint(id)) {
					t.Fatalf("seed %d: row %d was there all along, and did not come; asked %v", seed, id, list.asked)
				}
			}
		})
	}
}

// TestPagesAheadProveAsMuch: lists that lose and gain many rows at once while they
// are read are read as well many pages at once as page by page: what was there all
// along comes, and no end is in doubt.
func TestPagesAheadProveAsMuch(t *testing.T) {
	ways := []struct{ path, keys string }{
		{"/page", "type: page, param: page, total: total"},
		{"/page", "type: page, param: page, total: total, total_pages: pages"},
		{"/offset", "type: offset, param: offset, total: total"},
	}
	const seeds = 600
	for seed := range uint64(seeds) {
		if !testshare.Takes(int(seed)+1, seeds) {
			continue
		}
		for _, flight := range []int{1, 8} {
			way := ways[seed%3]
			chance := rand.New(rand.NewPCG(seed, 3))
			size := 1 + chance.IntN(5)
			list := newShifting(size*(2+chance.IntN(8))+chance.IntN(size), size, false)
			list.counts = true
			grows := map[int]int{}
			for range 1 + chance.IntN(4) {
				grows[2+chance.IntN(len(list.rows)/size+1)] = chance.IntN(12) - 8
			}
			list.change = func(n int) {
				for range -grows[n] {
					if len(list.rows) > size {
						list.remove(chance.IntN(len(list.rows)))
					}
				}
				for range grows[n] {
					list.insert(chance.IntN(len(list.rows) + 1))
				}
			}
			asked := map[string]uint64{}
			var mu sync.Mutex
			api := transport(func(q *http.Request) (*http.Response, error) {
				mu.Lock()
				asked[q.URL.RawQuery]++
				h := fnv.New64a()
				fmt.Fprint(h, q.URL.RawQuery, asked[q.URL.RawQuery], seed)
				mu.Unlock()
				select {
				case <-time.After(time.Duration(h.Sum64() % 1e8)):
				case <-q.Context().Done():
					return nil, q.Context().Err()
				}
				mu.Lock()
				defer mu.Unlock()
				return list.RoundTrip(q)
			})
			synctest.Test(t, func(t *testing.T) {
				stream := define(t, fmt.Sprintf("max_in_flight: %d", flight), fmt.Sprintf(`path: %s, primary_key: [id], pagination: {%s}`, way.path, way.keys))[0]
				got := newRig(t, stream, api).run(stream, paging.Position{})
				if got.err != nil {
					t.Errorf("seed %d, %d at once, %s: %v; asked %v", seed, flight, way.keys, got.err, list.asked)
				}
				for id := range list.always {
					if got.err == nil && !slices.Contains(got.ids, fmt.Sprint(id)) {
						t.Errorf("seed %d, %d at once, %s: row %d was there all along, and did not come; asked %v", seed, flight, way.keys, id, list.asked)
					}
				}
			})
		}
	}
}

// TestPagesAheadAreKept kills a walk while request n is under way: the next one
// takes all answers that came from the journal, also those behind a gap, and asks
// for nothing that was answered.
func TestPagesAheadAreKept(t *testing.T) {
	for n := int64(1); n <= 21; n++ {
		synctest.Test(t, func(t *testing.T) {
			stream := define(t, "max_in_flight: 8", pagesStream)[0]
			dir := t.TempDir()
			j := openJournal(t, dir)
			var answered atomic.Int64
			ctx, kill := context.WithCancel(t.Context())
			api := &latency{}
			good := counted(apitest.Page, 205)
			api.api = transport(func(q *http.Request) (*http.Response, error) {
				if answered.Load() >= n-1 {
					kill()
					return nil, context.Canceled
				}
				answered.Add(1)
				return good.RoundTrip(q)
			})
			r := newRig(t, stream, api)
			w := r.walk(stream, paging.Position{})
			record(t, w, j)
			var ids []string
			for {
				page, err := w.Next(ctx)
				if err != nil {
					break
				}
				page.Release()
			}
			w.Close()
			came := good.Count()
			j = reopened(t, dir, j)

			r = newRig(t, stream, &latency{api: good})
			w = r.walk(stream, paging.Position{})
			record(t, w, j)
			got := drain(t, w)
			if ids = got.ids; got.err != nil {
				t.Error(got.err)
			}
			wantIDs(t, ids, upTo(205))
			if all := good.Count(); all != 21 {
				t.Errorf("killed at request %d, when %d were answered: %d were answered in all, want 21", n, came, all)
			}
		})
	}
}

// TestPagesAheadOfAnOldList: after a kill, answers from behind the first call are
// of use only where the total shows that the list is still the same.
func TestPagesAheadOfAnOldList(t *testing.T) {
	for _, tt := range []struct {
		name, stream string
		records      int // when the walk goes on
		recalled     int64
	}{
		{"the same total", totalStream, 95, 1 + 7},
		{"another total", totalStream, 96, 1},
		{"no total", `path: /orders, pagination: {type: page, param: page, ahead: 8}`, 95, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				stream := define(t, "max_in_flight: 8", tt.stream)[0]
				dir := t.TempDir()
				j := openJournal(t, dir)
				good := counted(apitest.Page, 95)
				r := newRig(t, stream, transport(func(q *http.Request) (*http.Response, error) {
					if q.URL.Query().Get("page") == "2" { // never answers
						<-q.Context().Done()
						return nil, q.Context().Err()
					}
					return good.RoundTrip(q)
				}))
				ctx, kill := context.WithTimeout(t.Context(), time.Second)
				defer kill()
				w := r.walk(stream, paging.Position{})
				record(t, w, j)
				for page, err := w.Next(ctx); err == nil; page, err = w.Next(ctx) {
					page.Release()
				}
				j = reopened(t, dir, j)

				r = newRig(t, stream, counted(apitest.Page, tt.records))
				w = r.walk(stream, paging.Position{})
				record(t, w, j)
				got := drain(t, w)
				if got.err != nil {
					t.Error(got.err)
				}
				ids := slices.Compact(got.ids)
				for _, id := range upTo(tt.records) {
					if !slices.Contains(ids, id) {
						t.Errorf("record %s did not come", id)
					}
				}
				if n := r.counters.Saved.Exchanges.Load(); n != tt.recalled {
					t.Errorf("%d came from the journal, want %d", n, tt.recalled)
				}
			})
		})
	}
}

// TestPagesAheadHoldNothing: a walk of which no more is wanted, or that is told to
// stop, leaves no request behind, and what is under way is taken after a stop.
func TestPagesAheadHoldNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stream := define(t, "max_in_flight: 8", pagesStream)[0]
		api := &latency{api: counted(apitest.Page, 205), each: time.Second}
		r := newRig(t, stream, api)
		w := r.walk(stream, paging.Position{})
		for range 2 {
			page, err := w.Next(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			page.Release()
		}
		r.gate.shut()
		taken := 2
		for {
			page, err := w.Next(t.Context())
			if err != nil {
				break
			}
			taken++
			page.Release()
		}
		if n := api.count.Load(); int64(taken) != n || n != 9 {
			t.Errorf("%d of %d answers were taken, want all 9", taken, n)
		}
		synctest.Wait()

		r = newRig(t, stream, api)
		w = r.walk(stream, paging.Position{})
		for range 2 {
			page, _ := w.Next(t.Context())
			page.Release()
		}
		w.Close()
		if n := api.now.Load(); n != 0 {
			t.Errorf("%d requests are in flight after Close", n)
		}
	})
}

// TestKnownPagesTakeAnEighth: 200 pages of 50 ms take at most 1.3 of an eighth of
// the sum with 8 in flight, and a cursor walk 1.05 of the sum.
func TestKnownPagesTakeAnEighth(t *testing.T) {
	took := func(stream *sources.Stream, style apitest.Style) (took time.Duration) {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, stream, &latency{api: counted(style, 2000), each: 50 * time.Millisecond})
			start := time.Now()
			if got := r.run(stream, paging.Position{}); got.err != nil || len(got.ids) != 2000 {
				t.Errorf("got %d records, %v", len(got.ids), got.err)
			}
			took = time.Since(start)
		})
		return took
	}
	const sum = 200 * 50 * time.Millisecond
	known := took(define(t, "max_in_flight: 8", pagesStream)[0], apitest.Page)
	cursor := took(define(t, "max_in_flight: 8", benchStream)[0], apitest.Cursor)
	t.Logf("known pages took %v (%.3f of an eighth), a cursor walk %v (%.3f of the sum)", known, 8*float64(known)/float64(sum), cursor, float64(cursor)/float64(sum))
	if known > sum*13/80 || cursor > sum*105/100 {
		t.Errorf("known pages took %v, and a cursor walk %v", known, cursor)
	}
}

// BenchmarkKnownPages walks over 200 pages that take 50 ms each, 8 at once.
func BenchmarkKnownPages(b *testing.B) {
	s := define(b, "max_in_flight: 8", pagesStream)[0]
	api := &latency{api: counted(apitest.Page, 2000), each: 50 * time.Millisecond}
	for b.Loop() {
		r := newRig(b, s, api)
		if got := r.run(s, paging.Position{}); got.err != nil {
			b.Fatal(got.err)
		}
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)/(200*0.05/8), "of-an-eighth")
}
