//go:build linux

package main_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/testshare"
)

// TestETagAfterAKill kills runs that ask only for what has changed, with SIGKILL at one
// written line after the other. Rows change before the run that is killed; some of them
// are what they were before again when the next run comes, which has the state that was
// left, or the one from before the kill. The target then has what the API has, and what
// did not change since is neither sent by the API nor leaves again.
func TestETagAfterAKill(t *testing.T) {
	t.Parallel()
	const rows, page, lines = 240, 20, 110
	step := choose(9, 1)
	for _, tt := range []struct{ lost, journalOff bool }{{false, false}, {true, false}, {true, true}} {
		t.Run(fmt.Sprintf("lost=%v,journal off=%v", tt.lost, tt.journalOff), func(t *testing.T) {
			t.Parallel()
			if testing.Short() && tt.lost && !tt.journalOff {
				t.Skip("without a journal, the loss of the state is the greater one")
			}
			s := &shelf{most: rows, page: page, is: map[int]string{}, pad: strings.Repeat("pad ", 200), journalOff: tt.journalOff, tags: true}
			config, home := s.start(t, map[string]any{"etag": true})
			target, former := map[int]string{}, map[int]string{}
			var state []byte
			whole := func() shelfRun {
				r := s.run(t, config, home, state, -1)
				maps.Copy(target, r.rows)
				state = r.state
				return r
			}
			whole()
			for kill := 1; kill <= lines; kill += step {
				if !testshare.Takes((kill-1)/step+1, (lines-1)/step+1) {
					continue
				}
				s.change(func() { // a row of each second page
					former = maps.Clone(s.is)
					for id := 1 + kill%page; id <= rows; id += 2 * page {
						s.is[id] = fmt.Sprint("changed before line ", kill)
					}
				})
				killed := s.run(t, config, home, state, kill)
				maps.Copy(target, killed.rows)
				if killed.state != nil && !tt.lost {
					state = killed.state
				}
				s.change(func() { // half of them
					for id := 1 + kill%page; id <= rows; id += 4 * page {
						s.is[id] = former[id]
					}
				})
				whole() // it may go on with the pass that was killed
				whole()
				for id := 1; id <= rows; id++ {
					if target[id] != s.row(id) {
						t.Fatalf("killed at line %d: of row %d the target has %.60s, the API %.60s", kill, id, target[id], s.row(id))
					}
				}
				s.change(func() { s.same = 0 })
				if r := whole(); len(r.rows) > 0 || s.same != rows/page {
					t.Fatalf("killed at line %d: %d rows leave that the target has as they are, and %d of %d pages did not come", kill, len(r.rows), s.same, rows/page)
				}
			}
		})
	}
}
