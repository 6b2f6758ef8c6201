package schema_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"
	"unicode/utf8"

	"github.com/tidwall/gjson"

	"github.com/tap-rest/tap-rest/catalog/schema"
)

// pageOrder is a nested order of about 540 bytes, as shops write them.
func pageOrder(i int) string {
	return fmt.Sprintf(`{"id":%d,"number":"SO-2024-%07d","status":"paid","currency":"EUR","total":%d.%02d,`+
		`"created_at":"2024-03-%02dT10:%02d:00Z","updated_at":"2024-04-%02dT11:%02d:30.250Z",`+
		`"customer":{"id":%d,"email":"customer.%d@example.com","name":"Ana Lima","address":{"street":"Rua das Flores %d","city":"Porto","zip":"4000-%03d","country":"PT"}},`+
		`"lines":[{"sku":"SKU-%05d","quantity":%d,"price":19.90,"tags":["new","sale"]},{"sku":"SKU-%05d","quantity":1,"price":5.00,"tags":[]}],`+
		`"note":null,"gift":false,"shipping":{"method":"standard","tracking":"1Z%012d","cost":4.95}}`,
		i, i, 20+i%500, i%100, 1+i%28, i%60, 1+i%28, i%60, i%977, i%977, i%200, i%1000, i%99999, 1+i%5, (i*7)%99999, i)
}

// pageOrders is a page of n orders under data.
func pageOrders(n int) []byte {
	var page bytes.Buffer
	page.WriteString(`{"data":[`)
	for i := range n {
		if i > 0 {
			page.WriteByte(',')
		}
		page.WriteString(pageOrder(i))
	}
	page.WriteString(`],"next_page":"abc","has_more":true}`)
	return page.Bytes()
}

func BenchmarkScan(b *testing.B) {
	body := pageOrders(1000)
	indented := new(bytes.Buffer)
	if err := json.Indent(indented, body, "", "  "); err != nil {
		b.Fatal(err)
	}
	beyond := bytes.ReplaceAll(body, []byte("Rua das Flores"), []byte("улица Цветочная 東京都"))
	for _, bench := range []struct {
		name string
		body []byte
		path schema.RecordPath
	}{
		{"orders", body, schema.RecordPath{Steps: []string{"data"}}},
		{"indented", indented.Bytes(), schema.RecordPath{Steps: []string{"data"}}},
		{"beyond-ascii", beyond, schema.RecordPath{Steps: []string{"data"}}},
		{"lines", body, schema.RecordPath{Steps: []string{"data", "lines"}}},
	} {
		scanner, err := schema.NewPageScanner(bench.path)
		if err != nil {
			b.Fatal(err)
		}
		var page schema.Page
		b.Run(bench.name, func(b *testing.B) {
			b.SetBytes(int64(len(bench.body)))
			b.ReportAllocs()
			for b.Loop() {
				if err := scanner.Scan(bench.body, &page); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	for _, bench := range []struct {
		name  string
		valid func([]byte) bool
	}{
		{"baseline/json.Valid", func(body []byte) bool { return json.Valid(body) && utf8.Valid(body) }},
		{"baseline/gjson.ValidBytes", func(body []byte) bool { return gjson.ValidBytes(body) && utf8.Valid(body) }},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				if !bench.valid(body) {
					b.Fatal("the page is not valid")
				}
			}
		})
	}
}
