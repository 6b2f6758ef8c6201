package fetch_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidwall/gjson"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/sources/apitest/coding"
	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/testrig"
)

// style is a way to page: a stream and the collection that it reads.
type style struct {
	name   string
	stream string
	count  int
	asks   int // requests; 0: as many as it takes
	change func(*apitest.Collection)
	wrap   func(http.RoundTripper) http.RoundTripper
}

func (s style) api(opts ...apitest.Option) (*apitest.API, http.RoundTripper) {
	count := s.count
	if count == 0 {
		count = 25
	}
	api := apitest.New(opts...).Add(orders(count, s.change))
	if s.wrap != nil {
		return api, s.wrap(api)
	}
	return api, api
}

func with(set ...func(*apitest.Collection)) func(*apitest.Collection) {
	return func(c *apitest.Collection) {
		for _, f := range set {
			f(c)
		}
	}
}

func is(s apitest.Style) func(*apitest.Collection) {
	return func(c *apitest.Collection) { c.Style = s }
}

func post(c *apitest.Collection)     { c.Method = "POST" }
func bare(c *apitest.Collection)     { c.Form.Bare = true }
func total(c *apitest.Collection)    { c.Total = true }
func more(c *apitest.Collection)     { c.Form.HasMore = true }
func relative(c *apitest.Collection) { c.Form.Relative = true }

// compound is an API whose token is an object: what it calls cursor, and half of
// that besides, which it wants back.
func compound(next http.RoundTripper) http.RoundTripper {
	return transport(func(r *http.Request) (*http.Response, error) {
		q := r.URL.Query()
		cursor := q.Get("cursor")
		if half := q.Get("half"); half != cursor[:len(cursor)/2] || q.Has("none") {
			return says(400, `{"error":"half a token"}`).response(r), nil
		}
		resp, err := next.RoundTrip(r)
		if err != nil {
			return nil, err
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err == nil && resp.Header.Get("Content-Encoding") == "" && gjson.ValidBytes(body) {
			token := gjson.GetBytes(body, "next_page").Str
			half, _ := json.Marshal(token[:len(token)/2])
			tail := fmt.Appendf(nil, `,"half":%s,"more":{"cursor":%q,"half":%s,"none":null}}`, half, token, half)
			body = append(bytes.TrimSuffix(bytes.TrimSpace(body), []byte("}")), tail...)
			resp.ContentLength = int64(len(body))
			resp.Header.Set("Content-Length", strconv.Itoa(len(body)))
		}
		resp.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body), failing{err}))
		return resp, nil
	})
}

// failing is a reader that ends with an error; nil: it just ends.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) {
	if f.err == nil {
		return 0, io.EOF
	}
	return 0, f.err
}

var styles = []style{
	{name: "none", stream: `path: /orders`, count: 10, change: is(apitest.None)},
	{name: "cursor", asks: 3, stream: `path: /orders, pagination: {type: cursor, next: next_page, param: cursor}`},
	{name: "cursor with more and total", asks: 3, change: with(more, total),
		stream: `path: /orders, pagination: {type: cursor, next: next_page, param: cursor, more: has_more, total: meta.total}`},
	{name: "cursor by header", wrap: testrig.CursorInHeader,
		stream: `path: /orders, pagination: {type: cursor, next: next_page, header: X-Cursor}`},
	{name: "cursor from headers", change: with(bare, more, total),
		stream: `path: /orders, records: "@this", pagination: {type: cursor, next: "header:X-Next-Page", param: cursor, more: "header:X-Has-More", total: "header:X-Total-Count"}`},
	{name: "cursor by template",
		stream: `path: /orders, params: {cursor: "{{ page.token }}"}, pagination: {type: cursor, next: "{{ response.next_page }}"}`},
	{name: "cursor in a JSON body", change: post,
		stream: `path: /orders, body: {json: {limit: 10, cursor: null}}, pagination: {type: cursor, next: next_page, body: cursor}`},
	{name: "cursor in a form", change: post,
		stream: `path: /orders, body: {form: {limit: 10, cursor: "{{ page.token }}"}}, pagination: {type: cursor, next: next_page}`},
	{name: "cursor in GraphQL variables", change: with(is(apitest.GraphQL), post),
		stream: `path: /orders, records: data.orders.nodes, body: {graphql: {query: "query { orders }", variables: {first: 10}}},
			pagination: {type: cursor, next: data.orders.pageInfo.endCursor, body: variables.after, more: data.orders.pageInfo.hasNextPage}`},
	{name: "relay", asks: 3, change: with(is(apitest.GraphQL), post),
		stream: `path: /orders, records: data.orders.nodes, body: {graphql: {query: "query($first: Int, $after: String) { orders(first: $first, after: $after) }"}},
			pagination: {type: relay, connection: data.orders, size: 10}`},
	{name: "cursor with after_first",
		stream: `path: /orders, params: {limit: 10}, pagination: {type: cursor, next: next_page, after_first: {params: {limit: 5, cursor: "{{ page.token }}"}}}`},
	{name: "cursor of several parameters", asks: 3, wrap: compound,
		stream: `path: /orders, pagination: {type: cursor, next: more, param: "*"}`},
	{name: "several cursors", asks: 3, wrap: compound,
		stream: `path: /orders, pagination: {type: cursor, next: {cursor: next_page, half: half, none: "{{ response.none }}"}, param: "*"}`},
	{name: "several cursors by templates", asks: 3, wrap: compound,
		stream: `path: /orders, params: {cursor: "{{ page.token.a }}", half: "{{ page.token.b }}"}, pagination: {type: cursor, next: {a: next_page, b: half}}`},
	{name: "next_url", asks: 3, change: is(apitest.NextURL), stream: `path: /orders, pagination: {type: next_url, next: next}`},
	{name: "next_url, relative", change: with(is(apitest.NextURL), relative), stream: `path: /orders, pagination: {type: next_url, next: next}`},
	{name: "next_url with after_first", change: is(apitest.NextURL),
		stream: `path: /orders, params: {limit: 10}, pagination: {type: next_url, next: next, after_first: {params: {limit: 5}}}`},
	{name: "link_header", asks: 3, change: is(apitest.Link), stream: `path: /orders, pagination: {type: link_header}`},
	{name: "page", change: is(apitest.Page), stream: `path: /orders, pagination: {type: page, param: page, size_param: limit, size: 10}`},
	{name: "page with total", asks: 3, change: with(is(apitest.Page), total), stream: `path: /orders, pagination: {type: page, param: page, total: meta.total}`},
	{name: "page with total_pages", asks: 3, change: with(is(apitest.Page), total), stream: `path: /orders, pagination: {type: page, param: page, total_pages: meta.pages}`},
	{name: "page with more", asks: 3, change: with(is(apitest.Page), more), stream: `path: /orders, pagination: {type: page, param: page, more: has_more}`},
	{name: "page with stop", asks: 3, change: is(apitest.Page),
		stream: `path: /orders, pagination: {type: page, param: page, size_param: limit, size: 10, stop: "{{ page.records < page.size }}"}`},
	{name: "page in a JSON body", change: with(is(apitest.Page), post),
		stream: `path: /orders, body: {json: {limit: 10}}, pagination: {type: page, body: page}`},
	{name: "offset", change: is(apitest.Offset), stream: `path: /orders, pagination: {type: offset, param: offset, size_param: limit, size: 10}`},
	{name: "offset with total", asks: 3, change: with(is(apitest.Offset), total), stream: `path: /orders, pagination: {type: offset, param: offset, total: meta.total}`},
	{name: "keyset", change: is(apitest.Keyset), stream: `path: /orders, pagination: {type: keyset, field: id, param: after}`},
}

// everyStyle runs f for each style in a bubble of its own.
func everyStyle(t *testing.T, f func(t *testing.T, s style, stream *sources.Stream, want []string)) {
	for _, s := range styles {
		t.Run(s.name, func(t *testing.T) {
			count := s.count
			if count == 0 {
				count = 25
			}
			f(t, s, define(t, "", s.stream)[0], upTo(count))
		})
	}
}

func TestWalkGivesEveryRecordOnce(t *testing.T) {
	everyStyle(t, func(t *testing.T, s style, stream *sources.Stream, want []string) {
		api, transport := s.api()
		r := newRig(t, stream, transport)
		got := r.run(stream, paging.Position{})
		if got.err != nil {
			t.Fatal(got.err)
		}
		wantIDs(t, got.ids, want)
		if n := api.Count(); s.asks > 0 && n != s.asks {
			t.Errorf("%d requests, want %d", n, s.asks)
		}
		if n := int64(api.Count()); r.counters.Requests.Load() != n || r.gate.entered.Load() != n {
			t.Errorf("counted %d requests, the gate %d, want %d", r.counters.Requests.Load(), r.gate.entered.Load(), n)
		}
	})
}

func TestWalkResumesAtEveryPage(t *testing.T) {
	everyStyle(t, func(t *testing.T, s style, stream *sources.Stream, want []string) {
		_, transport := s.api()
		whole := newRig(t, stream, transport).run(stream, paging.Position{})
		for i, at := range whole.nexts {
			at, text := kept(t, at)
			got := newRig(t, stream, transport).run(stream, at)
			if got.err != nil {
				t.Errorf("from %s: %v", text, got.err)
			}
			wantIDs(t, got.ids, want[whole.upTo[i]:])
			if !slices.EqualFunc(got.nexts, whole.nexts[i+1:], samePosition) {
				t.Errorf("from %s: positions differ: %v, want %v", text, got.nexts, whole.nexts[i+1:])
			}
		}
	})
}

func samePosition(a, b paging.Position) bool { return marshal(a) == marshal(b) }

// transient is everything that a walk gets over by asking again. Those marked
// need a page with records to strike.
var transient = []struct {
	name  string
	fault apitest.Fault
}{
	{"429", apitest.Status(429)},
	{"429, Retry-After in seconds", apitest.Status(429, apitest.RetryAfter("2"))},
	{"429, Retry-After as a date", apitest.Status(429, apitest.RetryAfterDate(3*time.Second))},
	{"429, RateLimit-Reset", apitest.Status(429, apitest.Header("RateLimit-Reset", "7"))},
	{"429, RateLimit", apitest.Status(429, apitest.Header("RateLimit", `"default";r=0;t=7`))},
	{"403 as a rate limit", apitest.Status(403, apitest.Header("X-RateLimit-Remaining", "0"), apitest.Header("X-RateLimit-Reset", "7"))},
	{"408", apitest.Status(408)}, {"425", apitest.Status(425)}, {"500", apitest.Status(500)},
	{"502", apitest.Status(502)}, {"503", apitest.Status(503)}, {"504", apitest.Status(504)},
	{"reset", apitest.Reset()},
	{"reset in the body", apitest.ResetBody(100)},
	{"body cut by Content-Length", apitest.CutBody(100)},
	{"body cut at its first byte", apitest.CutBody(0)},
	{"body cut before the last chunk", apitest.CutChunked(100)},
	{"cut gzip", apitest.BrokenGzip(coding.Named("gzip"))},
	{"HTML under 200", apitest.HTML()},
	{"truncated JSON", apitest.TruncateJSON(-1)},
	{"no body", apitest.TruncateJSON(0)},
	{"invalid UTF-8 (records)", apitest.InvalidUTF8()},
	{"no answer", apitest.Hang()},
	{"a body that stalls", apitest.Stall(100)},
	{"a body that drips for ever (records)", apitest.Drip(59*time.Second, 1)},
}

func TestWalkGetsOverFaults(t *testing.T) {
	everyStyle(t, func(t *testing.T, s style, stream *sources.Stream, want []string) {
		api, transport := s.api()
		newRig(t, stream, transport).run(stream, paging.Position{})
		requests := api.Count()
		for i, f := range transient {
			for n := 1; n <= requests; n++ {
				if testing.Short() && (i+n)%3 > 0 && n < requests {
					continue
				}
				synctest.Test(t, func(t *testing.T) {
					_, transport := s.api(apitest.On(n, f.fault))
					r := newRig(t, stream, transport)
					start := time.Now()
					got := r.run(stream, paging.Position{})
					if got.err != nil {
						t.Fatalf("%s at request %d: %v", f.name, n, got.err)
					}
					wantIDs(t, got.ids, want)
					spared := got.last.Records.Len() == 0 && n == requests && strings.HasSuffix(f.name, "(records)")
					if retries := r.counters.Retries.Load(); retries != 1 && !spared {
						t.Errorf("%s at request %d: %d retries, want 1", f.name, n, retries)
					}
					if took := time.Since(start); took > 11*time.Minute {
						t.Errorf("%s at request %d took %v", f.name, n, took)
					}
				})
			}
		}
	})
}

func TestSlowAnswersThatEndInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := styles[1]
		stream := define(t, "timeout: 10s", s.stream)[0]
		_, transport := s.api(apitest.On(1, apitest.Drip(9*time.Second, 1000)), apitest.On(2, apitest.Latency(9*time.Second)))
		r := newRig(t, stream, transport)
		got := r.run(stream, paging.Position{})
		if got.err != nil || r.counters.Retries.Load() != 0 {
			t.Fatalf("got %v after %d retries, want none", got.err, r.counters.Retries.Load())
		}
		wantIDs(t, got.ids, upTo(25))
	})
}

func TestEndlessAnswersEnd(t *testing.T) {
	for _, test := range []struct {
		name  string
		fault apitest.Fault
		took  time.Duration
		want  string
	}{
		{"none", apitest.Hang(), 10 * time.Second, "not a byte for 10s"},
		{"stalls", apitest.Stall(100), 10 * time.Second, "not a byte for 10s"},
		{"drips", apitest.Drip(9*time.Second, 1), 100 * time.Second, "not complete after 1m40s"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := styles[1]
				stream := define(t, "timeout: 10s, retry: {attempts: 1}", s.stream)[0]
				_, transport := s.api(apitest.From(1, test.fault))
				start := time.Now()
				got := newRig(t, stream, transport).run(stream, paging.Position{})
				e := failure(t, got.err)
				if e.Class != fetch.Transient || !strings.Contains(e.Error(), test.want) {
					t.Errorf("got %v: %v, want %q", e.Class, e, test.want)
				}
				if took := time.Since(start); took != test.took {
					t.Errorf("took %v, want %v", took, test.took)
				}
			})
		})
	}
}

// TestFetchedIsKept proves that a page which came before the run was told to
// stop is handed out.
func TestFetchedIsKept(t *testing.T) {
	s := styles[1]
	stream := define(t, "", s.stream)[0]
	ctx, cancel := context.WithCancel(context.Background())
	_, api := s.api()
	r := newRig(t, stream, transport(func(q *http.Request) (*http.Response, error) {
		resp, err := api.RoundTrip(q.WithContext(context.Background()))
		cancel() // in the moment in which the answer is there
		return resp, err
	}))
	w := r.walk(stream, paging.Position{})
	page, err := w.Next(ctx)
	if err != nil || page.Records.Len() != 10 {
		t.Fatalf("got %v, want the page", err)
	}
	if _, err := w.Next(ctx); err != fetch.ErrStopped {
		t.Errorf("then got %v, want ErrStopped", err)
	}
	if r.counters.Requests.Load() != 1 {
		t.Errorf("%d requests, want 1", r.counters.Requests.Load())
	}
}
