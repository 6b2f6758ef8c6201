//go:build !race

// Under the race detector sync.Pool loses what it keeps, at random.

package render

import "testing"

// TestNoAllocationPerRecord: from a proven page to its lines, what is
// allocated is the page's and not the records'.
func TestNoAllocationPerRecord(t *testing.T) {
	for n, way := range benchStreams {
		perPage := func(records int) float64 {
			b := newBench(t, n, records)
			return testing.AllocsPerRun(20, func() { b.once(t) })
		}
		if few, many := perPage(10), perPage(1000); many != few {
			t.Errorf("%s: a page of 1000 records allocates %v times, one of 10 %v times", way.name, many, few)
		}
	}
}
