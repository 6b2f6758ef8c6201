package fetch_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
)

// TestRequests proves what is sent for a stream's first page.
func TestRequests(t *testing.T) {
	tests := []struct {
		name, client, stream string
		url                  string
		header               map[string]string
		body                 string
	}{
		{"least", "", `path: /orders`, "http://api.test/orders",
			map[string]string{"Accept": "application/json", "Accept-Encoding": "gzip, zstd, br", "User-Agent": "test", "Content-Type": ""}, ""},
		{"params", "", `path: /orders, params: {list: [a, 1, null, true], object: {a: [1]}, gone: "{{ config.gone }}", none: null, empty: "", text: "a b&c", nested: [[1, x]]}`,
			"http://api.test/orders?list=a&list=1&list=true&object=%7B%22a%22%3A%5B1%5D%7D&empty=&text=a%20b%26c&nested=%5B1%2C%22x%22%5D", nil, ""},
		{"params over those of path and base_url", "", `base_url: "http://api.test/v1?key=1&a=0", path: "/orders?a=1&b=%2f", params: {a: 2}`,
			"http://api.test/v1/orders?a=2&b=%2f&key=1", nil, ""},
		{"path is escaped", "", `path: "/shops/{{ config.shop }}/{{ config.shop | safe }}"`, "http://api.test/shops/a%2Fb%20c/a/b%20c", nil, ""},
		{"headers", `headers: {Accept: text/x, X-List: [a, b], X-Gone: "{{ config.gone }}", user-agent: me}`, `path: /orders`, "http://api.test/orders",
			map[string]string{"Accept": "text/x", "X-List": "a|b", "X-Gone": "", "User-Agent": "me"}, ""},
		{"page header", "", `path: /orders, pagination: {type: page, header: X-Page}`, "http://api.test/orders", map[string]string{"X-Page": "1"}, ""},
		{"page and size", "", `path: /orders, pagination: {type: page, start: 0, param: p, size_param: n, size: 50}`, "http://api.test/orders?p=0&n=50", nil, ""},
		{"offset and size", "", `path: /orders, pagination: {type: offset, param: skip, size_param: take, size: 50}`, "http://api.test/orders?skip=0&take=50", nil, ""},
		{"page in a template", "", `path: "/orders/{{ page.number }}", pagination: {type: page}`, "http://api.test/orders/1", nil, ""},
		{"JSON", "", `path: /orders, body: {json: {a: "{{ config.shop }}", gone: "{{ config.gone }}", n: 1.50, list: [1, null]}}`, "http://api.test/orders",
			map[string]string{"Content-Type": "application/json"}, `{"a":"a/b c","n":1.50,"list":[1,null]}`},
		{"JSON with a page", "", `path: /orders, body: {json: {query: {size: 2}}}, pagination: {type: page, body: query.page}`, "http://api.test/orders", nil, `{"query":{"size":2,"page":1}}`},
		{"form", "", `path: /orders, body: {form: {a: [1, 2], b: "x y", gone: null}}`, "http://api.test/orders",
			map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, "a=1&a=2&b=x+y"},
		{"text", "", `path: /orders, body: {text: "<q>{{ page.number }}</q>"}`, "http://api.test/orders",
			map[string]string{"Content-Type": "text/plain; charset=utf-8"}, "<q>1</q>"},
		{"own content type", "", `path: /orders, body: {text: ""}, headers: {Content-Type: application/xml}`, "http://api.test/orders", map[string]string{"Content-Type": "application/xml"}, ""},
		{"GraphQL", "", `path: /orders, body: {graphql: {query: "{ a }", variables: {n: 1, gone: "{{ config.gone }}"}}}`, "http://api.test/orders",
			map[string]string{"Content-Type": "application/json"}, `{"query":"{ a }","variables":{"n":1}}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := define(t, test.client, test.stream)[0]
			api := &script{answers: []answer{page(1, 0, "")}}
			r := newRig(t, s, api, "shop", "a/b c")
			r.client.KnowNoSecrets()
			if got := r.run(s, paging.Position{}); got.err != nil {
				t.Fatal(got.err)
			}
			sent := api.requests[0]
			if got := sent.URL.String(); got != test.url {
				t.Errorf("got URL %s\n   want %s", got, test.url)
			}
			for name, want := range test.header {
				if got := strings.Join(sent.Header.Values(name), "|"); got != want {
					t.Errorf("got %s: %q, want %q", name, got, want)
				}
			}
			body := ""
			if sent.Body != nil {
				b, err := io.ReadAll(sent.Body)
				if err != nil || sent.ContentLength != int64(len(b)) {
					t.Errorf("%v; Content-Length is %d of %d", err, sent.ContentLength, len(b))
				}
				body = string(b)
			}
			if body != test.body || (sent.Body != nil) != (sent.Method == http.MethodPost) {
				t.Errorf("got %s with %s, want %s", sent.Method, body, test.body)
			}
		})
	}
}

// TestRequestsRefused proves that what cannot be sent is not: one error, no
// request.
func TestRequestsRefused(t *testing.T) {
	for name, test := range map[string]struct{ stream, want string }{
		"line break in a header":   {`path: /orders, headers: {X-A: "{{ config.lines }}"}`, "headers.X-A: its value has a line break"},
		"header out of a token":    {`path: /orders, headers: {X-A: "{{ config.text ~ config.lines }}"}`, "headers.X-A"},
		"nothing in the path":      {`path: "/orders/{{ config.gone }}"`, "path"},
		"dots in the path":         {`path: "/orders/{{ config.dots }}"`, "path"},
		"base_url without scheme":  {`base_url: "{{ config.text }}", path: /orders`, "base_url plain"},
		"base_url with a user":     {`base_url: "{{ config.user }}", path: /orders`, "holds a user: give it under auth"},
		"base_url with a fragment": {`base_url: "{{ config.fragment }}", path: /orders`, "has a #"},
		"error in a template":      {`path: /orders, params: {a: "{{ config.text | int / 0 }}"}`, "params.a"},
		"error in a header":        {`path: /orders, headers: {a: "{{ config.text | int / 0 }}"}`, "headers.a"},
		"error in a body":          {`path: /orders, body: {json: {a: "{{ config.text | int / 0 }}"}}`, "body"},
		"error in a form":          {`path: /orders, body: {form: {a: "{{ config.text | int / 0 }}"}}`, "form.a"},
	} {
		t.Run(name, func(t *testing.T) {
			s := define(t, "", test.stream)[0]
			api := &script{answers: []answer{page(1, 0, "")}}
			r := newRig(t, s, api, "lines", "a\r\nX-B: c", "dots", "..", "text", "plain", "user", "http://u:p@api.test", "fragment", "http://api.test/#/app")
			r.client.KnowNoSecrets()
			e := failure(t, r.run(s, paging.Position{}).err)
			if e.Class != fetch.Permanent || !strings.Contains(e.Error(), test.want) || len(api.requests) != 0 {
				t.Errorf("got %v: %v after %d requests, want %q", e.Class, e, len(api.requests), test.want)
			}
		})
	}
}

// TestLinksAreSentAsTheyCame proves that the URL of a link is asked for byte
// for byte, but for what after_first sets.
func TestLinksAreSentAsTheyCame(t *testing.T) {
	const link = "http://api.test/o%2frders;x?b=%2f&a=1&a=%7e&&c&limit=5"
	for stream, want := range map[string]string{
		`path: /orders, params: {z: 1}, pagination: {type: next_url, next: next}`:                                        link,
		`path: /orders, params: {z: 1}, pagination: {type: next_url, next: next, after_first: {params: {limit: 9}}}`:     "http://api.test/o%2frders;x?b=%2f&a=1&a=%7e&c&limit=9",
		`path: /orders, pagination: {type: next_url, next: next}, auth: {type: api_key, in: query, name: k, value: abc}`: "http://api.test/o%2frders;x?b=%2f&a=1&a=%7e&c&limit=5&k=abc",
	} {
		s := define(t, "", stream)[0]
		api := &script{answers: []answer{page(1, 1, `,"next":"`+link+`"`), page(2, 2, "")}}
		if got := newRig(t, s, api).run(s, paging.Position{}); got.err != nil {
			t.Fatal(got.err)
		}
		if got := api.requests[1].URL.String(); got != want {
			t.Errorf("%s: got %s\nwant %s", stream, got, want)
		}
	}
}

// TestAfterFirstTakesAway: after_first with nulls alone leaves nothing of what the stream
// says.
func TestAfterFirstTakesAway(t *testing.T) {
	s := define(t, "", `path: /orders, params: {scroll: 5m}, headers: {X-First: "1"}, pagination: {type: cursor, next: next, param: after,
		after_first: {params: {scroll: null}, headers: {X-First: null}}}`)[0]
	api := &script{answers: []answer{page(1, 1, `,"next":"t"`), page(2, 2, "")}}
	if got := newRig(t, s, api).run(s, paging.Position{}); got.err != nil {
		t.Fatal(got.err)
	}
	first, second := api.requests[0], api.requests[1]
	if first.URL.RawQuery != "scroll=5m" || first.Header.Get("X-First") != "1" || second.URL.RawQuery != "after=t" || second.Header.Get("X-First") != "" {
		t.Errorf("%s %v, then %s %v", first.URL, first.Header, second.URL, second.Header)
	}
}
