package render

import (
	"bytes"
	"log/slog"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"github.com/tap-rest/tap-rest/catalog"
	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/sources/definition"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/body"
	"github.com/tap-rest/tap-rest/tap/message"
	"github.com/tap-rest/tap-rest/tap/plan"
	"github.com/tap-rest/tap-rest/tap/render/pages"
)

// benchStreams are streams of orders that are rendered in different ways.
var benchStreams = []struct {
	name, stream string
	deselected   [][]string
	protocol     Protocol
}{
	{"as they came", `
    incremental: {start: "2024-01-01"}`, nil, message.Singer{}},
	{"as they came, Airbyte", `
    incremental: {start: "2024-01-01"}`, nil, message.Airbyte{}},
	{"deselected", `
    incremental: {start: "2024-01-01"}`, [][]string{{"note"}, {"lines", "title"}, {"shipping_address", "street"}}, message.Singer{}},
	{"on_new_field drop", `
    incremental: {start: "2024-01-01"}
    on_new_field: drop`, nil, message.Singer{}},
	{"keep and add", `
    incremental: {start: "2024-01-01"}
    keep: "{{ record.status != 'unheard of' }}"
    add: {account: eu}`, nil, message.Singer{}},
	{"client_filter", `
    incremental: {start: "2024-01-01", client_filter: true}`, nil, message.Singer{}},
}

// bench is a page of orders on its way to stdout.
type bench struct {
	splitter *pages.Splitter
	renderer *Renderer
	body     []byte
	lines    []byte
}

func newBench(t testing.TB, way int, records int) *bench {
	t.Helper()
	d, err := definition.Parse("bench.yaml", []byte(`
version: 1
name: bench
client: {base_url: "http://api.test"}
streams:
  - name: orders
    path: /orders
    records: data
    primary_key: [id]
    replication_key: updated_at`+benchStreams[way].stream))
	if err != nil {
		t.Fatal(err)
	}
	one := newReading(t, d.Streams[0])
	one.Stream.Mask = catalog.NewMask(benchStreams[way].deselected)
	s, err := pages.NewSplitter(d.Streams[0].Records)
	if err != nil {
		t.Fatal(err)
	}
	known, err := NewSchema(one.Stream)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{splitter: s, renderer: New(one, known, Options{Protocol: benchStreams[way].protocol, Log: slog.New(slog.DiscardHandler)}), body: benchBody(records)}
	b.once(t) // infers the schema
	return b
}

// newReading returns a first pass of a stream.
func newReading(t testing.TB, s *sources.Stream) *plan.Reading {
	t.Helper()
	stream, err := plan.NewStream(s, nil, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	return &plan.Reading{Stream: stream, Pass: &plan.Decision{}, Part: plan.Partition{Vars: make(expr.Vars, sources.VarCount)}}
}

// benchBody is a page of orders of about 540 bytes.
func benchBody(records int) []byte {
	orders := apitest.Orders(records)
	var rows [][]byte
	for i := range records {
		rows = append(rows, orders.Made.Append(nil, i))
	}
	return append(append([]byte(`{"data":[`), bytes.Join(rows, []byte(","))...), `]}`...)
}

// once does what a run does between an answer and stdout.
func (b *bench) once(t testing.TB) {
	records, err := b.splitter.Split(b.body)
	if err != nil {
		t.Fatal(err)
	}
	page := fetch.Page{Exchange: fetch.Exchange{Body: &body.Body{Text: b.body}}, Records: records}
	made, err := b.renderer.Render(&page, b.lines[:0])
	if err != nil || int(made.Count) != records.Len() {
		t.Fatalf("got %d records of %d, %v", made.Count, records.Len(), err)
	}
	b.lines = made.Records
	b.splitter.Expect(b.renderer.Expected())
	b.splitter.Recycle(records)
}

// BenchmarkLines takes pages apart, checks their records and makes lines of
// them; the baseline only splices them, and proves and checks nothing.
func BenchmarkLines(b *testing.B) {
	for n, way := range benchStreams {
		b.Run(way.name, func(b *testing.B) {
			page := newBench(b, n, 1000)
			b.SetBytes(int64(len(page.body)))
			b.ReportAllocs()
			for b.Loop() {
				page.once(b)
			}
			b.ReportMetric(float64(b.N)*1000/b.Elapsed().Seconds(), "records/s")
		})
	}
	b.Run("baseline", func(b *testing.B) {
		body, frame := benchBody(1000), message.Singer{}.Frame("orders", time.Unix(0, 0), 0)
		b.SetBytes(int64(len(body)))
		var lines []byte
		for b.Loop() {
			lines = lines[:0]
			gjson.GetBytes(body, "data").ForEach(func(_, record gjson.Result) bool {
				lines = frame.Close(append(frame.Open(lines), record.Raw...), nil)
				return true
			})
		}
		b.ReportMetric(float64(b.N)*1000/b.Elapsed().Seconds(), "records/s")
	})
}
