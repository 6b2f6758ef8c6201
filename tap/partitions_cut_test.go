package tap_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tap-rest/tap-rest/tap"
	"github.com/tap-rest/tap-rest/testrig"
	"github.com/tap-rest/tap-rest/testshare"
)

const ordersOfAccounts = partitioned + `  - name: orders
    path: /orders
    params: {account: "{{ partition.account.id }}", from: "{{ window.start }}", to: "{{ window.end }}"}
    add: {account: "{{ partition.account.id }}", kind: "{{ partition.kind }}"}
    primary_key: [id, kind]
    replication_key: updated_at
    incremental: {start: "2025-05-25", window: 2d}
    partition_by:
      - {name: account, values: [{id: eu}, {id: us}, {id: uk}]}
      - {name: kind, values: [a, b]}
`

// partitionCase is a stream in many partitions.
type partitionCase struct {
	name, definition string
	catalog          string
	api              func() *shops
	want             map[string][]int // ids of streams
}

func partitionCases() []partitionCase {
	begin := time.Date(2025, 5, 1, 0, 0, 0, 0, time.UTC)
	return []partitionCase{
		{"windows", ordersByDay, "", func() *shops { return newShops().add("/orders", many(40, begin)...) }, map[string][]int{"orders": upTo(40)}},
		{"contexts and windows", ordersOfAccounts, "", func() *shops {
			all := many(24, begin.AddDate(0, 0, 25))
			for i := range all {
				all[i].Account = []string{"eu", "us", "uk"}[i%3]
			}
			return newShops().add("/orders", all...)
		}, map[string][]int{"orders": upTo(24)}},
		{"family", shopOrders, "", func() *shops { return family(5, 3, 3) },
			map[string][]int{"accounts": upTo(5), "shops": upTo(15), "orders": upTo(45)}},
		{"batches", shopDetails, "", detailed, map[string][]int{"shops": upTo(9), "details": {1, 2, 3, 4, 5, 6, 8, 9}}},
		{"two parents", ordersOfBoth, ordersAlone, shopsAndMarkets, map[string][]int{"orders": upTo(16)}},
		{"children alone", shopOrders, ordersAlone, func() *shops { return family(5, 3, 3) }, map[string][]int{"orders": upTo(45)}},
	}
}

// partitionRuns are runs of a case, one after the other.
type partitionRuns struct {
	partitionCase
	api     *shops
	dir     string
	lines   testrig.Lines
	config  string
	workers int // 0: as many as by default
}

func (c *partitionRuns) begin(t *testing.T) {
	c.api, c.dir, c.lines = c.partitionCase.api(), memoryFolder(t), nil
	c.api.slow = time.Millisecond
}

func (c *partitionRuns) setup(state string) setup {
	return setup{definition: c.definition, workDir: c.dir, api: c.api, state: state, config: c.config, catalog: c.catalog}
}

// complete wants all records, and a state that says that all is over.
func (c *partitionRuns) complete(t *testing.T, what string) {
	t.Helper()
	for stream, want := range c.want {
		if got := idsOf(t, result{lines: c.lines}, stream); !slices.Equal(got, want) {
			t.Errorf("%s: %s has %v, want %v", what, stream, got, want)
		}
		if !done(t, c.lines.State(), stream) {
			t.Errorf("%s: %s is not over: %s", what, stream, c.lines.State())
		}
	}
	if t.Failed() {
		t.FailNow()
	}
}

// TestPartitionsCut cuts runs at every request and every line, and resumes them:
// with the state that was left, and without.
func TestPartitionsCut(t *testing.T) {
	for _, c := range partitionCases() {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sleepUntil(time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC))
				k := &partitionRuns{partitionCase: c}
				k.begin(t)
				uncut := k.setup("").must(t)
				k.lines = uncut.lines
				k.complete(t, "uncut")
				calls := len(k.api.asked)
				for n := 1; n <= calls; n++ {
					if !testshare.Takes(n, calls) {
						continue
					}
					if len(c.want) == 1 { // of several streams, TestSmallBudgets tries some
						k.budget(t, n, calls)
					}
					k.stopped(t, n, calls)
				}
				for n := range uncut.lines {
					if !testshare.Takes(n+1, len(uncut.lines)) {
						continue
					}
					for _, lost := range []bool{false, true} {
						if !testing.Short() || lost == (n/7%2 == 0) { // in turns
							k.killed(t, n, calls, lost)
						}
					}
				}
			})
		})
	}
}

// budget runs until all is done, n requests at a time. No request is paid twice.
func (c *partitionRuns) budget(t *testing.T, n, calls int) {
	c.begin(t)
	c.config = fmt.Sprintf(`{"run": {"max_requests": %d, "concurrency": %d, "flush": {"responses": 3}}}`, n, cmp.Or(c.workers, 4))
	defer func() { c.config = "" }()
	what := fmt.Sprintf("budget of %d requests", n)
	state := ""
	for range calls + 3 {
		r := c.setup(state).must(t)
		c.lines = append(c.lines, r.lines...)
		if state = r.state(); c.over(t, state) {
			break
		}
	}
	c.complete(t, what)
	c.paid(t, what, calls)
}

func (c *partitionRuns) over(t *testing.T, state string) bool {
	for stream := range c.want {
		if !done(t, state, stream) {
			return false
		}
	}
	return true
}

func (c *partitionRuns) paid(t *testing.T, what string, most int) {
	t.Helper()
	if got := len(c.api.asked); got > most {
		slices.Sort(c.api.asked)
		t.Fatalf("%s: %d calls, want %d: %v", what, got, most, c.api.asked)
	}
}

// stopped is told to stop while request n is under way, and goes on.
func (c *partitionRuns) stopped(t *testing.T, n, calls int) {
	c.begin(t)
	stop, cancel := context.WithCancelCause(t.Context())
	c.api.at = func(m int) {
		if m == n {
			cancel(errors.New("told to stop"))
		}
	}
	s := c.setup("")
	s.stop = stop
	r := s.run(t)
	c.api.at = nil
	what := fmt.Sprintf("stopped at request %d", n)
	c.goOn(t, r.lines, r.state(), what, calls)
}

func (c *partitionRuns) goOn(t *testing.T, lines testrig.Lines, state, what string, most int) {
	t.Helper()
	c.lines = lines
	if !c.over(t, state) {
		time.Sleep(time.Minute)
		c.lines = append(c.lines, c.setup(state).must(t).lines...)
	}
	c.complete(t, what)
	c.paid(t, what, most)
}

// killed leaves its first n lines, whose state may be lost.
func (c *partitionRuns) killed(t *testing.T, n, calls int, lost bool) {
	c.begin(t)
	s := c.setup("")
	kept := truncated{lines: n}
	s.out = &kept
	r := s.run(t)
	if kept.closed && !errors.Is(r.err, tap.ErrClosedOutput) {
		t.Errorf("got %v, want %v", r.err, tap.ErrClosedOutput)
	}
	if !kept.closed { // its STATE lines were fewer: nothing was cut
		return
	}
	lines := testrig.ReadLines(t, kept.got)
	state := lines.State()
	if lost {
		state = ""
	}
	// What is under way when stdout goes away may be asked for again: a call for
	// each of the four workers.
	c.goOn(t, lines, state, fmt.Sprintf("killed after line %d, state lost: %v", n, lost), calls+4)
}
