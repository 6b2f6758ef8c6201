package tap_test

import (
	"slices"
	"testing"
)

// TestParentsBesideValues: a stream of two parents and an axis is read for each record
// of either parent with each value: the parents are no combination.
func TestParentsBesideValues(t *testing.T) {
	api := newShops().add("/customers", row{ID: 1}, row{ID: 2}, row{ID: 3}).add("/orders", row{ID: 8}, row{ID: 9})
	setup{workDir: memoryFolder(t), api: api, catalog: selectedOf("notes"), definition: partitioned + `  - {name: customers, path: /customers}
  - {name: orders, path: /orders}
  - name: notes
    path: /notes/{{ partition.of }}/{{ partition.lang }}
    partition_by:
      - {parent: customers, keys: {of: id}}
      - {parent: orders, keys: {of: id}}
      - {name: lang, values: [de, en]}
`}.must(t)
	slices.Sort(api.asked)
	want := []string{
		"/customers", "/customers?after=2", "/notes/1/de", "/notes/1/en", "/notes/2/de", "/notes/2/en", "/notes/3/de", "/notes/3/en",
		"/notes/8/de", "/notes/8/en", "/notes/9/de", "/notes/9/en", "/orders",
	}
	if !slices.Equal(api.asked, want) {
		t.Errorf("asked %q, want %q", api.asked, want)
	}
}
