package schema

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/catalog/raw"
	"github.com/tap-rest/tap-rest/catalog/schema/check"
	"github.com/tap-rest/tap-rest/catalog/schema/infer"
	"github.com/tap-rest/tap-rest/sources/apitest"
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
	{"shop", benchShop},
	{"shop, shuffled", func(r *rand.Rand, i int) string {
		members := shopMembers(i)
		r.Shuffle(len(members), func(a, b int) { members[a], members[b] = members[b], members[a] })
		return "{" + strings.Join(members, ",") + "}"
	}},
	{"shop, spaced", func(_ *rand.Rand, i int) string { return spaced(benchShop(nil, i)) }},
	{"shop, indented", func(_ *rand.Rand, i int) string {
		var b bytes.Buffer
		if err := json.Indent(&b, []byte(benchShop(nil, i)), "", "  "); err != nil {
			panic(err)
		}
		return b.String()
	}},
	{"long texts", func(_ *rand.Rand, i int) string {
		return fmt.Sprintf(`{"id":%d,"title":"Page %d","text":"%s"}`, i, i, strings.Repeat("It was a dark and stormy night. ", 128))
	}},
	{"numbers", func(r *rand.Rand, i int) string { return benchNumbers(r, i) }},
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

var shopOrders = apitest.Orders(1000)

func benchShop(_ *rand.Rand, i int) string { return string(shopOrders.Made.Append(nil, i)) }

// shopMembers returns the members of an order of the shop.
func shopMembers(i int) (members []string) {
	order := raw.Text(benchShop(nil, i))
	for m := order.Items(0); m.Next(); {
		members = append(members, string(order[m.From:m.To]))
	}
	return members
}

// spaced returns a record as Python writes it.
func spaced(record string) string {
	return outsideTexts.ReplaceAllStringFunc(record, func(token string) string {
		if token == ":" || token == "," {
			return token + " "
		}
		return token
	})
}

var outsideTexts = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|[:,]`)

// benchNumbers returns a record of 40 numbers of any length.
func benchNumbers(r *rand.Rand, i int) string {
	fields := []string{fmt.Sprintf(`"id":%d`, i)}
	for k := range 40 {
		fields = append(fields, fmt.Sprintf(`"n%d":%s`, k, []string{
			fmt.Sprint(r.IntN(1000)), fmt.Sprintf("%.2f", r.Float64()*1000), fmt.Sprint(r.Int64()), fmt.Sprint(r.Float64()), fmt.Sprintf("-%d", r.IntN(100_000)),
		}[k%5]))
	}
	return "{" + strings.Join(fields, ",") + "}"
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

// BenchmarkFastPage proves pages of a thousand records and checks these in the
// same pass. It reports the time that a record takes.
func BenchmarkFastPage(b *testing.B) {
	for _, shape := range benchShapes {
		records, size := benchRecords(shape.record)
		body := slices.Concat([]byte(`{"data":[`), bytes.Join(records, []byte(",")), []byte(`]}`))
		scanner, err := NewPageScanner(RecordPath{Steps: []string{"data"}})
		if err != nil {
			b.Fatal(err)
		}
		scanner.Expect(benchSchema(b, records).Expect(check.Wanted{Fields: []string{"id"}[:min(1, bytes.Count(records[0], []byte(`"id"`)))]}))
		var page Page
		b.Run(shape.name, func(b *testing.B) {
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if i%len(records) > 0 {
					continue
				}
				if err := scanner.Scan(body, &page); err != nil {
					b.Fatal(err)
				}
			}
			for i, r := range page.Records {
				if !r.Fits {
					b.Fatalf("%s is not accepted", page.Record(i))
				}
			}
		})
	}
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
