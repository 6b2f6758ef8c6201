package tap_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tap-rest/tap-rest/tap"
)

const ordersAtOnce = partitioned + `  - name: orders
    path: /orders
    params: {from: "{{ window.start }}", to: "{{ window.end }}"}
    replication_key: updated_at
    incremental: {start: "2025-05-01", lookback: 2d}
  - {name: accounts, path: /accounts}
`

// TestBackfill reads three days again, in one window and in several: the state
// stays as it was given, and what is not read by time is left out.
func TestBackfill(t *testing.T) {
	for name, window := range map[string]string{"one window": `"0"`, "windows": `"1d"`, "weeks": `"1w"`} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { backfills(t, window) })
		})
	}
}

func backfills(t *testing.T, window string) {
	sleepUntil(time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC))
	api := newShops().add("/orders", many(31*24, time.Date(2025, 5, 1, 0, 0, 0, 0, time.UTC))...).add("/accounts", row{ID: 1})
	s := setup{definition: ordersAtOnce, workDir: memoryFolder(t), api: api}
	s.state = s.must(t).state()
	api.asked = nil
	s.config = `{"run": {"start": "2025-05-10", "end": "2025-05-13", "window": ` + window + `}}`
	r := s.must(t)
	var want []int
	for id := 9*24 + 1; id <= 12*24; id++ {
		want = append(want, id)
	}
	if got := idsOf(t, r, "orders"); !slices.Equal(got, want) {
		t.Errorf("got %v, want %d to %d", got, want[0], want[len(want)-1])
	}
	if r.state() != s.state {
		t.Errorf("the state was\n%s\nand is\n%s", s.state, r.state())
	}
	for _, at := range api.asked {
		if !strings.HasPrefix(at, "/orders?") {
			t.Errorf("asked %s", at)
		}
	}
	if !strings.Contains(r.account.String(), "left out\n") {
		t.Errorf("the account does not say what was left out:\n%s", r.account)
	}
	if !strings.Contains(r.log, "the stream is not read by time: it is left out") || !strings.Contains(r.log, "stream=accounts") {
		t.Errorf("the log says nothing of accounts:\n%s", r.log)
	}
	if again := s.must(t); len(again.records("orders")) != len(want) {
		t.Errorf("read to its end once more, it has %d records, want %d", len(again.records("orders")), len(want))
	}
	// What comes next goes on where the pass before the backfill ended.
	s.config, api.asked = "", nil
	s.must(t)
	if slices.ContainsFunc(api.asked, func(at string) bool { return strings.Contains(at, "from=2025-05-1") }) {
		t.Errorf("asked %q", api.asked)
	}
}

// TestBackfillGoesOn stops a backfill after so many requests, and by a signal at
// each, with other runs between: no call that was answered is paid twice.
func TestBackfillGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sleepUntil(time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC))
		api := newShops().add("/orders", many(31*24, time.Date(2025, 5, 1, 0, 0, 0, 0, time.UTC))...)
		s := setup{definition: ordersByDay, workDir: memoryFolder(t), api: api}
		s.state = s.must(t).state()
		var asked []string
		var last result
		for runs := 0; len(asked) < 36 || runs == 0; runs++ {
			if runs > 36 {
				t.Fatalf("it does not end: %q", asked)
			}
			stop, cancel := context.WithCancel(context.Background())
			api.asked, api.at = nil, nil
			s.config, s.stop = `{"run": {"start": "2025-05-10", "end": "2025-05-13", "concurrency": 1, "max_requests": 7}}`, stop
			if runs%2 == 1 { // the first run of each two is stopped by its budget
				api.at = func(n int) {
					if n == 4 {
						cancel()
					}
				}
				api.slow = time.Second
			}
			last = s.run(t)
			cancel()
			if last.err != nil && !errors.Is(last.err, context.Canceled) {
				t.Fatal(last.err)
			}
			asked = append(asked, api.asked...) // what is in flight when it is stopped has five seconds
			s.config, s.stop, api.at, api.slow = "", nil, nil, 0
			s.state = s.must(t).state()
		}
		if got := len(idsOf(t, last, "orders")); got != 72 {
			t.Errorf("%d records came in the last run, which reads the journal first; want 72", got)
		}
		slices.Sort(asked)
		if got := len(slices.Compact(slices.Clone(asked))); got != 36 || len(asked) != 36 {
			t.Errorf("%d requests, %d of them different, want 36:\n%s", len(asked), got, strings.Join(asked, "\n"))
		}
	})
}

// TestBackfillOfNothing: a range of time that no stream can be read in is an
// error before the first request.
func TestBackfillOfNothing(t *testing.T) {
	api := newShops()
	s := setup{definition: partitioned + "  - {name: accounts, path: /accounts}\n", config: `{"run": {"start": "2025-05-10"}}`, api: api}
	var unusable *tap.InputError
	if r := s.run(t); !errors.As(r.err, &unusable) || len(api.asked) > 0 {
		t.Errorf("error %v, asked %q", r.err, api.asked)
	}
}

// TestBackfillOfChildren reads the parents whole and of the children the range.
func TestBackfillOfChildren(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sleepUntil(time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC))
		begin := time.Date(2025, 5, 1, 0, 0, 0, 0, time.UTC)
		api := newShops().add("/shops", many(3, begin)...)
		for _, path := range []string{"/shops/1/orders", "/shops/2/orders", "/shops/3/orders"} {
			api.add(path, many(10*24, begin)...)
		}
		s := setup{workDir: memoryFolder(t), api: api, definition: partitioned + `  - name: shops
    path: /shops
    params: {from: "{{ window.start }}", to: "{{ window.end }}"}
    replication_key: updated_at
    incremental: {start: "2025-05-01"}
  - name: orders
    path: /shops/{{ partition.shop }}/orders
    params: {from: "{{ window.start }}", to: "{{ window.end }}"}
    add: {shop: "{{ partition.shop }}"}
    replication_key: updated_at
    incremental: {start: "2025-05-01", window: 1d}
    partition_by: [{parent: shops, keys: {shop: id}}]
`}
		s.state = s.must(t).state()
		s.config = `{"run": {"start": "2025-05-03", "end": "2025-05-05"}}`
		r := s.must(t)
		if n := len(r.records("orders")); n != 3*48 || r.state() != s.state {
			t.Errorf("%d orders came, want 144; state\n%s\nwas\n%s", n, r.state(), s.state)
		}
		if n := len(r.records("shops")); n != 0 {
			t.Errorf("%d shops came, and none lies in the range", n)
		}
	})
}
