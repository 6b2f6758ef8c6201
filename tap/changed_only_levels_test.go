package tap_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

const changesOfRegions = partitioned + `  - {name: regions, path: /regions}
  - name: shops
    path: /regions/{{ partition.region }}/shops
    params: {from: "{{ window.start }}"}
    replication_key: updated_at
    incremental: {start: "2025-05-01"}
    partition_by: [{parent: regions, keys: {region: id}}]
  - name: orders
    path: /shops/{{ partition.shop }}/orders
    params: {from: "{{ window.start }}"}
    replication_key: updated_at
    incremental: {start: "2025-05-01"}
    partition_by: [{parent: shops, keys: {shop: id}, changed_only: true}]
`

// selectedOf is a catalog in which some streams are selected.
func selectedOf(streams ...string) string {
	var all []string
	for _, one := range streams {
		all = append(all, fmt.Sprintf(`{"tap_stream_id": %q, "schema": {}, "metadata": [{"breadcrumb": [], "metadata": {"selected": true}}]}`, one))
	}
	return `{"streams": [` + strings.Join(all, ",") + `]}`
}

// TestChangedOnlyBelowWhatComesBack: a region that is not in the list of one sync,
// as it lies in a window that is not over, hides what changes of its shops. When it
// is listed again, its shops are read from their start, and their orders, too: the
// bookmark of orders lies behind what changed meanwhile.
func TestChangedOnlyBelowWhatComesBack(t *testing.T) {
	for name, catalog := range map[string]string{
		"shops are read by themselves, too": "",
		"shops are read for their orders":   selectedOf("orders"),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begin := time.Date(2025, 5, 10, 0, 0, 0, 0, time.UTC)
				at := func(days int) string { return begin.AddDate(0, 0, days).Add(-time.Hour).Format(time.RFC3339) }
				sleepUntil(begin)
				api := newShops().add("/regions", row{ID: 1}, row{ID: 2}).
					add("/regions/1/shops", row{ID: 1, Updated: at(-2)}).add("/shops/1/orders", row{ID: 1, Updated: at(-2)}).
					add("/regions/2/shops", row{ID: 2, Updated: at(-2)}).add("/shops/2/orders", row{ID: 2, Updated: at(-2)})
				s := setup{definition: changesOfRegions, workDir: memoryFolder(t), api: api, catalog: catalog}
				s.state = s.must(t).state()
				time.Sleep(24 * time.Hour)
				api.rows["/regions"] = []row{{ID: 2}}
				api.rows["/regions/1/shops"] = []row{{ID: 1, Updated: at(1)}}
				api.add("/shops/1/orders", row{ID: 11, Updated: at(1)})
				api.rows["/regions/2/shops"] = []row{{ID: 2, Updated: at(1)}}
				api.add("/shops/2/orders", row{ID: 12, Updated: begin.AddDate(0, 0, 1).Add(-time.Minute).Format(time.RFC3339)}) // the bookmark moves
				s.state = s.must(t).state()
				time.Sleep(5 * 24 * time.Hour)
				api.rows["/regions"] = []row{{ID: 1}, {ID: 2}}
				if got := idsOf(t, s.must(t), "orders"); !slices.Contains(got, 11) {
					t.Errorf("orders %v came of the shop whose region came back, not the one that changed while it was away", got)
				}
			})
		})
	}
}

// TestChangedOnlyBesideAnotherPass: shops were read by themselves when region 1 was
// listed, and for their orders when it was not. Then the pass of shops goes on from
// where its own one before had read region 1, which the orders never came to.
func TestChangedOnlyBesideAnotherPass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Date(2025, 5, 10, 0, 0, 0, 0, time.UTC)
		at := func(days int) string { return begin.AddDate(0, 0, days).Add(-time.Hour).Format(time.RFC3339) }
		sleepUntil(begin)
		api := newShops()
		s := setup{definition: changesOfRegions, workDir: memoryFolder(t), api: api}
		sync := func(day int, catalog string, regions ...row) []int {
			sleepUntil(begin.AddDate(0, 0, day))
			api.rows["/regions"] = regions
			api.rows["/regions/2/shops"] = []row{{ID: 2, Updated: at(day)}}
			api.add("/shops/2/orders", row{ID: 20 + day, Updated: at(day)}) // all bookmarks move
			s.catalog = catalog
			r := s.must(t)
			s.state = r.state()
			return idsOf(t, r, "orders")
		}
		api.add("/regions/1/shops", row{ID: 1, Updated: at(-2)}).add("/shops/1/orders", row{ID: 1, Updated: at(-2)})
		sync(0, "", row{ID: 1}, row{ID: 2})
		api.rows["/regions/1/shops"] = []row{{ID: 1, Updated: at(1)}}
		api.add("/shops/1/orders", row{ID: 11, Updated: at(1)})
		sync(2, selectedOf("regions", "shops"), row{ID: 1}, row{ID: 2})
		sync(3, selectedOf("orders"), row{ID: 2})
		if got := sync(4, "", row{ID: 1}, row{ID: 2}); !slices.Contains(got, 11) {
			t.Errorf("orders %v came at last, not the one that changed before shops were read without them", got)
		}
	})
}

// TestChangedOnlyAsksParentsOnce: as long as both came to the same regions, shops are
// asked for once a sync, by themselves and for their orders.
func TestChangedOnlyAsksParentsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sleepUntil(time.Date(2025, 5, 10, 0, 0, 0, 0, time.UTC))
		api := newShops().add("/regions", row{ID: 1}, row{ID: 2}).
			add("/regions/1/shops", row{ID: 1, Updated: "2025-05-08T00:00:00Z"}).add("/shops/1/orders", row{ID: 1, Updated: "2025-05-08T00:00:00Z"})
		s := setup{definition: changesOfRegions, workDir: memoryFolder(t), api: api}
		for day := range 3 {
			api.asked = nil
			s.state = s.must(t).state()
			asked := slices.DeleteFunc(slices.Clone(api.asked), func(at string) bool { return !strings.HasPrefix(at, "/regions/") })
			if len(asked) != 2 {
				t.Errorf("on day %d it asked for shops of two regions by %q", day, asked)
			}
			time.Sleep(24 * time.Hour)
		}
	})
}
