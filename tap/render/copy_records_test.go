package render

import (
	"fmt"
	"log/slog"
	"testing"

	"github.com/tap-rest/tap-rest/catalog"
	"github.com/tap-rest/tap-rest/sources/definition"
	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/body"
	"github.com/tap-rest/tap-rest/tap/message"
	"github.com/tap-rest/tap-rest/tap/render/pages"
)

// sameNoter notes records, and takes every second one for unchanged.
type sameNoter struct{ n int }

func (s *sameNoter) Note(dst, record, _ []byte) ([]byte, bool) {
	s.n++
	return append(dst, record...), s.n%2 == 0
}

// TestCopiedRecords: what leaves, what is counted and who is told is the same of
// records that are copied, in one line each, as of any others.
func TestCopiedRecords(t *testing.T) {
	const text = `[{"id":1,"name":"a"},{"id":2,"name":null},{"id":"x","name":"b"},{"id":3,"name":"c","more":{"a":1}},{"id":1,"name":"d"},{"id":null,"name":"e"},{"name":"f","id":7}]`
	for _, tt := range []struct {
		name, stream string
		deselected   [][]string
		noter, lead  bool
		copies       bool
	}{
		{name: "plain", copies: true},
		{name: "deselected", deselected: [][]string{{"name"}}, copies: true},
		{name: "drop", stream: "on_new_field: drop", copies: true},
		{name: "passes fields", stream: "on_new_field: pass", copies: true},
		{name: "nullify", stream: "on_invalid: nullify", copies: true},
		{name: "key", stream: "primary_key: [id]"},
		{name: "replication key", stream: "replication_key: name\n    incremental: {client_filter: true}"},
		{name: "keep", stream: `keep: "{{ record.name != 'd' }}"`},
		{name: "add", stream: "add: {account: eu}"},
		{name: "noter", noter: true},
		{name: "lead", lead: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.stream != "on_invalid: nullify" {
				tt.stream += "\n    on_invalid: pass"
			}
			render := func(oneLine bool) string {
				d, err := definition.Parse("copies.yaml", []byte(`
version: 1
name: copies
client: {base_url: "http://api.test"}
streams:
  - name: rows
    path: /rows
    schema: {type: object, properties: {id: {type: [integer, "null"]}, name: {type: [string, "null"]}}}
    `+tt.stream))
				if err != nil {
					t.Fatal(err)
				}
				one := newReading(t, d.Streams[0])
				one.Stream.Mask = catalog.NewMask(tt.deselected)
				s, err := pages.NewSplitter(d.Streams[0].Records)
				if err != nil {
					t.Fatal(err)
				}
				known, err := NewSchema(one.Stream)
				if err != nil {
					t.Fatal(err)
				}
				o := Options{Protocol: message.Singer{}, Log: slog.New(slog.DiscardHandler)}
				if tt.noter {
					o.Noter = &sameNoter{}
				}
				r, seen := New(one, known, o), ""
				if tt.lead {
					r.Lead = func(record []byte) { seen += string(record) }
				}
				if r.copies() != tt.copies {
					t.Errorf("records are copied: %v, want %v", r.copies(), tt.copies)
				}
				for range 2 {
					s.Expect(r.Expected())
					all, err := s.Split([]byte(text))
					if err != nil {
						t.Fatal(err)
					}
					all.(pages.Records).OneLine = oneLine
					page := fetch.Page{Exchange: fetch.Exchange{Body: &body.Body{Text: []byte(text)}}, Records: all}
					page.Repeated = 1
					lines, err := r.Render(&page, nil)
					if err != nil {
						return fmt.Sprint(seen, err)
					}
					seen += fmt.Sprintf("%s%d %s %v", lines.Records, lines.Count, lines.Noted, lines.Outcome.Counts)
				}
				return fmt.Sprint(seen, r.walk.Came, r.walk.Rendered)
			}
			if got, want := render(true), render(false); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}
