package render

import (
	"bytes"
	"fmt"
	"log/slog"
	"testing"

	"github.com/tap-rest/tap-rest/sources/definition"
	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/body"
	"github.com/tap-rest/tap-rest/tap/message"
	"github.com/tap-rest/tap-rest/tap/render/pages"
)

// TestTemplatesGrowWithThePage: what templates cost grows with the records of a
// page, and not with their square, though they look at the answer and at the
// parent of all its records.
func TestTemplatesGrowWithThePage(t *testing.T) {
	for _, way := range []string{
		`add: {order: "{{ parent.id }}", last: "{{ parent.end }}"}`,
		`add: {page: "{{ response.meta.page }}", of: "{{ headers.of }}"}`,
		`keep: "{{ record.n != parent.end and record.n != response.meta.end }}"`,
		`keep: "{{ record.n is defined and response.data | length == 1 }}"`,
		`add: {both: {a: "{{ record.n }}", b: ["{{ parent.lines | length }}-{{ response.meta.page }}"]}}`,
	} {
		few, many := growthWork(t, way, 1_000), growthWork(t, way, 10_000)
		if few == 0 || many > 11*few {
			t.Errorf("%s: 1,000 records take %d of work, 10,000 take %d", way, few, many)
		}
	}
}

// growthWork renders a page of one parent, and returns the work of its
// templates.
func growthWork(t *testing.T, way string, records int) int {
	t.Helper()
	d, err := definition.Parse("growth.yaml", []byte(`
version: 1
name: growth
client: {base_url: "http://api.test"}
streams:
  - name: lines
    path: /orders
    records: [data, lines]
    primary_key: [n]
    `+way))
	if err != nil {
		t.Fatal(err)
	}
	one := newReading(t, d.Streams[0])
	s, err := pages.NewSplitter(d.Streams[0].Records)
	if err != nil {
		t.Fatal(err)
	}
	known, err := NewSchema(one.Stream)
	if err != nil {
		t.Fatal(err)
	}
	var lines [][]byte
	for i := range records {
		lines = append(lines, fmt.Appendf(nil, `{"n":%d}`, i))
	}
	text := fmt.Appendf(nil, `{"data":[{"id":1,"lines":[%s],"end":-1}],"meta":{"page":1,"end":-2}}`, bytes.Join(lines, []byte(",")))
	split, err := s.Split(text)
	if err != nil {
		t.Fatal(err)
	}
	page := fetch.Page{Exchange: fetch.Exchange{Body: &body.Body{Text: text}}, Records: split}
	r := New(one, known, Options{Protocol: message.Singer{}, Log: slog.New(slog.DiscardHandler)})
	made, err := r.Render(&page, nil)
	if err != nil || int(made.Count) != records {
		t.Fatalf("%s: got %d records of %d, %v", way, made.Count, records, err)
	}
	return r.project.Loop().Work()
}
