package tap_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tap-rest/tap-rest/testrig"
	"github.com/tap-rest/tap-rest/testshare"
)

// TestTooManyOwed proves that accounts which are owed are not forgotten when others
// fail, too, and there are more than a pass may owe: neither those that the
// bookmark lies behind, nor the others. States that were merged may owe as many as
// they say.
func TestTooManyOwed(t *testing.T) {
	const accounts = 1010
	begin := time.Date(2025, 5, 1, 0, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name        string
		first, then [2]int // which accounts fail in the first pass, and in the second
		merged      bool   // the state after the first pass is merged from two
	}{
		{name: "some fail, then all", first: [2]int{1, 100}, then: [2]int{1, accounts}},
		{name: "merged, and all fail again", first: [2]int{1, 990}, then: [2]int{1, accounts}, merged: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if (testshare.Race || testing.Short()) && !tt.merged {
				t.Skip("the merged one does at once what this one does")
			}
			synctest.Test(t, func(t *testing.T) {
				sleepUntil(time.Date(2025, 5, 2, 0, 0, 0, 0, time.UTC))
				api, values := newShops(), []string{}
				path := func(n int) string { return fmt.Sprintf("/accounts/%d/orders", n) }
				for n := range accounts {
					values = append(values, fmt.Sprint(n+1))
					api.add(path(n+1), row{ID: 2*n + 1, Updated: begin.Add(time.Duration(n) * time.Minute).Format(time.RFC3339)}, row{ID: 2*n + 2, Updated: begin.Add(24 * time.Hour).Format(time.RFC3339)})
				}
				s := setup{workDir: memoryFolder(t), api: api, definition: partitioned + `  - name: orders
    path: /accounts/{{ partition.account }}/orders
    params: {from: "{{ window.start }}", to: "{{ window.end }}"}
    replication_key: updated_at
    incremental: {start: "2025-05-01"}
    partition_by: [{name: account, values: [` + strings.Join(values, ", ") + `]}]
`}
				var lines testrig.Lines
				read := func(fail [2]int) {
					api.fails = map[string]int{}
					for n := fail[0]; n > 0 && n <= fail[1]; n++ {
						api.fails[path(n)] = 403
					}
					r := s.run(t)
					if (r.err != nil) != (fail[0] > 0) {
						t.Fatal(r.err)
					}
					lines, s.state = append(lines, r.lines...), r.state()
				}
				read(tt.first)
				if tt.merged {
					lines, s.state = nil, owing(t, s.state, tt.first[1]+1, accounts)
				}
				for _, fail := range [][2]int{tt.then, {}} {
					time.Sleep(24 * time.Hour)
					read(fail)
				}
				got := idsOf(t, result{lines: lines}, "orders")
				missing := slices.DeleteFunc(upTo(2*accounts), func(id int) bool { return slices.Contains(got, id) })
				if len(missing) > 0 {
					t.Errorf("%d records did not come: %v", len(missing), missing[:min(len(missing), 10)])
				}
				if !strings.Contains(s.state, `"resume":null`) {
					t.Errorf("the state still owes: %.300s", s.state)
				}
			})
		})
	}
}

// owing is a state of orders that owes some accounts more, as one that was merged
// may.
func owing(t *testing.T, text string, from, to int) string {
	t.Helper()
	var all struct {
		Bookmarks map[string]map[string]any `json:"bookmarks"`
	}
	if err := json.Unmarshal([]byte(text), &all); err != nil {
		t.Fatal(err)
	}
	resume := all.Bookmarks["orders"]["resume"].([]any)[0].(map[string]any)
	owed := resume["owed"].([]any)
	for n := from; n <= to; n++ {
		one := maps.Clone(owed[0].(map[string]any))
		one["partition"], one["context"] = fmt.Sprint(n), map[string]any{"account": n}
		owed = append(owed, one)
	}
	resume["owed"] = owed
	raw, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
