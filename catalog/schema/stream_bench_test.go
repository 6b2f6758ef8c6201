package schema_test

import (
	"bytes"
	"testing"

	"github.com/tap-rest/tap-rest/catalog/schema"
)

// BenchmarkStream proves a body through the window, and as a whole.
func BenchmarkStream(b *testing.B) {
	record := []byte(`{"id":12345,"n":12345678901234567890.10,"name":"Teapot with infuser, 1.2 l","tags":["kitchen","tea"],"note":null}`)
	body := append([]byte(`{"data":[`), bytes.Repeat(append(record, ','), 60_000)...)
	body = append(append(body, record...), `]}`...)
	b.Run("window", func(b *testing.B) {
		s, err := schema.NewStreamScanner(pageAt("data"))
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(int64(len(body)))
		for b.Loop() {
			if _, err := s.Scan(bytes.NewReader(body), func(*schema.Page) error { return nil }); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("whole", func(b *testing.B) {
		s, err := schema.NewPageScanner(pageAt("data"))
		if err != nil {
			b.Fatal(err)
		}
		var page schema.Page
		b.SetBytes(int64(len(body)))
		for b.Loop() {
			if err := s.Scan(body, &page); err != nil {
				b.Fatal(err)
			}
		}
	})
}
