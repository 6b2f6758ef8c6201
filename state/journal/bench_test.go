package journal

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

func benchExchange(size int) *Exchange {
	e := exchange("a", "0d2f6c1d6a6c0a0b8f3f4c9b8f2d7a11", 0, 0, 0)
	r := rand.New(rand.NewPCG(1, 2))
	for len(e.Body) < size {
		e.Body = fmt.Appendf(e.Body, `{"id":%d,"customer":%d,"status":%q,"total":%.2f,"note":null,"created_at":"2025-%02d-%02dT%02d:%02d:00Z"},`,
			9007199254740993+len(e.Body), r.IntN(2000), []string{"paid", "shipped", "draft"}[r.IntN(3)], 100*r.Float64(), 1+r.IntN(12), 1+r.IntN(28), r.IntN(24), r.IntN(60))
	}
	return e
}

// BenchmarkAppend records bodies of 100 KB.
func BenchmarkAppend(b *testing.B) {
	j := open(b, b.TempDir(), Options{MaxBytes: 1 << 30})
	begin(b, j, "a")
	e := benchExchange(100_000)
	b.SetBytes(int64(len(e.Body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := j.Append(e); err != nil {
			b.Fatal(err)
		}
		e.N++
		if e.N%4096 == 0 {
			b.StopTimer()
			j.Emitted(e.Key)
			if _, err := j.Prune(noon); err != nil {
				b.Fatal(err)
			}
			b.StartTimer()
		}
	}
}

// BenchmarkRead reads bodies of 100 KB.
func BenchmarkRead(b *testing.B) {
	j := open(b, b.TempDir(), Options{})
	begin(b, j, "a")
	e := benchExchange(100_000)
	var places []Place
	for e.N < 1000 {
		p, err := j.Append(e)
		if err != nil {
			b.Fatal(err)
		}
		places = append(places, p)
		e.N++
	}
	b.SetBytes(int64(len(e.Body)))
	b.ReportAllocs()
	var buf []byte
	for i := 0; b.Loop(); i++ {
		got, err := j.Read(places[i%len(places)], buf)
		if err != nil {
			b.Fatal(err)
		}
		buf = got.Body[:0]
	}
}

// BenchmarkOpen opens 1 GiB, of bodies of 100 KB and of 2 KB.
func BenchmarkOpen(b *testing.B) {
	for name, size := range map[string]int{"100KB": 100_000, "2KB": 2000} {
		b.Run(name, func(b *testing.B) {
			dir := b.TempDir()
			j := open(b, dir, Options{})
			begin(b, j, "a")
			e := benchExchange(size)
			for j.Size() < 1<<30 {
				if _, err := j.Append(e); err != nil {
					b.Fatal(err)
				}
				e.N++
			}
			size, last := j.Size(), e.N-1
			closed(b, j)
			b.SetBytes(size)
			b.ReportAllocs()
			for b.Loop() {
				j := open(b, dir, Options{})
				if _, _, ok := j.Lookup(Key{"a", e.Partition, 0, last}); !ok {
					b.Fatal("the last exchange is not there")
				}
				closed(b, j)
			}
		})
	}
}

// TestAppendAllocates: recording an exchange takes no memory but the index's.
func TestAppendAllocates(t *testing.T) {
	j := open(t, t.TempDir(), Options{})
	begin(t, j, "a")
	e := benchExchange(50_000)
	allocs := math.Inf(1)
	for range 3 { // what other goroutines of the process allocate is counted too
		allocs = min(allocs, testing.AllocsPerRun(200, func() {
			if _, err := j.Append(e); err != nil {
				t.Fatal(err)
			}
			e.N++
		}))
	}
	if allocs > 1 {
		t.Errorf("%v allocations for each exchange, want at most 1", allocs)
	}
}
