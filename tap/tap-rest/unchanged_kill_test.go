//go:build linux

package main_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/testshare"
)

// TestUnchangedAfterAKill kills runs that leave out what did not change, with
// SIGKILL at one written line after the other. Rows change before the run that is
// killed; some of them are what they were before again when the next run comes,
// which has the state that was left or an older one: without a journal, nothing but
// what was noted says what the target has. The target then has what the API has, and
// what did not change since does not leave again.
func TestUnchangedAfterAKill(t *testing.T) {
	t.Parallel()
	const rows, changed = 240, 60
	step := choose(4, 1)
	for _, tt := range []struct{ lost, journalOff bool }{{false, false}, {true, false}, {true, true}} {
		t.Run(fmt.Sprintf("lost=%v,journal off=%v", tt.lost, tt.journalOff), func(t *testing.T) {
			t.Parallel()
			if testing.Short() && tt.lost && !tt.journalOff {
				t.Skip("without a journal, the loss of the state is the greater one")
			}
			s := &shelf{most: rows, page: 20, is: map[int]string{}, pad: strings.Repeat("pad ", 200), journalOff: tt.journalOff}
			config, home := s.start(t, map[string]any{
				"skip_unchanged": true, "replication_key": "updated_at", "params": map[string]any{"from": "{{ window.start }}"},
				"incremental": map[string]any{"start": "2020-01-01", "lookback": "9000d"},
			})
			target, former := map[int]string{}, map[int]string{}
			var state []byte
			whole := func() shelfRun {
				r := s.run(t, config, home, state, -1)
				maps.Copy(target, r.rows)
				state = r.state
				return r
			}
			whole()
			for kill := 1; kill < changed-10; kill += step {
				if !testshare.Takes((kill-1)/step+1, (changed-12)/step+1) {
					continue
				}
				s.change(func() {
					former = maps.Clone(s.is)
					for id := kill % 4; id <= rows; id += rows / changed {
						s.is[id] = fmt.Sprint("changed before line ", kill)
					}
				})
				killed := s.run(t, config, home, state, kill)
				maps.Copy(target, killed.rows)
				if killed.state != nil && !tt.lost {
					state = killed.state
				}
				s.change(func() {
					for id := kill % 4; id <= rows; id += 2 * rows / changed {
						s.is[id] = former[id]
					}
				})
				whole() // it may go on with the pass that was killed
				whole()
				for id := 1; id <= rows; id++ {
					if target[id] != s.row(id) {
						t.Fatalf("killed at line %d: the target has %.60s, the API %.60s", kill, target[id], s.row(id))
					}
				}
				if r := whole(); len(r.rows) > 0 {
					t.Fatalf("killed at line %d: %d rows leave that the target has as they are", kill, len(r.rows))
				}
			}
		})
	}
}
