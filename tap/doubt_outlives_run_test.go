package tap_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/testrig"
)

// partialDay is an API with a row for each hour, which says of the third day that there is
// more of it than it gives.
type partialDay struct{ whole bool }

func (d *partialDay) RoundTrip(r *http.Request) (*http.Response, error) {
	from, err := time.Parse(time.RFC3339, r.URL.Query().Get("from"))
	if err != nil {
		return nil, err
	}
	hours, more := 24, ""
	if from.Day() == 3 && !d.whole {
		hours, more = 5, `,"has_more":true`
	}
	var rows []string
	for i := range hours {
		at := from.Add(time.Duration(i) * time.Hour)
		rows = append(rows, fmt.Sprintf(`{"id":%d,"at":%q}`, at.Unix(), at.Format(time.RFC3339)))
	}
	return testrig.JSON(r, 200, `{"data":[`+strings.Join(rows, ",")+`]`+more+`}`), nil
}

// TestDoubtOutlivesItsRun: where one window ended in doubt, the bookmark does not move past
// it, be it that another run ends the pass.
func TestDoubtOutlivesItsRun(t *testing.T) {
	const stream = `streams:
  - name: rows
    path: /rows
    params: {from: "{{ window.start }}", to: "{{ window.end }}"}
    records: data
    primary_key: [id]
    replication_key: at
    incremental: {start: "2025-03-01T00:00:00Z", end: "2025-03-07T00:00:00Z", window: 1d%s}
    schema: {type: object}
`
	for _, tt := range []struct {
		name, keys string
		requests   int // of each run of the first pass
	}{
		{"one run", "", 0},
		{"one run of a sorted stream", ", sorted: true", 0},
		{"a run that ends behind the doubt", "", 4},
		{"such a run of a sorted stream", ", sorted: true", 4},
		{"a run for each window", "", 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			api, dir := &partialDay{}, t.TempDir()
			seen := map[string]bool{}
			one := setup{definition: fmt.Sprintf(stream, tt.keys), api: api, workDir: dir}
			if tt.requests > 0 {
				one.config = fmt.Sprintf(`{"run":{"concurrency":1,"max_requests":%d}}`, tt.requests)
			}
			for range 6 {
				r := one.must(t)
				for _, record := range r.records("rows") {
					seen[string(record)] = true
				}
				one.state = r.state()
				if tt.requests == 0 || r.account.Stopped == "" {
					if tt.requests > 0 && !strings.Contains(r.log, "in doubt by an earlier run") {
						t.Errorf("the run that ends the pass does not say that it is in doubt:\n%s", r.log)
					}
					if got := r.account.Streams[0].Status(); got != "complete?" {
						t.Errorf("the account of the run that ends the pass has %q, want complete?", got)
					}
					break
				}
			}
			api.whole, one.config = true, ""
			for _, record := range one.must(t).records("rows") {
				seen[string(record)] = true
			}
			if len(seen) != 6*24 {
				t.Errorf("%d records came in all, want %d: the bookmark is %s", len(seen), 6*24, bookmarkOf(t, one.state, "rows").Value)
			}
		})
	}
}

// TestDoubtGivenUp: a definition that takes doubts for no matter takes those of the runs
// before for none, too.
func TestDoubtGivenUp(t *testing.T) {
	const stream = `streams:
  - name: rows
    path: /rows
    params: {from: "{{ window.start }}", to: "{{ window.end }}"}
    records: data%s
    replication_key: at
    incremental: {start: "2025-03-01T00:00:00Z", end: "2025-03-07T00:00:00Z", window: 1d}
    schema: {type: object}
`
	one := setup{definition: fmt.Sprintf(stream, ""), api: &partialDay{}, workDir: t.TempDir(), config: `{"run":{"concurrency":1,"max_requests":4}}`}
	one.state = one.must(t).state()
	if !strings.Contains(string(one.state), `"doubted":true`) {
		t.Fatalf("the state does not have the doubt: %s", one.state)
	}
	one.definition, one.config = fmt.Sprintf(stream, "\n    on_incomplete: warn"), ""
	r := one.must(t)
	if got := string(bookmarkOf(t, r.state(), "rows").Value); got != `"2025-03-07T00:00:00Z"` {
		t.Errorf("the bookmark is %s, want the end of the last day", got)
	}
	if got := r.account.Streams[0].Status(); got != "complete" {
		t.Errorf("the account has %q, want complete", got)
	}
}
