//go:build !race

// Under the race detector sync.Pool loses what it keeps, at random.

package render

import (
	"testing"

	"github.com/tap-rest/tap-rest/tap/certificate"
	"github.com/tap-rest/tap-rest/tap/distinct"
	"github.com/tap-rest/tap-rest/tap/rows"
)

// TestNoAllocationPerRecord: from a proven page to its lines, what is
// allocated is the page's and not the records'.
func TestNoAllocationPerRecord(t *testing.T) {
	for n, way := range benchStreams {
		perPage := func(records int) float64 {
			b := newBench(t, n, records)
			b.renderer.proof = certificate.New("orders", certificate.Partition{}, distinct.NewPool(t.TempDir()), b.renderer.o.Log)
			for range 40 {
				b.once(t) // until there is room for the keys of the pages to come
			}
			return testing.AllocsPerRun(20, func() { b.once(t) })
		}
		if few, many := perPage(10), perPage(1000); many != few {
			t.Errorf("%s: a page of 1000 records allocates %v times, one of 10 %v times", way.name, many, few)
		}
	}
}

// TestNoAllocationPerNote: nor for what is noted of a record.
func TestNoAllocationPerNote(t *testing.T) {
	of := &rows.Folder{Dir: t.TempDir()}
	hashes, err := of.Unchanged(nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer hashes.Close()
	for name, noter := range map[string]Noter{
		"on_delete":      &rows.KeyNoter{Keys: []string{"id"}},
		"skip_unchanged": hashes.Noter([]string{"id"}, func([]byte) int64 { return 1 }),
	} {
		perPage := func(records int) float64 {
			b := newBench(t, 0, records)
			b.renderer.o.Noter = noter
			b.once(t)
			return testing.AllocsPerRun(20, func() { b.once(t) })
		}
		if few, many := perPage(10), perPage(1000); many != few {
			t.Errorf("%s: a page of 1000 records allocates %v times, one of 10 %v times", name, many, few)
		}
	}
}
