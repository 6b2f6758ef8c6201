package rows_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/tap/rows"
	"github.com/tap-rest/tap-rest/tap/rowset"
)

// benchRows is how many records earlier runs have noted.
const benchRows = 1_000_000

func benchFolder(dir string) *rows.Folder {
	return &rows.Folder{Dir: dir, Header: rowset.Header{Of: "records of orders id"}, Now: time.Now()}
}

func appendOrder(dst []byte, i int) []byte {
	return fmt.Appendf(dst, `{"id":%d,"updated_at":"2025-01-01T00:00:00Z","status":"shipped","total":12345.67,"note":"some text that an order has"}`, i)
}

// noteAll notes all records, and returns what a state says then.
func noteAll(tb testing.TB, r *rows.Rows, n int) *state.Rows {
	tb.Helper()
	noter := r.Noter([]string{"id"}, func([]byte) int64 { return 1 })
	var dst, record []byte
	count := int64(0)
	for i := range n {
		record = appendOrder(record[:0], i)
		before := len(dst)
		if dst, _ = noter.Note(dst, record, nil); len(dst) > before {
			count++
		}
		if count == 1000 {
			r.Add(dst, count)
			dst, count = dst[:0], 0
		}
	}
	r.Add(dst, count)
	if err := r.Flush(); err != nil {
		tb.Fatal(err)
	}
	return r.State()
}

// BenchmarkUnchanged reports what a record costs that is known: to open what the
// first run noted, to open what the second one left, and to look it up, in the order
// of the keys or in another one.
func BenchmarkUnchanged(b *testing.B) {
	dir := b.TempDir()
	r, err := benchFolder(dir).Unchanged(nil, 0)
	if err != nil {
		b.Fatal(err)
	}
	named := noteAll(b, r, benchRows)
	r.Close()
	open := func(b *testing.B) {
		for b.Loop() {
			if r, err = benchFolder(dir).Unchanged(named, 0); err != nil {
				b.Fatal(err)
			}
			named = r.State()
			r.Close()
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchRows, "ns/record")
	}
	b.Run("open-log", open)
	b.Run("open-set", open)
	for name, step := range map[string]int{"note": 1, "note-backwards": benchRows - 1, "note-anywhere": 617_411} {
		b.Run(name, func(b *testing.B) {
			if r, err = benchFolder(dir).Unchanged(named, 0); err != nil {
				b.Fatal(err)
			}
			defer r.Close()
			noter := r.Noter([]string{"id"}, func([]byte) int64 { return 1 })
			var record []byte
			i := 0
			for b.Loop() {
				record = appendOrder(record[:0], i)
				if _, unchanged := noter.Note(nil, record, nil); !unchanged {
					b.Fatal(i)
				}
				i = (i + step) % benchRows
			}
		})
	}
}
