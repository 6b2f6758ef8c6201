package fetch_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/testshare"
)

// page is an answer with the records first to last and more members.
func page(first, last int, members string) answer {
	rows := []string{}
	for id := first; id <= last; id++ {
		rows = append(rows, fmt.Sprintf(`{"id":%d}`, id))
	}
	return answer{status: 200, body: `{"data":[` + strings.Join(rows, ",") + `]` + members + `}`}
}

// letters is an API whose cursors go through the text, one letter a page, and
// then from its last letter to its first again: every page has other records.
func letters(round string) http.RoundTripper {
	n := 0
	return transport(func(r *http.Request) (*http.Response, error) {
		n++
		return page(n, n, fmt.Sprintf(`,"next":"%c"`, round[(n-1)%len(round)])).response(r), nil
	})
}

// beginsAnew is an API that begins anew with each request, under another token.
func beginsAnew() http.RoundTripper {
	n := 0
	return transport(func(r *http.Request) (*http.Response, error) {
		n++
		return page(1, 2, fmt.Sprintf(`,"next":"T%d"`, n)).response(r), nil
	})
}

// beginsAnewAt is beginsAnew with records that say when they were read.
func beginsAnewAt() http.RoundTripper {
	n := 0
	return transport(func(r *http.Request) (*http.Response, error) {
		n++
		return says(200, fmt.Sprintf(`{"data":[{"id":1,"read":%d},{"id":2,"read":%d}],"next":"T%d"}`, n, n, n)).response(r), nil
	})
}

// TestMayGoRound proves that a walk whose pages are all the same, under ever other
// tokens, says that it may go round where no primary key tells whether it does, once.
func TestMayGoRound(t *testing.T) {
	stream := define(t, "", `path: /orders, pagination: {type: cursor, next: next, body: id, session: true}, body: {json: {}}`)[0]
	w := newRig(t, stream, beginsAnew()).walk(stream, paging.Position{})
	for n := 1; n <= 250; n++ {
		page, err := w.Next(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		told := len(page.Remarks) == 1 && strings.Contains(page.Remarks[0], "101 pages in a row had the same records")
		if told != (n == 101) || len(page.Remarks) > 1 {
			t.Fatalf("page %d: remarks %q", n, page.Remarks)
		}
		page.Release()
	}
}

func TestEndsAreSuspected(t *testing.T) {
	const (
		cursor = `path: /orders, pagination: {type: cursor, next: next_page, param: cursor`
		next   = `path: /orders, pagination: {type: next_url, next: next`
		number = `path: /orders, pagination: {type: page, param: page`
		offset = `path: /orders, pagination: {type: offset, param: offset`
	)
	tests := []struct {
		name    string
		stream  string
		api     http.RoundTripper
		records int    // that come before
		request string // that the error is about
		before  string // the other one that it names; "" where there is none
		want    string
	}{
		{"same token", cursor + "}", apitest.New(apitest.On(2, apitest.SameToken())).Add(orders(50, nil)),
			20, "cursor=", "(page 2)", "the walk goes round"},
		{"same URL", next + "}", apitest.New(apitest.On(3, apitest.SameToken())).Add(orders(50, is(apitest.NextURL))),
			30, "cursor=", "(page 3)", "the walk goes round"},
		{"cycle of tokens", `path: /orders, pagination: {type: cursor, next: next, param: cursor}`, letters("ABC"),
			-1, "cursor=", "cursor=", "the walk goes round"},
		{"long cycle of tokens", `path: /orders, pagination: {type: cursor, next: next, param: cursor}`, letters("ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
			-1, "cursor=", "cursor=", "the walk goes round"},
		{"the first page again and again", cursor + "}", apitest.New(apitest.From(2, apitest.RepeatPage())).Add(orders(50, nil)),
			10, "cursor=", "GET http://api.test/orders (page 1)", "goes round"},
		{"a scroll that each request opens anew", `path: /orders, primary_key: [id], pagination: {type: cursor, next: next, body: id, session: true}, body: {json: {}}`, beginsAnew(),
			200, "/orders", "(page 100)", "101 pages in a row had the same records, and each named another next page"},
		{"a scroll that each request opens anew, whose records say when they were read", `path: /orders, primary_key: [id], pagination: {type: cursor, next: next, body: id, session: true}, body: {json: {}}`, beginsAnewAt(),
			200, "/orders", "(page 100)", "101 pages in a row had the same records, and each named another next page"},
		{"a token under another name", `path: /orders, pagination: {type: cursor, next: next_pag, param: cursor, total: meta.total}`, apitest.New().Add(orders(25, total)),
			0, "/orders", "", "walk ends here with 10 records; pagination.next, next_pag, matched no answer of the walk: is it spelled as the API does?"},
		{"a start before the first page", `path: /x, pagination: {type: page, param: page, start: 0, total: total}`, &script{answers: []answer{page(1, 0, `,"total":56`)}},
			0, "page=0", "", "pagination.total is 56, but the walk ends here with 0 records; the first page, number 0, is empty: are pagination.start and pagination.param right?"},
		{"a stop at less than was asked for", `path: /x, pagination: {type: page, param: page, size_param: n, size: 100, total: total, stop: "{{ page.records < page.size }}"}`,
			&script{answers: []answer{page(1, 25, `,"total":56`)}}, 0, "page=1", "",
			"ends here with 25 records; pagination.stop ended it, after a page of 25 where pagination.size asks for 100: if the API gives no more than 25 at a time, ask for 25, or leave stop out"},
		{"last page past the end", number + "}", apitest.New().Add(orders(25, with(is(apitest.Page), func(c *apitest.Collection) { c.Quirks.Clamp = true }))),
			25, "page=4", "page=3", "the same page again"},
		{"parameter not known", `path: /orders, pagination: {type: page, param: pg}`, apitest.New().Add(orders(25, is(apitest.Page))),
			10, "pg=2", "pg=1", "does the API take the page's parameter?"},
		{"short total, cursor", cursor + ", total: meta.total}", apitest.New(apitest.From(1, apitest.ShortTotal(1))).Add(orders(25, total)),
			20, "cursor=", "(page 2)", "pagination.total is 26, but the walk ends here with 25 records"},
		{"early end", cursor + ", total: meta.total}", apitest.New(apitest.On(2, apitest.EarlyEnd())).Add(orders(25, total)),
			10, "cursor=", "(page 1)", "pagination.total is 25, but the walk ends here with 20 records"},
		{"empty page before the total", offset + ", total: meta.total}", apitest.New(apitest.On(2, apitest.EmptyPage())).Add(orders(25, with(is(apitest.Offset), total))),
			10, "offset=10", "offset=0", "pagination.total is 25, but the walk ends here with 10 records"},
		{"empty page before the total, page", number + ", total: meta.total}", apitest.New(apitest.On(2, apitest.EmptyPage())).Add(orders(25, with(is(apitest.Page), total))),
			10, "page=2", "page=1", "pagination.total is 25, but the walk ends here with 10 records"},
		{"empty page after a shrunken total", `path: /rows, pagination: {type: offset, param: offset, total: total}`,
			&table{rows: sequence(1, 40), size: 10, empty: 5, change: map[int]func([]int) []int{3: func(rows []int) []int { return rows[12:] }}},
			-1, "offset=18", "page 4", "pagination.total is 28, but the walk ends here with 18 records"},
		{"more without a token", cursor + ", more: has_more}", apitest.New(apitest.On(2, apitest.DropToken())).Add(orders(25, more)),
			10, "cursor=", "(page 1)", "does not say where more is: there is no token at pagination.next"},
		{"more without a URL", next + ", more: has_more}", apitest.New(apitest.On(2, apitest.DropToken())).Add(orders(25, with(is(apitest.NextURL), more))),
			10, "cursor=", "(page 1)", "does not say where more is: there is no URL"},
		{"more without a link", `path: /orders, pagination: {type: link_header, more: has_more}`,
			apitest.New(apitest.On(2, apitest.DropToken())).Add(orders(25, with(is(apitest.Link), more))),
			10, "page=2", "(page 1)", `does not say where more is: no link of rel "next"`},
		{"more on an empty page, keyset", `path: /orders, pagination: {type: keyset, field: id, param: after, more: has_more}`,
			&script{answers: []answer{page(1, 2, `,"has_more":true`), page(1, 0, `,"has_more":true`)}},
			2, "after=2", "(page 1)", "a page without records has no last one"},
		{"more on an empty first page, offset", offset + ", more: has_more}", &script{answers: []answer{page(1, 0, `,"has_more":true`)}},
			0, "offset=0", "", "a page without records does not move the offset, and nothing says how many are on a page"},
		{"more for ever", number + ", more: has_more, max_pages: 50}",
			&script{answers: []answer{page(1, 2, `,"has_more":true`), page(1, 0, `,"has_more":true`)}},
			2, "page=51", "page=50", "more than max_pages: 50"},
		{"max_pages", cursor + ", max_pages: 2}", apitest.New().Add(orders(25, nil)),
			20, "cursor=", "(page 2)", "more than max_pages: 2"},
		{"more is no boolean", cursor + ", more: next_page}", apitest.New().Add(orders(25, nil)),
			0, "/orders", "", "pagination.more: expected true or false"},
		{"total is no count", cursor + ", total: next_page}", apitest.New().Add(orders(25, nil)),
			0, "/orders", "", "pagination.total: expected a count"},
		{"field is not there", `path: /orders, pagination: {type: keyset, field: nr, param: after}`, apitest.New().Add(orders(25, is(apitest.Keyset))),
			0, "/orders", "", `the last record has no "nr"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := define(t, "", test.stream)[0]
			got := newRig(t, s, test.api).run(s, paging.Position{})
			e := failure(t, got.err)
			if e.Class != fetch.Permanent || !strings.Contains(e.Error(), test.want) {
				t.Errorf("got %v: %v, want %q", e.Class, e, test.want)
			}
			if !strings.Contains(e.Request, test.request) || !strings.Contains(e.Err.Error(), test.before) {
				t.Errorf("got %v, want it to name %q and %q", e, test.request, test.before)
			}
			if test.records > 0 && len(got.ids) != test.records {
				t.Errorf("%d records before the error, want %d", len(got.ids), test.records)
			}
		})
	}
}

// TestRoundsAreFoundAfterResume proves that a page which names itself is asked
// for once by a walk that starts there.
func TestRoundsAreFoundAfterResume(t *testing.T) {
	s := define(t, "", `path: /orders, pagination: {type: cursor, next: next_page, param: cursor}`)[0]
	api := apitest.New(apitest.On(2, apitest.SameToken())).Add(orders(50, nil))
	w := newRig(t, s, api).walk(s, paging.Position{})
	first, err := w.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := newRig(t, s, api).run(s, first.Next)
	if e := failure(t, got.err); !strings.Contains(e.Error(), "the same request as for page 2: the walk goes round") || len(got.ids) != 10 || api.Count() != 2 {
		t.Errorf("got %v and records %v", e, got.ids)
	}
}

// TestRoundsAreFoundSoon proves that a walk which goes round late, or long
// after the place where it was resumed, is found within a few rounds.
func TestRoundsAreFoundSoon(t *testing.T) {
	s := define(t, "", `path: /orders, pagination: {type: cursor, next: next, param: cursor}`)[0]
	for _, at := range []paging.Position{{}, {Token: json.RawMessage(`"Z"`), Pages: 100_000, Records: 7}} {
		api := &script{}
		r := newRig(t, s, transport(func(q *http.Request) (*http.Response, error) {
			n := len(api.requests)
			api.answers = []answer{page(n, n, fmt.Sprintf(`,"next":"%d"`, n%5))}
			if n < 20 {
				api.answers = []answer{page(n, n, fmt.Sprintf(`,"next":"start %d"`, n))}
			}
			return api.RoundTrip(q)
		}))
		if e := failure(t, r.run(s, at).err); !strings.Contains(e.Error(), "goes round") || len(api.requests) > 80 {
			t.Errorf("from page %d: got %v after %d requests", at.Pages, e, len(api.requests))
		}
	}
}

// TestEmptyPages proves that pages without records are no end while something
// says that there are more, however many they are, and that the log says so.
func TestEmptyPages(t *testing.T) {
	for stream, members := range map[string]string{
		`path: /orders, pagination: {type: cursor, next: next, param: cursor}`:                `,"next":"%d"`,
		`path: /orders, pagination: {type: page, param: page, more: more}`:                    `,"more":true,"at":%d`,
		`path: /orders, pagination: {type: offset, param: offset, size: 2, more: more}`:       `,"more":true,"at":%d`,
		`path: /orders, pagination: {type: page, param: page, total_pages: pages}`:            `,"pages":2001,"at":%d`,
		`path: /orders, params: {limit: 2}, pagination: {type: offset, param: o, more: more}`: `,"more":true,"at":%d`,
	} {
		const empty = 2000
		s := define(t, "", stream)[0]
		requests := 0
		r := newRig(t, s, transport(func(q *http.Request) (*http.Response, error) {
			if requests++; requests > empty {
				return page(1, 1, `,"more":false,"pages":2001`).response(q), nil
			}
			return page(1, 0, fmt.Sprintf(members, requests)).response(q), nil
		}))
		var logged bytes.Buffer
		r.client.Log = slog.New(slog.NewTextHandler(&logged, nil))
		got := r.run(s, paging.Position{})
		if told := strings.Count(logged.String(), "pages without records follow one another"); got.err != nil || len(got.ids) != 1 || told != 2 {
			t.Errorf("%s: got %v, %d records, told %d times", stream, got.err, len(got.ids), told)
		}
	}
}

// TestMaxPages proves that as many pages as are allowed come, and that no
// request is made for the one too many, after a resume either.
func TestMaxPages(t *testing.T) {
	s := define(t, "", `path: /orders, pagination: {type: page, param: page, max_pages: 3}`)[0]
	for _, test := range []struct{ records, fail int }{{25, 1}, {40, 1}} {
		api := apitest.New().Add(orders(test.records, is(apitest.Page)))
		r := newRig(t, s, api)
		got := r.run(s, paging.Position{})
		failure(t, got.err)
		if want := min(test.records, 30); len(got.ids) != want || api.Count() != 3 {
			t.Errorf("%d records: got %d in %d requests, want %d in 3", test.records, len(got.ids), api.Count(), want)
		}
		failure(t, r.run(s, got.nexts[len(got.nexts)-1]).err)
		if api.Count() != 3 {
			t.Errorf("%d records: a resumed walk asked again", test.records)
		}
	}
}

// TestStop proves that stop ends a walk whose total is larger, and only where
// it does.
func TestStop(t *testing.T) {
	for _, test := range []struct {
		name, stop string
		want       int // records; 0: an error
	}{
		{"reached", `{{ page.number == 2 }}`, 20},
		{"not reached", `{{ page.number == 9 }}`, 0},
	} {
		s := define(t, "", fmt.Sprintf(`path: /orders, pagination: {type: page, param: page, total: meta.total, stop: %q}`, test.stop))[0]
		api := apitest.New(apitest.From(1, apitest.ShortTotal(5))).Add(orders(25, with(is(apitest.Page), total)))
		got := newRig(t, s, api).run(s, paging.Position{})
		if test.want > 0 && (got.err != nil || len(got.ids) != test.want) || test.want == 0 && got.err == nil {
			t.Errorf("%s: got %d records and %v, want %d", test.name, len(got.ids), got.err, test.want)
		}
	}
	// An end at no record at all, where the API counts some, is no choice.
	s := define(t, "", `path: /orders, pagination: {type: page, param: page, total: total, stop: "{{ page.records == 0 }}"}`)[0]
	failure(t, newRig(t, s, &script{answers: []answer{page(1, 0, `,"total":5`)}}).run(s, paging.Position{}).err)
}

// TestEndlessEmptyPages proves that a walk which counts its pages has an end
// where the API says that there are ever more of them and none holds a record,
// and that max_pages alone bounds it where that is said.
func TestEndlessEmptyPages(t *testing.T) {
	const most = 5000
	for i, tt := range []struct {
		stream, members string
		empty           int // pages, before one that holds the last record
		says            string
	}{
		{`type: page, param: page, total_pages: pages`, `,"pages":1000000000000000000`, most, "(pagination.total_pages is 1000000000000000000), after GET http://api.test/x?page=4999 (page 4999): "},
		{`type: page, param: page, total_pages: pages`, fmt.Sprintf(`,"pages":%d`, most), most - 1, ""},
		{`type: page, param: page, more: more`, `,"more":true`, most, "(pagination.more is true), after GET"},
		{`type: offset, param: offset, size: 2, more: more`, `,"more":true`, most, "after GET http://api.test/x?offset=9996 (page 4999): "},
		{`type: page, param: page, more: more`, `,"more":true`, most - 1, ""},
		{`type: page, param: page, total_pages: pages, max_pages: 9000`, `,"pages":1000000000000000000`, 9001, "more than max_pages: 9000"},
		{`type: page, param: page, more: more, max_pages: 9000`, `,"more":true`, most + 1, ""},
		{`type: cursor, next: next, param: c`, `,"next":"%d"`, most + 1, ""},
	} {
		if testshare.Race && i%3 > 0 || testing.Short() && i%2 > 0 {
			continue // one goroutine makes many thousand requests
		}
		s := define(t, "", `path: /x, pagination: {`+tt.stream+`}`)[0]
		requests := 0
		api := transport(func(q *http.Request) (*http.Response, error) {
			if requests++; requests > tt.empty {
				return page(1, 1, fmt.Sprintf(`,"more":false,"pages":%d`, requests)).response(q), nil
			}
			members := tt.members
			if strings.Contains(members, "%d") {
				members = fmt.Sprintf(members, requests)
			}
			return page(1, 0, members).response(q), nil
		})
		got := newRig(t, s, api).run(s, paging.Position{})
		if tt.says == "" {
			if got.err != nil || len(got.ids) != 1 {
				t.Errorf("%s, %d empty pages: got %v and %d records, want 1", tt.stream, tt.empty, got.err, len(got.ids))
			}
			continue
		}
		if e := failure(t, got.err); e.Class != fetch.Permanent || !strings.Contains(e.Error(), tt.says) || requests > 9000 {
			t.Errorf("%s: got %v after %d requests, want %q", tt.stream, e, requests, tt.says)
		}
	}
}

// table is an API by page or offset over rows that change between requests.
type table struct {
	rows   []int
	size   int
	change map[int]func(rows []int) []int // before the request of that number, from 1
	empty  int                            // number of the request from which on there are no records; 0: none
	n      int
	asked  []string
}

func (a *table) RoundTrip(r *http.Request) (*http.Response, error) {
	a.n++
	if f := a.change[a.n]; f != nil {
		a.rows = f(a.rows)
	}
	a.asked = append(a.asked, r.URL.RawQuery)
	rows := a.page(r.URL.Query())
	if a.empty > 0 && a.n >= a.empty {
		rows = nil
	}
	data := []json.RawMessage{}
	for _, id := range rows {
		data = append(data, json.RawMessage(fmt.Sprintf(`{"id":%d}`, id)))
	}
	body, err := json.Marshal(map[string]any{"data": data, "total": len(a.rows)})
	return answer{status: 200, body: string(body)}.response(r), err
}

func (a *table) page(q url.Values) []int {
	from, _ := strconv.Atoi(q.Get("offset"))
	if q.Has("page") {
		n, _ := strconv.Atoi(q.Get("page"))
		from = (n - 1) * a.size
	}
	from = min(from, len(a.rows))
	return a.rows[from:min(from+a.size, len(a.rows))]
}

func sequence(first, last int) (rows []int) {
	for i := first; i <= last; i++ {
		rows = append(rows, i)
	}
	return rows
}

func TestTotalMoves(t *testing.T) {
	cut := func(from, to int) func([]int) []int {
		return func(rows []int) []int { return slices.Delete(slices.Clone(rows), from, to) }
	}
	grow := func(n int) func([]int) []int {
		return func(rows []int) []int { return append(rows, sequence(rows[len(rows)-1]+1, rows[len(rows)-1]+n)...) }
	}
	tests := []struct {
		name   string
		rows   int
		change map[int]func([]int) []int
		stay   []int // rows that are there all the time
	}{
		{"shrinks behind", 40, map[int]func([]int) []int{3: cut(0, 3)}, sequence(4, 40)},
		{"shrinks behind by more than a page", 60, map[int]func([]int) []int{4: cut(0, 25)}, sequence(26, 60)},
		{"shrinks ahead", 40, map[int]func([]int) []int{2: cut(30, 33)}, slices.Concat(sequence(1, 30), sequence(34, 40))},
		{"shrinks on the last page", 25, map[int]func([]int) []int{3: cut(0, 5)}, sequence(6, 25)},
		{"shrinks on every page", 60, map[int]func([]int) []int{2: cut(0, 1), 3: cut(0, 1), 4: cut(0, 1), 5: cut(0, 1)}, sequence(5, 60)},
		{"grows", 25, map[int]func([]int) []int{2: grow(3), 3: grow(12)}, sequence(1, 40)},
		{"grows at the front", 25, map[int]func([]int) []int{2: func(rows []int) []int { return append([]int{99}, rows...) }}, sequence(1, 25)},
	}
	for _, test := range tests {
		for _, kind := range []string{"page", "offset"} {
			t.Run(test.name+", "+kind, func(t *testing.T) {
				s := define(t, "", fmt.Sprintf(`path: /rows, pagination: {type: %s, param: %[1]s, total: total}`, kind))[0]
				api := &table{rows: sequence(1, test.rows), size: 10, change: test.change}
				got := newRig(t, s, api).run(s, paging.Position{})
				if got.err != nil {
					t.Fatalf("%v; asked for %v", got.err, api.asked)
				}
				for _, id := range test.stay {
					if !slices.Contains(got.ids, fmt.Sprint(id)) {
						t.Fatalf("row %d is lost; asked for %v, got %v", id, api.asked, got.ids)
					}
				}
			})
		}
	}
}

// TestMoved proves that a page says when the total is another one.
func TestMoved(t *testing.T) {
	s := define(t, "", `path: /orders, pagination: {type: cursor, next: next, param: cursor, total: total}`)[0]
	api := &script{answers: []answer{page(1, 2, `,"next":"a","total":4`), page(3, 3, `,"next":"b","total":4`), page(4, 4, `,"total":5`)}}
	w := newRig(t, s, api).walk(s, paging.Position{})
	var got []bool
	for range api.answers {
		page, err := w.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, page.Moved)
	}
	if want := []bool{false, false, true}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
