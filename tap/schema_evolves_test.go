package tap_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/tap-rest/tap-rest/catalog/schema"
	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/tap"
	"github.com/tap-rest/tap-rest/testrig"
	"github.com/tap-rest/tap-rest/testshare"
)

// evolving is an API of several streams whose records get more fields, and
// their definition: the first half has schemas of id alone, the others none.
func evolving(random *rand.Rand, streams int) (definition string, api *apitest.API, rows [][][]byte) {
	definition = "defaults: {records: data, primary_key: [id], params: {limit: 3}, pagination: {type: page, param: page}}\nstreams:\n"
	api = apitest.New()
	for i := range streams {
		definition += fmt.Sprintf("  - {name: s%d, path: /s%[1]d", i)
		if i < streams/2 {
			definition += ", schema: {type: object, properties: {id: {type: integer}}}"
		}
		definition += "}\n"
		rows = append(rows, evolvingRows(random))
		api.Add(apitest.Collection{Path: fmt.Sprintf("/s%d", i), Style: apitest.Page, Rows: rows[i]})
	}
	return definition, api, rows
}

func evolvingRows(random *rand.Rand) [][]byte {
	return rows(random.IntN(25), func(i int) string {
		record := fmt.Sprintf(`{"id":%d`, i)
		for _, name := range []string{"a", "b", "c"} {
			if random.IntN(25) > i {
				continue // the later, the more fields
			}
			values := []string{`1`, `null`, `"x"`, `2.5`, `{"x":1}`, `{"y":[{"z":1}]}`, `[{"u":true}]`, `"2025-01-01T00:00:00Z"`}
			record += fmt.Sprintf(`,"%s":%s`, name, values[random.IntN(len(values))])
		}
		return record + "}"
	})
}

// described is what SCHEMA lines said of a stream.
type described struct {
	schemas []string
	fields  *schema.Fields
	judge   *schema.Schema
	before  *described // what the line before said; nil: there was none
	needed  bool       // a record since does not fit what was said before
}

func (d *described) fits(record []byte) bool {
	unknown := false
	d.fields.Unknown(record, func(string, []byte) bool {
		unknown = true
		return false
	})
	return !unknown && d.judge.Check(record) == nil
}

// checkDescribed checks that each record fits the SCHEMA that came last, and
// that each SCHEMA was needed by a record that it came for. It returns the
// schemas of each stream. killed: the last lines may be missing.
func checkDescribed(t *testing.T, lines testrig.Lines, killed bool) map[string]*described {
	t.Helper()
	all := map[string]*described{}
	needed := func(stream string, d *described) {
		if d != nil && d.before != nil && !d.needed {
			t.Errorf("no record of %s needed the SCHEMA %s", stream, d.schemas[len(d.schemas)-1])
		}
	}
	for i, l := range lines {
		d := all[l.Stream]
		switch l.Type {
		case "SCHEMA":
			needed(l.Stream, d)
			next := &described{before: d}
			if d != nil {
				next.schemas = slices.Clone(d.schemas)
			}
			next.schemas = append(next.schemas, string(l.Schema))
			var err error
			if next.fields, err = schema.NewFields(l.Schema); err == nil {
				next.judge, err = schema.Compile(l.Schema)
			}
			if err != nil {
				t.Fatal(err)
			}
			all[l.Stream] = next
		case "RECORD":
			if d == nil || !d.fits(l.Record) {
				t.Fatalf("line %d: %s does not fit the SCHEMA before it", i+1, l.Record)
			}
			d.needed = d.needed || d.before != nil && !d.before.fits(l.Record)
		}
	}
	for stream, d := range all {
		if !killed {
			needed(stream, d)
		}
	}
	return all
}

// TestEvolve: over several streams at a time, SCHEMA comes before the first
// record that needs it, and only then; the next run begins with what was
// inferred, and says it once.
func TestEvolve(t *testing.T) {
	grown, seeds := 0, testshare.Seeds(40)
	for seed := range uint64(seeds) {
		random := rand.New(rand.NewPCG(seed, 1))
		definition, api, rows := evolving(random, 4)
		s := setup{definition: definition, api: api, workDir: memoryFolder(t),
			config: fmt.Sprintf(`{"run": {"flush": {"responses": %d}}}`, random.IntN(5))}
		r := s.must(t)
		first := checkDescribed(t, r.lines, false)
		s.state = r.state()
		second := checkDescribed(t, s.must(t).lines, false)
		for i, want := range rows {
			name := fmt.Sprintf("s%d", i)
			if got := r.records(name); !slices.Equal(got, texts(want)) {
				t.Errorf("%s:\ngot  %s\nwant %s", name, got, texts(want))
			}
			if len(want) == 0 {
				continue
			}
			one, two := first[name].schemas, second[name].schemas
			grown += len(one) - 1
			if most := (len(want)+2)/3 + 1; len(one) > most {
				t.Errorf("%s: %d SCHEMA lines for %d pages", name, len(one), most-1)
			}
			if i >= 2 {
				one = one[len(one)-1:] // kept between runs
			}
			if !slices.Equal(one, two) {
				t.Errorf("%s: the next run says\n%s\nwant\n%s", name, two, one)
			}
		}
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	if grown < 5*seeds/2 {
		t.Errorf("only %d schemas grew", grown)
	}
}

// TestEvolveKilled kills runs after each of their lines, between a SCHEMA and
// its first record too: in what the next run says, each record has its SCHEMA
// again, with the inferred schemas kept or lost.
func TestEvolveKilled(t *testing.T) {
	definition, api, rows := evolving(rand.New(rand.NewPCG(3, 1)), 4)
	begin := func() setup {
		return setup{definition: definition, api: api, workDir: memoryFolder(t), config: `{"run": {"flush": {"responses": 2}, "concurrency": 1}}`}
	}
	uncut := begin().must(t)
	between := 0
	for n := range uncut.lines {
		if n > 1 && uncut.lines[n-1].Type == "SCHEMA" {
			between++
		}
		for _, cache := range []string{"kept", "lost"} {
			s := begin()
			s.out = &truncated{lines: n}
			if err := s.run(t).err; !errors.Is(err, tap.ErrClosedOutput) {
				t.Fatalf("got %v, want %v", err, tap.ErrClosedOutput)
			}
			lines := testrig.ReadLines(t, s.out.(*truncated).got)
			checkDescribed(t, lines, true)
			s.out, s.state = nil, lines.State()
			if cache == "lost" {
				s.workDir = memoryFolder(t)
			}
			r := s.must(t)
			checkDescribed(t, r.lines, false)
			for i, want := range rows {
				name := fmt.Sprintf("s%d", i)
				testrig.Union(t, name, append(lines.Records(name), r.records(name)...), texts(want))
			}
			if t.Failed() {
				t.Fatalf("killed after line %d, cache %s", n, cache)
			}
		}
	}
	if between < 3 {
		t.Errorf("only %d runs were killed between a SCHEMA and its records", between)
	}
}
