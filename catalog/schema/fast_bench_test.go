package schema

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/catalog/schema/infer"
)

// benchShapes are records of 500 bytes and more, in shapes that a check could
// be slow for. r is the same in every run.
var benchShapes = []struct {
	name   string
	record func(r *rand.Rand, i int) string
}{
	{"order", func(_ *rand.Rand, i int) string { return "{" + strings.Join(benchOrder(i), ",") + "}" }},
	{"shuffled", func(r *rand.Rand, i int) string {
		members := benchOrder(i)
		r.Shuffle(len(members), func(a, b int) { members[a], members[b] = members[b], members[a] })
		return "{" + strings.Join(members, ",") + "}"
	}},
	{"100 fields", func(_ *rand.Rand, i int) string { return benchWide(i, nil) }},
	{"100 fields, shuffled", func(r *rand.Rand, i int) string { return benchWide(i, r) }},
	{"100 levels", func(_ *rand.Rand, i int) string {
		return strings.Repeat(`{"level":`, 100) + fmt.Sprint(i) + strings.Repeat(`}`, 100)
	}},
	{"escapes", func(_ *rand.Rand, i int) string {
		return fmt.Sprintf(`{"id":%d,"pr\u00e9nom":"Ren\u00e9","texte":"%s","\u540d\u524d":"a\/b"}`, i, strings.Repeat(`l'\u00e9t\u00e9\n`, 30))
	}},
}

// benchOrder returns the members of a nested order of about 540 bytes.
func benchOrder(i int) []string {
	return []string{
		fmt.Sprintf(`"id":%d`, i), fmt.Sprintf(`"number":"SO-2024-%07d"`, i), `"status":"paid"`, `"currency":"EUR"`,
		fmt.Sprintf(`"total":%d.%02d`, 20+i%500, i%100), fmt.Sprintf(`"created_at":"2024-03-%02dT10:%02d:00Z"`, 1+i%28, i%60),
		fmt.Sprintf(`"updated_at":"2024-04-%02dT11:%02d:30.250Z"`, 1+i%28, i%60),
		fmt.Sprintf(`"customer":{"id":%d,"email":"customer.%d@example.com","name":"Ana Lima",`+
			`"address":{"street":"Rua das Flores %d","city":"Porto","zip":"4000-%03d","country":"PT"}}`, i%977, i%977, i%200, i%1000),
		fmt.Sprintf(`"lines":[{"sku":"SKU-%05d","quantity":%d,"price":19.90,"tags":["new","sale"]},`+
			`{"sku":"SKU-%05d","quantity":1,"price":5.00,"tags":[]}]`, i%99999, 1+i%5, (i*7)%99999),
		`"note":null`, `"gift":false`, fmt.Sprintf(`"shipping":{"method":"standard","tracking":"1Z%012d","cost":4.95}`, i),
	}
}

// benchWide returns a record of 100 fields, in an order that r makes.
func benchWide(i int, r *rand.Rand) string {
	fields := make([]string, 100)
	for k := range fields {
		fields[k] = fmt.Sprintf(`"custom_field_%d":%s`, k, []string{`"text"`, "null", "4711", "19.90", "true"}[(i+k)%5])
	}
	if r != nil {
		r.Shuffle(len(fields), func(a, b int) { fields[a], fields[b] = fields[b], fields[a] })
	}
	return "{" + strings.Join(fields, ",") + "}"
}

func benchRecords(record func(*rand.Rand, int) string) (records [][]byte, size int) {
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 1000 {
		records = append(records, []byte(record(r, i)))
		size += len(records[i])
	}
	return records, size / len(records)
}

// TestFastShapes: no record of these shapes needs the judge.
func TestFastShapes(t *testing.T) {
	for _, shape := range benchShapes {
		records, _ := benchRecords(shape.record)
		s := benchSchema(t, records)
		for _, record := range records {
			if !s.accepts(record) {
				t.Errorf("%s: %v is not accepted: %s", shape.name, s.judged(record), record)
			}
		}
	}
}

func benchSchema(t testing.TB, records [][]byte) *Schema {
	inference := infer.New()
	for _, record := range records {
		inference.Add(record)
	}
	s, err := Compile(inference.Schema([]string{"id"}))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// BenchmarkFast checks records one after the other by the fast check, and by
// the judge that it spares.
func BenchmarkFast(b *testing.B) {
	for _, shape := range benchShapes {
		records, size := benchRecords(shape.record)
		s := benchSchema(b, records)
		b.Run(shape.name+"/fast", func(b *testing.B) {
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if !s.accepts(records[i%len(records)]) {
					b.Fatal("not accepted")
				}
			}
		})
		b.Run(shape.name+"/judge", func(b *testing.B) {
			b.SetBytes(int64(size))
			for i := 0; b.Loop(); i++ {
				if v := s.judged(records[i%len(records)]); v != nil {
					b.Fatal(v)
				}
			}
		})
	}
}
