package fetch_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidwall/gjson"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/testshare"
)

// heavy is an API whose rows are more than it can give at a time: from one row on, only
// so many.
type heavy struct {
	rows, from, most int
	cap              int // rows that it gives at a time, whatever it is asked for; 0: as many
	refuse           func(*http.Request) (*http.Response, error)
	asked            []string // the place and size of each request
}

func (a *heavy) RoundTrip(r *http.Request) (*http.Response, error) {
	q := r.URL.Query()
	number := func(name string) int { n, _ := strconv.Atoi(q.Get(name)); return n }
	size, at := number("n"), number("offset")+number("cursor")+number("after")
	if r.Body != nil {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		size, at = int(gjson.GetBytes(body, "variables.first").Int()), int(gjson.GetBytes(body, "variables.after").Int())
	}
	given := size
	if a.cap > 0 {
		given = min(size, a.cap)
	}
	if q.Has("page") {
		at = (number("page") - 1) * given
	}
	a.asked = append(a.asked, fmt.Sprintf("%d+%d", at, size))
	if at+size > a.from && size > a.most {
		return a.refuse(r)
	}
	rows := []map[string]int{}
	for id := at + 1; id <= min(a.rows, at+given); id++ {
		rows = append(rows, map[string]int{"id": id})
	}
	more := at+given < a.rows
	answered := map[string]any{"data": rows, "info": map[string]any{"pageInfo": map[string]any{"hasNextPage": more, "endCursor": fmt.Sprint(at + given)}}}
	if more {
		answered["next"] = at + given
	}
	if q.Has("page") && a.cap == 0 {
		answered["pages"] = (a.rows + size - 1) / size
	}
	body, err := json.Marshal(answered)
	return answer{status: 200, body: string(body)}.response(r), err
}

// refusals are the ways in which an API can have too much to give.
var refusals = map[string]func(*http.Request) (*http.Response, error){
	"504": func(r *http.Request) (*http.Response, error) { return answer{status: 504}.response(r), nil },
	"late": func(r *http.Request) (*http.Response, error) {
		<-r.Context().Done()
		return nil, r.Context().Err()
	},
	"late body": func(r *http.Request) (*http.Response, error) {
		resp := answer{status: 200}.response(r)
		resp.Body, resp.ContentLength = io.NopCloser(hangs{r}), -1
		return resp, nil
	},
}

// hangs is a body of which no byte comes.
type hangs struct{ r *http.Request }

func (h hangs) Read([]byte) (int, error) {
	<-h.r.Context().Done()
	return 0, h.r.Context().Err()
}

const smallerRule = `timeout: 20s, errors: [{status: [504, timeout, too_large], do: smaller_page}], max_in_flight: 3`

// sizedWays are the ways to page whose pages have a size, which is 24.
var sizedWays = map[string]string{
	"page":       `pagination: {type: page, param: page, size_param: n, size: 24}`,
	"pages":      `pagination: {type: page, param: page, size_param: n, size: 24, total_pages: pages}`,
	"offset":     `pagination: {type: offset, param: offset, size_param: n, size: 24}`,
	"overlap":    `primary_key: [id], pagination: {type: offset, param: offset, size_param: n, size: 24, overlap: 1}`,
	"cursor":     `pagination: {type: cursor, next: next, param: cursor, size_param: n, size: 24}`,
	"template":   `params: {n: "{{ page.size }}"}, pagination: {type: cursor, next: next, param: cursor, size: 24}`,
	"keyset":     `primary_key: [id], pagination: {type: keyset, field: id, param: after, size_param: n, size: 24}`,
	"connection": `body: {graphql: {query: "query($first: Int, $after: String) {info(first: $first, after: $after) {pageInfo {hasNextPage endCursor}}}"}}, pagination: {type: relay, connection: info, size: 24}`,
}

// TestSmallerPage: where an API has too much to give, at first or on the way, smaller
// pages are asked for, every row comes once, and each size is tried but once. A run that
// goes on from any page, with the journal or the state alone, knows the size.
func TestSmallerPage(t *testing.T) {
	for refusal, refuse := range refusals {
		for way, text := range sizedWays {
			for _, from := range []int{0, 100} {
				t.Run(fmt.Sprintf("%s/%s/%d", refusal, way, from), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						s := define(t, smallerRule, `path: /x, `+text)[0]
						api := &heavy{rows: 200, from: from, most: 6, refuse: refuse}
						checkSmaller(t, s, api)
					})
				})
			}
		}
	}
}

// TestSmallerPageOfLongAnswers: an answer that would have to be in memory whole, and is
// too large for that, is asked for with fewer rows.
func TestSmallerPageOfLongAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := define(t, smallerRule, `path: /x, add: {all: "{{ response.data | length }}"}, `+sizedWays["cursor"])[0]
		long := `{"data":[{"id":"` + strings.Repeat("x", 9<<20) + `"}]}`
		api := &heavy{rows: 30, most: 12, refuse: func(r *http.Request) (*http.Response, error) {
			return answer{status: 200, body: long}.response(r), nil
		}}
		got := newRig(t, s, api).run(s, paging.Position{})
		if got.err != nil || len(api.asked) != 4 {
			t.Errorf("%v, asked for %v", got.err, api.asked)
		}
		wantIDs(t, got.ids, upTo(30))
	})
}

func checkSmaller(t *testing.T, s *sources.Stream, api *heavy) {
	dir := t.TempDir()
	j := openJournal(t, dir)
	r := newRig(t, s, api)
	w := r.walk(s, paging.Position{})
	record(t, w, j)
	w.OneByOne()
	live := drain(t, w)
	if live.err != nil {
		t.Fatal(live.err)
	}
	wantIDs(t, live.ids, upTo(200))
	if n := r.counters.Retries.Load(); n != 2 {
		t.Errorf("%d requests were made again, want 2, with 12 and 6 rows: %v", n, api.asked)
	}
	calls := len(api.asked)
	j = reopened(t, dir, j)
	w = r.walk(s, paging.Position{})
	record(t, w, j)
	w.OneByOne()
	if got := drain(t, w); got.err != nil || len(api.asked) != calls {
		t.Errorf("the journal has all, but %v was asked for; %v", api.asked[calls:], got.err)
	} else {
		wantIDs(t, got.ids, upTo(200))
	}
	for i, next := range live.nexts {
		if !testshare.Takes(i+1, len(live.nexts)) {
			continue
		}
		at, _ := kept(t, next)
		w := r.walk(s, at)
		w.OneByOne()
		got := drain(t, w)
		if got.err != nil {
			t.Fatal(got.err)
		}
		wantIDs(t, got.ids, upTo(200)[live.upTo[i]:])
	}
}

// TestSmallerPageInFlight: pages that were asked for ahead with another size are thrown
// away, and none of their rows is lost or comes twice.
func TestSmallerPageInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := define(t, smallerRule, `path: /x, `+sizedWays["pages"])[0]
		api := &heavy{rows: 200, from: 60, most: 6, refuse: refusals["504"]}
		got := newRig(t, s, oneAtATime(api)).run(s, paging.Position{})
		if got.err != nil {
			t.Fatal(got.err)
		}
		wantIDs(t, got.ids, upTo(200))
	})
}

// oneAtATime is an API of which no two requests are answered at the same time.
func oneAtATime(api http.RoundTripper) http.RoundTripper {
	turn := make(chan struct{}, 1)
	return transport(func(r *http.Request) (*http.Response, error) {
		turn <- struct{}{}
		defer func() { <-turn }()
		time.Sleep(10 * time.Millisecond)
		return api.RoundTrip(r)
	})
}

// TestNoSmallerPage: what cannot be made smaller fails, and says what it was and why: a
// page of one record, and numbered pages of which the API gives less than it is asked
// for, whether that shows before or after.
func TestNoSmallerPage(t *testing.T) {
	for _, tt := range []struct {
		name, way string
		api       heavy
		want      string
	}{
		{"one record", "cursor", heavy{rows: 9}, "answered 504 Gateway Timeout; a smaller page is not possible: a page of one record is the smallest there is"},
		{"a cap before", "page", heavy{rows: 99, from: 50, most: 5, cap: 10},
			"a smaller page is not possible: 3 pages of 24 records would be 72, and 30 came: with another size nobody knows which page comes next. Set pagination.size to what the API gives at a time"},
		{"a cap after", "page", heavy{rows: 99, most: 12, cap: 10},
			"the API does not keep to the size of pages, which do: smaller_page made 12: 10 records came, after 10 on 1 pages. Set pagination.size to what it gives at a time"},
		{"overlap", "overlap", heavy{rows: 9}, "pages of 3 records are the smallest with overlap: 1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := define(t, smallerRule, `path: /x, `+sizedWays[tt.way])[0]
				api := tt.api
				api.refuse = refusals["504"]
				e := failure(t, newRig(t, s, &api).run(s, paging.Position{}).err)
				if e.Class != fetch.Permanent || !strings.Contains(e.Error(), tt.want) {
					t.Errorf("got %v\nwant %s; asked for %v", e, tt.want, api.asked)
				}
			})
		})
	}
}
