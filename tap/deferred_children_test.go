package tap_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tap-rest/tap-rest/testrig"
)

// TestDeferredChildren: children that fail for now come last, in their run and in the
// next, while the client they share is held back early, since the API does not
// answer for several of them in a row. With one worker or several, no run hangs, no
// record is lost, and the parent is not held up by them.
func TestDeferredChildren(t *testing.T) {
	for _, workers := range []int{1, 2, 4} {
		for _, tt := range []struct {
			name string
			ill  []string // shops whose orders fail for now
			runs int      // that fail
			mend time.Duration
		}{
			{"a few", []string{"2", "5"}, 1, 0},
			{"the first ones", []string{"1", "2", "3", "4", "5", "6"}, 2, 0},
			{"all", strings.Fields("1 2 3 4 5 6 7 8 9 10 11 12 13 14 15"), 2, 0},
			{"all, and their parents", []string{"shops", "1", "2"}, 2, 0},
			{"they come back in the run", []string{"1", "2", "3", "4", "5", "6"}, 0, 9 * time.Second},
		} {
			t.Run(fmt.Sprintf("%s/%d", tt.name, workers), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					sleepUntil(time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC))
					api := family(5, 3, 3)
					api.slow = time.Millisecond
					began, ill := time.Now(), tt.ill
					s := setup{
						definition: shopOrders, workDir: memoryFolder(t), config: fmt.Sprintf(`{"run": {"concurrency": %d}}`, workers),
						head: strings.Replace(head, "min_wait: 1ms, max_wait: 1ms", "min_wait: 10s, max_wait: 20s, cool_down: 0s", 1),
						api: transport(func(r *http.Request) (*http.Response, error) {
							_, rest, _ := strings.Cut(r.URL.Path, "/shops/")
							shop, _, orders := strings.Cut(rest, "/orders")
							down := strings.HasSuffix(r.URL.Path, "/shops") && slices.Contains(ill, "shops")
							if (down || orders && slices.Contains(ill, shop)) && (tt.mend == 0 || time.Since(began) < tt.mend) {
								return testrig.Answer(r, 503, "{}"), nil
							}
							return api.RoundTrip(r)
						}),
					}
					var lines testrig.Lines
					for n := range tt.runs {
						r := s.run(t)
						lines = append(lines, r.lines...)
						if !temporary(r.err) && n == 0 || r.err == nil {
							t.Errorf("run %d ended with %v", n, r.err)
						}
						if held := strings.Contains(r.log, "no further partition is begun before everything else is done"); !held && tt.ill[0] == "shops" {
							t.Errorf("run %d: nothing is held back: %s", n, r.log)
						}
						s.state = r.state()
						time.Sleep(time.Hour)
					}
					ill = nil
					if tt.mend > 0 {
						ill = tt.ill
					}
					r := s.must(t)
					lines = append(lines, r.lines...)
					all := result{lines: lines}
					for stream, want := range map[string][]int{"accounts": upTo(5), "shops": upTo(15), "orders": upTo(45)} {
						if got := idsOf(t, all, stream); !slices.Equal(got, want) {
							t.Errorf("%s has %v", stream, got)
						}
						if !done(t, r.state(), stream) {
							t.Errorf("%s is not over: %s", stream, bookmarkText(t, r, stream))
						}
					}
				})
			})
		}
	}
}
