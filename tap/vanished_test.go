package tap_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

const vanishing = partitioned + `  - name: orders
    path: /shops/{{ partition.shop }}/orders
    partition_by: [{name: shop, values: [1, 2, 3]}]
`

// TestVanished: what an API no longer has behind the first page of a partition is
// asked for from its first page by the next run, where the rules for first pages
// hold, and is not owed for ever.
func TestVanished(t *testing.T) {
	for _, tt := range []struct {
		name, more string
		status     int
		comes      bool // it is there again
		fails      int  // runs, while it is gone
		over       bool // it is owed no more
	}{
		{"a rule skips 404", "    errors: [{status: 404, do: skip}]\n", 404, false, 1, true},
		{"a rule skips 410", "    errors: [{status: 410, do: skip}]\n", 410, false, 1, true},
		{"it comes back", "    errors: [{status: 404, do: skip}]\n", 404, true, 1, true},
		{"no rule", "", 404, false, 3, false},
		{"no rule, it comes back", "", 404, true, 1, true},
		{"no rule, by numbers", "    pagination: {type: offset, param: after, size_param: limit, size: 2}\n", 404, true, 1, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sleepUntil(time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC))
				api := newShops()
				for _, shop := range []string{"1", "2", "3"} {
					api.add("/shops/"+shop+"/orders", many(5, time.Now())...)
				}
				const gone = "/shops/2/orders"
				api.at = func(n int) {
					if api.mu.Lock(); strings.HasPrefix(api.asked[n-1], gone) {
						api.fails[gone] = tt.status
					}
					api.mu.Unlock()
				}
				s := setup{definition: vanishing + tt.more, workDir: memoryFolder(t), api: api}
				r := s.run(t)
				if r.err == nil || !strings.Contains(r.err.Error(), "404") && !strings.Contains(r.err.Error(), "410") {
					t.Errorf("the first run ended with %v", r.err)
				}
				api.at = nil
				if tt.comes {
					delete(api.fails, gone)
				}
				for n := 1; n < 3; n++ {
					s.state, api.asked = r.state(), nil
					time.Sleep(time.Hour)
					r = s.run(t)
					if failed := r.err != nil; failed != (n < tt.fails) {
						t.Errorf("run %d ended with %v", n, r.err)
					}
					if len(api.asked) == 0 || n == 1 && !strings.Contains(strings.Join(api.asked, " ")+" ", gone+" ") && !strings.Contains(strings.Join(api.asked, " "), gone+"?after=0&") {
						t.Errorf("run %d asked %v, not for the first page", n, api.asked)
					}
					if n == 1 && tt.over && !tt.comes && !strings.Contains(r.account.String(), "left out") && !strings.Contains(r.log+r.account.String(), "skip") {
						t.Errorf("run %d is silent: %s\n%s", n, r.account, r.log)
					}
				}
				if b := bookmarkOf(t, r.state(), "orders"); tt.over != (len(b.Resume) == 0) {
					t.Errorf("state %s", r.state())
				}
				if !tt.over && !strings.Contains(r.account.String(), "do: skip") {
					t.Errorf("nothing says what may be done: %s", r.account)
				}
			})
		})
	}
}
