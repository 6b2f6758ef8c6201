package apitest_test

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/sources/apitest/calls"
	"github.com/tap-rest/tap-rest/sources/apitest/coding"
)

// page gets one page and returns its ids.
func page(t *testing.T, api *apitest.API, path string) []int {
	t.Helper()
	r, err := calls.Do(&http.Client{Transport: api}, calls.Get("http://shop.example"+path))
	if err != nil {
		t.Fatal(err)
	}
	if r.Status != 200 {
		t.Fatalf("%s: status %d: %s", path, r.Status, r.Body)
	}
	var e struct{ Data []struct{ ID int } }
	if err := json.Unmarshal(r.Body, &e); err != nil {
		t.Fatal(err)
	}
	ids := make([]int, len(e.Data))
	for i, v := range e.Data {
		ids[i] = v.ID
	}
	return ids
}

func TestPageSize(t *testing.T) {
	api := apitest.New().Add(items(apitest.Page, func(c *apitest.Collection) { c.Max = 20 }))
	for _, tt := range []struct {
		query string
		want  int
	}{
		{"", 10}, {"?limit=3", 3}, {"?per_page=4", 4}, {"?size=20", 20}, {"?limit=21", 20},
		{"?limit=20&page=5", 15}, {"?page=99", 0}, {"?page=9223372036854775807", 0},
	} {
		if got := len(page(t, api, "/items"+tt.query)); got != tt.want {
			t.Errorf("%q: %d records, want %d", tt.query, got, tt.want)
		}
	}
}

func TestClamp(t *testing.T) {
	api := apitest.New().Add(items(apitest.Page, func(c *apitest.Collection) { c.Quirks.Clamp = true }))
	if got, want := page(t, api, "/items?page=11"), page(t, api, "/items?page=10"); !slices.Equal(got, want) {
		t.Errorf("past the end: %v, want those of the last page, %v", got, want)
	}
}

// TestUnordered asks for all pages: the API has all records, in a drawn order
// that is another one for each request.
func TestUnordered(t *testing.T) {
	api := apitest.New().Add(items(apitest.Offset, func(c *apitest.Collection) { c.Quirks.Unordered = true }))
	first, second := page(t, api, "/items?limit=95"), page(t, api, "/items?limit=95")
	everyID(t, first, 95)
	if slices.Equal(first, second) || slices.IsSorted(first) {
		t.Errorf("orders %v and %v", first, second)
	}
}

func TestFilter(t *testing.T) {
	rows := []string{
		`{"id":1,"at":"2025-01-01T00:00:00Z"}`,
		`{"nested":{"at":"2025-01-02T00:00:00Z"},"id":2,"at":"2025-01-03T01:00:00+01:00"}`,
		`{"id":3,"note":"\"at\":","at":1735776000}`,
		`{"id":4,"at":"2025-01-04"}`,
		`{"id":5,"at":null}`,
		`{"id":6}`,
	}
	tests := []struct {
		query string
		edit  func(*apitest.Filter)
		want  []int
	}{
		{"", nil, []int{1, 2, 3, 4, 5, 6}},
		{"?since=2025-01-02", nil, []int{2, 3, 4}},
		{"?since=2025-01-02T00:00:00Z&until=2025-01-04", nil, []int{2, 3}},
		{"?until=2025-01-04T00:00:00.000001Z", nil, []int{1, 2, 3, 4}},
		{"?since=1735776000&until=1735776001000", nil, []int{3}},
		{"?since=2025-01-02", func(f *apitest.Filter) { f.StartExclusive = true }, []int{2, 4}},
		{"?until=2025-01-03", func(f *apitest.Filter) { f.EndInclusive = true }, []int{1, 2, 3}},
		{"?since=2026-01-01", nil, []int{}},
		{"?since=2026-01-01&until=2025-01-01", nil, []int{}},
	}
	for _, tt := range tests {
		c := apitest.Collection{Path: "/items", Filter: apitest.Filter{Field: "at", From: "since", To: "until"}}
		for _, row := range rows {
			c.Rows = append(c.Rows, []byte(row))
		}
		if tt.edit != nil {
			tt.edit(&c.Filter)
		}
		if got := page(t, apitest.New().Add(c), "/items"+tt.query); !slices.Equal(got, tt.want) {
			t.Errorf("%q: %v, want %v", tt.query, got, tt.want)
		}
	}
}

// TestFilterAscending compares bisection with reading all records.
func TestFilterAscending(t *testing.T) {
	ascending := apitest.Orders(500)
	scanned := ascending
	scanned.Filter.Ascending = false
	a, b := apitest.New().Add(ascending), apitest.New().Add(scanned)
	for day := range 40 {
		query := fmt.Sprintf("/orders?limit=1000&from=2024-%02d-01&to=2025-%02d-15T12:00:00Z", day%12+1, day%11+1)
		got, want := page(t, a, query), page(t, b, query)
		if len(got) == 0 || !slices.Equal(got, want) {
			t.Errorf("%s: %d records by bisection, %d by reading", query, len(got), len(want))
		}
	}
}

// TestKeysetText pages by a field that is text.
func TestKeysetText(t *testing.T) {
	c := apitest.Collection{
		Path: "/items", Style: apitest.Keyset, Size: 2, Key: "sku",
		Rows: [][]byte{
			[]byte(`{"id":1,"sku":"a"}`), []byte(`{"id":2,"sku":"b\u00e9"}`),
			[]byte(`{"id":3,"sku":"c"}`), []byte(`{"id":4,"sku":"d"}`),
		},
	}
	if got, want := page(t, apitest.New().Add(c), "/items?after=b%C3%A9"), []int{3, 4}; !slices.Equal(got, want) {
		t.Errorf("after bé: %v, want %v", got, want)
	}
}

func TestEncoding(t *testing.T) {
	readers := map[string]func(io.Reader) (io.Reader, error){
		"gzip": func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) },
		"br":   func(r io.Reader) (io.Reader, error) { return brotli.NewReader(r), nil },
		"zstd": func(r io.Reader) (io.Reader, error) { return zstd.NewReader(r, zstd.WithDecoderConcurrency(1)) },
	}
	for name, open := range readers {
		for accept, want := range map[string]string{
			"": "", "deflate": "", "*": name, "deflate, " + name + ";q=0.5": name, name + "; q=0": "",
		} {
			t.Run(name+" for "+accept, func(t *testing.T) {
				api := apitest.New().Add(items(apitest.Cursor, func(c *apitest.Collection) { c.Encoding = coding.Named(name) }))
				in := calls.Get("http://shop.example/items")
				in.Header = http.Header{"Accept-Encoding": {accept}}
				r, err := calls.Do(&http.Client{Transport: api}, in)
				if err != nil {
					t.Fatal(err)
				}
				if got := r.Header.Get("Content-Encoding"); got != want {
					t.Fatalf("Content-Encoding %q, want %q", got, want)
				}
				if want != "" {
					z, err := open(strings.NewReader(string(r.Body)))
					if err != nil {
						t.Fatal(err)
					}
					if r.Body, err = io.ReadAll(z); err != nil {
						t.Fatal(err)
					}
				}
				if err := checkPage(10, func(envelope) bool { return true })(r, nil); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

func TestRefusals(t *testing.T) {
	api := apitest.New().
		Add(items(apitest.Cursor, func(c *apitest.Collection) { c.Filter = apitest.Filter{Field: "at", From: "from", To: "to"} })).
		Add(apitest.Collection{Path: "pages", Style: apitest.Page}).
		Add(apitest.Collection{Path: "/offsets", Style: apitest.Offset}).
		Add(apitest.Collection{Path: "/graphql", Style: apitest.GraphQL}).
		Add(apitest.Collection{Path: "/odd", Rows: [][]byte{}, Encoding: coding.Named("rot13")})
	tests := []struct {
		name, method, url, body string
		status                  int
		want                    string // the body begins so
	}{
		{"no such path", "GET", "/nowhere", "", 404, `{"error":{"code":"not_found",`},
		{"method", "DELETE", "/items", "", 405, `{"error":{"code":"method_not_allowed",`},
		{"limit 0", "GET", "/items?limit=0", "", 400, `{"error":{"code":"invalid_parameter",`},
		{"limit text", "GET", "/items?limit=many", "", 400, `{"error":{"code":"invalid_parameter",`},
		{"page 0", "GET", "/pages?page=0", "", 400, `{"error":{"code":"invalid_parameter",`},
		{"page text", "GET", "/pages?page=%22two%0A%22", "", 400, `{"error":{"code":"invalid_parameter",`},
		{"offset", "GET", "/offsets?offset=-1", "", 400, `{"error":{"code":"invalid_parameter",`},
		{"from", "GET", "/items?from=yesterday", "", 400, `{"error":{"code":"invalid_parameter",`},
		{"to", "GET", "/items?to=1e9", "", 400, `{"error":{"code":"invalid_parameter",`},
		{"cursor", "GET", "/items?cursor=abc", "", 400, `{"error":{"code":"invalid_cursor",`},
		{"cursor unescaped", "GET", "/items?cursor=ab+d", "", 400, `{"error":{"code":"invalid_cursor",`},
		{"body", "GET", "/items", "{", 400, `{"error":{"code":"invalid_body",`},
		{"scroll by GET", "GET", "/scroll", "", 405, `{"error":{"code":"method_not_allowed",`},
		{"scroll without token", "POST", "/scroll", "{}", 400, `{"error":{"code":"invalid_cursor",`},
		{"scroll without body", "POST", "/scroll", "[]", 400, `{"error":{"code":"invalid_body",`},
		{"GraphQL without query", "POST", "/graphql", "{}", 400, `{"error":{"code":"invalid_body",`},
		{"GraphQL cursor", "POST", "/graphql", `{"query":"{a}","variables":{"after":"x"}}`, 200, `{"errors":[{"message":`},
		{"unknown encoding", "GET", "/odd", "", 500, `{"error":{"code":"encoding",`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := calls.Call{Method: tt.method, URL: "http://shop.example" + tt.url, Body: tt.body, Header: http.Header{"Accept-Encoding": {"*"}}}
			r, err := calls.Do(&http.Client{Transport: api}, in)
			if err := wants(tt.status, tt.want)(r, err); err != nil {
				t.Fatal(err)
			}
			if !json.Valid(r.Body) {
				t.Errorf("no JSON: %s", r.Body)
			}
		})
	}
}

// TestForeignToken uses a token at another collection, and with another seed.
func TestForeignToken(t *testing.T) {
	api := apitest.New().Add(apitest.Orders(1000)).Add(items(apitest.Cursor, nil))
	r, err := calls.Do(&http.Client{Transport: api}, calls.Get("http://shop.example/orders"))
	if err != nil {
		t.Fatal(err)
	}
	next := mustNext(t, apitest.Cursor, calls.Get("http://shop.example/items"), r)
	r, err = calls.Do(&http.Client{Transport: api}, *next)
	if err := wants(400, `{"error":{"code":"invalid_cursor",`)(r, err); err != nil {
		t.Error(err)
	}
	other := apitest.New(apitest.Seed(1)).Add(items(apitest.Cursor, nil))
	r, err = calls.Do(&http.Client{Transport: other}, *next)
	if err := wants(400, `{"error":{"code":"invalid_cursor",`)(r, err); err != nil {
		t.Error(err)
	}
}

func TestAuth(t *testing.T) {
	bearer := http.Header{"Authorization": {"Bearer s3cret"}}
	basic := http.Header{"Authorization": {"Basic dTpw"}}
	tests := []struct {
		name   string
		option apitest.Option
		url    string
		header http.Header
		status int
	}{
		{"bearer", apitest.RequireBearer("s3cret"), "/items", bearer, 200},
		{"no bearer", apitest.RequireBearer("s3cret"), "/items", nil, 401},
		{"wrong bearer", apitest.RequireBearer("other"), "/items", bearer, 401},
		{"basic", apitest.RequireBasic("u", "p"), "/items", basic, 200},
		{"no basic", apitest.RequireBasic("u", "p"), "/items", bearer, 401},
		{"wrong password", apitest.RequireBasic("u", "q"), "/items", basic, 401},
		{"key in header", apitest.RequireKey("X-Key", "k"), "/items", http.Header{"X-Key": {"k"}}, 200},
		{"key in query", apitest.RequireKey("key", "k"), "/items?key=k", nil, 200},
		{"no key", apitest.RequireKey("key", "k"), "/items", nil, 401},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			api := apitest.New(tt.option).Add(items(apitest.Cursor, nil))
			in := calls.Get("http://shop.example" + tt.url)
			in.Header = tt.header
			r, err := calls.Do(&http.Client{Transport: api}, in)
			if err := wants(tt.status, "{")(r, err); err != nil {
				t.Error(err)
			}
		})
	}
}
