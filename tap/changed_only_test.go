package tap_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// ordersAsked are the paths of orders that an API was asked for.
func ordersAsked(api *shops) (all []string) {
	for _, at := range api.asked {
		if path, _, _ := strings.Cut(at, "?"); strings.HasSuffix(path, "/orders") {
			all = append(all, path)
		}
	}
	slices.Sort(all)
	return all
}

// TestChangedOnlyBehindDates: a child that is asked for whole days is behind its
// parent. What changed of it today comes tomorrow, though the parent does not
// change again.
func TestChangedOnlyBehindDates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sleepUntil(time.Date(2025, 5, 10, 10, 0, 0, 0, time.UTC))
		api := newShops().
			add("/shops", row{ID: 1, Updated: "2025-05-10T09:00:00Z"}, row{ID: 2, Updated: "2025-05-08T09:00:00Z"}).
			add("/shops/1/orders", row{ID: 1, Updated: "2025-05-10T09:00:00Z"}).
			add("/shops/2/orders", row{ID: 2, Updated: "2025-05-08T09:00:00Z"})
		definition := strings.Replace(changesOfShops, `{shop: "{{ partition.shop }}"}
    replication_key: updated_at
    incremental: {start: "2025-05-01"}`, `{shop: "{{ partition.shop }}"}
    replication_key: updated_at
    incremental: {start: "2025-05-01", format: date}`, 1)
		definition = strings.Replace(definition, `orders
    params: {from: "{{ window.start }}"}`, `orders
    params: {from: "{{ window.start }}", to: "{{ window.end }}"}`, 1)
		s := setup{definition: definition, workDir: memoryFolder(t), api: api}
		s.state = s.must(t).state()
		time.Sleep(24 * time.Hour)
		api.asked = nil
		s.state = s.must(t).state()
		if got, want := ordersAsked(api), []string{"/shops/1/orders"}; !slices.Equal(got, want) {
			t.Errorf("on the second day it asked for %q, want %q", got, want)
		}
	})
}

// TestChangedOnlyOfAnotherDefinition: parents that did not change since are asked
// for once more where other requests may lead to other contexts.
func TestChangedOnlyOfAnotherDefinition(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sleepUntil(time.Date(2025, 5, 10, 10, 0, 0, 0, time.UTC))
		api := newShops()
		for _, shop := range []string{"1", "2"} {
			api.add("/shops/"+shop+"/orders", row{ID: 1, Updated: "2025-05-05T09:00:00Z"})
		}
		api.add("/shops", row{ID: 1, Updated: "2025-05-05T09:00:00Z"}, row{ID: 2, Updated: "2025-05-06T09:00:00Z"})
		s := setup{definition: strings.Replace(changesOfShops, "changed_only: true}", `changed_only: true, when: "{{ record.id == 1 }}"}`, 1), workDir: memoryFolder(t), api: api}
		s.state = s.must(t).state()
		time.Sleep(24 * time.Hour)
		api.asked = nil
		s.definition = changesOfShops
		s.must(t)
		if got := ordersAsked(api); !slices.Contains(got, "/shops/2/orders") {
			t.Errorf("it asked for %q, and not for the shop that was left out before", got)
		}
	})
}

// TestChangedOnlyOfFullTables: a child that is read whole goes by its parents, too.
func TestChangedOnlyOfFullTables(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sleepUntil(time.Date(2025, 5, 10, 10, 0, 0, 0, time.UTC))
		api := newShops()
		for i, shop := range []string{"1", "2"} {
			api.add("/shops", row{ID: i + 1, Updated: "2025-05-05T09:00:00Z"}).add("/shops/"+shop+"/orders", row{ID: 1})
		}
		definition := changesOfShops[:strings.LastIndex(changesOfShops, "    replication_key")] + "    partition_by: [{parent: shops, keys: {shop: id}, changed_only: true}]\n"
		s := setup{definition: definition, workDir: memoryFolder(t), api: api}
		s.state = s.must(t).state()
		time.Sleep(24 * time.Hour)
		api.add("/shops", row{ID: 2, Updated: "2025-05-11T09:00:00Z"})
		api.asked = nil
		s.must(t)
		if got := ordersAsked(api); !slices.Contains(got, "/shops/2/orders") {
			t.Errorf("it asked for %q, and not for the shop that changed", got)
		}
	})
}
