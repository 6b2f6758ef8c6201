package csv_test

import (
	stdcsv "encoding/csv"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/catalog/raw"
	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/csv"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
)

// memory is a file that is held.
type memory struct{ *strings.Reader }

func (m memory) At() (io.ReaderAt, int64, error) { return m.Reader, m.Size(), nil }

func open(text string, o sources.CSV, schema string) (file.Records, error) {
	return csv.Open(memory{strings.NewReader(text)}, &file.Options{Decode: &sources.Decode{CSV: o}, Schema: []byte(schema)})
}

// orders is a file of at least size bytes, of ten columns and about 100 bytes a row.
func orders(size int) string {
	random := rand.New(rand.NewPCG(1, 2))
	var b strings.Builder
	b.WriteString("id,created_at,status,customer,country,sku,quantity,price,paid,note\n")
	notes := []string{"", "gift", "call before delivery", `"left at door, ok"`, "second try"}
	for i := 0; b.Len() < size; i++ {
		fmt.Fprintf(&b, "%d,2024-03-%02dT%02d:%02d:11Z,%s,Customer %d,%s,SKU-%05d,%d,%d.%02d,%t,%s\n", 100000+i,
			1+random.IntN(28), random.IntN(24), random.IntN(60), []string{"open", "shipped", "cancelled"}[random.IntN(3)], random.IntN(100000),
			[]string{"DE", "US", "FR"}[random.IntN(3)], random.IntN(100000), 1+random.IntN(20), random.IntN(1000), random.IntN(100), random.IntN(2) == 0,
			notes[random.IntN(len(notes))])
	}
	return b.String()
}

const ordersSchema = `{"properties":{"id":{"type":"integer"},"quantity":{"type":["null","integer"]},"price":{"type":"number"},"paid":{"type":"boolean"}}}`

func BenchmarkNext(b *testing.B) {
	wide := strings.ReplaceAll(orders(4<<20), "Customer", "Übergroßhändler in Łódź")
	quoted := strings.NewReplacer(`"left at door, ok"`, "left at door", ",", `","`, "\n", "\"\n\"").Replace(orders(4 << 20))
	for _, bench := range []struct{ name, text, schema string }{
		{"text", orders(4 << 20), ""},
		{"typed", orders(4 << 20), ordersSchema},
		{"quoted", `"` + strings.TrimSuffix(quoted, `"`), ""},
		{"unicode", wide, ""},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.SetBytes(int64(len(bench.text)))
			var dst []byte
			rows := 0
			b.ReportAllocs()
			for b.Loop() {
				records, err := open(bench.text, sources.CSV{}, bench.schema)
				if err != nil {
					b.Fatal(err)
				}
				for {
					if dst, err = records.Next(dst[:0]); err != nil {
						break
					}
					rows++
				}
				if err != io.EOF {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(rows), "ns/record")
		})
	}
}

// BenchmarkRows is BenchmarkNext for many records at a time.
func BenchmarkRows(b *testing.B) {
	text := orders(4 << 20)
	b.SetBytes(int64(len(text)))
	var dst []byte
	var ends []int
	var rows raw.Rows
	b.ReportAllocs()
	for b.Loop() {
		records, err := open(text, sources.CSV{}, ordersSchema)
		for err == nil {
			dst, ends, err = records.(file.Columned).Rows(dst[:0], ends[:0], 64<<10, &rows)
		}
		if err != io.EOF {
			b.Fatal(err)
		}
	}
}

// BenchmarkEncodingCSV is the standard library's reader, without making JSON.
func BenchmarkEncodingCSV(b *testing.B) {
	text := orders(4 << 20)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		r := stdcsv.NewReader(strings.NewReader(text))
		r.ReuseRecord = true
		for {
			if _, err := r.Read(); err == io.EOF {
				break
			} else if err != nil {
				b.Fatal(err)
			}
		}
	}
}
