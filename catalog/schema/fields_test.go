package schema_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/catalog/schema"
	"github.com/tap-rest/tap-rest/catalog/schema/infer"
	"github.com/tap-rest/tap-rest/catalog/schema/model"
)

func TestFields(t *testing.T) {
	tests := []struct {
		name, doc, record string
		unknown           []string
		without           string
	}{
		{"all named", `{"properties":{"a":{}}}`, " {\n\"a\" : 1 } ", nil, " {\n\"a\" : 1 } "},
		{"empty record", `{"properties":{"a":{}}}`, `{ }`, nil, `{ }`},
		{"at the top", `{"properties":{"a":{}}}`, `{"a":1, "b":{"c":2}}`, []string{`/b={"c":2}`}, `{"a":1}`},
		{"first", `{"properties":{"a":{}}}`, `{"b":0,"a":1 , "c":2}`, []string{`/b=0`, `/c=2`}, `{"a":1 }`},
		{"all of them", `{"properties":{}}`, `{"a":1,"b":2}`, []string{`/a=1`, `/b=2`}, `{}`},
		{"no properties", `{"type":"object"}`, `{"a":1}`, nil, `{"a":1}`},
		{"nested", `{"properties":{"a":{"properties":{"b":{}}}}}`, `{"a":{"b":1,"c":"}"}}`, []string{`/a/c="}"`}, `{"a":{"b":1}}`},
		{"nested open", `{"properties":{"a":{"type":"object"}}}`, `{"a":{"b":1}}`, nil, `{"a":{"b":1}}`},
		{"items", `{"properties":{"lines":{"items":{"properties":{"a":{}}}}}}`, `{"lines":[{"a":1},{"x":2,"a":1},{"x":3}, []]}`, []string{`/lines/*/x=2`, `/lines/*/x=3`}, `{"lines":[{"a":1},{"a":1},{}, []]}`},
		{"items of items", `{"properties":{"a":{"items":{"items":{"properties":{}}}}}}`, `{"a":[[{"x":2}]]}`, []string{`/a/*/*/x=2`}, `{"a":[[{}]]}`},
		{"tuples", `{"properties":{"a":{"items":[{"properties":{}}]}}}`, `{"a":[{"x":2}]}`, nil, `{"a":[{"x":2}]}`},
		{"additional forbidden", `{"properties":{"a":{}},"additionalProperties":false}`, `{"b":1}`, []string{`/b=1`}, `{}`},
		{"additional allowed", `{"properties":{"a":{"properties":{}}},"additionalProperties":true}`, `{"b":1,"a":{"c":2}}`, []string{`/a/c=2`}, `{"b":1,"a":{}}`},
		{"additional looked into", `{"additionalProperties":{"properties":{"a":{}}},"properties":{"b":{"properties":{}}}}`, `{"k":{"a":1,"x":2},"b":{"c":3}}`, []string{`/k/x=2`, `/b/c=3`}, `{"k":{"a":1},"b":{}}`},
		{"additional of maps", `{"properties":{"m":{"additionalProperties":{"additionalProperties":{"properties":{}}}}}}`, `{"m":{"a":{"b":{"c":1}},"d":null}}`, []string{`/m/a/b/c=1`}, `{"m":{"a":{"b":{}},"d":null}}`},
		{"additional beside patterns", `{"patternProperties":{"^x":{}},"additionalProperties":{"properties":{}}}`, `{"x":{"a":1}}`, nil, `{"x":{"a":1}}`},
		{"additional of a type", `{"properties":{"a":{}},"additionalProperties":{"type":"string"}}`, `{"b":1}`, nil, `{"b":1}`},
		{"patterns", `{"properties":{"a":{}},"patternProperties":{"^x":{}}}`, `{"b":1}`, nil, `{"b":1}`},
		{"reference", `{"properties":{"a":{"$ref":"#/definitions/b"}},"definitions":{"b":{"properties":{"c":{}}}}}`, `{"a":{"c":1,"d":2}}`, []string{`/a/d=2`}, `{"a":{"c":1}}`},
		{"recursive", `{"properties":{"up":{"$ref":"#"},"n":{}}}`, `{"up":{"up":{"n":1,"m":2}}}`, []string{`/up/up/m=2`}, `{"up":{"up":{"n":1}}}`},
		{"branches", `{"properties":{"a":{"anyOf":[{"type":"null"},{"properties":{"b":{"properties":{"x":{}}}}},{"allOf":[{"properties":{"b":{"properties":{"y":{}}}}}]}]}}}`, `{"a":{"b":{"x":1,"y":2,"z":3},"c":4}}`, []string{`/a/b/z=3`, `/a/c=4`}, `{"a":{"b":{"x":1,"y":2}}}`},
		{"branch of any object", `{"oneOf":[{"type":"object"},{"properties":{}}]}`, `{"a":1}`, nil, `{"a":1}`},
		{"type beside branches", `{"type":"object","allOf":[{"properties":{"a":{}}},{"required":["a"]}]}`, `{"a":1,"b":2}`, []string{`/b=2`}, `{"a":1}`},
		{"not is no branch", `{"properties":{"a":{}},"not":{"properties":{"b":{}}}}`, `{"b":2}`, []string{`/b=2`}, `{}`},
		{"escapes", `{"properties":{"a/b~":{"properties":{}},"é":{}}}`, `{"a\/b~":{"x\u002fy":1},"\u00e9":2}`, []string{`/a~1b~0/x~1y=1`}, `{"a\/b~":{},"\u00e9":2}`},
		{"not an object", `{"properties":{}}`, `[{"a":1}]`, nil, `[{"a":1}]`},
		{"scalar where an object is named", `{"properties":{"a":{"properties":{}}}}`, `{"a":"{"}`, nil, `{"a":"{"}`},
		{"equal names", `{"properties":{"a":{}}}`, `{"b":1,"b":2,"a":3}`, []string{`/b=1`, `/b=2`}, `{"a":3}`},
		{"boolean schemas", `{"properties":{"a":true,"b":false}}`, `{"a":{"x":1},"c":1}`, []string{`/c=1`}, `{"a":{"x":1}}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := mustFields(t, tt.doc)
			got := unknown(f, tt.record)
			if !slices.Equal(got, tt.unknown) {
				t.Errorf("got %q, want %q", got, tt.unknown)
			}
			if got := string(f.AppendWithout([]byte("> "), []byte(tt.record))); got != "> "+tt.without {
				t.Errorf("without: got %s, want %s", got, tt.without)
			}
			if got := unknown(f, tt.without); got != nil {
				t.Errorf("left: %q", got)
			}
		})
	}
}

func unknown(f *schema.Fields, record string) []string {
	var all []string
	f.Unknown([]byte(record), func(pointer string, value []byte) bool {
		all = append(all, pointer+"="+string(value))
		return true
	})
	return all
}

func TestUnknownStops(t *testing.T) {
	f := mustFields(t, `{"properties":{"a":{"items":{"properties":{}}}}}`)
	calls := 0
	f.Unknown([]byte(`{"a":[{"b":1,"c":2},{"b":1}],"d":4}`), func(string, []byte) bool {
		calls++
		return calls < 2
	})
	if calls != 2 {
		t.Errorf("got %d calls, want 2", calls)
	}
}

func TestNewFieldsRefuses(t *testing.T) {
	_, err := schema.NewFields([]byte(`{"$ref":"#/x"}`))
	var e *model.SchemaError
	if !errors.As(err, &e) || e.Pointer != "/$ref" {
		t.Errorf("got %v, want a SchemaError at /$ref", err)
	}
}

// Branches that mix in ever new ways must not take memory without end.
func TestNewFieldsIsBounded(t *testing.T) {
	var b strings.Builder
	b.WriteString(`{"$ref":"#/definitions/d0","definitions":{`)
	const n = 20
	for i := range n {
		fmt.Fprintf(&b, `"d%d":{"properties":{"x":{"$ref":"#/definitions/d%d"},"y":{"anyOf":[{"$ref":"#/definitions/d%d"},{"$ref":"#/definitions/d%d"}]}}},`, i, (i+1)%n, (i+1)%n, (i*7+3)%n)
	}
	b.WriteString(`"end":{}}}`)
	_, err := schema.NewFields([]byte(b.String()))
	var e *model.SchemaError
	if !errors.As(err, &e) || !strings.Contains(e.Msg, "more than 50000 ways") {
		t.Errorf("got %v, want a SchemaError", err)
	}
}

func TestUnknownAllocatesNothing(t *testing.T) {
	f := mustFields(t, sampleSchema)
	record, dst := []byte(sample), make([]byte, 0, 2*len(sample))
	got := testing.AllocsPerRun(100, func() {
		f.Unknown(record, func(pointer string, _ []byte) bool {
			t.Error(pointer)
			return true
		})
		dst = f.AppendWithout(dst[:0], record)
	})
	if got != 0 {
		t.Errorf("got %v allocations, want none", got)
	}
	if string(dst) != sample {
		t.Errorf("got %s, want %s", dst, sample)
	}
}

func TestWiden(t *testing.T) {
	tests := []struct {
		name, doc, record, want string // want "" is unchanged
	}{
		{"fits", `{"type":"object", "properties":{"a":{"type":"integer"}}}`, `{"a":1}`, ""},
		{"fits as the judge sees it", `{"properties":{"a":{"type":"integer"},"b":{"format":"date-time"}}}`, `{"a":1.50e1,"b":"12:00:00"}`, ""},
		{"null", `{"properties":{"a":{"type":"integer"}}}`, `{"a":null}`, `{"properties":{"a":{"type":["null","integer"]}}}`},
		{"number for integer", `{"properties":{"a":{"type":["null","integer"]}}}`, `{"a":1.5}`, `{"properties":{"a":{"type":["null","number"]}}}`},
		{"number for a lone integer", `{"properties":{"a":{"type":"integer"}}}`, `{"a":1.5}`, `{"properties":{"a":{"type":"number"}}}`},
		{"integer for string", `{"properties":{"a":{"type":["null","string"],"maxLength":5}}}`, `{"a":1}`, `{"properties":{"a":{"type":["null","string","integer"],"maxLength":5}}}`},
		{"text for date-time", `{"properties":{"a":{"type":["null","string"],"format":"date-time","title":"t"}}}`, `{"a":"soon"}`, `{"properties":{"a":{"type":["null","string"],"title":"t"}}}`},
		{"number for date-time", `{"properties":{"a":{"type":["null","string"],"format":"date-time"}}}`, `{"a":0}`, `{"properties":{"a":{"type":["null","string","integer"]}}}`},
		{"boolean for date-time", `{"properties":{"a":{"type":"string","format":"date-time"}}}`, `{"a":true}`, `{"properties":{"a":{"type":["string","boolean"],"format":"date-time"}}}`},
		{"other formats stay", `{"properties":{"a":{"type":"string","format":"email"}}}`, `{"a":"x"}`, ""},
		{"object for string", `{"properties":{"a":{"type":"string"}}}`, `{"a":{"b":[1,null]}}`, `{"properties":{"a":{"type":["string","object"],"properties":{"b":{"type":["null","array"],"items":{"type":["null","integer"]}}}}}}`},
		{"array for string", `{"properties":{"a":{"type":"string"}}}`, `{"a":[1,"x"]}`, `{"properties":{"a":{"type":["string","array"],"items":{"type":["null","string","integer"]}}}}`},
		{"empty array for string", `{"properties":{"a":{"type":"string"}}}`, `{"a":[]}`, `{"properties":{"a":{"type":["string","array"],"items":{}}}}`},
		{"new field", `{"properties":{"b":{}}}`, `{"b":1,"a":"2024-01-01T00:00:00Z"}`, `{"properties":{"b":{},"a":{"type":["null","string"],"format":"date-time"}}}`},
		{"items", `{"properties":{"a":{"items":{"type":"object","properties":{"b":{"type":"null"}}}}}}`, `{"a":[{"b":1},null,{"c":2},{"c":"x"}]}`, `{"properties":{"a":{"items":{"type":["null","object"],"properties":{"b":{"type":["null","integer"]},"c":{"type":["null","string","integer"]}}}}}}`},
		{"items that may be anything", `{"properties":{"a":{"type":"array","items":{}}}}`, `{"a":[{"b":1}]}`, ""},
		{"no types", `{"properties":{"a":{"enum":[1]}}}`, `{"a":2}`, ""},
		{"value of a map", `{"properties":{"a":{"type":"object","additionalProperties":{"type":["null","integer"]}}}}`, `{"a":{"x":1,"y":1.5,"z":[]}}`, `{"properties":{"a":{"type":"object","additionalProperties":{"type":["null","number","array"],"items":{}}}}}`},
		{"value of a map that has names too", `{"properties":{"a":{"properties":{"x":{"type":"string"}},"additionalProperties":{"type":"integer"}}}}`, `{"a":{"x":"1","y":"2"}}`, `{"properties":{"a":{"properties":{"x":{"type":"string"}},"additionalProperties":{"type":["integer","string"]}}}}`},
		{"union", `{"properties":{"a":{"anyOf":[{"type":"string"},{"properties":{}}]}}}`, `{"a":{"b":1}}`, `{"properties":{"a":{"anyOf":[{"type":"string"},{"properties":{"b":{"type":["null","integer"]}}}]}}}`},
		{"reference", `{"items":{"$ref":"#/definitions/x"},"properties":{"a":{"$ref":"#/definitions/x"}},"definitions":{"x":{"type":"string"}}}`, `{"a":1}`, `{"items":{"$ref":"#/definitions/x"},"properties":{"a":{"$ref":"#/definitions/x"}},"definitions":{"x":{"type":["string","integer"]}}}`},
		{"everything else stays", ` {"title" : "<é>", "x":[1, {"y":2}], "properties":{"a":{"type":"string"}}}`, `{"a":1}`, `{"title":"<é>","x":[1,{"y":2}],"properties":{"a":{"type":["string","integer"]}}}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want := tt.want
			if want == "" {
				want = tt.doc
			}
			got, changed, err := infer.Widen([]byte(tt.doc), []byte(tt.record))
			if err != nil || string(got) != want || changed != (tt.want != "") {
				t.Errorf("got  %s, %v, %v\nwant %s", got, changed, err, want)
			}
		})
	}
}

func TestAddFields(t *testing.T) {
	tests := []struct {
		name, doc, record, want string // want "" is unchanged
	}{
		{"types stay", `{"properties":{"a":{"type":"string","format":"date-time"}}}`, `{"a":1}`, ""},
		{"from all values", `{"properties":{"l":{"type":"string","items":{"properties":{}}}}}`, `{"l":[{"x":null},{"x":1},{"x":2.5}]}`, `{"properties":{"l":{"type":"string","items":{"properties":{"x":{"type":["null","number"]}}}}}}`},
		{"forbidden ones too", `{"properties":{},"additionalProperties":false}`, `{"a":null}`, `{"properties":{"a":{"type":"null"}},"additionalProperties":false}`},
		{"open", `{"properties":{},"additionalProperties":true}`, `{"a":1}`, ""},
		{"into the reference", `{"properties":{"up":{"$ref":"#"}}}`, `{"up":{"up":{"n":1}}}`, `{"properties":{"up":{"$ref":"#"},"n":{"type":["null","integer"]}}}`},
		{"escapes", `{"properties":{}}`, `{"\u0061\"":{"b~":1}}`, `{"properties":{"a\"":{"type":["null","object"],"properties":{"b~":{"type":["null","integer"]}}}}}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want := tt.want
			if want == "" {
				want = tt.doc
			}
			got, changed, err := infer.AddFields([]byte(tt.doc), []byte(tt.record))
			if err != nil || string(got) != want || changed != (tt.want != "") {
				t.Errorf("got  %s, %v, %v\nwant %s", got, changed, err, want)
			}
		})
	}
}

func TestWidenErrors(t *testing.T) {
	var e *model.SchemaError
	if _, changed, err := infer.Widen([]byte(`{"type":"x"}`), []byte(`{}`)); changed || !errors.As(err, &e) {
		t.Errorf("got %v, %v, want a SchemaError", changed, err)
	}
	for _, record := range []string{`[]`, `1`, ``} {
		if _, changed, err := infer.AddFields([]byte(`{}`), []byte(record)); changed || err == nil {
			t.Errorf("record %q: got %v, %v, want an error", record, changed, err)
		}
	}
}

// Objects keyed by data open up instead of growing for ever.
func TestAddFieldsIsBounded(t *testing.T) {
	doc := []byte(`{"properties":{"m":{"type":"object","properties":{}}}}`)
	for i := range 5 {
		var b strings.Builder
		for j := range 1_000 {
			fmt.Fprintf(&b, `"k%d":1,`, i*1_000+j)
		}
		record := []byte(`{"m":{` + b.String() + `"k":0}}`)
		wider, changed, err := infer.AddFields(doc, record)
		if err != nil || changed != (i < 3) && changed != (i < 2) {
			t.Fatalf("round %d: %v, %v", i, changed, err)
		}
		doc = wider
		if got := unknown(mustFields(t, string(doc)), string(record)); got != nil {
			t.Fatalf("round %d: %d fields are still new", i, len(got))
		}
	}
	if got := strings.Count(string(doc), `"k`); got != 2_000 {
		t.Errorf("got %d names, want 2000", got)
	}
}

// FuzzWiden: a schema inferred from one record and widened for another
// accepts both, has no new fields left, and is stable.
func FuzzWiden(f *testing.F) {
	seeds := []string{
		sample, `{}`, `{"a":null,"b":[],"c":"2024-01-01T00:00:00Z","d":1}`, `{"a":{"b":1},"b":["x",1.5],"c":"","d":1.5}`,
		`{"a":[[1]],"b":{},"c":0,"d":{"e":[{"f":null},{"f":true}]}}`, `{"d":[{"e":1},{"e":{"\ud83d":[1,1.0]}}],"d":1e2}`,
	}
	days := members(100, func(j int) string { return fmt.Sprintf(`"%d":[%d]`, j, j) })
	for _, one := range append(seeds, `{"a":{`+days+`}}`, `{"a":{`+days+`,"x":[]}}`) {
		for _, two := range append(seeds, `{"a":{"new":[1.5],"1":[{"x":1}]}}`, `{"a":{"new":{}}}`) {
			f.Add([]byte(one), []byte(two))
		}
	}
	f.Fuzz(func(t *testing.T, one, two []byte) {
		if !isRecord(one) || !isRecord(two) {
			return
		}
		in := infer.New()
		in.Add(one)
		doc := in.Schema([]string{"a"})
		wider, changed, err := infer.Widen(doc, two)
		if err != nil {
			t.Fatal(err)
		}
		if !changed && string(wider) != string(doc) {
			t.Fatalf("unchanged, but got %s", wider)
		}
		s := MustCompile(t, string(wider))
		for _, record := range [][]byte{one, two} {
			if v := s.Check(record); v != nil && v.Rule != "number" {
				t.Errorf("%s\nwidened to %s\nfor %s: %v", doc, wider, record, v)
			}
		}
		fields := mustFields(t, string(wider))
		if got := unknown(fields, string(two)); got != nil {
			t.Errorf("%q are new in %s", got, wider)
		}
		if again, changed, err := infer.Widen(wider, two); changed || err != nil {
			t.Errorf("widened twice: %s\nthen %s, %v", wider, again, err)
		}
	})
}

// FuzzFields: dropping leaves valid JSON without new fields; adding leaves
// none; any schema.
func FuzzFields(f *testing.F) {
	f.Add([]byte(sampleSchema), []byte(sample))
	f.Add([]byte(`{"properties":{"a":{"items":{"properties":{}}}}}`), []byte(`{ "a" : [ {"b":1 } , 2 ] ,"c":{} }`))
	f.Add([]byte(`{"anyOf":[{"$ref":"#/a"},{"properties":{"b":{"$ref":"#"}}}],"a":{"properties":{"a":true}}}`), []byte(`{"b":{"b":{"c":1}},"a":{}}`))
	f.Add([]byte(`{"properties":{},"additionalProperties":false,"dependencies":{"a":{"properties":{"b":{}}}}}`), []byte(`{"a":1}`))
	f.Add([]byte(`{"properties":{"a":{"items":{"properties":{}}}}}`), []byte(`{ 0a"0 {0]0`))
	f.Fuzz(func(t *testing.T, doc, record []byte) {
		fields, err := schema.NewFields(doc)
		if err != nil {
			return
		}
		if !isRecord(record) {
			// No sense is promised, an end is.
			fields.AppendWithout(nil, record)
			unknown(fields, string(record))
			return
		}
		without := fields.AppendWithout(nil, record)
		if !json.Valid(without) {
			t.Fatalf("without: %s", without)
		}
		if got := unknown(fields, string(without)); got != nil {
			t.Errorf("%q left in %s", got, without)
		}
		if unknown(fields, string(record)) == nil && string(without) != string(record) {
			t.Errorf("got %s, want %s", without, record)
		}
		wider, changed, err := infer.AddFields(doc, record)
		if err != nil {
			t.Fatal(err)
		}
		if got := unknown(mustFields(t, string(wider)), string(record)); changed && got != nil {
			t.Errorf("%q are new in %s", got, wider)
		}
	})
}

func BenchmarkUnknown(b *testing.B) {
	f := mustFields(b, sampleSchema)
	record := []byte(sample)
	b.ReportAllocs()
	b.SetBytes(int64(len(record)))
	for b.Loop() {
		f.Unknown(record, func(string, []byte) bool { return true })
	}
}

func BenchmarkAppendWithout(b *testing.B) {
	f := mustFields(b, sampleSchema)
	record, dst := []byte(sample), []byte(nil)
	b.ReportAllocs()
	b.SetBytes(int64(len(record)))
	for b.Loop() {
		dst = f.AppendWithout(dst[:0], record)
	}
}

func mustFields(t testing.TB, doc string) *schema.Fields {
	t.Helper()
	f, err := schema.NewFields([]byte(doc))
	if err != nil {
		t.Fatal(err)
	}
	return f
}
