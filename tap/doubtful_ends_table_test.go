package tap_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/tap"
	"github.com/tap-rest/tap-rest/testshare"
)

// moreWasThere are walks that end although more was there: one stream, and the
// answers in turn.
var moreWasThere = []struct {
	name    string
	stream  string // keys of the stream beside its name and schema
	answers []endAnswer
	says    string // in the account
}{
	{"no pagination, a token", `records: data`, jsonAnswers(`{"data":[{"id":1}],"next_cursor":"b"}`),
		`next_cursor is "b": write pagination: {type: cursor, next: next_cursor, param: cursor}`},
	{"no pagination, a page token", `records: items`, jsonAnswers(`{"items":[{"id":1}],"nextPageToken":"CAE"}`),
		"write pagination: {type: cursor, next: nextPageToken, param: pageToken}"},
	{"no pagination, a token deep down", `records: results`, jsonAnswers(`{"results":[{"id":1}],"paging":{"next":{"after":"100","link":"?after=100"}}}`),
		"paging.next.link"},
	{"no pagination, a URL", `records: data`, jsonAnswers(`{"data":[{"id":1}],"links":{"self":"/x","next":"/x?page=2","last":"/x?page=9"}}`),
		"write pagination: {type: next_url, next: links.next}"},
	{"no pagination, HAL", `records: _embedded.items`, jsonAnswers(`{"_embedded":{"items":[{"id":1}]},"_links":{"next":{"href":"/x?page=2"}}}`),
		"next: _links.next.href"},
	{"no pagination, a list of links", `records: entry`, jsonAnswers(`{"link":[{"relation":"self","url":"/x"},{"relation":"next","url":"/x?page=2"}],"entry":[{"id":1}]}`),
		`link.#(relation=="next").url`},
	{"no pagination, a boolean", `records: data`, jsonAnswers(`{"data":[{"id":1}],"has_more":true}`), "has_more is true"},
	{"no pagination, a boolean the other way round", `records: content`, jsonAnswers(`{"content":[{"id":1}],"last":false,"number":0}`), "last is false"},
	{"no pagination, GraphQL", `body: {graphql: {query: "{ orders }"}}, records: data.orders.nodes`,
		jsonAnswers(`{"data":{"orders":{"nodes":[{"id":1}],"pageInfo":{"hasNextPage":true,"endCursor":"x"}}}}`), "data.orders.pageInfo.hasNextPage is true"},
	{"no pagination, a number of pages", `records: data`, jsonAnswers(`{"data":[{"id":1}],"current_page":1,"last_page":7}`), "last_page is 7"},
	{"no pagination, headers alone", `records: "@this"`, []endAnswer{{200, map[string]string{"X-Total-Count": "20000"}, []byte(`[{"id":1}]`)}},
		"header:X-Total-Count is 20000, but the walk ends here with 1 record"},
	{"no pagination, a header with the next page", `records: "@this"`, []endAnswer{{200, map[string]string{"X-Next-Page": "2", "X-Page": "1"}, []byte(`[{"id":1}]`)}},
		`header:X-Next-Page is "2"`},
	{"no pagination, as many as asked for", `records: data, params: {$top: 2}`, jsonAnswers(`{"data":[{"id":1},{"id":2}]}`), "$top is 2, and exactly 2 records came"},
	{"cursor, misspelled", `records: data, pagination: {type: cursor, next: nextcursor, param: c}`, jsonAnswers(`{"data":[{"id":1}],"nextCursor":"b"}`),
		"pagination.next, nextcursor, matched no answer of the walk: write pagination: {type: cursor, next: nextCursor"},
	{"next_url, its point not escaped", `records: value, pagination: {type: next_url, next: odata.nextLink}`,
		jsonAnswers(`{"value":[{"id":1}],"@odata.nextLink":"/x?$skiptoken=1"}`), `next: '\@odata\.nextLink'`},
	{"link_header where there is none", `records: data, params: {per_page: 2}, pagination: {type: link_header}`, jsonAnswers(`{"data":[{"id":1},{"id":2}]}`),
		"per_page is 2, and exactly 2 records came"},
	{"link_header, the next page in the body", `records: data, pagination: {type: link_header}`, jsonAnswers(`{"data":[{"id":1}],"next":"/x?page=2"}`), `next is "/x?page=2"`},
	{"page, an empty one in the middle", `records: data, pagination: {type: page, param: page}`,
		jsonAnswers(`{"data":[{"id":1}],"has_more":true}`, `{"data":[],"has_more":true}`), "has_more is true"},
	{"offset, an empty one before the total", `records: data, pagination: {type: offset, param: offset}`,
		jsonAnswers(`{"data":[{"id":1}],"meta":{"total":20000}}`, `{"data":[],"meta":{"total":20000}}`), "meta.total is 20000, but the walk ends here with 1 record"},
	{"keyset, an empty one before the total", `records: data, pagination: {type: keyset, field: id, param: after}`,
		jsonAnswers(`{"data":[{"id":1}],"total_count":3}`, `{"data":[],"total_count":3}`), "total_count is 3"},
	{"the token is gone, and more is true", `records: data, pagination: {type: cursor, next: next, param: c, more: has_mor}`,
		jsonAnswers(`{"data":[{"id":1}],"next":"b","has_more":true}`, `{"data":[{"id":2}],"next":null,"has_more":true}`), "has_more is true: write pagination: {…, more: has_more}"},
	{"stop at a short page, of an API that gives less than it is asked for", `records: data, pagination: {type: page, param: page, size_param: n, size: 9, stop: "{{ page.records < page.size }}"}`,
		jsonAnswers(`{"data":[{"id":1}],"has_more":true}`), "has_more is true: write pagination: {…, more: has_more}"},
	{"stop at a short list", `records: data, pagination: {type: offset, param: o, stop: "{{ response.data | length < 9 }}"}`,
		jsonAnswers(`{"data":[{"id":1}],"total":20000}`), "total is 20000, but the walk ends here with 1 record"},
	{"stop before the definition's own total", `records: data, pagination: {type: page, param: page, total: total, stop: "{{ page.records < 9 }}"}`,
		jsonAnswers(`{"data":[{"id":1}],"total":20000}`), "pagination.total is 20000, but the walk ends here with 1 record"},
	{"stop before the definition's own number of pages", `records: data, pagination: {type: page, param: page, total_pages: pages, stop: "{{ page.records < 9 }}"}`,
		jsonAnswers(`{"data":[{"id":1}],"pages":200}`), "pagination.total_pages is 200, but the walk ends here after 1 page"},
	{"a truncated list", `records: Contents`, jsonAnswers(`{"IsTruncated":true,"Contents":[{"id":1}]}`), "IsTruncated is true"},
}

func jsonAnswers(bodies ...string) (all []endAnswer) {
	for _, b := range bodies {
		all = append(all, endAnswer{200, nil, []byte(b)})
	}
	return all
}

// TestMoreWasThere proves that a stream which ended although more was there is
// doubted, in a sync, and by on_incomplete fails and keeps its bookmark.
func TestMoreWasThere(t *testing.T) {
	for _, tt := range moreWasThere {
		t.Run(tt.name, func(t *testing.T) {
			definition := "streams:\n  - {name: x, path: /x, schema: {type: object}, on_incomplete: %s, " + tt.stream + "}\n"
			api := &replies{answers: tt.answers}
			r := setup{head: endHead, definition: fmt.Sprintf(definition, "warn"), api: api}.must(t)
			account := r.account.String()
			if got := r.account.Streams[0].Status(); got != "complete?" || !strings.Contains(account, tt.says) {
				t.Errorf("got %s, want complete?; the account does not say %q:\n%s", got, tt.says, account)
			}
			if !strings.Contains(r.log, "the stream may not be complete") {
				t.Errorf("the log says nothing:\n%s", r.log)
			}
			api = &replies{answers: tt.answers}
			r = setup{head: endHead, definition: fmt.Sprintf(definition, "fail"), api: api}.run(t)
			checkFailure(t, r.err, "permanent")
			if b := bookmarkOf(t, r.state(), "x"); b.Resume == nil {
				t.Errorf("a failed stream has no resume: %s", r.state())
			}
		})
	}
}

// soundWalk draws a collection of the test API, of any style and size, and the
// stream that reads it as it should be.
func soundWalk(rnd *rand.Rand) (apitest.Collection, string) {
	size := 2 + rnd.IntN(8)
	c := apitest.Collection{
		Path: "/x", Style: apitest.Style(rnd.IntN(int(apitest.Keyset) + 1)), Size: size,
		Total: rnd.IntN(2) == 0, Form: apitest.Form{HasMore: rnd.IntN(2) == 0, Bare: rnd.IntN(4) == 0, Relative: rnd.IntN(2) == 0},
		Made: apitest.Made{Count: rnd.IntN(5 * size), Record: func(i int) []byte {
			return fmt.Appendf(nil, `{"id":%d,"next":"a","has_more":true,"total":9999,"page":{"next_page_token":"x"},"links":{"next":"/y"}}`, i+1)
		}},
	}
	if c.Style == apitest.GraphQL {
		c.Form.Bare = false
	}
	more, total, pages := "has_more", "meta.total", "meta.pages"
	if c.Form.Bare {
		more, total, pages = "header:X-Has-More", "header:X-Total-Count", "header:X-Total-Pages"
	}
	var keys []string
	reads := func(there bool, key, path string) {
		if there && rnd.IntN(2) == 0 {
			keys = append(keys, fmt.Sprintf("%s: %q", key, path))
		}
	}
	records, request := "records: data", fmt.Sprintf("params: {limit: %d}", size)
	if c.Form.Bare {
		records = `records: "@this"`
	}
	switch c.Style {
	case apitest.None:
		return c, records // it answers with all there is, whatever is asked for
	case apitest.Page:
		keys = append(keys, "type: page", "param: page")
		reads(c.Total, "total_pages", pages)
	case apitest.Offset:
		keys = append(keys, "type: offset", "param: offset")
	case apitest.Link:
		keys = append(keys, "type: link_header")
	case apitest.Cursor:
		next := "next_page"
		if c.Form.Bare {
			next = "header:X-Next-Page"
			c.Form.HasMore = c.Form.HasMore || !c.Total // else nothing tells a full last page from the first of many
		}
		keys = append(keys, "type: cursor", "param: cursor", fmt.Sprintf("next: %q", next))
	case apitest.NextURL:
		next := "next"
		if c.Form.Bare {
			next = "header:X-Next"
			c.Form.HasMore = c.Form.HasMore || !c.Total
		}
		keys = append(keys, "type: next_url", fmt.Sprintf("next: %q", next))
	case apitest.GraphQL:
		request = fmt.Sprintf(`body: {graphql: {query: "query { x }", variables: {first: %d}}}`, size)
		keys = append(keys, "type: cursor", "body: variables.after", "next: data.x.pageInfo.endCursor", "more: data.x.pageInfo.hasNextPage")
		return c, fmt.Sprintf("records: data.x.nodes, %s, pagination: {%s}", request, strings.Join(keys, ", "))
	case apitest.Keyset:
		keys = append(keys, "type: keyset", "field: id", "param: after")
	}
	if c.Style == apitest.Page || c.Style == apitest.Offset {
		if rnd.IntN(2) == 0 {
			request = "params: {sort: id}"
			keys = append(keys, fmt.Sprintf("size: %d, size_param: limit", size))
		}
	}
	reads(c.Form.HasMore, "more", more)
	reads(c.Total, "total", total)
	return c, fmt.Sprintf("%s, %s, pagination: {%s}", records, request, strings.Join(keys, ", "))
}

// TestSoundWalksAreNotDoubted reads collections of every style and size, drawn
// with fixed seeds: all records come once, and nothing is doubted or warned of.
func TestSoundWalksAreNotDoubted(t *testing.T) {
	const seeds = 200
	for seed := range uint64(seeds) {
		if !testshare.Takes(int(seed)+1, seeds) {
			continue
		}
		rnd := rand.New(rand.NewPCG(seed, 7))
		c, stream := soundWalk(rnd)
		definition := "streams:\n  - {name: x, path: /x, primary_key: [id], schema: {type: object}, " + stream + "}\n"
		r := setup{definition: definition, api: http.RoundTripper(apitest.New().Add(c))}.run(t)
		if r.err != nil {
			t.Errorf("seed %d: %v\n%s", seed, r.err, definition)
			continue
		}
		if got := r.account.Streams[0]; got.Status() != "complete" || got.Written != int64(c.Made.Count) || strings.Contains(r.log, "level=WARN") {
			t.Errorf("seed %d: %s, %d records of %d\n%s\n%s%s", seed, got.Status(), got.Written, c.Made.Count, definition, r.account, r.log)
		}
	}
}

// TestProbesDoubt proves that discovery, --test, check and preview say once what
// a sync would, and fail only where on_incomplete says so.
func TestProbesDoubt(t *testing.T) {
	for name, probe := range map[string]func(tap.Options) error{
		"discovery": func(o tap.Options) error { _, err := tap.Discover(context.Background(), o); return err },
		"test":      func(o tap.Options) error { return tap.Test(context.Background(), o) },
		"preview":   func(o tap.Options) error { _, err := tap.Preview(context.Background(), o, "x", 3); return err },
	} {
		for policy, fails := range map[string]bool{"": false, ", on_incomplete: warn": false, ", on_incomplete: fail": true} {
			s := setup{
				definition: "streams: [{name: x, path: /x, records: data" + policy + "}]\n",
				api:        &replies{answers: jsonAnswers(`{"data":[{"id":1}],"has_more":true}`)},
			}
			var logged bytes.Buffer
			err := probe(s.options(t, io.Discard, &logged))
			if (err != nil) != fails || fails && !strings.Contains(err.Error(), "has_more is true") {
				t.Errorf("%s%s: got %v, want an error: %t", name, policy, err, fails)
			}
			if told := strings.Count(logged.String(), "may not be complete"); !fails && told != 1 {
				t.Errorf("%s%s: the log says so %d times:\n%s", name, policy, told, &logged)
			}
		}
	}
}
