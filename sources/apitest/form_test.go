package apitest_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources/apitest"
)

// TestForm asks for pages in the words that a form gives them.
func TestForm(t *testing.T) {
	rows := make([][]byte, 5)
	for i := range rows {
		rows[i] = fmt.Appendf(nil, `{"id":%d}`, i+1)
	}
	for _, test := range []struct {
		name         string
		c            apitest.Collection
		method, path string
		body         string
		want         string // of the answer
		kind         string
	}{
		{"an envelope", apitest.Collection{Style: apitest.Keyset, Form: apitest.Form{Token: "starting_after", Envelope: func(end apitest.End) (string, string) {
			return `{"list":[`, fmt.Sprintf(`],"has_more":%v,"of":%d,"pages":%d}`, end.More, end.Total, end.Pages)
		}}}, "GET", "/c?starting_after=2", "", `{"list":[{"id":3},{"id":4}],"has_more":true,"of":5,"pages":3}`, "application/json"},
		{"the last page has no next one", apitest.Collection{Style: apitest.NextURL, Form: apitest.Form{Envelope: func(end apitest.End) (string, string) {
			return "[", "]" + end.Next
		}}}, "GET", "/c?size=5", "", `[{"id":1},{"id":2},{"id":3},{"id":4},{"id":5}]`, "application/json"},
		{"lines", apitest.Collection{Style: apitest.None, Form: apitest.Form{Between: "\n", Type: "application/x-ndjson", Envelope: func(apitest.End) (string, string) {
			return "", "\n"
		}}}, "GET", "/c", "", "{\"id\":1}\n{\"id\":2}\n{\"id\":3}\n{\"id\":4}\n{\"id\":5}\n", "application/x-ndjson"},
		{"a list ends with the key", apitest.Collection{Style: apitest.Keyset, Method: "POST", Form: apitest.Form{Token: "search_after", Bare: true}},
			"POST", "/c", `{"search_after":["2024-01-01",4]}`, `[{"id":5}]`, "application/json"},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.c.Path, test.c.Rows, test.c.Size = "/c", rows, 2
			api := apitest.New().Add(test.c)
			r, err := http.NewRequest(test.method, "http://shop.example"+test.path, strings.NewReader(test.body))
			if err != nil {
				t.Fatal(err)
			}
			res, err := api.RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(res.Body)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != test.want || res.Header.Get("Content-Type") != test.kind {
				t.Errorf("%s: %s, want %s: %s", res.Header.Get("Content-Type"), got, test.kind, test.want)
			}
		})
	}
}
