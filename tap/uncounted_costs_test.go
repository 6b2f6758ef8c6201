package tap_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/tap"
)

// walkOf is an API of so many pages under a cursor, each of which says that it cost 1.
func walkOf(pages int) paged {
	api := paged{}
	for i := range pages {
		from, next := fmt.Sprint(i), fmt.Sprintf(`,"cost":1,"next":"%d"`, i+1)
		if i == 0 {
			from = ""
		}
		if i == pages-1 {
			next = `,"cost":1`
		}
		api[from] = idRows(next, i)
	}
	return api
}

// TestBudgetOfRunHolds: a run with max_cost stops where that is spent; where nothing can
// be counted it says so, and does not go on: before the first request where no stream has
// a cost, and after a few answers where none of them says it. 0 is no limit, as it is for
// max_requests.
func TestBudgetOfRunHolds(t *testing.T) {
	for _, tt := range []struct {
		name, cost, run string
		records         int
		fails           string // the stream's error, or the run's
		stopped         string
		account         string
	}{
		{"counted", `cost: "{{ response.cost }}", `, `"max_cost": 4`, 4, "", "run.max_cost is reached", ""},
		{"no limit", `cost: "{{ response.cost }}", `, `"max_cost": 0`, 9, "", "", ""},
		{"no limit of requests", `cost: "{{ response.cost }}", `, `"max_requests": 0, "max_records": 0, "max_duration": 0`, 9, "", "", ""},
		{"free", `cost: 0, `, `"max_cost": 4`, 9, "", "", ""},
		{"misspelt", `cost: "{{ response.cots }}", `, `"max_cost": 4`, 3,
			`x: GET http://api.test/x?page=3: run.max_cost is 4, and cost: {{ response.cots }} had no value in any of the 3 answers of the stream: response has no cots: it has cost, data, next`, "",
			"3 answers did not say what they cost (cost), and count as free"},
		{"misspelt, without a budget", `cost: "{{ response.cots }}", `, `"concurrency": 1`, 9, "", "", "9 answers did not say what they cost (cost), and count as free"},
		{"nowhere", ``, `"max_cost": 4`, 0, "run.max_cost is 4, but no stream of the definition has a cost", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := setup{workDir: memoryFolder(t), api: walkOf(9), config: `{"run": {` + tt.run + `}}`,
				definition: `streams: [{name: x, path: /x, records: data, primary_key: [id], ` + tt.cost + `pagination: {type: cursor, next: next, param: page}, schema: {type: object}}]`}
			r := s.run(t)
			if len(r.records("x")) != tt.records || (r.err == nil) != (tt.fails == "") || tt.fails != "" && !strings.Contains(r.err.Error(), tt.fails) {
				t.Fatalf("%d records, want %d; got  %v\nwant %s", len(r.records("x")), tt.records, r.err, tt.fails)
			}
			var input *tap.InputError
			if errors.As(r.err, &input) != (tt.name == "nowhere") {
				t.Errorf("got %v", r.err)
			}
			if input != nil {
				return
			}
			if text := r.account.String(); r.account.Stopped != tt.stopped || !strings.Contains(text, tt.account) || tt.account == "" && strings.Contains(text, "as free") {
				t.Errorf("stopped: %q, want %q\n%s", r.account.Stopped, tt.stopped, text)
			}
			if n := strings.Count(r.log, "no answer says what it cost"); n != min(1, len(tt.account)) {
				t.Errorf("the log says %d times that nothing was counted:\n%s", n, r.log)
			}
			var failed *fetch.Error
			if !errors.As(r.err, &failed) {
				return
			}
			// Once the definition is mended, no page that came is asked for again.
			s.state, s.definition, s.config = r.state(), strings.Replace(s.definition, "cots", "cost", 1), `{}`
			if r := s.must(t); len(r.records("x")) != 6 || r.account.Streams[0].Requests() != 6 {
				t.Errorf("mended: %d records, %d calls", len(r.records("x")), r.account.Streams[0].Requests())
			}
		})
	}
}
