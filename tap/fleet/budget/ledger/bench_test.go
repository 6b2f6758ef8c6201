package ledger

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"
)

// BenchmarkLease is what a lease costs a worker, without the server: reading the ledger,
// changing it, writing it.
func BenchmarkLease(b *testing.B) {
	for _, c := range []struct {
		name    string
		terms   *Terms
		workers int
	}{
		{"40 a second, 3 workers", perSecond(40), 3},
		{"40 a second, 50 workers", perSecond(40), 50},
		{"2000 a second, 1000 workers", perSecond(2000), 1000},
		{"300 a second, 1000 workers", perSecond(300), 1000},
		{"100000 an hour, 50 workers", &Terms{Limits: []Limit{{Most: 100_000 * One, Per: time.Hour}}}, 50},
		{"100000 an hour, 1000 workers", &Terms{Limits: []Limit{{Most: 100_000 * One, Per: time.Hour}}}, 1000},
	} {
		b.Run(c.name, func(b *testing.B) {
			text, terms, holders, now := crowd(b, c.terms, c.workers)
			b.ReportAllocs()
			for n := 0; b.Loop(); n++ {
				book := &Ledger{}
				if err := json.Unmarshal(text, book); err != nil {
					b.Fatal(err)
				}
				a := holders[n%len(holders)].Ask(now)
				book.Lease(terms, &a)
				if _, err := json.Marshal(book); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(text)), "ledger-B")
		})
	}
}

// crowd is the ledger of so many workers that have leased what they want some times, and
// want more.
func crowd(b *testing.B, terms *Terms, workers int) ([]byte, *Terms, []*Holder, Now) {
	l, now := &Ledger{}, Now{1_800_000_000_000_000_000, time.Millisecond}
	terms.Places = workers / 2
	var all []*Holder
	for i := range workers {
		all = append(all, NewHolder(terms, fmt.Sprintf("worker-%d-0a1b2c3d", i)))
	}
	for range 3 {
		for _, h := range all {
			if u, _, ok := h.Take(Request{1, One, h}, now); ok {
				h.Done(u)
			}
			a := h.Ask(now)
			h.Granted(&a, l.Lease(terms, &a))
		}
		now.At = now.At.Add(terms.epoch(workers))
	}
	text, err := json.Marshal(l)
	if err != nil {
		b.Fatal(err)
	}
	return text, terms, all, now
}

// BenchmarkTake is what a request costs that is let through.
func BenchmarkTake(b *testing.B) {
	h := NewHolder(perSecond(40), "w")
	h.starts = []Start{{From: 0, Till: never, Class: 1, Count: 1 << 60, Unit: One}}
	by := new(int)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, ok := h.Take(Request{1, One, by}, Now{1, 0}); !ok {
			b.Fatal("it waits")
		}
	}
}
