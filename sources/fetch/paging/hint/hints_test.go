package hint_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/paging/hint"
)

// TestAgainst: what an answer of ten records says against being the only one is found
// where APIs say it, and what says that it is the only one is left alone.
func TestAgainst(t *testing.T) {
	for _, tt := range []struct {
		name   string
		body   string
		header [2]string
		want   string // the key that says so; "": none
		advice string
	}{
		{"nothing", `{}`, [2]string{}, "", ""},
		{"a header X-…", `{}`, [2]string{"X-Total-Count", "30"}, "header:X-Total-Count", "say with pagination how the next page is asked for, with total: 'header:X-Total-Count'"},
		{"a header without X-", `{}`, [2]string{"Total-Count", "30"}, "header:Total-Count", "say with pagination how the next page is asked for, with total: 'header:Total-Count'"},
		{"a total of as many", `{}`, [2]string{"Total", "10"}, "", ""},
		{"a token in a header", `{}`, [2]string{"Next-Page-Token", "abc"}, "header:Next-Page-Token", "write pagination: {type: cursor, next: 'header:Next-Page-Token', param: …}"},
		{"Oracle's", `{}`, [2]string{"Opc-Next-Page", "abc"}, "header:Opc-Next-Page", "write pagination: {type: cursor, next: 'header:Opc-Next-Page', param: …}"},
		{"Salesforce's", `{}`, [2]string{"Sforce-Locator", "MTAw"}, "header:Sforce-Locator", "write pagination: {type: cursor, next: 'header:Sforce-Locator', param: …}"},
		{"Salesforce's, at the end", `{}`, [2]string{"Sforce-Locator", "null"}, "", ""},
		{"a number of pages", `{}`, [2]string{"Total-Pages", "3"}, "header:Total-Pages", "say with pagination how the next page is asked for, with total_pages: 'header:Total-Pages'"},
		{"JSON in a header", `{}`, [2]string{"X-Pagination", `{"TotalCount":30,"PageSize":10}`}, "header:X-Pagination.TotalCount", "say with pagination how the next page is asked for"},
		{"JSON in a header that says more", `{}`, [2]string{"X-Pagination", `{"hasNext":true}`}, "header:X-Pagination.hasNext", "say with pagination how the next page is asked for"},
		{"how much was used, as JSON in a header", `{}`, [2]string{"X-App-Usage", `{"count":28,"total":250,"pages":9}`}, "", ""},
		{"a header that names no next page", `{}`, [2]string{"Next-Page-Token", ""}, "", ""},
		{"JSON in a header, at the end", `{}`, [2]string{"X-Pagination", `{"TotalCount":10,"HasNext":false,"nextPageLink":""}`}, "", ""},
		{"a list of links", `{"link":[{"rel":"self","href":"a"},{"rel":"next","href":"b"}]}`, [2]string{}, `link.#(rel=="next").href`, `write pagination: {type: cursor, next: 'link.#(rel=="next").href', param: …}`},
		{"the only link, as XML has it", `{"r":{"link":{"@rel":"next","@href":"/b"}}}`, [2]string{}, `r.link.\@href`, `write pagination: {type: next_url, next: 'r.link.\@href'}`},
		{"the only link, to something else", `{"r":{"link":{"@rel":"self","@href":"/b"}}}`, [2]string{}, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := http.Header{"Content-Type": {"application/json"}, "Date": {"Mon, 30 Nov 2026 12:00:00 GMT"}, "Age": {"99"}, "Server-Timing": {"total;dur=123"}}
			if tt.header[0] != "" {
				h.Set(tt.header[0], tt.header[1])
			}
			end := hint.End{Paging: &sources.Pagination{}, N: 10, Records: 10, Pages: 1, Single: true, Answered: func(string) bool { return false }}
			found := hint.Find([]byte(tt.body), []string{"data"}, h).Against(&end)
			keys := []string{}
			for _, c := range found {
				keys = append(keys, c.Key)
			}
			want := []string{}
			if tt.want != "" {
				want = append(want, tt.want)
			}
			if !slices.Equal(keys, want) {
				t.Fatalf("found %q, want %q", keys, want)
			}
			if len(found) > 0 && found[0].Advice != tt.advice {
				t.Errorf("advised %q, want %q", found[0].Advice, tt.advice)
			}
		})
	}
}

// TestError: an answer that is a SOAP fault tells of an error, wherever its records would
// have been.
func TestError(t *testing.T) {
	body := []byte(`{"Envelope":{"Body":{"Fault":{"faultstring":"down"}}}}`)
	member, rule, found := hint.Error(body, []string{"r", "item"}, true)
	if !found || member.Key != "Envelope.Body.Fault" || rule != "response.Envelope.Body.Fault" {
		t.Errorf("found %t: %+v, rule %q", found, member, rule)
	}
	if member, _, found := hint.Error([]byte(`{"Envelope":{"Body":{"items":null}}}`), []string{"Envelope", "Body", "items"}, true); found {
		t.Errorf("found %+v in an answer that is well", member)
	}
}
