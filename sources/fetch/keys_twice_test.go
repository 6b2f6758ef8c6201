package fetch_test

import (
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
)

// TestWalkOverKeysTwice proves that no walk ends, or goes on, because of one
// of two values that an answer has for the same key.
func TestWalkOverKeysTwice(t *testing.T) {
	const (
		cursor = `path: /orders, pagination: {type: cursor, next: next, param: c`
		number = `path: /orders, pagination: {type: page, param: p`
	)
	for name, test := range map[string]struct {
		stream, members, want string
	}{
		"next":        {cursor + "}", `,"next":null,"next":"1"`, "pagination.next: the answer has the key \"next\" twice, with different values: `null` and `\"1\"`"},
		"more":        {cursor + ", more: m.more}", `,"next":"1","m":{"more":false,"more":true}`, `pagination.more: the answer has the key "more" twice`},
		"total":       {number + ", total: meta.total}", `,"meta":{"total":2,"total":3}`, "pagination.total: the answer has the key \"total\" twice, with different values: `2` and `3`"},
		"total_pages": {number + ", total_pages: pages}", `,"pages":1,"pages":2`, `pagination.total_pages: the answer has the key "pages" twice`},
		"whole body":  {cursor + `, stop: "{{ response.data | length == 0 }}"}`, `,"next":null,"next":"1"`, `the key "next" twice`},
		"next_url":    {`path: /orders, pagination: {type: next_url, next: next}`, `,"next":"/a","next":"/b"`, `the key "next" twice`},
		"secret":      {cursor + "}", `,"next":null,"next":"s3cret-0123456789"`, "`\"***\"`"},
		"equal":       {cursor + ", more: m, total: t}", `,"next":null,"m":false,"t":2,"next":null,"m":false,"t":2`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := define(t, "", test.stream)[0]
			got := newRig(t, s, &script{answers: []answer{page(1, 2, test.members)}}, "key", "s3cret-0123456789").run(s, paging.Position{})
			if test.want == "" {
				if got.err != nil || len(got.ids) != 2 {
					t.Errorf("got %d records and %v", len(got.ids), got.err)
				}
				return
			}
			e := failure(t, got.err)
			if e.Class != fetch.Permanent || !strings.Contains(e.Error(), test.want) || strings.Contains(e.Err.Error(), "s3cret") {
				t.Errorf("got %v: %v, want %q", e.Class, e, test.want)
			}
		})
	}
}
