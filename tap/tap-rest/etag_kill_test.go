//go:build linux

package main_test

import (
	"testing"
)

// TestETagAfterAKill kills runs that ask only for what has changed, with SIGKILL at one
// written line after the other. Rows change before the run that is killed; some of them
// are what they were before again when the next run comes, which has the state that was
// left, or the one from before the kill. The target then has what the API has, and what
// did not change since is neither sent by the API nor leaves again.
func TestETagAfterAKill(t *testing.T) {
	t.Parallel()
	const page = 20
	killShelves(t, &shelf{page: page, tags: true}, map[string]any{"etag": true}, shelfKills{
		lines: 110, step: choose(9, 1),
		changed: func(kill int) (first, stride int) { return 1 + kill%page, 2 * page }, // a row of each second page
		check: func(t *testing.T, s *shelf, whole func() shelfRun) {
			s.change(func() { s.same = 0 })
			if r := whole(); len(r.rows) > 0 || s.same != s.most/page {
				t.Fatalf("%d rows leave that the target has as they are, and %d of %d pages did not come", len(r.rows), s.same, s.most/page)
			}
		},
	})
}
