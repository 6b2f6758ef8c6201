package tap_test

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tap-rest/tap-rest/sources"
)

// TestSmallBudgets: runs with few requests each finish what a run without a bound
// reads, with as many requests, and end in one state that says so. With one or two
// a parent that is over may take some again before its children are: then each is
// over in some state.
func TestSmallBudgets(t *testing.T) {
	for _, c := range partitionCases() {
		if len(c.want) == 1 { // TestPartitionsCut tries all budgets
			continue
		}
		for _, budget := range []int{1, 2, 7, 12} {
			t.Run(fmt.Sprintf("%s/%d", c.name, budget), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					sleepUntil(time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC))
					k := &partitionRuns{partitionCase: c, parsed: map[string]*sources.Definition{}}
					k.begin(t)
					k.setup("").must(t)
					if budget > 2 {
						k.budget(t, budget, len(k.api.asked))
					} else {
						k.ends(t, budget, 4*len(k.api.asked))
					}
				})
			})
		}
	}
}

// ends runs, n requests at a time, until each stream was over in some state.
func (c *partitionRuns) ends(t *testing.T, n, runs int) {
	c.begin(t)
	c.config = fmt.Sprintf(`{"run": {"max_requests": %d, "flush": {"responses": 3}}}`, n)
	state, ended := "", map[string]bool{}
	for range runs {
		r := c.setup(state).must(t)
		c.lines = append(c.lines, r.lines...)
		state = r.state()
		for stream := range c.want {
			if done(t, state, stream) {
				ended[stream] = true
			}
		}
		if len(ended) == len(c.want) {
			break
		}
	}
	for stream, want := range c.want {
		if got := idsOf(t, result{lines: c.lines}, stream); !ended[stream] || !slices.Equal(got, want) {
			t.Errorf("%d requests a run, %d runs: %s was over %v, and has %v", n, runs, stream, ended[stream], got)
		}
	}
}

const accountsAlone = `{"streams":[{"tap_stream_id":"accounts","stream":"accounts","schema":{},"metadata":[{"breadcrumb":[],"metadata":{"selected":true}}]}]}`

// TestSmallBudgetsOutOfStep: a stream whose parent's pass began without it reads
// the parent by itself. Both come to their ends again and again, whoever is over
// first, with seven requests a run and one worker or several.
func TestSmallBudgetsOutOfStep(t *testing.T) {
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
				for run := 1; run <= 100; run++ {
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
					if ends[stream] < 3 || last[stream] < 70 {
						t.Errorf("%s was over after %d runs, the last one %d", stream, ends[stream], last[stream])
					}
				}
			})
		})
	}
}
