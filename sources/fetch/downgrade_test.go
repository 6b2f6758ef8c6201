package fetch_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
)

// TestNextOverHTTP: a link from https to http says what to write; what it says,
// written down, walks to the end over https.
func TestNextOverHTTP(t *testing.T) {
	const base = `base_url: "https://api.test", path: /orders, `
	for _, tt := range []struct{ pagination, body, link string }{
		{`{type: next_url, next: next}`, `{"data":[{"id":%d}],"next":%s}`, ""},
		{`{type: next_url, next: links.next-page}`, `{"data":[{"id":%d}],"links":{"next-page":%s}}`, ""},
		{`{type: next_url, next: '\@odata\.nextLink'}`, `{"data":[{"id":%d}],"@odata.nextLink":%s}`, ""},
		{`{type: link_header}`, `{"data":[{"id":%d}],"x":%s}`, `<http://api.test/orders?page=0>; rel="first", <http://api.test/orders?page=2>; rel="next"`},
		{`{type: next_url, next: "header:X-Next"}`, `{"data":[{"id":%d}],"x":%s}`, "X-Next"},
	} {
		api := transport(func(r *http.Request) (*http.Response, error) {
			if r.URL.Scheme != "https" {
				t.Errorf("asked %s", r.URL)
			}
			id, next, header := 1, `"http://api.test/orders?page=2"`, []string{}
			if tt.link == "X-Next" {
				header = []string{"X-Next", "http://api.test/orders?page=2"}
			} else if tt.link != "" {
				header = []string{"Link", tt.link}
			}
			if r.URL.RawQuery != "" {
				id, next, header = 2, "null", nil
			}
			return says(200, fmt.Sprintf(tt.body, id, next), header...).response(r), nil
		})
		s := define(t, "", base+"pagination: "+tt.pagination)[0]
		got := newRig(t, s, api).run(s, paging.Position{})
		e := failure(t, got.err)
		if e.Class != fetch.Permanent || !strings.Contains(e.Error(), "the link to the next page leads from https to http://api.test") {
			t.Errorf("%s: got %v", tt.pagination, e)
		}
		line := regexp.MustCompile(`write (pagination: \{.*?'\})`).FindStringSubmatch(e.Error())
		if line == nil || !strings.Contains(e.Error(), "allow_hosts") {
			t.Errorf("%s: it does not say what to write: %v", tt.pagination, e)
			continue
		}
		s = define(t, "", base+line[1])[0]
		if got := newRig(t, s, api).run(s, paging.Position{}); got.err != nil || len(got.ids) != 2 {
			t.Errorf("%s: %v and records %v, want 2 of them", line[1], got.err, got.ids)
		}
	}
}
