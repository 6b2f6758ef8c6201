package tap_test

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tap-rest/tap-rest/sources/apitest"
)

// TestMaxOffset proves that windows with more records than an API lets be counted
// are halved, with a total at the first page, and that no request asks for what
// lies beyond; and that a stream without windows fails there.
func TestMaxOffset(t *testing.T) {
	begin := time.Date(2025, 5, 1, 0, 0, 0, 0, time.UTC)
	const stream = "streams:\n  - {name: orders, path: /orders, records: data, primary_key: [id], schema: {type: object}, pagination: {type: offset, param: offset, size_param: limit, size: 2, max_offset: 7%s}%s}\n"
	const windows = `, replication_key: updated_at, params: {from: "{{ window.start }}", to: "{{ window.end }}"}, incremental: {start: "2025-05-01", window: 1d}`
	for _, total := range []bool{true, false} {
		for _, keys := range []string{windows, ""} {
			synctest.Test(t, func(t *testing.T) {
				sleepUntil(time.Date(2025, 5, 3, 12, 0, 0, 0, time.UTC))
				api := apitest.New().Add(apitest.Collection{
					Path: "/orders", Style: apitest.Offset, Total: total, Filter: apitest.Filter{Field: "updated_at", From: "from", To: "to"},
					Rows: rows(48, func(i int) string {
						return fmt.Sprintf(`{"id":%d,"updated_at":%q}`, i+1, begin.Add(time.Duration(i)*time.Hour).Format(time.RFC3339))
					}),
				})
				reads := ""
				if total {
					reads = ", total: meta.total"
				}
				late := 0
				s := setup{definition: fmt.Sprintf(stream, reads, keys), workDir: memoryFolder(t), api: transport(func(r *http.Request) (*http.Response, error) {
					offset, _ := strconv.Atoi(r.URL.Query().Get("offset"))
					if offset+2 > 7 {
						t.Errorf("asked for what lies beyond: %s", r.URL)
					}
					if offset > 0 && r.URL.Query().Get("to") == "2025-05-02T00:00:00Z" && r.URL.Query().Get("from") == "2025-05-01T00:00:00Z" {
						late++
					}
					return api.RoundTrip(r)
				})}
				r := s.run(t)
				if keys == "" {
					if r.err == nil || !strings.Contains(r.err.Error(), "lies beyond pagination.max_offset: 7, after 6 records") || len(r.records("")) != 6 {
						t.Errorf("got %v and %d records", r.err, len(r.records("")))
					}
					return
				}
				got := idsOf(t, r, "orders")
				if r.err != nil || !slices.Equal(got, upTo(48)) || !strings.Contains(r.log, "the window is halved") ||
					!strings.Contains(r.log, "start=2025-05-01T00:00:00Z middle=2025-05-01T12:00:00Z end=2025-05-02T00:00:00Z") {
					t.Errorf("total %v: %v, %v\n%s", total, r.err, got, r.log)
				}
				if total && late > 0 {
					t.Errorf("%d calls for a window whose first page says that it is too large", late)
				}
			})
		}
	}
}
