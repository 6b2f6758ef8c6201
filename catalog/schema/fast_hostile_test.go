package schema

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/tap-rest/tap-rest/catalog/schema/check"
	"github.com/tap-rest/tap-rest/catalog/schema/scan"
	"github.com/tap-rest/tap-rest/testshare"
)

// nested writes value inside so many objects or arrays.
func nested(open, value, closing string, depth int) string {
	return strings.Repeat(open, depth) + value + strings.Repeat(closing, depth)
}

// list writes n items of an array or object, made by their index.
func list(n int, item func(i int) string) string {
	items := make([]string, n)
	for i := range items {
		items[i] = item(i)
	}
	return strings.Join(items, ",")
}

func numbered(format string) func(int) string {
	return func(i int) string { return fmt.Sprintf(format, i) }
}

// Bodies and schemas that are out to make the fast check slow, overflow
// something or run out of stack. It must end and agree with the judge.
func TestFastHostile(t *testing.T) {
	const deep = scan.MaxDepth - 1 // what takes the judge more than 0.2 s has fewer
	size := 20                     // with -short what grows in width does so less: all costs grow with it alone
	if testing.Short() {
		size = 1
	}
	many, some, few, far := 5_000*size, 1_000*size, 250*size, 150*size
	long, escaped := strings.Repeat("a", size<<15), size<<12
	tests := []struct{ name, doc, record string }{
		{"objects to the limit", `{}`, nested(`{"v":`, `1`, `}`, scan.MaxDepth)},
		{"objects to the limit by themselves", `{"additionalProperties":false,"properties":{"v":{"$ref":"#"}}}`, nested(`{"v":`, `1`, `}`, scan.MaxDepth)},
		{"objects far down, the last one wrong", `{"additionalProperties":false,"properties":{"v":{"$ref":"#"}}}`, nested(`{"v":`, `{"w":1}`, `}`, far)},
		{"objects far down, unnamed", `{"additionalProperties":{"$ref":"#"},"type":"object"}`, nested(`{"v":`, `1`, `}`, far)},
		{"objects far down, by pattern", `{"patternProperties":{"v":{"$ref":"#"}},"type":"object"}`, nested(`{"v":`, `1`, `}`, far)},
		{"arrays to the limit", `{"properties":{"v":{"$ref":"#/definitions/a"}},"definitions":{"a":{"type":["array","null"],"items":{"$ref":"#/definitions/a"}}}}`, `{"v":` + nested(`[`, `null`, `]`, deep) + `}`},
		{"arrays far down, the last one wrong", `{"properties":{"v":{"$ref":"#/definitions/a"}},"definitions":{"a":{"type":["array","null"],"items":{"$ref":"#/definitions/a"}}}}`, `{"v":` + nested(`[`, `1`, `]`, far) + `}`},
		{"arrays that contain arrays", `{"properties":{"v":{"$ref":"#/definitions/a"}},"definitions":{"a":{"type":["array","null"],"contains":{"$ref":"#/definitions/a"}}}}`, `{"v":` + nested(`[`, `1`, `]`, 200) + `}`},
		{"depth in what nobody asks for", `{"required":["v"]}`, `{"w":` + nested(`[`, ``, `]`, deep) + `,"v":1}`},
		{"not of not, deep", `{"definitions":{"n":{"not":{"not":{"properties":{"v":{"$ref":"#/definitions/n"}}}}}},"$ref":"#/definitions/n"}`, nested(`{"v":`, `1`, `}`, 300)},
		{"not, deep", `{"definitions":{"n":{"type":["object","integer"],"properties":{"v":{"not":{"$ref":"#/definitions/n"}}}}},"$ref":"#/definitions/n"}`, nested(`{"v":`, `1`, `}`, 301)},
		{"one of, deep", `{"definitions":{"n":{"oneOf":[{"type":"integer"},{"type":"object","properties":{"v":{"$ref":"#/definitions/n"}}}]}},"$ref":"#/definitions/n"}`, nested(`{"v":`, `1.5`, `}`, 400)},
		{"dependencies, deep", `{"dependencies":{"v":{"properties":{"v":{"$ref":"#"}},"required":["w"]}}}`, nested(`{"w":1,"v":`, `{"v":1}`, `}`, 300)},

		{"a long key", `{"properties":{"v":{"type":"null"}},"additionalProperties":{"type":"integer"}}`, `{"` + long + `":1.5}`},
		{"a long key that is named", `{"properties":{"` + long + `":{"type":"null"}}}`, `{"` + long + `":1}`},
		{"a long key, the named one longer", `{"properties":{"` + long + `b":{"type":"null"}},"required":["` + long + `b"]}`, `{"` + long + `":null}`},
		{"a long key in escapes", `{"properties":{"` + long[:escaped] + `":{"type":"null"}}}`, `{"` + strings.Repeat(`\u0061`, escaped) + `":1}`},
		{"a long key and its names", fmt.Sprintf(`{"propertyNames":{"maxLength":%d}}`, len(long)-1), `{"` + long + `":1}`},
		{"a long string, each character six bytes", fmt.Sprintf(`{"properties":{"v":{"maxLength":%d}}}`, escaped-1), `{"v":"` + strings.Repeat(`\u00e9`, escaped) + `"}`},
		{"a long string of half pairs", fmt.Sprintf(`{"properties":{"v":{"minLength":%d}}}`, escaped+1), `{"v":"` + strings.Repeat(`\ud800`, escaped) + `"}`},

		{"many keys", fmt.Sprintf(`{"properties":{"k%d":{"type":"null"}}}`, many-1), `{` + list(many, numbered(`"k%d":1`)) + `}`},
		{"many keys, unnamed", `{"additionalProperties":{"type":"integer"}}`, `{` + list(some, numbered(`"k%d":1`)) + `,"v":"x"}`},
		{"many keys, too many", fmt.Sprintf(`{"maxProperties":%d}`, some-1), `{` + list(some, numbered(`"k%d":1`)) + `}`},
		{"many equal keys", `{"properties":{"v":{"type":"null"}}}`, `{` + list(many, numbered(`"v":%d`)) + `,"v":null}`},
		{"many equal keys, the last one wrong", `{"properties":{"v":{"type":"integer"}}}`, `{` + list(many, numbered(`"v":%d`)) + `,"v":null}`},
		{"many equal keys are one", `{"minProperties":2}`, `{` + list(many, numbered(`"v":%d`)) + `}`},
		{"many keys and their names", `{"propertyNames":{"pattern":"^k[0-9]{1,3}$"}}`, `{` + list(some, numbered(`"k%d":1`)) + `}`},
		{"many keys by pattern", fmt.Sprintf(`{"patternProperties":{"^k":{"maximum":%d}}}`, some-2), `{` + list(some, numbered(`"k%d":%[1]d`)) + `}`},
		{"many named keys", `{"properties":{` + list(few, numbered(`"k%d":{"type":"integer"}`)) + `},"additionalProperties":false}`, `{` + list(few, numbered(`"k%d":1`)) + `,"other":1}`},
		{"many required keys", `{"required":[` + list(few, numbered(`"k%d"`)) + `]}`, `{` + list(few-1, numbered(`"k%d":1`)) + `}`},
		{"65 required keys, the last one missing", `{"required":[` + list(65, numbered(`"k%d"`)) + `]}`, `{` + list(64, numbered(`"k%d":1`)) + `}`},
		{"objects of 65 keys inside each other", `{"required":[` + list(65, numbered(`"k%d"`)) + `],"properties":{"k0":{"$ref":"#"}}}`, `{"k0":{` + list(64, numbered(`"k%d":1`)) + `},` + list(65, numbered(`"k%d":1`)) + `}`},
		{"130 keys, one given twice", `{"properties":{` + list(130, numbered(`"k%d":{"type":"integer"}`)) + `},"minProperties":131}`, `{` + list(130, numbered(`"k%d":1`)) + `,"k129":1}`},
		{"many patterns", `{"patternProperties":{` + list(66, numbered(`"^k%d$":{"type":"integer"}`)) + `},"additionalProperties":false}`, `{` + list(66, numbered(`"k%d":1`)) + `}`},
		{"many patterns, one refuses", `{"patternProperties":{` + list(66, numbered(`"^k%d$":{"maximum":64}`)) + `}}`, `{` + list(66, numbered(`"k%d":%[1]d`)) + `}`},
		{"not of many patterns", `{"not":{"patternProperties":{` + list(66, numbered(`"^k%d$":{}`)) + `},"additionalProperties":false}}`, `{` + list(66, numbered(`"k%d":1`)) + `}`},
		{"not of many patterns and a schema for the rest", `{"not":{"patternProperties":{` + list(66, numbered(`"^k%d$":{}`)) + `},"additionalProperties":{"type":"null"},"required":[` + list(66, numbered(`"k%d"`)) + `]}}`, `{` + list(66, numbered(`"k%d":1`)) + `}`},

		{"many elements", fmt.Sprintf(`{"properties":{"v":{"items":{"maximum":%d}}}}`, some-2), `{"v":[` + list(some, numbered(`%d`)) + `]}`},
		{"many elements, one of them wanted", `{"properties":{"v":{"contains":{"type":"null"}}}}`, `{"v":[` + list(some, numbered(`%d`)) + `,null]}`},
		{"many elements, none wanted", `{"properties":{"v":{"contains":{"type":"null"}}}}`, `{"v":[` + list(some, numbered(`%d`)) + `]}`},
		{"many elements that differ but for two", `{"properties":{"v":{"uniqueItems":true}}}`, `{"v":[` + list(some, numbered(`"%d"`)) + `,"0"]}`},
		{"64 elements that differ but for two", `{"properties":{"v":{"uniqueItems":true}}}`, `{"v":[` + list(63, numbered(`"%d"`)) + `,"62"]}`},
		{"65 elements that differ but for two", `{"properties":{"v":{"uniqueItems":true}}}`, `{"v":[` + list(64, numbered(`"%d"`)) + `,"63"]}`},
		{"many elements in many branches", fmt.Sprintf(`{"properties":{"v":{"items":{"not":{"anyOf":[{"type":"null"},{"minimum":%d}]}}}}}`, some-1), `{"v":[` + list(some, numbered(`%d`)) + `]}`},
		{"a long tuple", `{"properties":{"v":{"items":[` + list(few, numbered(`{"maximum":%d}`)) + `],"additionalItems":false}}}`, `{"v":[` + list(few+1, numbered(`%d`)) + `]}`},
		{"a long enum", `{"properties":{"v":{"enum":[` + list(few, numbered(`"k%d"`)) + `]}}}`, `{"v":"k"}`},
		{"many branches", `{"properties":{"v":{"oneOf":[` + list(few, numbered(`{"minimum":%d}`)) + `]}}}`, `{"v":1}`},

		{"an expression that is slow elsewhere", `{"properties":{"v":{"pattern":"^(a*)*$"}}}`, `{"v":"` + strings.Repeat("a", 100_000) + `b"}`},
		{"another one", `{"properties":{"v":{"pattern":"^(a|aa)+$"}}}`, `{"v":"` + strings.Repeat("a", 100_000) + `b"}`},
		{"one with counts", `{"properties":{"v":{"pattern":"^(.{1,30}){1,30}$"}}}`, `{"v":"` + strings.Repeat("a", 901) + `"}`},
		{"a key for it", `{"patternProperties":{"^(a+)+$":{"type":"null"}}}`, `{"` + strings.Repeat("a", 100_000) + `b":1,"a":2}`},

		{"a length beyond all strings", `{"properties":{"v":{"minLength":9223372036854775807}}}`, `{"v":"a"}`},
		{"a length that overflows when multiplied", `{"properties":{"v":{"minLength":4611686018427387904}}}`, `{"v":"a"}`},
		{"a length that wraps to a small one", `{"properties":{"v":{"minLength":4611686018427387905}}}`, `{"v":"aaaaa"}`},
		{"sizes beyond all", `{"properties":{"v":{"minItems":9223372036854775807}},"maxProperties":9223372036854775807}`, `{"v":[]}`},
		{"fields beyond all", `{"minProperties":9223372036854775807}`, `{}`},
	}
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if testing.Short() && i%3 != 0 || testshare.Race && i%28 != 1 {
				t.Skip("a share of them is tried")
			}
			if err := scan.Prove([]byte(tt.record)); err != nil {
				t.Fatal(err)
			}
			s, err := Compile([]byte(tt.doc))
			if err != nil {
				t.Fatal(err)
			}
			if f := lookInto(s, []byte(tt.record)); f.fault != "" {
				t.Errorf("%s\nschema %s\nrecord %s", shortText(f.fault), shortText(tt.doc), shortText(tt.record))
			}
		})
	}
}

// A number that the judge must not see, and one that it stumbles over, in each
// part of a record that is passed over in a way of its own.
func TestFastHugeNumbers(t *testing.T) {
	const doc = `{"properties":{
		"any":{},"null":{"type":"null"},"number":{"type":"number"},"limit":{"maximum":5},"text":{"type":"string","maxLength":9999},
		"object":{"properties":{"a":{"type":"integer"}}},"pattern":{"patternProperties":{"^a":{}}},"items":{"items":{"type":["integer","string"]}},
		"tuple":{"items":[{}],"additionalItems":true},"contains":{"contains":{"type":"string"}},"not":{"not":{"const":"x"}},"one":{"oneOf":[{"type":"string"},{"enum":[1]},{"type":["number","array","object"]}]},
		"if":{"if":{"const":1},"then":{"type":"null"}},"const":{"const":1},"enum":{"enum":["x",[1]]},"unique":{"uniqueItems":true},"all":{"allOf":[{},{"uniqueItems":true}]},
		"dependent":{"dependencies":{"a":{"not":{"enum":[1]}}}},"names":{"propertyNames":{"maxLength":3}},"format":{"format":"date"}}}`
	s, err := Compile([]byte(doc))
	if err != nil {
		t.Fatal(err)
	}
	names := []string{"any", "null", "number", "limit", "text", "object", "pattern", "items", "tuple", "contains", "not", "one", "if", "const", "enum", "unique", "all", "dependent", "names", "format", "unnamed", "obj\\u0065ct"}
	for _, number := range append([]string{"1e308", "1"}, wildNumbers...) {
		for _, place := range []string{`%s`, `[%s]`, `["x",%s]`, `[%s,"x"]`, `["x","x",%s]`, `{"a":%s}`, `{"a":1,"b":%s}`, `{"a":%s,"a":1}`, `{"b":[{"c":%s}],"a":1}`, `[[[%s]]]`, `"%s"`} {
			for _, name := range names {
				record := fmt.Sprintf(`{"%s":`+place+`}`, name, number)
				if f := lookInto(s, []byte(record)); f.fault != "" {
					t.Errorf("%s\nrecord %s", f.fault, shortText(record))
					break // the others fail for the same reason
				}
			}
		}
	}
}

// A schema that leads to itself by two branches at once costs the judge twice
// as much with each level of a record; the fast check has to give up.
func TestFastGivesUp(t *testing.T) {
	for _, doc := range []string{
		`{"allOf":[{"properties":{"v":{"$ref":"#"}}},{"additionalProperties":{"$ref":"#"}}]}`,
		`{"anyOf":[{"not":{"properties":{"v":{"$ref":"#"}}}},{"properties":{"v":{"$ref":"#"}},"required":["w"]}]}`,
		`{"oneOf":[{"properties":{"v":{"$ref":"#"}}},{"properties":{"v":{"$ref":"#"}}}],"properties":{"v":{"$ref":"#"}}}`,
		`{"if":{"properties":{"v":{"$ref":"#"}}},"then":{"properties":{"v":{"$ref":"#"}}},"else":{"properties":{"v":{"$ref":"#"}}}}`,
		`{"dependencies":{"v":{"$ref":"#/definitions/n"}},"definitions":{"n":{"properties":{"v":{"$ref":"#"}},"allOf":[{"properties":{"v":{"$ref":"#"}}}]}}}`,
	} {
		s, err := Compile([]byte(doc))
		if err != nil {
			t.Fatal(err)
		}
		shallow, deep := nested(`{"v":`, `1`, `}`, 6), nested(`{"v":`, `1`, `}`, 2_000)
		if f := lookInto(s, []byte(shallow)); f.fault != "" {
			t.Errorf("%s: %s", doc, f.fault)
		}
		if s.accepts([]byte(deep)) {
			t.Errorf("%s: accepted, which cannot have been looked into", doc)
		}
	}
}

// One schema is asked by many at once, and what it expects is compiled by many
// at once.
func TestFastConcurrently(t *testing.T) {
	s, err := Compile([]byte(`{"properties":{"v":{"oneOf":[{"enum":["a","é"]},{"type":"object","patternProperties":{"^a":{"format":"date"}},"required":["a"]}]}},"dependencies":{"v":["w"]}}`))
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for range 200 {
				e := s.Expect(check.Wanted{Fields: []string{"w"}, Value: "v"})
				for record, want := range map[string]bool{
					`{"v":"\u00e9","w":1}`: true, `{"v":"b","w":1}`: false, `{"v":{"\u0061":"2024-02-29"},"w":1}`: true, `{"v":{"\u0061":"2023-02-29"},"w":1}`: false, `{"v":"a"}`: false,
				} {
					if got := e.Look([]byte(record)).Fits; got != want {
						t.Errorf("%s: got %v, want %v", record, got, want)
					}
					if got := s.accepts([]byte(record)); got != want {
						t.Errorf("%s: got %v, want %v", record, got, want)
					}
				}
			}
		})
	}
	group.Wait()
}
