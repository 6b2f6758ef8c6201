//go:build linux

package main_test

import (
	"fmt"
	"testing"
)

// TestMarksAfterAKill kills a run that marks what is gone, with SIGKILL: in its
// pages, before its first mark, and in the middle of its marks, which are several
// writes; its states are kept or lost. The run after it marks what is gone, and
// nothing else.
func TestMarksAfterAKill(t *testing.T) {
	t.Parallel()
	const rows, left = 5_000, 2_500
	for i, kill := range []int{1, 150, 1_200, left, left + 60, left + 500, left + 1_100, left + 1_800, left + 2_400} {
		for _, lost := range []bool{false, true} {
			if testing.Short() && (lost != (i%2 == 1) || i == 1 || i == 2 || i == 5 || i == 7) {
				continue // in the middle of the rows, and of the marks, once
			}
			t.Run(fmt.Sprintf("line=%d,lost=%v", kill, lost), func(t *testing.T) {
				t.Parallel()
				s := &shelf{most: rows, page: 100, gone: map[int]bool{}}
				config, home := s.start(t, map[string]any{"on_delete": "mark", "max_deletes": "100%"})
				first := s.run(t, config, home, nil, -1)
				if len(first.rows) != rows || len(first.marks) > 0 {
					t.Fatalf("first: %d rows, %d marks", len(first.rows), len(first.marks))
				}
				s.change(func() {
					for id := 2; id <= rows; id += 2 {
						s.gone[id] = true
					}
				})
				state := first.state
				killed := s.run(t, config, home, state, kill)
				if n := len(killed.marks); n == rows-left || kill > left+50 && n == 0 {
					t.Fatalf("the kill is not in the middle of the marks: %d came before it", n)
				}
				if killed.state != nil && !lost {
					state = killed.state
				}
				last := s.run(t, config, home, state, -1)
				for id := 1; id <= rows; id++ {
					marked := last.marks[id] > 0 || !lost && killed.marks[id] > 0
					if s.gone[id] != marked || s.gone[id] && last.rows[id] != "" {
						t.Fatalf("row %d: gone %v, marked %v, came as %q", id, s.gone[id], marked, last.rows[id])
					}
				}
			})
		}
	}
}
