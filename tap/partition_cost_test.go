package tap_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/tap"
	"github.com/tap-rest/tap-rest/testrig"
)

// parentsOf answers a thousand parents on a page, and one record for each.
type parentsOf int

func (n parentsOf) RoundTrip(r *http.Request) (*http.Response, error) {
	var b bytes.Buffer
	if r.URL.Path != "/parents" {
		fmt.Fprintf(&b, `{"data":[{"id":%s,"text":"%0120d","updated_at":"2025-01-01T00:00:00Z"}],"next":""}`, strings.Split(r.URL.Path, "/")[2], 1)
		return testrig.Answer(r, 200, b.String()), nil
	}
	after, _ := strconv.Atoi(r.URL.Query().Get("after"))
	b.WriteString(`{"data":[`)
	last := min(int(n), after+1000)
	for i := after; i < last; i++ {
		if i > after {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"id":%d}`, i+1)
	}
	next := ""
	if last < int(n) {
		next = strconv.Itoa(last)
	}
	fmt.Fprintf(&b, `],"next":%q}`, next)
	return testrig.Answer(r, 200, b.String()), nil
}

const children = `defaults: {records: data, primary_key: [id], pagination: {type: cursor, next: next, param: after}}
streams:
  - {name: parents, path: /parents}
  - name: children
    path: /parents/{{ partition.parent }}/children
    partition_by: [{parent: parents, keys: {parent: id}}]
`

// BenchmarkPartition reports what a partition of one page costs.
func BenchmarkPartition(b *testing.B) {
	b.ReportAllocs()
	t := &testing.T{}
	s := setup{definition: children, workDir: b.TempDir(), api: parentsOf(b.N)}
	o := s.options(t, io.Discard, io.Discard)
	b.ResetTimer()
	if _, err := tap.Sync(b.Context(), o); err != nil {
		b.Fatal(err)
	}
}

// TestPartitionCost: what a partition allocates does not grow with their number.
func TestPartitionCost(t *testing.T) {
	allocated := func(parents int) (each float64) {
		s := setup{definition: children, workDir: memoryFolder(t), api: parentsOf(parents)}
		o := s.options(t, io.Discard, io.Discard)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := tap.Sync(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		return float64(after.TotalAlloc-before.TotalAlloc) / float64(parents)
	}
	most := 8000
	if testing.Short() {
		most = 4000
	}
	few, many := allocated(1000), allocated(most)
	if many > 1.1*few || many > 36<<10 {
		t.Errorf("a partition of %d allocates %.0f bytes, one of 1,000 %.0f", most, many, few)
	}
	t.Logf("a partition of %d allocates %.0f bytes, one of 1,000 %.0f", most, many, few)
}
