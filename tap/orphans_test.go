package tap_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

const ordersOfShops = partitioned + `  - {name: shops, path: /shops}
  - name: orders
    path: /shops/{{ partition.shop }}/orders
    add: {shop: "{{ partition.shop }}"}
    schema: {properties: {id: {type: integer}}}
    on_delete: mark
    partition_by: [{parent: shops, keys: {shop: id}}]
`

const incrementalShops = `  - name: shops
    path: /shops
    params: {from: "{{ window.start }}"}
    replication_key: updated_at
    incremental: {start: "2025-04-01"}
`

// TestOrphans: what is owed of a parent's record is dropped, and asked for no more,
// once the parent was read whole in a run and does not have that record. It stays
// owed where the parent may have it all the same.
func TestOrphans(t *testing.T) {
	for _, tt := range []struct {
		name       string
		definition string
		gone       func(api *shops, s *setup)
		dropped    bool
	}{
		{"gone", ordersOfShops, func(api *shops, _ *setup) {
			api.rows["/shops"] = slices.Delete(api.rows["/shops"], 2, 3)
		}, true},
		{"when is not true any more", strings.Replace(ordersOfShops, "keys: {shop: id}", `keys: {shop: id}, when: "{{ record.open }}"`, 1), func(api *shops, _ *setup) {
			api.rows["/shops"][2].Open = false
		}, true},
		{"the parent is not selected", ordersOfShops, func(api *shops, s *setup) {
			s.catalog = ordersAlone
			api.rows["/shops"] = slices.Delete(api.rows["/shops"], 2, 3)
		}, true},
		{"still there", ordersOfShops, func(*shops, *setup) {}, false},
		{"the parent fails", ordersOfShops, func(api *shops, _ *setup) {
			api.rows["/shops"] = slices.Delete(api.rows["/shops"], 2, 3)
			api.refuse = 403
		}, false},
		{"a rule skips the parent", strings.Replace(ordersOfShops, "path: /shops}", "path: /shops, errors: [{status: 403, do: skip}]}", 1), func(api *shops, _ *setup) {
			api.fails["/shops"] = 403
		}, false},
		{"the end of the parent is in doubt", ordersOfShops, func(api *shops, s *setup) {
			api.rows["/shops"] = slices.Delete(api.rows["/shops"], 2, 3)
			s.definition = strings.Replace(ordersOfShops, "path: /shops}", "path: /shops, on_incomplete: warn, pagination: {type: none}}", 1)
		}, false},
		{"an incremental parent", strings.NewReplacer("  - {name: shops, path: /shops}\n", incrementalShops, "    on_delete: mark\n", "").Replace(ordersOfShops), func(api *shops, _ *setup) {
			api.rows["/shops"] = slices.Delete(api.rows["/shops"], 2, 3)
		}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sleepUntil(time.Date(2025, 5, 10, 0, 0, 0, 0, time.UTC))
				api := newShops().add("/shops", many(12, may)...)
				for i, shop := range strings.Fields("1 2 3 4 5 6 7 8 9 10 11 12") {
					api.add("/shops/"+shop+"/orders", row{ID: i + 1})
				}
				s := setup{definition: tt.definition, workDir: memoryFolder(t), api: api}
				if strings.Contains(tt.definition, "when") {
					for i := range api.rows["/shops"] {
						api.rows["/shops"][i].Open = true
					}
				}
				s.state = s.must(t).state()
				api.fails["/shops/3/orders"] = 403
				next := func() (r result, asked bool) {
					time.Sleep(time.Hour)
					api.asked = nil
					r = s.run(t)
					s.state = r.state()
					return r, slices.ContainsFunc(api.asked, func(at string) bool { return strings.HasPrefix(at, "/shops/3/") })
				}
				if r, asked := next(); r.err == nil || !asked {
					t.Fatalf("asked %v, error %v", asked, r.err)
				}
				tt.gone(api, &s)
				r, asked := next()
				said := strings.Contains(r.log, "nothing leads to a part of the stream that is owed") && strings.Contains(r.account.String(), "that was owed is dropped, and asked for no more")
				if r.err == nil || !asked || said != tt.dropped {
					t.Errorf("asked %v, error %v, said %v\n%s\n%s", asked, r.err, said, r.log, r.account)
				}
				if owed := strings.Contains(bookmarkText(t, r, "orders"), `"owed":[{`); owed == tt.dropped {
					t.Errorf("state %s", r.state())
				}
				api.refuse = 0
				r, asked = next()
				if (r.err != nil) == tt.dropped || asked == tt.dropped {
					t.Errorf("then asked %v, error %v", asked, r.err)
				}
				if _, marks := records(r, "orders"); tt.dropped && marks != 1 {
					t.Errorf("%d orders are marked as deleted, want 1\n%s", marks, r.log)
				}
			})
		})
	}
}

// TestOrphanComesBack: a context that was owed and dropped begins at start when its
// parent comes back.
func TestOrphanComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sleepUntil(time.Date(2025, 5, 10, 0, 0, 0, 0, time.UTC))
		api := newShops().add("/shops", many(3, may)...)
		for i, shop := range []string{"1", "2", "3"} {
			api.add("/shops/"+shop+"/orders", row{ID: i + 1, Updated: "2025-05-02T00:00:00Z"})
		}
		s := setup{definition: partitioned + `  - {name: shops, path: /shops}
  - name: orders
    path: /shops/{{ partition.shop }}/orders
    params: {from: "{{ window.start }}"}
    add: {shop: "{{ partition.shop }}"}
    replication_key: updated_at
    incremental: {start: "2025-05-01"}
    partition_by: [{parent: shops, keys: {shop: id}}]
`, workDir: memoryFolder(t), api: api}
		api.fails["/shops/3/orders"] = 403
		s.state = s.run(t).state()
		all := api.rows["/shops"]
		api.rows["/shops"] = all[:2]
		time.Sleep(24 * time.Hour)
		s.state = s.run(t).state()
		time.Sleep(24 * time.Hour)
		s.state = s.must(t).state()
		api.rows["/shops"] = all
		clear(api.fails)
		time.Sleep(24 * time.Hour)
		if r := s.must(t); !slices.Contains(idsOf(t, r, "orders"), 3) {
			t.Errorf("orders %v come; asked %v", idsOf(t, r, "orders"), api.asked)
		}
	})
}

// bookmarkText is what a state says of a stream.
func bookmarkText(t *testing.T, r result, stream string) string {
	t.Helper()
	_, text, _ := strings.Cut(r.state(), `"`+stream+`":`)
	return text
}
