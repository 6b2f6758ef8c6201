package ledger

import (
	"encoding/json"
	"testing"
	"time"
)

// BenchmarkLease is what a lease costs a worker of three, without the server: reading the
// ledger, changing it, writing it.
func BenchmarkLease(b *testing.B) {
	f := newFleet(perSecond(40), 1)
	f.terms.Places = 12
	for range 3 {
		f.add(&worker{class: all, threads: 4, latency: 100 * time.Millisecond, unsure: time.Millisecond})
	}
	f.run(10*time.Second, time.Millisecond, nil)
	text, err := json.Marshal(f.ledger)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		book := &Ledger{}
		if err := json.Unmarshal(text, book); err != nil {
			b.Fatal(err)
		}
		a := f.workers[0].Ask(Now{f.now, time.Millisecond})
		a.Wants = []Want{{Class: 1, Unit: One, Epoch: 8, Soon: 4, Next: 8}}
		book.Lease(f.terms, &a)
		if _, err := json.Marshal(book); err != nil {
			b.Fatal(err)
		}
	}
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
