package schema_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/catalog/schema"
	"github.com/tap-rest/tap-rest/catalog/schema/infer"
	"github.com/tap-rest/tap-rest/testshare"
)

func TestInference(t *testing.T) {
	tests := []struct {
		name     string
		records  []string
		required []string
		want     string // what stands under properties
	}{
		{"none", nil, []string{"id"}, `{}`},
		{"not an object", []string{`[]`, `1`, ``}, nil, `{}`},
		{"names are sorted", []string{`{"b":1,"a":"x"}`}, nil, `{"a":{"type":["null","string"]},"b":{"type":["null","integer"]}}`},
		{"no enumeration", []string{`{"a":"open"}`, `{"a":"closed"}`, `{"a":"open"}`}, nil, `{"a":{"type":["null","string"]}}`},
		{"key", []string{`{"id":1}`}, []string{"id"}, `{"id":{"type":"integer"}}`},
		{"null in a key", []string{`{"id":1}`, `{"id":null}`}, []string{"id"}, `{"id":{"type":["null","integer"]}}`},
		{"key that is absent once", []string{`{"id":1}`, `{}`}, []string{"id"}, `{"id":{"type":"integer"}}`},
		{"key in an object is none", []string{`{"a":{"id":1}}`}, []string{"id"}, `{"a":{"type":["null","object"],"properties":{"id":{"type":["null","integer"]}}}}`},
		{"key of two types", []string{`{"id":1}`, `{"id":"a"}`}, []string{"id"}, `{"id":{"type":["string","integer"]}}`},
		{"only null", []string{`{"a":null}`}, []string{"a"}, `{"a":{"type":"null"}}`},
		{"null, then more", []string{`{"a":null}`, `{"a":1}`}, nil, `{"a":{"type":["null","integer"]}}`},
		{"integer beyond int64", []string{`{"a":123456789012345678901234567890}`}, nil, `{"a":{"type":["null","integer"]}}`},
		{"integer with a fraction", []string{`{"a":1.0}`}, nil, `{"a":{"type":["null","number"]}}`},
		{"integer with an exponent", []string{`{"a":1e3}`}, nil, `{"a":{"type":["null","number"]}}`},
		{"numbers that mix", []string{`{"a":1}`, `{"a":1.5}`}, nil, `{"a":{"type":["null","number"]}}`},
		{"boolean and string", []string{`{"a":true}`, `{"a":"x"}`}, nil, `{"a":{"type":["null","string","boolean"]}}`},
		{"object and string", []string{`{"a":{"b":1}}`, `{"a":"x"}`}, nil, `{"a":{"type":["null","string","object"],"properties":{"b":{"type":["null","integer"]}}}}`},
		{"everything", []string{`{"a":[1,1.5,"x",{},[],true,null]}`}, nil, `{"a":{"type":["null","array"],"items":{"type":["null","string","object","array","boolean","number"],"properties":{},"items":{}}}}`},
		{"empty array", []string{`{"a":[]}`}, nil, `{"a":{"type":["null","array"],"items":{}}}`},
		{"array of null", []string{`{"a":[null]}`}, nil, `{"a":{"type":["null","array"],"items":{"type":"null"}}}`},
		{"items of all elements", []string{`{"a":[{"b":1},{"c":[[0]]}]}`, `{"a":[{"b":"x"}]}`}, nil, `{"a":{"type":["null","array"],"items":{"type":["null","object"],"properties":{"b":{"type":["null","string","integer"]},"c":{"type":["null","array"],"items":{"type":["null","array"],"items":{"type":["null","integer"]}}}}}}}`},
		{"date-time", []string{`{"a":"2024-01-01T00:00:00Z"}`, `{"a":null}`, `{"a":"2024-01-01T00:00:00.5+02:00"}`}, nil, `{"a":{"type":["null","string"],"format":"date-time"}}`},
		{"date-time but once", []string{`{"a":"2024-01-01T00:00:00Z"}`, `{"a":""}`}, nil, `{"a":{"type":["null","string"]}}`},
		{"date-time or number", []string{`{"a":"2024-01-01T00:00:00Z"}`, `{"a":0}`}, nil, `{"a":{"type":["null","string","integer"]}}`},
		{"equal names", []string{`{"a":1,"a":"x"}`}, nil, `{"a":{"type":["null","string","integer"]}}`},
		{"escapes in names", []string{`{"\u0061\/\"":1}`, `{"a/\"":2}`}, nil, `{"a/\"":{"type":["null","integer"]}}`},
		{"white space", []string{" {\n\"a\" :\t[ 1 , 2 ] } "}, nil, `{"a":{"type":["null","array"],"items":{"type":["null","integer"]}}}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc := inferred(tt.records, tt.required)
			if want := `{"type":"object","properties":` + tt.want + `}`; string(doc) != want {
				t.Errorf("got  %s\nwant %s", doc, want)
			}
		})
	}
}

func inferred(records, required []string) []byte {
	in := infer.New()
	for _, r := range records {
		in.Add([]byte(r))
	}
	return in.Schema(required)
}

func TestInferenceDateTime(t *testing.T) {
	tests := []struct {
		value string
		want  bool
	}{
		{"2024-02-29T23:59:59Z", true},
		{"2023-02-29T23:59:59Z", false},
		{"2024-12-31T00:00:00-00:00", true},
		{"2024-04-31T00:00:00Z", false},
		{"1900-02-29T00:00:00Z", false},
		{"0001-01-01T00:00:00Z", true},
		{"9999-12-31T23:59:59.999999999999Z", true},
		{"2024-01-01T24:00:00Z", false},
		{"2024-01-01T00:60:00Z", false},
		{"2024-01-01T00:00:60Z", false},
		{"2024-00-01T00:00:00Z", false},
		{"2024-13-01T00:00:00Z", false},
		{"2024-01-00T00:00:00Z", false},
		{"2024-01-01T00:00:00+24:00", false},
		{"2024-01-01T00:00:00+00:60", false},
		{"2024-01-01T00:00:00+0000", false},
		{"2024-01-01T00:00:00", false},
		{"2024-01-01T00:00:00.Z", false},
		{"2024-01-01T00:00:00,5Z", false},
		{"2024-01-01T0:00:00Z", false},
		{"2024-01-01t00:00:00z", false},
		{"2024-01-01 00:00:00Z", false},
		{"2024-01-01", false},
		{"00:00:00Z", false},
		{"2024-01-01T00:00:00Z ", false},
		{`2024-01-01T00:00:00\u005a`, false},
		{"", false},
	}
	for _, tt := range tests {
		doc := inferred([]string{`{"a":"` + tt.value + `"}`}, nil)
		if got := strings.Contains(string(doc), "date-time"); got != tt.want {
			t.Errorf("%q: got %v, want %v", tt.value, got, tt.want)
		}
	}
}

func TestInferenceIsBounded(t *testing.T) {
	var wide strings.Builder
	for i := range 3_000 {
		fmt.Fprintf(&wide, `"k%d":1,`, i)
	}
	object := `{` + wide.String() + `"last":1}`
	tests := []struct {
		name, record string
		names        int
	}{
		{"total", manyObjects(3_000), 20_000},
		{"one object", object, 2_000},
		{"objects in objects", `{"m":{` + strings.Repeat(`"x":`+object+`,`, 2) + `"y":{` + strings.ReplaceAll(wide.String(), ":1", `:{"z":0}`) + `"last":1}}}`, 4_003 + 2_000},
		{"long name", `{"` + strings.Repeat("n", 1_001) + `":1,"a":1}`, 1},
		{"arrays in arrays", `{` + strings.ReplaceAll(wide.String(), ":1", `:`+strings.Repeat("[", 40)+strings.Repeat("]", 40)) + `"last":1}`, 20_000 - 500},
		{"deep", strings.Repeat(`{"a":[`, 5_000) + strings.Repeat(`]}`, 5_000), 50},
	}
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc := inferred([]string{tt.record}, nil)
			if got := strings.Count(string(infer.NullsAsText(doc)), `"type":[`); got < tt.names || got > tt.names*11/10+60 {
				t.Errorf("got %d typed places, want about %d", got, tt.names)
			}
			if !testshare.Takes(i+1, len(tests)) {
				return // of large schemas, which are dear to compile, one says what the others do
			}
			s := MustCompile(t, string(doc))
			if v := s.Check([]byte(tt.record)); v != nil {
				t.Error(v)
			}
			f, err := schema.NewFields(doc)
			if err != nil {
				t.Fatal(err)
			}
			f.Unknown([]byte(tt.record), func(pointer string, _ []byte) bool {
				t.Errorf("new field %s", pointer)
				return false
			})
		})
	}
}

// manyObjects returns n members, each an object of ten fields of its own.
func manyObjects(n int) string {
	var b strings.Builder
	b.WriteString(`{`)
	for i := range n {
		fmt.Fprintf(&b, `"o%d":{`, i)
		for j := range 12 {
			fmt.Fprintf(&b, `"f%d":%d,`, j, i)
		}
		b.WriteString(`"last":null},`)
	}
	return b.String() + `"end":true}`
}

func TestInferenceIgnoresOrder(t *testing.T) {
	records := []string{sample, `{"id":"x","lines":[]}`, `{"lines":{"a":1.5}}`, `{"note":{"text":"2024-01-01T00:00:00Z"},"id":null}`, `{"note":{"text":5}}`}
	want := inferred(records, []string{"id"})
	random := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		random.Shuffle(len(records), func(i, j int) { records[i], records[j] = records[j], records[i] })
		if got := inferred(records, []string{"id"}); string(got) != string(want) {
			t.Fatalf("got  %s\nwant %s", got, want)
		}
	}
}

func TestInferenceOfOrder(t *testing.T) {
	if got := string(infer.NullsAsText(inferred([]string{sample}, []string{"id"}))); !sameJSON(t, got, sampleSchema) {
		t.Errorf("got  %s\nwant %s", got, sampleSchema)
	}
}

func sameJSON(t *testing.T, a, b string) bool {
	t.Helper()
	var x, y any
	if err := json.Unmarshal([]byte(a), &x); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(b), &y); err != nil {
		t.Fatal(err)
	}
	left, _ := json.Marshal(x)
	right, _ := json.Marshal(y)
	return string(left) == string(right)
}

// FuzzInfer: what was inferred from records accepts them, knows all their
// fields, and needs no widening.
func FuzzInfer(f *testing.F) {
	for _, r := range []string{
		sample, `{}`, `{"a":"2024-01-01T00:00:00Z"}`, `{"a":[1,1.0,"x",null,{"b":[]},[true]]}`,
		`{"\ud800":1,"\u0000":{"a~/":1e5}}`, `{"a":1,"a":{"a":"12:00:00"}}`, `{"":{"":-0.0E-0}}`, "{\"\xff\":1}",
	} {
		f.Add([]byte(r), []byte(`{"a":5,"b":"0000-01-01T00:00:00.0+23:59"}`))
	}
	days := members(30, func(j int) string { return fmt.Sprintf(`"2024-01-%02d":{"n":%d}`, j+1, j) })
	f.Add([]byte(`{"m":{`+days+`}}`), []byte(`{"m":{"0":{"n":1.5,"x":[{}]},"1":null},"a":{`+days+`}}`))
	f.Fuzz(func(t *testing.T, one, two []byte) {
		in := infer.New()
		in.Add(one)
		in.Add(two)
		doc := in.Schema([]string{"a"})
		s, err := schema.Compile(doc)
		if err != nil {
			t.Fatalf("%s: %v", doc, err)
		}
		fields, err := schema.NewFields(doc)
		if err != nil {
			t.Fatal(err)
		}
		for _, record := range [][]byte{one, two} {
			if !isRecord(record) {
				continue
			}
			if v := s.Check(record); v != nil && v.Rule != "number" {
				t.Errorf("%s\nby %s: %v", record, doc, v)
			}
			fields.Unknown(record, func(pointer string, _ []byte) bool {
				t.Errorf("%s is new in %s", pointer, record)
				return true
			})
			if got, changed, err := infer.Widen(doc, record); changed || err != nil {
				t.Errorf("widened %s\nfor %s\nto %s: %v", doc, record, got, err)
			}
		}
	})
}

// isRecord reports whether text is what the pages of an API are proven to
// hold.
func isRecord(text []byte) bool {
	var record map[string]json.RawMessage
	return json.Unmarshal(text, &record) == nil && record != nil && strings.ToValidUTF8(string(text), "") == string(text)
}

func BenchmarkInferenceAdd(b *testing.B) {
	in, record := infer.New(), []byte(sample)
	in.Add(record)
	b.ReportAllocs()
	b.SetBytes(int64(len(sample)))
	for b.Loop() {
		in.Add(record)
	}
}
