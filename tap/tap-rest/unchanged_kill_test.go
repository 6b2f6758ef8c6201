//go:build linux

package main_test

import (
	"testing"
)

// TestUnchangedAfterAKill kills runs that leave out what did not change, with
// SIGKILL at one written line after the other. Rows change before the run that is
// killed; some of them are what they were before again when the next run comes,
// which has the state that was left or an older one: without a journal, nothing but
// what was noted says what the target has. The target then has what the API has, and
// what did not change since does not leave again.
func TestUnchangedAfterAKill(t *testing.T) {
	t.Parallel()
	stream := map[string]any{
		"skip_unchanged": true, "replication_key": "updated_at", "params": map[string]any{"from": "{{ window.start }}"},
		"incremental": map[string]any{"start": "2020-01-01", "lookback": "9000d"},
	}
	killShelves(t, &shelf{page: 20}, stream, shelfKills{
		lines: 49, step: choose(4, 1),
		changed: func(kill int) (first, stride int) { return kill % 4, 4 },
		check: func(t *testing.T, _ *shelf, whole func() shelfRun) {
			if r := whole(); len(r.rows) > 0 {
				t.Fatalf("%d rows leave that the target has as they are", len(r.rows))
			}
		},
	})
}
