package tap_test

import (
	"reflect"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// TestReplayOfContexts replays a pass that went on from a bookmark: the contexts
// that were read before go on from it, the new one begins at the start, with or
// without a state.
func TestReplayOfContexts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sleepUntil(time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC))
		begin := time.Date(2025, 5, 1, 0, 0, 0, 0, time.UTC)
		api := newShops().add("/shops", row{ID: 1}, row{ID: 2})
		for _, path := range []string{"/shops/1/orders", "/shops/2/orders", "/shops/3/orders"} {
			api.add(path, many(31*24, begin)...)
		}
		s := setup{workDir: memoryFolder(t), api: api, definition: partitioned + `  - {name: shops, path: /shops}
  - name: orders
    path: /shops/{{ partition.shop }}/orders
    params: {from: "{{ window.start }}", to: "{{ window.end }}"}
    add: {shop: "{{ partition.shop }}"}
    replication_key: updated_at
    incremental: {start: "2025-05-01", window: 1w}
    partition_by: [{parent: shops, keys: {shop: id}}]
`}
		first := s.must(t)
		api.add("/shops", row{ID: 3})
		s.state = first.state()
		second := s.must(t)
		want := second.records("orders")
		if len(want) < 31*24 || len(want) > 32*24 {
			t.Fatalf("the second pass read %d orders, want those of the new shop", len(want))
		}
		s.replayIs(t, first, second)
	})
}

// TestReplayOfWhatWasOwed replays a pass that first read what an account was owed from
// passes before: with and without a state, all of that comes again.
func TestReplayOfWhatWasOwed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sleepUntil(time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC))
		begin := time.Date(2025, 5, 1, 0, 0, 0, 0, time.UTC)
		api := newShops()
		for _, path := range []string{"/orders/1", "/orders/2"} {
			api.add(path, many(31*24, begin)...)
		}
		s := setup{workDir: memoryFolder(t), api: api, definition: partitioned + `  - name: orders
    path: /orders/{{ partition.account }}
    params: {from: "{{ window.start }}", to: "{{ window.end }}"}
    add: {account: "{{ partition.account }}"}
    replication_key: updated_at
    incremental: {start: "2025-05-01", window: 1w}
    partition_by: [{name: account, values: [1, 2]}]
`}
		api.fails["/orders/2"] = 403
		first := s.run(t)
		if first.err == nil {
			t.Fatal("the first run did not fail")
		}
		delete(api.fails, "/orders/2")
		time.Sleep(48 * time.Hour)
		s.state = first.state()
		second := s.must(t)
		want := second.records("orders")
		if len(want) < 31*24 {
			t.Fatalf("the second pass read %d orders, want those that were owed", len(want))
		}
		s.replayIs(t, first, second)
	})
}

// replayIs proves that a replay reads the orders of the second run again, and comes to
// its bookmark, without a state, from that of the run before, and from its own.
func (s setup) replayIs(t *testing.T, first, second result) {
	t.Helper()
	want, after := second.records("orders"), bookmarkOf(t, second.state(), "orders")
	slices.Sort(want)
	s.api = nobody(t)
	for name, given := range map[string]string{"no state": "", "the state before": first.state(), "the state after": second.state()} {
		s.state = given
		r, _ := s.replay(t)
		got := r.records("orders")
		slices.Sort(got)
		if r.err != nil || !slices.Equal(got, want) || !reflect.DeepEqual(bookmarkOf(t, r.state(), "orders"), after) {
			t.Errorf("%s: %v; %d orders, want %d; state\n%s\nwant\n%s", name, r.err, len(got), len(want), r.state(), second.state())
		}
	}
}
