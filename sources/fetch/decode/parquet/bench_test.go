//go:build !small

package parquet_test

import (
	"io"
	"os"
	"testing"
)

// BenchmarkNext reads the file that TAP_REST_PARQUET names, or one of 3000 orders, again
// and again; a round is a file, from Open to io.EOF.
func BenchmarkNext(b *testing.B) {
	data := read(b, "bench/orders")
	if path := os.Getenv("TAP_REST_PARQUET"); path != "" {
		var err error
		if data, err = os.ReadFile(path); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	records, text := 0, 0
	var dst []byte
	for b.Loop() {
		r, err := open(data)
		for err == nil {
			if dst, err = r.Next(dst[:0]); err == nil {
				records++
				text += len(dst)
			}
		}
		if err != io.EOF {
			b.Fatal(err)
		}
		r.Close()
	}
	b.ReportMetric(float64(records)/b.Elapsed().Seconds(), "records/s")
	b.ReportMetric(float64(text)/1e6/b.Elapsed().Seconds(), "MB-of-JSON/s")
}
