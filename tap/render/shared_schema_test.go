package render

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/tap-rest/tap-rest/catalog/schema"
	"github.com/tap-rest/tap-rest/sources/definition"
	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/body"
	"github.com/tap-rest/tap-rest/tap/message"
	"github.com/tap-rest/tap-rest/tap/render/pages"
	"github.com/tap-rest/tap-rest/tap/report"
)

const (
	sharers    = 8
	pagesEach  = 12
	fieldsLate = 20 // that no first page has
)

// sharer renders pages of one partition of a stream whose schema others share.
type sharer struct {
	splitter *pages.Splitter
	renderer *Renderer
	random   *rand.Rand
	made     []Lines
}

// page renders a page of two records, with fields and kinds of values that come
// at random.
func (s *sharer) page(n int) error {
	field, other := s.random.IntN(fieldsLate), s.random.IntN(fieldsLate)
	value := []string{"1", "1.5", "true", `"text"`, "null", `{"in":1}`}[s.random.IntN(6)]
	text := fmt.Appendf(nil, `{"data":[{"id":%d,"f%d":1},{"id":%d,"f%d":"%d","any":%s}]}`, 2*n, field, 2*n+1, other, n, value)
	s.splitter.Expect(s.renderer.Expected())
	records, err := s.splitter.Split(text)
	if err != nil {
		return err
	}
	page := &fetch.Page{Exchange: fetch.Exchange{Body: &body.Body{Text: text}}, Records: records}
	lines, err := s.renderer.Render(page, nil)
	if err == nil {
		s.made = append(s.made, *lines)
	}
	return err
}

// TestSharedSchema proves that partitions which are rendered at the same time
// widen one schema: each record fits the one that its page leaves with, the
// newer of two takes what the older takes, and a new field counts once.
func TestSharedSchema(t *testing.T) {
	d, err := definition.Parse("shared.yaml", []byte(`
version: 1
name: shared
client: {base_url: "http://api.test"}
streams:
  - {name: rows, path: /rows, records: data, primary_key: [id], on_new_field: evolve}`))
	if err != nil {
		t.Fatal(err)
	}
	one := newReading(t, d.Streams[0])
	known, err := NewSchema(one.Stream)
	if err != nil {
		t.Fatal(err)
	}
	all := make([]*sharer, sharers)
	for i := range all {
		s, err := pages.NewSplitter(d.Streams[0].Records)
		if err != nil {
			t.Fatal(err)
		}
		all[i] = &sharer{
			splitter: s, random: rand.New(rand.NewPCG(1, uint64(i))),
			renderer: New(one, known, Options{Protocol: message.Singer{}, Log: slog.New(slog.DiscardHandler), Many: true}),
		}
	}
	var group sync.WaitGroup
	for i, s := range all {
		group.Go(func() {
			for n := range pagesEach {
				if err := s.page(i*pagesEach + n); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
	checkSnapshots(t, all)
	checkGrowth(t, known, all)
}

// checkSnapshots holds the records of every page against the SCHEMA lines of its
// version and of all later ones.
func checkSnapshots(t *testing.T, all []*sharer) {
	t.Helper()
	var pages []Lines
	for _, s := range all {
		before := 0
		for _, l := range s.made {
			if l.Schema.Version < before {
				t.Errorf("a partition went back from version %d to %d", before, l.Schema.Version)
			}
			before = l.Schema.Version
			pages = append(pages, l)
		}
	}
	slices.SortFunc(pages, func(a, b Lines) int { return a.Schema.Version - b.Schema.Version })
	versions := map[int]*schema.Schema{}
	for _, p := range pages {
		if versions[p.Schema.Version] != nil {
			continue
		}
		compiled, err := schema.Compile(p.Schema.written)
		if err != nil {
			t.Fatal(err)
		}
		versions[p.Schema.Version] = compiled
	}
	for _, p := range pages {
		for line := range bytes.Lines(p.Records) {
			var l struct{ Record json.RawMessage }
			if err := json.Unmarshal(line, &l); err != nil {
				t.Fatal(err)
			}
			for v, s := range versions {
				if broken := s.Check(l.Record); v >= p.Schema.Version && broken != nil {
					t.Fatalf("%s of version %d does not fit version %d: %v", l.Record, p.Schema.Version, v, broken)
				}
			}
		}
	}
}

// checkGrowth holds the schema that came of it against the records.
func checkGrowth(t *testing.T, known *Schema, all []*sharer) {
	t.Helper()
	var doc struct{ Properties map[string]any }
	if err := json.Unmarshal(known.Doc(), &doc); err != nil {
		t.Fatal(err)
	}
	var counts int64
	came := map[string]bool{}
	for _, s := range all {
		for _, l := range s.made {
			counts += l.Outcome.Counts[report.NewField]
			for i := range fieldsLate {
				if name := fmt.Sprintf("f%d", i); strings.Contains(string(l.Records), `"`+name+`":`) {
					came[name] = true
				}
			}
		}
	}
	for name := range came {
		if doc.Properties[name] == nil {
			t.Errorf("the schema lacks %s", name)
		}
	}
	// Some are inferred from the first page, and not new, and in of any is one.
	if most := int64(len(doc.Properties)); counts > most || counts < most-5 || len(came) != fieldsLate {
		t.Errorf("counted %d new fields of a schema that has %d, %d of %d came", counts, most, len(came), fieldsLate)
	}
}
