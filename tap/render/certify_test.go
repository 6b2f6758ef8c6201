//go:build linux

package render

import (
	"bytes"
	"log/slog"
	"math/rand/v2"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/body"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/tap/certificate"
	"github.com/tap-rest/tap-rest/tap/distinct"
)

// spent is the processor time of this process so far.
func spent() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkCertificate reports how much more processor time records take from a
// proven page to their lines where their keys are counted, as a ratio of walks that
// alternate. Keys come in no order, and more of them than memory holds.
func BenchmarkCertificate(b *testing.B) {
	const pages, rounds = 200, 6
	orders := apitest.Orders(pages * 1000 * rounds)
	ids := rand.New(rand.NewPCG(1, 14)).Perm(pages * 1000 * rounds)
	bodies := make([][]byte, pages)
	page := newBench(b, 0, 1000)
	bare := page.renderer
	walk := func(r *Renderer) (took time.Duration) {
		page.renderer = r
		for round := range rounds {
			for i := range bodies {
				rows := make([][]byte, 1000)
				for n := range rows {
					rows[n] = orders.Made.Append(nil, ids[(round*pages+i)*1000+n])
				}
				bodies[i] = append(append([]byte(`{"data":[`), bytes.Join(rows, []byte(","))...), `]}`...)
			}
			runtime.GC()
			start := spent()
			for _, text := range bodies {
				page.body = text
				page.once(b)
			}
			took += spent() - start
		}
		start := spent()
		last := &fetch.Page{Exchange: fetch.Exchange{Body: &body.Body{}}, Found: paging.Found{Last: true}}
		if w := r.proof.PageEnds(last, r.odd.Twin()); r != bare && (w.Keys.Unknown || w.Keys.Distinct < pages*1000*rounds) {
			b.Fatalf("got %+v", w.Keys)
		}
		return took + spent() - start
	}
	pool := distinct.NewPool(b.TempDir())
	var on, off time.Duration
	for b.Loop() {
		off += walk(bare)
		r := *bare
		r.proof = certificate.New("orders", certificate.Partition{}, pool, slog.New(slog.DiscardHandler))
		on += walk(&r)
	}
	records := float64(b.N) * pages * 1000 * rounds
	b.ReportMetric(float64(on)/float64(off), "on/off")
	b.ReportMetric(float64(off)/records, "ns/record-off")
	b.ReportMetric(float64(on-off)/records, "ns/key")
}
