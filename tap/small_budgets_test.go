package tap_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// TestSmallBudgets: runs with few requests each finish what a run without a bound
// reads, with as many requests, and end in one state that says so: no parent is over,
// and begins anew, before its children are.
func TestSmallBudgets(t *testing.T) {
	for _, c := range partitionCases() {
		if len(c.want) == 1 { // TestPartitionsCut tries all budgets
			continue
		}
		for _, tt := range []struct{ budget, workers int }{{1, 4}, {2, 4}, {7, 4}, {12, 4}, {1, 1}, {2, 1}, {5, 2}} {
			t.Run(fmt.Sprintf("%s/%d/%d", c.name, tt.budget, tt.workers), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					sleepUntil(time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC))
					k := &partitionRuns{partitionCase: c, workers: tt.workers}
					k.begin(t)
					k.setup("").must(t)
					k.budget(t, tt.budget, len(k.api.asked))
				})
			})
		}
	}
}

const accountsAlone = `{"streams":[{"tap_stream_id":"accounts","stream":"accounts","schema":{},"metadata":[{"breadcrumb":[],"metadata":{"selected":true}}]}]}`

// TestSmallBudgetsOutOfStep: a stream whose parent's pass began without it reads
// the parent by itself. Both come to their ends again and again, whoever is over
// first, with seven requests a run and one worker or several.
func TestSmallBudgetsOutOfStep(t *testing.T) {
	runs := 100
	if testing.Short() {
		runs = 60
	}
	for _, workers := range []int{1, 4} {
		t.Run(fmt.Sprint(workers), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sleepUntil(time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC))
				api := family(24, 2, 2)
				api.slow = time.Millisecond
				s := setup{
					definition: shopOrders, workDir: memoryFolder(t), api: api, catalog: accountsAlone,
					config: fmt.Sprintf(`{"run": {"max_requests": 7, "concurrency": %d}}`, workers),
				}
				s.state = s.must(t).state()
				s.catalog = ""
				streams := []string{"accounts", "shops", "orders"}
				last, ends := map[string]int{}, map[string]int{}
				for run := 1; run <= runs; run++ {
					time.Sleep(time.Hour)
					r := s.must(t)
					s.state = r.state()
					for _, stream := range streams {
						if done(t, s.state, stream) {
							last[stream] = run
							ends[stream]++
						}
					}
				}
				t.Logf("runs at whose end they were over: %v, the last ones %v", ends, last)
				for _, stream := range streams {
					if ends[stream] < 3 || last[stream] < 7*runs/10 {
						t.Errorf("%s was over after %d runs, the last one %d", stream, ends[stream], last[stream])
					}
				}
			})
		})
	}
}
