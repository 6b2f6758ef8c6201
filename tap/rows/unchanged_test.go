package rows_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestNoterKnows: a record is left out if it is as it was noted, in whichever order
// records come and however long their keys are, and nothing is allocated for it.
func TestNoterKnows(t *testing.T) {
	long := strings.Repeat("a long key ", 20)
	record := func(i int, name string) []byte {
		return fmt.Appendf(nil, `{"id":%d,"part":"%.*s%d","name":%q}`, i/2, i%2*200, long, i, name)
	}
	const n = 5000
	dir := t.TempDir()
	first, err := benchFolder(dir).Unchanged(nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	noter := first.Noter([]string{"id", "part"}, func([]byte) int64 { return 1 })
	for i := range n {
		noted, unchanged := noter.Note(nil, record(i, "as it was"), nil)
		if unchanged {
			t.Fatalf("record %d is left out, and nothing is known", i)
		}
		first.Add(noted, 1)
	}
	if err := first.Flush(); err != nil {
		t.Fatal(err)
	}
	first.Close()
	second, err := benchFolder(dir).Unchanged(first.State(), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	noter = second.Noter([]string{"id", "part"}, func([]byte) int64 { return 1 })
	for _, i := range rand.New(rand.NewPCG(1, 2)).Perm(n) {
		name, want := "as it was", true
		if i%3 == 0 {
			name, want = "another", false
		}
		if _, unchanged := noter.Note(nil, record(i, name), nil); unchanged != want {
			t.Fatalf("record %d, %s: left out %v", i, name, unchanged)
		}
	}
	if _, unchanged := noter.Note(nil, record(0, "as it was"), nil); unchanged {
		t.Error("a record is left out under whose key another one left in this run")
	}
	for _, name := range []string{"as it was", "another"} {
		var dst []byte
		one, other := record(1, name), record(4999, name)
		if allocs := testing.AllocsPerRun(100, func() {
			dst, _ = noter.Note(dst[:0], one, nil)
			dst, _ = noter.Note(dst[:0], other, nil)
		}); allocs > 0 {
			t.Errorf("%s: a note allocates %v times", name, allocs)
		}
	}
}
