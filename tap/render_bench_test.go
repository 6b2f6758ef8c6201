package tap

import (
	"bytes"
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/tap/message"
)

const benchDefinition = `
version: 1
name: bench
client: {base_url: "http://api.test"}
streams:
  - name: orders
    path: /orders
    records: data
    primary_key: [id]
    replication_key: updated_at
    incremental: {start: "2024-01-01"}
    keep: "{{ record.status != 'unheard of' }}"
    add: {account: eu}
`

// bench is a page of orders on its way to stdout.
type bench struct {
	splitter *splitter
	renderer *renderer
	body     []byte
	frame    message.Frame
	lines    []byte
}

func newBench(t testing.TB, records int) *bench {
	t.Helper()
	d, err := sources.Parse("bench.yaml", []byte(benchDefinition))
	if err != nil {
		t.Fatal(err)
	}
	one := &reading{Stream: d.Streams[0], vars: make(expr.Vars, sources.VarCount)}
	if err := one.method(); err != nil {
		t.Fatal(err)
	}
	s, err := newSplitter(one.Records)
	if err != nil {
		t.Fatal(err)
	}
	return &bench{
		splitter: s, renderer: newRenderer(one, &checker{stream: one.Stream}), body: benchBody(records),
		frame: message.SingerFrame("orders", time.Unix(0, 0)),
	}
}

// benchBody is a page of orders of about 540 bytes.
func benchBody(records int) []byte {
	orders := apitest.Orders(records)
	var rows [][]byte
	for i := range records {
		rows = append(rows, orders.Append(nil, i))
	}
	return append(append([]byte(`{"data":[`), bytes.Join(rows, []byte(","))...), `]}`...)
}

// once does what a run does between an answer and stdout, but for the check
// against the schema.
func (b *bench) once(t testing.TB) {
	records, err := b.splitter.Split(b.body)
	if err != nil {
		t.Fatal(err)
	}
	page := fetch.Page{Exchange: fetch.Exchange{Body: b.body}, Records: records}
	if err := b.renderer.see(&page); err != nil {
		t.Fatal(err)
	}
	b.lines = b.lines[:0]
	var n counts
	for i := range records.Len() {
		lines, keep, err := b.renderer.pick(b.frame.Open(b.lines), &page, i, &n)
		if err != nil || !keep {
			t.Fatalf("record %d: kept %v, %v", i, keep, err)
		}
		b.lines = b.frame.Close(lines)
	}
	b.splitter.recycle(records)
}

func BenchmarkLines(b *testing.B) {
	page := newBench(b, 1000)
	page.once(b)
	b.SetBytes(int64(len(page.body)))
	b.ReportAllocs()
	for b.Loop() {
		page.once(b)
	}
	b.ReportMetric(float64(b.N)*1000/b.Elapsed().Seconds(), "records/s")
}

// BenchmarkLinesBaseline only splices raw records into RECORD lines.
func BenchmarkLinesBaseline(b *testing.B) {
	page := newBench(b, 1000)
	records, err := page.splitter.Split(page.body)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(page.body)))
	for b.Loop() {
		lines := page.lines[:0]
		for i := range records.Len() {
			lines = page.frame.Close(append(page.frame.Open(lines), records.Record(i)...))
		}
		page.lines = lines
	}
}
