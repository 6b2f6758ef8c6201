package paging_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
)

// TestRelayPageInfo: a connection goes on, or ends, as its pageInfo says; one that
// does not say so is no page.
func TestRelayPageInfo(t *testing.T) {
	connection := subject{pagination: sources.Pagination{
		Type: sources.PaginateRelay, Connection: "data.list", Sends: sources.PageSending{Size: 5},
	}}
	for _, tt := range []struct {
		name, list string
		passed     bool
		sends      string // then
		want       string // of the error
	}{
		{"a next page", `{"pageInfo": {"hasNextPage": true, "endCursor": "c"}}`, false, `variables.after="c" variables.first=5`, ""},
		{"the last page", `{"pageInfo": {"hasNextPage": false, "endCursor": "c"}}`, false, "", ""},
		{"the last page, without a cursor", `{"pageInfo": {"hasNextPage": false}}`, false, "", ""},
		{"no pageInfo", `{}`, false, "", "expected true or false at data.list.pageInfo.hasNextPage, got nothing"},
		{"no connection", `null`, true, "", "got nothing"},
		{"no boolean", `{"pageInfo": {"hasNextPage": "yes"}}`, false, "", `hasNextPage, got "yes"`},
		{"no cursor", `{"pageInfo": {"hasNextPage": true}}`, false, "", "hasNextPage is true, but endCursor is nothing: does the query ask for it?"},
		{"a cursor of null", `{"pageInfo": {"hasNextPage": true, "endCursor": null}}`, false, "", "endCursor is null"},
		{"an empty cursor", `{"pageInfo": {"hasNextPage": true, "endCursor": ""}}`, false, "", `endCursor is ""`},
		{"said twice", `{"pageInfo": {"hasNextPage": false, "hasNextPage": true}}`, false, "", `the key "hasNextPage" twice`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := connection.walk(t, paging.Position{})
			body := []byte(`{"data": {"list": ` + tt.list + `}}`)
			found, err := w.take(paging.Answer{
				Status: 200, Header: http.Header{}, Body: body, Beside: body, Records: records{}, Ruling: paging.Ruling{Passed: tt.passed},
			})
			if tt.want != "" {
				if err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("got %v, want %q", err, tt.want)
				}
				return
			}
			if err != nil || found.Last != (tt.sends == "") || found.Proof.Doubts != nil {
				t.Fatalf("got %+v, %v", found, err)
			}
			var sends []string
			for _, s := range w.pager.Sends() {
				sends = append(sends, s.Param+s.Header+s.Body+"="+string(s.Value.AppendJSON(nil)))
			}
			if got := strings.Join(sends, " "); !found.Last && got != tt.sends {
				t.Errorf("then sends %s, want %s", got, tt.sends)
			}
		})
	}
}
