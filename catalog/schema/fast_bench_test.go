package schema_test

import (
	"testing"

	"github.com/tap-rest/tap-rest/catalog/schema"
)

// BenchmarkFast checks orders of about 540 bytes, one after the other: by the
// fast check, and by the judge it spares.
func BenchmarkFast(b *testing.B) {
	orders := make([][]byte, 1000)
	inference := schema.NewInference()
	size := 0
	for i := range orders {
		orders[i] = []byte(pageOrder(i))
		inference.Add(orders[i])
		size += len(orders[i])
	}
	s, err := schema.Compile(inference.Schema([]string{"id"}))
	if err != nil {
		b.Fatal(err)
	}
	b.Run("fast", func(b *testing.B) {
		b.SetBytes(int64(size / len(orders)))
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			if v := s.Check(orders[i%len(orders)]); v != nil {
				b.Fatal(v)
			}
		}
	})
	b.Run("prove", func(b *testing.B) {
		b.SetBytes(int64(size / len(orders)))
		for i := 0; b.Loop(); i++ {
			if err := schema.Prove(orders[i%len(orders)]); err != nil {
				b.Fatal(err)
			}
		}
	})
}
