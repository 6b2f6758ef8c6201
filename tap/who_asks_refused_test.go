package tap_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tap-rest/tap-rest/tap"
)

// TestWhoAsksRefused: a token that the API refuses is not tried on every partition
// of a stream, and the run says so once. Accounts that answer 401 for themselves
// keep no other from being read.
func TestWhoAsksRefused(t *testing.T) {
	const auth = "version: 1\nname: t\nclient: {base_url: http://api.test, auth: {type: bearer, token: wrong}}\n"
	const own = "    auth: {type: bearer, token: \"{{ partition.account }}\"}\n"
	for _, tt := range []struct {
		name, definition string
		status           int
		refuses          func(account string) bool
		most, least      int // calls
		records          int
		stops            bool
	}{
		{"all", manyAccounts("items", 1000, ""), 401, func(string) bool { return true }, 14, 10, 0, true},
		{"one", manyAccounts("items", 100, ""), 401, func(a string) bool { return a == "1" }, 100, 100, 99, false},
		{"the first nine", manyAccounts("items", 100, ""), 401, func(a string) bool { return len(a) == 1 }, 100, 100, 91, false},
		{"all but the third", manyAccounts("items", 100, ""), 401, func(a string) bool { return a != "3" }, 100, 100, 1, false},
		{"tokens of their own", manyAccounts("items", 100, own), 401, func(string) bool { return true }, 100, 100, 0, false},
		{"forbidden", manyAccounts("items", 100, ""), 403, func(string) bool { return true }, 100, 100, 0, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				api := newFlaky(func(r *http.Request, _ time.Duration) (int, error) {
					if tt.refuses(strings.TrimPrefix(r.URL.Path, "/items/")) {
						return tt.status, nil
					}
					return 0, nil
				})
				s := setup{head: auth, definition: partitioned + tt.definition, api: api, workDir: memoryFolder(t), config: `{"run": {"concurrency": 1}}`}
				for range 2 {
					api.asked = map[string]int{}
					r := s.run(t)
					var failures tap.Failures
					if !errors.As(r.err, &failures) || failures.Temporary() {
						t.Fatalf("got %v, want a failure for good", r.err)
					}
					if n := api.calls(); n > tt.most+10 || s.state == "" && (n < tt.least || n > tt.most) {
						t.Errorf("%d calls, want %d to %d", n, tt.least, tt.most)
					}
					if n := len(r.records("items")); n != tt.records {
						t.Errorf("%d records, want %d", n, tt.records)
					}
					const line = "the API refused who asks for the first partitions of the stream, and no more of them is asked for in this run"
					if n := strings.Count(r.log, line); tt.stops && n != 1 || s.state == "" && !tt.stops && n != 0 {
						t.Errorf("the log says %d times that it asks no more:\n%s", n, r.log)
					}
					s.state = r.state()
				}
				api.fails = answers(0)
				if r := s.must(t); !done(t, r.state(), "items") {
					t.Errorf("state %s", r.state())
				}
			})
		})
	}
}
