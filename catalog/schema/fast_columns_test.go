package schema

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/catalog/raw"
	"github.com/tap-rest/tap-rest/catalog/schema/check"
	"github.com/tap-rest/tap-rest/catalog/schema/kinds"
	"github.com/tap-rest/tap-rest/testshare"
)

// columned is a body in batches whose records are made of columns.
type columned struct {
	io.Reader
	text    []byte
	ends    []int
	rows    *raw.Rows // nil: nothing is known of them
	batches int       // that are left
}

func (c *columned) Batched(keys int) bool { return keys == 0 }
func (c *columned) Rest() []byte          { return []byte("[]") }
func (c *columned) Proven() bool          { return true }
func (c *columned) Columns() *raw.Rows    { return c.rows }
func (c *columned) Skip() (int, error)    { return 0, io.EOF }
func (c *columned) Batch() ([]byte, []int, error) {
	if c.batches--; c.batches < 0 {
		return nil, nil, io.EOF
	}
	return c.text, c.ends, nil
}

// columnType returns the type that a value has as one of a column; "": of none.
func columnType(value string) string {
	switch kind := kinds.At(raw.Text(value), 0); {
	case kind == kinds.Object || kind == kinds.Array || strings.ContainsAny(value, "eE") && kind == kinds.Number:
		return ""
	case kind&(kinds.Integer|kinds.Number) != 0 && len(value) > raw.MaxNumber:
		return ""
	default:
		return kind.Name()
	}
}

// add appends a record of values.
func (c *columned) add(values []string) {
	odd := false
	for i, column := range c.rows.Columns {
		c.text = append(c.text, "{,"[min(i, 1)])
		c.text = append(append(append(c.text, column.Key...), ':'), values[i]...)
		c.rows.Values = append(c.rows.Values, int32(len(c.text)))
		odd = odd || !slices.Contains(column.Types, columnType(values[i]))
	}
	if odd {
		c.rows.Odd = append(c.rows.Odd, len(c.ends))
	}
	c.text = append(c.text, '}')
	c.ends = append(c.ends, len(c.text))
}

// columnsFor returns a body of records whose columns are fields of a random record.
func (m *maker) columnsFor(doc *sample) *columned {
	c := &columned{rows: &raw.Rows{}, batches: 2}
	var names []string
	var lines [][]string
	for i := range recordsByRound {
		record, line := raw.Text(doc.value(4)), []string(nil)
		for fields := record.Items(0); fields.Next(); {
			name := fields.Key.Unquote()
			at := slices.Index(names, name)
			switch {
			case i > 0 && at < 0 || i == 0 && at >= 0:
				continue
			case i == 0:
				at = len(names)
				names = append(names, name)
			}
			for len(line) <= at {
				line = append(line, pick(m, []string{"null", `"x"`, "7", "1.5", "true"}))
			}
			line[at] = string(fields.Value())
		}
		lines = append(lines, line)
	}
	for i, name := range names {
		types := []string{pick(m, []string{"null", "boolean", "integer", "number", "string"})}
		for _, line := range lines[:1+m.IntN(len(lines))] {
			if i < len(line) {
				types = append(types, columnType(line[i]))
			}
		}
		types = slices.DeleteFunc(distinct(types), func(name string) bool { return name == "" })
		c.rows.Columns = append(c.rows.Columns, raw.Column{Key: raw.Quote(name), Types: types})
	}
	for _, line := range lines {
		for len(line) < len(names) {
			line = append(line, pick(m, []string{"null", `"x"`, "7", "1.5", "true"}))
		}
		c.add(line)
	}
	return c
}

// scanned is what a scan finds in a body, and how many of its records fit.
func scanned(t *testing.T, scanner *StreamScanner, s *Schema, w check.Wanted, in *columned) (all []string, fit int) {
	t.Helper()
	scanner.Expect(s.Expect(w))
	_, err := scanner.Scan(in, func(p *Page) error {
		for i, r := range p.Records {
			all = append(all, fmt.Sprintf("%v %v %v, value %s of %s", r.Looked, r.Fits, r.Known, p.Value(i), p.AppendRecord(nil, i)))
			fit += bit(r.Fits)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all, fit
}

// TestColumns: what is known of columns changes nothing that is found of their records.
func TestColumns(t *testing.T) {
	for _, keyword := range append([]string{""}, sortedKeys(keywordParts())...) {
		t.Run(keyword, func(t *testing.T) {
			scanner, err := NewStreamScanner(RecordPath{Steps: []string{"@this"}})
			if err != nil {
				t.Fatal(err)
			}
			fitting, regular, seeds := 0, 0, 300
			if testing.Short() {
				seeds = 30
			}
			for seed := range uint64(testshare.Rounds(seeds)) {
				m := newMaker(seedOf(t.Name()) + seed)
				doc := m.document(keyword)
				s, err := Compile([]byte(doc.text))
				if err != nil {
					continue
				}
				in, w := m.columnsFor(doc), m.wanted()
				if len(in.rows.Columns) == 0 {
					continue
				}
				plain := *in
				plain.rows = nil
				got, fit := scanned(t, scanner, s, w, in)
				want, _ := scanned(t, scanner, s, w, &plain)
				if !slices.Equal(got, want) {
					t.Fatalf("seed %d: schema %s, wanted %+v, columns %v:\n got %s\nwant %s", seed, doc.text, w, in.rows.Columns, strings.Join(got, "\n     "), strings.Join(want, "\n     "))
				}
				fitting, regular = fitting+fit, regular+len(in.ends)-len(in.rows.Odd)
			}
			if !testshare.Race && (fitting == 0 || regular == 0) {
				t.Errorf("%d records fit, %d are as their columns are: this says nothing", fitting, regular)
			}
		})
	}
}
