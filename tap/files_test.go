package tap_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"github.com/tap-rest/tap-rest/testrig"
)

const filesStream = `streams:
  - name: rows
    path: /reports
    params: {since: "{{ window.start }}"}
    records: data
    replication_key: updated_at
    incremental: {start: "2024-01-01T00:00:00Z", settle: 0s}
    pagination: {type: cursor, next: next, param: after}
    files: {link: "{{ record.url }}", keys: {report: id}, when: "{{ record.kind == 'rows' }}"}
    primary_key: [id]
    add: {report: "{{ partition.report }}"}
    schema: {type: object}
`

// filesAPI lists reports, two on a page, whose files lie on another host and have two
// records each.
type filesAPI struct {
	reports   []string // when each was updated
	signature int
	asked     []string // paths of files, and the queries of listings
}

func (a *filesAPI) RoundTrip(r *http.Request) (*http.Response, error) {
	status, body := 200, ""
	if r.URL.Host == "store.test" {
		a.asked = append(a.asked, r.URL.Path)
		var n int
		_, _ = fmt.Sscanf(r.URL.Path, "/%d", &n)
		body = fmt.Sprintf(`[{"id":%d},{"id":%d}]`, 2*n, 2*n+1)
		if !strings.HasPrefix(r.URL.Query().Get("sig"), "abcdefgh") || r.Header.Get("Authorization") != "" {
			status = 403
		}
	} else {
		a.signature++
		a.asked = append(a.asked, "listing")
		var from int
		_, _ = fmt.Sscan(r.URL.Query().Get("after"), &from)
		var items []string
		for i := from; i < min(from+2, len(a.reports)); i++ {
			kind := "rows"
			if i == 1 {
				kind = "summary"
			}
			if a.reports[i] >= r.URL.Query().Get("since") {
				items = append(items, fmt.Sprintf(`{"id":"r%d","kind":%q,"updated_at":%q,"url":"http://store.test/%d?sig=abcdefgh%d"}`, i, kind, a.reports[i], i, a.signature))
			}
		}
		next := "null"
		if from+2 < len(a.reports) {
			next = fmt.Sprint(from + 2)
		}
		body = fmt.Sprintf(`{"data":[%s],"next":%s}`, strings.Join(items, ","), next)
	}
	return testrig.JSON(r, status, body), nil
}

// TestFiles proves that each record of a listing is a file to read, that the next run
// reads only those that are new or have changed, and that credentials stay at home.
func TestFiles(t *testing.T) {
	api := &filesAPI{reports: []string{"2024-01-01T00:00:00Z", "2024-01-02T00:00:00Z", "2024-01-03T00:00:00Z", "2024-01-04T00:00:00Z"}}
	s := setup{definition: filesStream, api: api, workDir: t.TempDir(), config: `{"run": {"concurrency": 1}}`,
		head: head + "  auth: {type: bearer, token: a-secret-token}\n"}
	r := s.must(t)
	ids := func(r result) (all []string) {
		for _, rec := range r.records("rows") {
			all = append(all, gjson.Get(rec, "report").Str+"/"+gjson.Get(rec, "id").Raw)
		}
		slices.Sort(all)
		return all
	}
	if got, want := ids(r), []string{"r0/0", "r0/1", "r2/4", "r2/5", "r3/6", "r3/7"}; !slices.Equal(got, want) {
		t.Fatalf("got %v, want %v\n%s\n%v", got, want, r.log, api.asked)
	}
	for _, text := range []string{r.log, r.state()} {
		if strings.Contains(text, "abcdefgh") {
			t.Errorf("a signature is in %s", text)
		}
	}
	now := time.Now().UTC().Add(time.Second).Format(time.RFC3339)
	api.reports = append(api.reports, now)
	api.reports[0] = now
	api.asked, s.state = nil, r.state()
	r = s.must(t)
	if got, want := ids(r), []string{"r0/0", "r0/1", "r4/8", "r4/9"}; !slices.Equal(got, want) {
		t.Errorf("the next run got %v, want %v\n%s\n%v", got, want, r.log, api.asked)
	}
}
