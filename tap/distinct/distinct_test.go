package distinct

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"testing"

	"github.com/tap-rest/tap-rest/testrig"
)

// count is what a counter of a small pool makes of keys.
func count(t *testing.T, dir string, most int64, keys []uint64) (int64, *Counter) {
	t.Helper()
	p := &Pool{dir: dir, most: most}
	c := p.Counter()
	for _, k := range keys {
		c.Add(k)
	}
	n, err := c.Distinct()
	if err != nil {
		t.Fatal(err)
	}
	if again, err := c.Distinct(); err != nil || again != n {
		t.Errorf("counted again: %d, %v, want %d", again, err, n)
	}
	if c.Came() != int64(len(keys)) {
		t.Errorf("%d came, want %d", c.Came(), len(keys))
	}
	if err := c.Reset(); err != nil || p.used.Load() != 0 {
		t.Errorf("after reset: %v, and %d keys of the pool are taken", err, p.used.Load())
	}
	return n, c
}

// TestCount holds counters against maps: few keys and many, in order and not, in
// memory and on disk.
func TestCount(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 14))
		keys := make([]uint64, r.IntN(1+60_000*int(seed%3)))
		among := 1 + r.Uint64N(80_000)
		want := map[uint64]bool{}
		for i := range keys {
			if keys[i] = r.Uint64N(among); seed%2 == 0 {
				keys[i] = uint64(i) / (1 + among%3) << 40
			}
			want[keys[i]] = true
		}
		for _, most := range []int64{1 << 20, 10_000, 0} {
			dir := filepath.Join(t.TempDir(), "work")
			if got, _ := count(t, dir, most, keys); got != int64(len(want)) {
				t.Errorf("seed %d, %d keys in memory: got %d, want %d", seed, most, got, len(want))
			}
			if left, _ := os.ReadDir(dir); len(left) > 0 {
				t.Errorf("seed %d: %v is left", seed, left)
			}
		}
	}
}

// TestNoDisk: where runs cannot be written, the count is not known, and keys are
// taken all the same.
func TestNoDisk(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	testrig.Write(t, file, "")
	c := (&Pool{dir: file}).Counter()
	for k := range uint64(20_000) {
		c.Add(k)
	}
	if n, err := c.Distinct(); err == nil || c.Came() != 20_000 {
		t.Errorf("got %d of %d, without an error", n, c.Came())
	}
	if err := c.Reset(); err != nil {
		t.Error(err)
	}
}

// TestNoAllocationPerKey: a key costs no allocation, on disk neither.
func TestNoAllocationPerKey(t *testing.T) {
	for name, most := range map[string]int64{"in memory": 1 << 20, "on disk": 0} {
		p := &Pool{dir: t.TempDir(), most: most}
		c := p.Counter()
		next := uint64(0)
		thousands := func() {
			for range 100_000 {
				next += 1 << 33
				c.Add(next)
			}
		}
		thousands()
		if got := testing.AllocsPerRun(5, thousands); got > 10 {
			t.Errorf("%s: %v allocations for 100,000 keys", name, got)
		}
		if err := c.Reset(); err != nil {
			t.Error(err)
		}
	}
}

// TestSortKeys: keys of all kinds come out as slices.Sort has them.
func TestSortKeys(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 14))
	for name, key := range map[string]func(i int) uint64{
		"random": func(int) uint64 { return r.Uint64() }, "few": func(int) uint64 { return r.Uint64N(3) }, "none": func(int) uint64 { return 0 },
		"small": func(int) uint64 { return r.Uint64N(1000) }, "descending": func(i int) uint64 { return uint64(1<<20 - i) }, "skewed": func(i int) uint64 { return r.Uint64() >> (i % 64) },
	} {
		for _, n := range []int{0, 1, fewSorted, fewSorted + 1, 50_000} {
			keys := make([]uint64, n)
			for i := range keys {
				keys[i] = key(i)
			}
			want := slices.Clone(keys)
			slices.Sort(want)
			if sortKeys(keys); !slices.Equal(keys, want) {
				t.Errorf("%s: %d keys are not sorted", name, n)
			}
		}
	}
}

// TestMemory: 10 million keys of a walk take less than 16 MB.
func TestMemory(t *testing.T) {
	keys := 1_500_000
	if os.Getenv("TAP_REST_FULL_TESTS") != "" {
		keys = 10_000_000
	}
	defer debug.SetGCPercent(debug.SetGCPercent(100)) // whatever the tests run with
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	before, peak := m.HeapAlloc, uint64(0)
	look := func() {
		runtime.ReadMemStats(&m)
		peak = max(peak, m.HeapAlloc-min(before, m.HeapAlloc))
	}
	c := NewPool(t.TempDir()).Counter()
	r := rand.New(rand.NewPCG(1, 14))
	for i := range keys {
		if c.Add(r.Uint64()); i%10_000 == 0 {
			look()
		}
	}
	n, err := c.Distinct()
	look()
	if err != nil || n != int64(keys) {
		t.Errorf("got %d, %v", n, err)
	}
	if err := c.Reset(); err != nil {
		t.Error(err)
	}
	if t.Logf("%.1f MB for %d keys", float64(peak)/1e6, keys); peak > 16e6 {
		t.Errorf("%d keys take %.1f MB", keys, float64(peak)/1e6)
	}
}

// BenchmarkCount reports what a key costs.
func BenchmarkCount(b *testing.B) {
	for _, n := range []int{1000, 1_000_000, 10_000_000} {
		for _, order := range []string{"ascending", "random"} {
			b.Run(fmt.Sprint(n, " ", order), func(b *testing.B) {
				p := NewPool(b.TempDir())
				r := rand.New(rand.NewPCG(1, 14))
				for b.Loop() {
					c := p.Counter()
					for i := range n {
						key := uint64(i)
						if order == "random" {
							key = r.Uint64()
						}
						c.Add(key)
					}
					if got, err := c.Distinct(); got != int64(n) || err != nil {
						b.Fatal(got, err)
					}
					if err := c.Reset(); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/key")
			})
		}
	}
}
