//go:build unix

package fleet_test

import (
	"context"
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/tap/fleet"
	"github.com/tap-rest/tap-rest/tap/fleet/natstest"
)

// BenchmarkCoordination reports what a part costs beside its run: to take it, to keep a
// state of it, and to say that it is done. Most of its CPU is the server's, which runs in
// the same process.
func BenchmarkCoordination(b *testing.B) {
	server := natstest.Start(b)
	f, err := fleet.Open(b.Context(), server.Connect(), "shop", true, 1)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := f.Begin(b.Context(), planOf(b.N), "v1", time.Minute); err != nil {
		b.Fatal(err)
	}
	w := f.NewWorker("w")
	confirmed := []byte(begun(1))
	b.ReportAllocs()
	b.ResetTimer()
	before := cpu(b)
	for range b.N {
		p, err := w.Take(b.Context())
		if err == nil {
			err = p.Keep(confirmed)
		}
		if err == nil {
			err = p.Done(b.Context(), "")
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64((cpu(b)-before).Microseconds())/float64(b.N), "cpu-µs/op")
}

// BenchmarkState reports what it costs to merge the state of a part with those of all
// others, with the way from the server.
func BenchmarkState(b *testing.B) {
	server := natstest.Start(b)
	f, err := fleet.Open(b.Context(), server.Connect(), "shop", true, 1)
	if err != nil {
		b.Fatal(err)
	}
	s, err := f.Begin(b.Context(), planOf(1), "v1", time.Minute)
	if err != nil {
		b.Fatal(err)
	}
	bytes := 0
	for n := range b.N {
		text := fmt.Sprintf(`{"stream":"orders","partition":"%032x","status":"done","worker":"machine-1234-5678","since":"2026-01-02T03:04:05.678Z","state":%s}`, n, begun(n%14))
		bytes += len(text)
		if _, err := f.Keys().Put(context.Background(), fmt.Sprintf("part.%s.%016x", s.Pass.ID, n), []byte(text)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	b.ResetTimer()
	before := cpu(b)
	if _, err := f.State(b.Context(), s.Pass.ID); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64((cpu(b)-before).Microseconds())/float64(b.N), "cpu-µs/op")
	b.ReportMetric(float64(bytes)/float64(b.N), "entry-B")
}

// cpu is how long this process has computed, the kernel's share not counted.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano())
}
