package fetch_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/body"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
)

// graphqlWays are all ways of paging, in streams with a GraphQL body.
var graphqlWays = map[string]string{
	"none":        `pagination: {type: none}`,
	"cursor":      `pagination: {type: cursor, next: next, body: variables.after}`,
	"next_url":    `pagination: {type: next_url, next: url}`,
	"link_header": `pagination: {type: link_header}`,
	"page":        `pagination: {type: page, body: variables.page}`,
	"offset":      `pagination: {type: offset, body: variables.offset}`,
	"keyset":      `pagination: {type: keyset, field: id, body: variables.after}`,
	"relay":       `pagination: {type: relay, connection: list, size: 1}`,
	"scroll":      `pagination: {type: cursor, next: next, open: {path: /open}, body: variables.after}`,
}

// partial is a GraphQL API with three pages of one record. That with the number bad
// has errors beside its data.
type partial struct {
	bad   int
	pages int
	long  bool // answers are larger than memory
}

func (p *partial) RoundTrip(r *http.Request) (*http.Response, error) {
	h := http.Header{"Content-Type": {"application/json"}}
	text := `{"next":"1","data":[]}`
	if r.URL.Path != "/open" {
		p.pages++
		text = p.page(h)
	}
	return answer{200, text, h}.response(r), nil
}

func (p *partial) page(h http.Header) string {
	n := p.pages
	record, errors, next, url := fmt.Sprintf(`{"id":%d}`, n), ``, fmt.Sprint(`"`, n, `"`), fmt.Sprintf(`"/graphql?p=%d"`, n)
	switch {
	case n == p.bad:
		errors = `,"errors":[{"message":"a part is missing","path":["data",1]}]`
	case n > 3:
		record = ""
	}
	if n >= 3 {
		next, url = "null", "null"
	} else {
		h.Set("Link", `</graphql?p=`+fmt.Sprint(n)+`>; rel="next"`)
	}
	if p.long {
		record += "," + strings.Repeat(" ", body.Max)
		record = strings.Replace(record, ",", fmt.Sprintf(`,{"id":%d},`, n+100), 1) + fmt.Sprintf(`{"id":%d}`, n+200)
	}
	return fmt.Sprintf(`{"data":[%s],"next":%s,"url":%s,"list":{"pageInfo":{"hasNextPage":%t,"endCursor":%s}}%s}`, record, next, url, n < 3, next, errors)
}

// TestPartialErrors: errors beside data fail the walk, in every way of paging and on
// every page, unless a rule says what becomes of such an answer.
func TestPartialErrors(t *testing.T) {
	const request = `path: /graphql, body: {graphql: {query: "query($first: Int, $after: String) {list(first: $first, after: $after) {id}}"}}, `
	for way, keys := range graphqlWays {
		for bad := 1; bad <= 2 && (bad == 1 || way != "none"); bad++ {
			t.Run(fmt.Sprint(way, ", page ", bad), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := define(t, "retry: {attempts: 2}", request+keys)[0]
					got := newRig(t, s, &partial{bad: bad}).run(s, paging.Position{})
					e := failure(t, got.err)
					if e.Class != fetch.Permanent || !strings.Contains(e.Error(), `GraphQL errors: [{"message":"a part is missing"`) {
						t.Errorf("got %v (%v)", e, e.Class)
					}
					if len(got.ids) != bad-1 {
						t.Errorf("the records %v came, want those before page %d", got.ids, bad)
					}
					s = define(t, "retry: {attempts: 2}", request+keys+`, errors: [{when: "{{ response.errors }}", do: retry}]`)[0]
					if got = newRig(t, s, &partial{bad: bad}).run(s, paging.Position{}); got.err != nil {
						t.Errorf("with a rule that asks again: %v", got.err)
					}
					s = define(t, "retry: {attempts: 2}", request+keys+`, errors: [{when: "{{ response.errors }}", do: page}]`)[0]
					got = newRig(t, s, &partial{bad: bad}).run(s, paging.Position{})
					if want := map[bool]int{true: 1, false: 3}[way == "none"]; got.err != nil || len(got.ids) != want || got.partly != 1 {
						t.Errorf("with a rule that takes it for a page: %d records, want %d, of %d pages with errors: %v", len(got.ids), want, got.partly, got.err)
					}
				})
			})
		}
	}
}

// TestPartialErrorsBehindALongPage: errors stand behind records that memory cannot hold.
func TestPartialErrorsBehindALongPage(t *testing.T) {
	s := define(t, "retry: {attempts: 2}", `path: /graphql, body: {graphql: {query: q}}`)[0]
	got := newRig(t, s, &partial{bad: 1, long: true}).run(s, paging.Position{})
	if e := failure(t, got.err); !strings.Contains(e.Error(), "GraphQL errors: ") {
		t.Errorf("got %v", e)
	}
}
