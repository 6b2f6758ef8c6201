package apitest_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"testing"

	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/sources/apitest/calls"
)

// FuzzRequest sends anything to every style: each answer is JSON under a status
// that the documentation names.
func FuzzRequest(f *testing.F) {
	f.Add("/none", "cursor=abc", "", "{}")
	f.Add("/page", "page=2&limit=3", "", "")
	f.Add("/offset", "offset=9&size=1", "", "null")
	f.Add("/cursor", "cursor=%2B/==&from=2024-01-01&to=1e99", "application/x-www-form-urlencoded", "a=%zz")
	f.Add("/keyset", "after=17", "", `{"after":17}`)
	f.Add("/graphql", "", "application/json", `{"query":"{a}","variables":{"after":"x","first":1}}`)
	f.Add("/scroll", "", "text/plain", `{"scroll_id":"AAAA"}`)
	api := apitest.New()
	for path, style := range map[string]apitest.Style{
		"/none": apitest.None, "/page": apitest.Page, "/offset": apitest.Offset, "/cursor": apitest.Cursor,
		"/keyset": apitest.Keyset, "/graphql": apitest.GraphQL, "/start": apitest.Scroll,
	} {
		c := apitest.Orders(50)
		c.Path, c.Style, c.Method = path, style, "POST"
		api.Add(c)
	}
	f.Fuzz(func(t *testing.T, path, query, kind, body string) {
		u := &url.URL{Scheme: "http", Host: "shop.example", Path: path, RawQuery: query}
		r, err := calls.Do(&http.Client{Transport: api}, calls.Call{Method: "POST", URL: u.String(), Body: body, Header: http.Header{"Content-Type": {kind}}})
		if err != nil {
			return // net/http refused to send it
		}
		switch r.Status {
		case 200, 400, 404, 410:
		default:
			t.Errorf("status %d", r.Status)
		}
		if !json.Valid(r.Body) {
			t.Errorf("no JSON: %q", r.Body)
		}
		api.Reset()
	})
}

// FuzzRows serves rows that are anything to those who read their fields.
func FuzzRows(f *testing.F) {
	f.Add([]byte(`{"id":1,"at":"2025-01-01"}`), "1")
	f.Add([]byte(`{"id":"\"`), "a")
	f.Add([]byte(`{"at": "2025`), "")
	f.Add([]byte(`]}{"id":{"id":2}`), "2")
	f.Fuzz(func(t *testing.T, row []byte, after string) {
		api := apitest.New(apitest.Every(1, apitest.InvalidUTF8())).Add(apitest.Collection{
			Path: "/items", Style: apitest.Keyset, Rows: [][]byte{row, row},
			Filter: apitest.Filter{Field: "at", From: "from"},
		})
		u := "http://shop.example/items?from=2024-01-01&after=" + url.QueryEscape(after)
		if _, err := calls.Do(&http.Client{Transport: api}, calls.Get(u)); err != nil {
			t.Fatal(err)
		}
	})
}
