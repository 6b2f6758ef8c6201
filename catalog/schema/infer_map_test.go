package schema_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/catalog/schema/infer"
	"github.com/tap-rest/tap-rest/testshare"
)

// made makes records {"m":{…}} of the members of each.
func made(records int, object func(i int) string) []string {
	all := make([]string, records)
	for i := range all {
		all[i] = `{"m":{` + object(i) + `}}`
	}
	return all
}

// members joins n members.
func members(n int, member func(j int) string) string {
	var b strings.Builder
	for j := range n {
		if j > 0 {
			b.WriteByte(',')
		}
		b.WriteString(member(j))
	}
	return b.String()
}

func TestInferenceOfMaps(t *testing.T) {
	const named = "" // the object keeps its names
	tests := []struct {
		name    string
		records []string
		want    string // additionalProperties
	}{
		{"ids of users", made(40, func(i int) string { return fmt.Sprintf(`"user_%d":%d`, i, i) }), `{"type":["null","integer"]}`},
		{"four objects, each with its own keys", made(4, func(i int) string {
			return members(10, func(j int) string { return fmt.Sprintf(`"u%d_%d":true`, i, j) })
		}), `{"type":["null","boolean"]}`},
		{"three are too few to tell", made(3, func(i int) string {
			return members(20, func(j int) string { return fmt.Sprintf(`"u%d_%d":true`, i, j) })
		}), named},
		{"keys that come again and again", made(500, func(i int) string {
			return fmt.Sprintf(`"sku-a%d":1,"sku-b%d":2.5,"sku-c%[1]d":null`, i%40, i%37)
		}), `{"type":["null","number"]}`},
		{"days, the same in all records", made(5, func(int) string {
			return members(60, func(j int) string { return fmt.Sprintf(`"2024-%02d-%02d":%d`, j/28+1, j%28+1, j) })
		}), `{"type":["null","integer"]}`},
		{"numbers in one record", made(1, func(int) string {
			return members(30, func(j int) string { return fmt.Sprintf(`"%d":"x"`, 1000+j) })
		}), `{"type":["null","string"]}`},
		{"hashes", made(1, func(int) string {
			return members(30, func(j int) string { return fmt.Sprintf(`"%04x4567-e89b-12d3-a456-42661417400a":[]`, j) })
		}), `{"type":["null","array"],"items":{}}`},
		{"of objects", made(60, func(i int) string {
			return fmt.Sprintf(`"k%d":{"name":"x","at":"2024-01-01T00:00:00Z","n":%d},"l%[1]d":{"name":null,"n":1.5}`, i, i)
		}), `{"type":["null","object"],"properties":{"at":{"type":["null","string"],"format":"date-time"},"n":{"type":["null","number"]},"name":{"type":["null","string"]}}}`},
		{"of maps", made(60, func(i int) string {
			return fmt.Sprintf(`"k%d":{"a%[1]d":1,"b%[1]d":2}`, i)
		}), `{"type":["null","object"],"additionalProperties":{"type":["null","integer"]}}`},
		{"of dates and text", made(60, func(i int) string {
			return fmt.Sprintf(`"k%d":%s`, i, []string{`"2024-01-01T00:00:00Z"`, `"soon"`}[i%2])
		}), `{"type":["null","string"]}`},

		{"the same 30 names in all", made(500, func(int) string {
			return members(30, func(j int) string { return fmt.Sprintf(`"field_%d":"x"`, j) })
		}), named},
		{"a third of 60 names in each", made(500, func(i int) string {
			return members(20, func(j int) string { return fmt.Sprintf(`"field_%d":"x"`, (i*7+j*3)%60) })
		}), named},
		{"an eighth and more of 60 names", made(500, func(i int) string {
			return members(8, func(j int) string { return fmt.Sprintf(`"field_%d":"x"`, (i*7+j*3)%60) })
		}), named},
		{"four fixed forms", made(500, func(i int) string {
			return members(20, func(j int) string { return fmt.Sprintf(`"form%d_%d":"x"`, i%4, j) })
		}), named},
		{"few names", made(500, func(i int) string { return fmt.Sprintf(`"k%d":1`, i%29) }), named},
		{"of more than one type", made(500, func(i int) string {
			return fmt.Sprintf(`"k%d":%s`, i, []string{`1`, `"x"`}[i%2])
		}), named},
		{"words that are hexadecimal", made(1, func(int) string {
			return members(40, func(j int) string { return fmt.Sprintf(`"a%d":"x"`, j) })
		}), named},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc := string(inferred(tt.records, nil))
			if tt.want == named {
				if strings.Contains(doc, "additionalProperties") || !strings.Contains(doc, `"m":{"type":["null","object"],"properties":{"`) {
					t.Errorf("got a map: %s", doc)
				}
			} else if want := `{"type":"object","properties":{"m":{"type":["null","object"],"additionalProperties":` + tt.want + `}}}`; doc != want {
				t.Errorf("got  %s\nwant %s", doc, want)
			}
			checkAccepts(t, []byte(doc), tt.records)
		})
	}
}

// checkAccepts checks that a schema takes records as they are.
func checkAccepts(t *testing.T, doc []byte, records []string) {
	t.Helper()
	s, fields := MustCompile(t, string(doc)), mustFields(t, string(doc))
	for i, r := range records {
		if v := s.Check([]byte(r)); v != nil {
			t.Fatalf("%s\nby %s: %v", r, doc, v)
		}
		if got := unknown(fields, r); got != nil {
			t.Fatalf("%q are new in %s", got, doc)
		}
		if i >= 3 {
			continue // Widen reads the schema each time
		}
		if wider, changed, err := infer.Widen(doc, []byte(r)); changed || err != nil {
			t.Fatalf("widened %s\nfor %s\nto %s: %v", doc, r, wider, err)
		}
	}
}

// A record is no map: its fields are columns, however they are called.
func TestRecordIsNoMap(t *testing.T) {
	var records []string
	for i := range 100 {
		records = append(records, fmt.Sprintf(`{"2024-%d":1}`, i))
	}
	if got := strings.Count(string(inferred(records, nil)), `"2024-`); got != 100 {
		t.Errorf("got %d names, want 100", got)
	}
}

// Maps are folded where the limits are reached, so that they leave room for
// the fields that come late, and do not depend on which names came first.
func TestMapsAreBounded(t *testing.T) {
	for _, tt := range []struct{ name, before, after, open string }{
		{"maps", ``, ``, ``},
		{"maps in maps", `"id-%d":{`, `}`, `"additionalProperties":{"type":["null","object"],`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			n := 1_500 // 30,000 keys with 21 shapes each
			if testing.Short() {
				n = 300 // which are more than the limit, too
			}
			fields := members(20, func(k int) string { return fmt.Sprintf(`"f%d":%d`, k, k) })
			records := made(n, func(i int) string {
				return strings.ReplaceAll(tt.before, "%d", fmt.Sprint(i)) + members(20, func(j int) string {
					return fmt.Sprintf(`"k%d-%d":{%s}`, i, j, fields)
				}) + tt.after
			})
			late := `{"late":{"a":1},"m":null}`
			doc := inferred(append(records, late), nil)
			want := `{"type":"object","properties":{"late":{"type":["null","object"],"properties":{"a":{"type":["null","integer"]}}},` +
				`"m":{"type":["null","object"],` + tt.open + `"additionalProperties":{"type":["null","object"],"properties":{`
			if !strings.HasPrefix(string(doc), want) || strings.Contains(string(doc), `"additionalProperties":true`) {
				t.Fatalf("got %.400s…\nwant %s…", doc, want)
			}
			checkAccepts(t, doc, records[len(records)-5:])
			random := rand.New(rand.NewPCG(2, 3))
			random.Shuffle(len(records), func(i, j int) { records[i], records[j] = records[j], records[i] })
			if got := inferred(append([]string{late}, records...), nil); string(got) != string(doc) {
				t.Errorf("another order: got %.400s…", got)
			}
		})
	}
}

// A map that is folded takes other types too, when they come.
func TestFoldedMapWidens(t *testing.T) {
	records := made(700, func(i int) string {
		return members(20, func(j int) string { return fmt.Sprintf(`"k%d-%d":%d`, i, j, i) })
	})
	records = append(records, `{"m":{"k":{"x":[1]}}}`, `{"m":{"`+strings.Repeat("n", 1_001)+`":"text"}}`, `{"m":{"k":true}}`)
	checkAccepts(t, inferred(records, nil), records[len(records)-10:])
}

// What a name was too long for may be of any type.
func TestUnnamedMemberOfMap(t *testing.T) {
	records := made(40, func(i int) string { return fmt.Sprintf(`"k%d":%d`, i, i) })
	records = append(records, `{"m":{"`+strings.Repeat("n", 1_001)+`":"text"}}`)
	checkAccepts(t, inferred(records, nil), records)
}

// The same data gives the same bytes, whatever the order of pages, records and
// fields, however often it is asked.
func TestInferenceIsStable(t *testing.T) {
	random := rand.New(rand.NewPCG(4, 9))
	records := make([][]string, 300)
	for i := range records {
		records[i] = []string{
			fmt.Sprintf(`"id":%d`, i),
			fmt.Sprintf(`"days":{"2024-01-%02d":%d,"2024-02-%02d":%g}`, i%28+1, i, i%27+1, float64(i)/4),
			fmt.Sprintf(`"tags":{"t%d":{"by":"u%d","note":%s}}`, i, i, []string{`null`, `"x"`, `{"a":1}`}[i%3]),
			fmt.Sprintf(`"plain":{"a":1,"o%d":"x"}`, i%20),
		}
	}
	want := ""
	for range 10 {
		random.Shuffle(len(records), func(i, j int) { records[i], records[j] = records[j], records[i] })
		in := infer.New()
		for _, fields := range records {
			random.Shuffle(len(fields), func(i, j int) { fields[i], fields[j] = fields[j], fields[i] })
			in.Add([]byte(`{` + strings.Join(fields, ",") + `}`))
		}
		got := string(in.Schema([]string{"id"}))
		if again := string(in.Schema([]string{"id"})); again != got {
			t.Fatalf("asked again: %s\nwas %s", again, got)
		}
		if want == "" {
			want = got
		}
		if got != want {
			t.Fatalf("got  %s\nwant %s", got, want)
		}
	}
	if n := strings.Count(want, "additionalProperties"); n != 2 {
		t.Errorf("got %d maps, want days and tags: %s", n, want)
	}
}

// A schema that grows record by record stops growing where a map is keyed by
// data, keeps the names it has, and takes what comes later.
func TestAddFieldsStopsAtMaps(t *testing.T) {
	doc := []byte(`{"properties":{"m":{"type":["null","object"],"properties":{}}}}`)
	changes, records := 0, 300
	if testing.Short() {
		records = 100
	}
	for i := range records {
		record := fmt.Appendf(nil, `{"m":{"u%d":{"n":1},"v%[1]d":null}}`, i)
		wider, changed, err := infer.AddFields(doc, record)
		if err != nil {
			t.Fatal(err)
		}
		if changed {
			changes++
		}
		doc = wider
		if got := unknown(mustFields(t, string(doc)), string(record)); got != nil {
			t.Fatalf("%q are new in %s", got, doc)
		}
	}
	if changes > 51 {
		t.Errorf("the schema grew %d times", changes)
	}
	const end = `"additionalProperties":{"type":["null","object"],"properties":{"n":{"type":["null","integer"]}}}}}}`
	if !strings.HasSuffix(string(doc), end) || strings.Count(string(doc), `"u`) != 50 {
		t.Errorf("got …%s\nwant …%s", doc[max(0, len(doc)-300):], end)
	}
	// Its values grow as fields do.
	record := `{"m":{"w":{"n":1.5,"x":"y"}}}`
	if got := unknown(mustFields(t, string(doc)), record); len(got) != 1 || got[0] != `/m/w/x="y"` {
		t.Errorf("new fields of a map's value: got %q", got)
	}
	wider, _, err := infer.Widen(doc, []byte(record))
	if err != nil {
		t.Fatal(err)
	}
	checkAccepts(t, wider, []string{record, `{"m":{"u1":{"n":1},"z":{"n":2,"x":null}}}`})
}

// All new members of one object say what the others may be.
func TestAddFieldsOfMap(t *testing.T) {
	begin := `{"properties":{"m":{"properties":{` + members(100, func(j int) string { return fmt.Sprintf(`"f%d":{"type":"integer"}`, j) }) + `}`
	got, _, err := infer.AddFields([]byte(begin+`}}}`), []byte(`{"m":{"f1":0,"x":1,"y":1.5}}`))
	if want := begin + `,"additionalProperties":{"type":["null","number"]}}}}`; string(got) != want {
		t.Errorf("got …%s, %v\nwant …%s", got[len(got)-100:], err, want[len(want)-100:])
	}
}

// What is no map grows on, name by name.
func TestAddFieldsIsNoMap(t *testing.T) {
	hundred := func(value string) string {
		return members(100, func(j int) string { return fmt.Sprintf(`"f%d":{"type":%s}`, j, value) })
	}
	tests := []struct{ name, doc, record string }{
		{"of two types", `{"properties":{"m":{"properties":{"x":{"type":"integer"},"y":{"type":"boolean"},` + hundred(`["null","string"]`) + `}}}}`, `{"m":{"new":"x"}}`},
		{"of a type that is not said", `{"properties":{"m":{"properties":{"x":{},` + hundred(`"string"`) + `}}}}`, `{"m":{"new":"x"}}`},
		{"an object with many of its fields", `{"properties":{"m":{"properties":{` + hundred(`"string"`) + `}}}}`,
			`{"m":{"new":"x",` + members(12, func(j int) string { return fmt.Sprintf(`"f%d":"x"`, j) }) + `}}`},
		{"a record", `{"properties":{` + hundred(`"string"`) + `}}`, `{"new":"x"}`},
		{"further ones forbidden", `{"properties":{"m":{"additionalProperties":false,"properties":{` + hundred(`"string"`) + `}}}}`, `{"m":{"new":"x"}}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, changed, err := infer.AddFields([]byte(tt.doc), []byte(tt.record))
			if err != nil || !changed || !strings.Contains(string(got), `"new":{"type":["null","string"]}`) {
				t.Errorf("got %s, %v, %v", got, changed, err)
			}
		})
	}
}

// Random records with maps and what is nearly one: what was inferred accepts
// them, in any order the same; what is widened for a stranger accepts both.
func TestRandomMaps(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 8))
	maps := 0
	for range testshare.Seeds(40) {
		records := randomMaps(random, 1+random.IntN(40))
		doc := inferred(records, nil)
		maps += strings.Count(string(doc), `"additionalProperties":{`)
		checkAccepts(t, doc, records)
		random.Shuffle(len(records), func(i, j int) { records[i], records[j] = records[j], records[i] })
		if got := inferred(records, nil); string(got) != string(doc) {
			t.Fatalf("another order: got %s\nwant %s", got, doc)
		}
		stranger := randomMaps(random, 1)[0]
		wider, _, err := infer.Widen(doc, []byte(stranger))
		if err != nil {
			t.Fatal(err)
		}
		checkAccepts(t, wider, append(records, stranger))
	}
	if maps == 0 && !testshare.Race {
		t.Errorf("got %d maps in all: the records are no test", maps)
	}
}

// A schema that grows as a sync lets it, new fields first and types where a
// record does not fit, takes all records that it grew for.
func TestRandomGrowth(t *testing.T) {
	random := rand.New(rand.NewPCG(13, 17))
	maps := 0
	for range testshare.Seeds(20) {
		records := randomMaps(random, 40)
		doc := inferred(records[:1+random.IntN(5)], nil)
		for _, r := range records {
			for _, grow := range []func(doc, record []byte) ([]byte, bool, error){infer.AddFields, infer.Widen} {
				var err error
				if doc, _, err = grow(doc, []byte(r)); err != nil {
					t.Fatal(err)
				}
			}
		}
		maps += strings.Count(string(doc), `"additionalProperties":{`)
		s, fields := MustCompile(t, string(doc)), mustFields(t, string(doc))
		for _, r := range records {
			if v, got := s.Check([]byte(r)), unknown(fields, r); v != nil || got != nil {
				t.Fatalf("%s\nby %s: %v, new %q", r, doc, v, got)
			}
		}
	}
	if maps == 0 && !testshare.Race {
		t.Errorf("got %d maps in all: the records are no test", maps)
	}
}

// randomMaps makes records of one stream: they share in what their objects
// differ.
func randomMaps(r *rand.Rand, n int) []string {
	depth := 1 + r.IntN(2)
	names, most := 1+r.IntN(200), 1+r.IntN(30/(depth*depth))
	value := func() string { return randomValue(r, 2) }
	if r.IntN(4) > 0 {
		one := []string{`1`, `"x"`, `{"a":1}`, `[null]`, `true`}[r.IntN(5)]
		value = func() string { return []string{one, one, one, `null`}[r.IntN(4)] }
	}
	var object func(depth int) string
	object = func(depth int) string {
		return `{` + members(r.IntN(most), func(int) string {
			name := []string{"k%d", "%d", "2024-01-%02d"}[depth%3]
			v := value()
			if depth > 1 {
				v = object(depth - 1)
			}
			return fmt.Sprintf(`"`+name+`":%s`, r.IntN(names), v)
		}) + `}`
	}
	records := make([]string, n)
	for i := range records {
		records[i] = `{"m":` + object(depth) + `,"l":[` + object(1) + `,` + object(1) + `]}`
	}
	return records
}
