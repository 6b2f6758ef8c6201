package tap_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestContextGone proves that nobody asks any more for an account that was taken
// out of the definition, though the state owes it: that is said once.
func TestContextGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sleepUntil(time.Date(2025, 5, 10, 0, 0, 0, 0, time.UTC))
		api := newShops().add("/accounts/1/orders", many(24, time.Date(2025, 5, 1, 0, 0, 0, 0, time.UTC))...)
		api.fails["/accounts/2/orders"] = 403
		definition := partitioned + `  - name: orders
    path: /accounts/{{ partition.account }}/orders
    params: {from: "{{ window.start }}", to: "{{ window.end }}"}
    replication_key: updated_at
    incremental: {start: "2025-05-01", window: 5d}
    partition_by: [{name: account, values: "{{ [1, 2] if config.start == 'both' else [1] }}"}]
`
		s := setup{config: `{"start": "both"}`, definition: definition, workDir: memoryFolder(t), api: api}
		r := s.run(t)
		if r.err == nil {
			t.Fatal("no error")
		}
		s.state, api.asked = r.state(), nil
		s.config = `{"start": "one"}`
		time.Sleep(time.Hour)
		r = s.run(t)
		if r.err != nil {
			t.Error(r.err)
		}
		if asked := strings.Join(api.asked, " "); strings.Contains(asked, "/accounts/2/") {
			t.Errorf("asked %s", asked)
		}
		if n := strings.Count(r.log, "no longer has"); n == 0 {
			t.Errorf("nothing is said of it: %s", r.log)
		}
		s.state = r.state()
		time.Sleep(24 * time.Hour)
		if r = s.must(t); strings.Contains(r.log, "no longer has") || strings.Contains(r.state(), `"owed":[`) {
			t.Errorf("it is said again, or still owed: %s\n%s", r.log, r.state())
		}
	})
}
