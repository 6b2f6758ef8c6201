package tap_test

import (
	"slices"
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

// TestChangedOnlyBelowWhatComesBack: a region that is not in the list of one sync,
// as it lies in a window that is not over, hides what changes of its shops. When it
// is listed again, its shops are read from their start, and their orders, too: the
// bookmark of orders lies behind what changed meanwhile.
func TestChangedOnlyBelowWhatComesBack(t *testing.T) {
	for name, catalog := range map[string]string{
		"shops are read by themselves, too": "",
		"shops are read for their orders":   `{"streams": [{"tap_stream_id": "orders", "schema": {}, "metadata": [{"breadcrumb": [], "metadata": {"selected": true}}]}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begin := time.Date(2025, 5, 10, 0, 0, 0, 0, time.UTC)
				at := func(days int) string { return begin.AddDate(0, 0, days).Add(-time.Hour).Format(time.RFC3339) }
				sleepUntil(begin)
				api := newShops().add("/regions", row{ID: 1}, row{ID: 2}).
					add("/regions/1/shops", row{ID: 1, Updated: at(-2)}).add("/shops/1/orders", row{ID: 1, Updated: at(-2)}).
					add("/regions/2/shops", row{ID: 2, Updated: at(-2)}).add("/shops/2/orders", row{ID: 2, Updated: at(-2)})
				s := setup{definition: changesOfRegions, workDir: t.TempDir(), api: api, catalog: catalog}
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
