package schema_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/tap-rest/tap-rest/catalog/schema"
	"github.com/tap-rest/tap-rest/catalog/schema/model"
)

func TestCompileRefuses(t *testing.T) {
	var chain strings.Builder
	for i := range 30_000 {
		fmt.Fprintf(&chain, `,"d%d":{"properties":{"x":{"$ref":"#/definitions/d%d"}}}`, i, i+1)
	}
	tests := []struct {
		name, doc, pointer, msg string
	}{
		{"not JSON", `{"type":`, "", "not JSON"},
		{"trailing text", `{} {}`, "", "not JSON"},
		{"empty", ``, "", "not JSON"},
		{"array", `[]`, "", "expected an object"},
		{"boolean", `true`, "", "expected an object"},
		{"unknown type", `{"properties":{"a/b":{"type":"strng"}}}`, "/properties/a~1b/type", `unknown type "strng"`},
		{"unknown type in a list", `{"items":[{"type":["null","datetime"]}]}`, "/items/0/type/1", `unknown type "datetime"`},
		{"type twice", `{"properties":{"a":{"type":["null","null"]}}}`, "/properties/a", "null"},
		{"type of type", `{"properties":{"a":{"type":5}}}`, "/properties/a", "type"},
		{"remote", `{"properties":{"a":{"$ref":"http://x.example/s.json"}}}`, "/properties/a/$ref", `$ref "http://x.example/s.json" leads outside the schema; inline it`},
		{"metaschema", `{"$ref":"http://json-schema.org/draft-07/schema#"}`, "/$ref", "leads outside"},
		{"file", `{"$ref":"file:///etc/passwd"}`, "/$ref", "leads outside"},
		{"relative", `{"$id":"file:///etc/","items":{"$ref":"passwd"}}`, "/items/$ref", "leads outside"},
		{"relative to a nested id", `{"items":{"$id":"http://x.example/","$ref":"#/x"}}`, "/items/$ref", "leads to no schema"},
		{"anchor", `{"$ref":"#a","definitions":{"a":{"$id":"#a"}}}`, "/$ref", "leads to no schema"},
		{"nowhere", `{"$ref":"#/definitions/a"}`, "/$ref", "leads to no schema"},
		{"to no schema", `{"title":"a","$ref":"#/title"}`, "/$ref", "leads to no schema"},
		{"to an unknown type", `{"$ref":"#/x/0","x":[{"type":"a"}]}`, "/x/0/type", "unknown type"},
		{"to itself", `{"$ref":"#"}`, "", "leads back to itself"},
		{"round and round", `{"items":{"$ref":"#/definitions/a"},"definitions":{"a":{"allOf":[{"$ref":"#/definitions/b"}]},"b":{"not":{"$ref":"#/definitions/a"}}}}`, "/definitions/a", "leads back to itself"},
		{"round by dependencies", `{"dependencies":{"a":{"$ref":"#"}}}`, "", "leads back to itself"},
		{"long number", `{"maximum":` + strings.Repeat("1", 401) + `}`, "/maximum", "400 characters"},
		{"exponent", `{"properties":{"a":{"minimum":1e999999999}}}`, "/properties/a/minimum", "exponent"},
		{"exponent of a title", `{"title":-1E-401}`, "/title", "exponent"},
		{"enum beyond float64", `{"properties":{"a":{"enum":[1e350]}}}`, "/properties/a", "1e350"},
		{"lookahead", `{"properties":{"a":{"items":{"pattern":"(?=x)"}}}}`, "/properties/a/items", "pattern"},
		{"pattern of names", `{"properties":{"a":{"patternProperties":{"(":{}}}}}`, "/properties/a", "pattern"},
		{"required as in draft 3", `{"properties":{"a":{"required":true}}}`, "/properties/a", "required"},
		{"draft 4 with a number", `{"$schema":"http://json-schema.org/draft-04/schema#","properties":{"a":{"exclusiveMinimum":1}}}`, "/properties/a", "exclusiveMinimum"},
		{"panics in gojsonschema", `{"definitions":true}`, "", "gojsonschema"},
		{"nested deep", strings.Repeat(`{"items":`, 1001) + `{}` + strings.Repeat(`}`, 1001), "", "nested"},
		{"long chain", `{"definitions":{"d30000":{}` + chain.String() + `}}`, "", "more than 50000 schemas"},
		{"multiplied", multiplied(20), "", "checks of one value"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := schema.Compile([]byte(tt.doc))
			var got *model.SchemaError
			if !errors.As(err, &got) {
				t.Fatalf("got %v, want a SchemaError", err)
			}
			if !strings.Contains(got.Msg, tt.msg) || (tt.name != "multiplied" && got.Pointer != tt.pointer) {
				t.Errorf("got %q at %q, want %q at %q", got.Msg, got.Pointer, tt.msg, tt.pointer)
			}
		})
	}
}

// multiplied returns a schema that holds one value against 2^n schemas.
func multiplied(n int) string {
	var b strings.Builder
	b.WriteString(`{"$ref":"#/definitions/d0","definitions":{`)
	for i := range n {
		fmt.Fprintf(&b, `"d%d":{"allOf":[{"$ref":"#/definitions/d%d"},{"$ref":"#/definitions/d%d"}]},`, i, i+1, i+1)
	}
	fmt.Fprintf(&b, `"d%d":{}}}`, n)
	return b.String()
}

func TestCompileAccepts(t *testing.T) {
	tests := []struct{ name, doc, good, bad string }{
		{"local reference", `{"properties":{"a":{"$ref":"#/definitions/x~1y"}},"definitions":{"x/y":{"type":"string"}}}`, `{"a":"b"}`, `{"a":1}`},
		{"reference into an unknown keyword", `{"properties":{"a":{"$ref":"#/components/x%25"}},"components":{"x%":{"type":"string"}}}`, `{"a":"b"}`, `{"a":1}`},
		{"recursive", `{"properties":{"up":{"$ref":"#"},"n":{"type":"integer"}}}`, `{"up":{"up":{"n":1}}}`, `{"up":{"up":{"n":"1"}}}`},
		{"reference to the root by an id", `{"$id":"http://x.example/a","properties":{"up":{"$ref":"#"},"n":{"type":"integer"}}}`, `{"up":{"n":1}}`, `{"up":{"n":"1"}}`},
		{"id in every schema", `{"properties":{"a":{"$id":"#/properties/a","$ref":"#/definitions/b"}},"definitions":{"b":{"$id":"#/definitions/b","type":"null"}}}`, `{"a":null}`, `{"a":1}`},
		{"id that poses as another schema", `{"properties":{"a":{"$ref":"#/definitions/b"}},"definitions":{"b":{"type":"string"}},"default":{"$id":"#/definitions/b","$ref":"#/default"}}`, `{"a":"b"}`, `{"a":1}`},
		{"property called id", `{"properties":{"id":{"type":"integer"},"$id":{"type":"integer"}}}`, `{"id":1,"$id":1}`, `{"id":"1"}`},
		{"property called $ref", `{"properties":{"$ref":{"type":"integer"}}}`, `{"$ref":1}`, `{"$ref":"#"}`},
		{"singer's own words", `{"selected":true,"properties":{"a":{"type":["null","string"],"format":"singer.decimal","inclusion":"available"}}}`, `{"a":"1.5"}`, `{"a":1.5}`},
		{"draft 4", `{"$schema":"http://json-schema.org/draft-04/schema#","properties":{"a":{"minimum":1,"exclusiveMinimum":true}}}`, `{"a":2}`, `{"a":1}`},
		{"draft 7", `{"$schema":"http://json-schema.org/draft-07/schema#","properties":{"a":{"exclusiveMinimum":1}}}`, `{"a":2}`, `{"a":1}`},
		{"no draft, number", `{"properties":{"a":{"exclusiveMinimum":1}}}`, `{"a":2}`, `{"a":1}`},
		{"no draft, boolean", `{"properties":{"a":{"minimum":1,"exclusiveMinimum":true}}}`, `{"a":2}`, `{"a":1}`},
		{"draft 2020-12", `{"$schema":"https://json-schema.org/draft/2020-12/schema","properties":{"a":{"$ref":"#/$defs/a"}},"$defs":{"a":{"type":"string"}}}`, `{"a":"b"}`, `{"a":1}`},
		{"exact multiple", `{"properties":{"a":{"multipleOf":0.01}}}`, `{"a":19.99}`, `{"a":19.999}`},
		{"one is an integer", `{"properties":{"a":{"type":"integer"}}}`, `{"a":1.0}`, `{"a":1.5}`},
		{"integers beyond float64", `{"properties":{"a":{"maximum":9007199254740992}}}`, `{"a":9007199254740992}`, `{"a":9007199254740993}`},
		{"boolean schema", `{"properties":{"a":false}}`, `{}`, `{"a":1}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, err := schema.Compile([]byte(tt.doc))
			if err != nil {
				t.Fatal(err)
			}
			if v := s.Check([]byte(tt.good)); v != nil {
				t.Errorf("%s is refused: %v", tt.good, v)
			}
			if s.Check([]byte(tt.bad)) == nil {
				t.Errorf("%s is accepted", tt.bad)
			}
			if got := string(s.Bytes()); got != tt.doc {
				t.Errorf("Bytes: got %s, want %s", got, tt.doc)
			}
		})
	}
}

func TestBytesIsOneLine(t *testing.T) {
	s, err := schema.Compile([]byte("{\n \"title\": \"a  <b>\"\n}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(s.Bytes()), `{"title":"a  <b>"}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestCheckNames(t *testing.T) {
	long := strings.Repeat("é", 100)
	tests := []struct{ name, doc, record, want string }{
		{"type", `{"properties":{"lines":{"items":{"properties":{"price":{"type":"number"}}}}}}`, `{"lines":[{"price":"12,50"}]}`, `/lines/0/price: type: expected number, got "12,50"`},
		{"types", `{"properties":{"a":{"type":["null","string"]}}}`, `{"a":{"b" : 1.50}}`, `/a: type: expected null or string, got {"b" : 1.50}`},
		{"record", `{"type":"object"}`, `[1]`, `record: type: expected object, got [1]`},
		{"more", `{"additionalProperties":{"type":"null"}}`, `{"c":1,"b":2,"a":3}`, `/a: type: expected null, got 3 (2 more)`},
		{"pointer", `{"properties":{"a/b~":{"properties":{"":{"type":"null"}}}}}`, `{"a\/b~":{"":1}}`, `/a~1b~0/: type: expected null, got 1`},
		{"dots in a name", `{"properties":{"a.b":{"type":"null"}}}`, `{"a.b":0}`, `/a.b: type: expected null, got 0`},
		{"last of equal names", `{"properties":{"a":{"type":"null"}}}`, `{"a":null,"a":7}`, `/a: type: expected null, got 7`},
		{"long value", `{"properties":{"a":{"type":"null"}}}`, `{"a":"` + long + `"}`, `/a: type: expected null, got "` + long[:76] + `…`},
		{"lines", `{"properties":{"a":{"type":"null"}}}`, "{\"a\":[\n1\n]}", `/a: type: expected null, got [ 1 ]`},
		{"required", `{"properties":{"a":{"required":["b"]}}}`, `{"a":{}}`, `/a/b: required: expected a value, got nothing`},
		{"format", `{"properties":{"a":{"format":"date-time"}}}`, `{"a":"soon"}`, `/a: format: expected date-time, got "soon"`},
		{"format of a number", `{"properties":{"a":{"format":"date-time"}}}`, `{"a":1}`, `/a: format: expected date-time, got 1`},
		{"enum", `{"properties":{"a":{"enum":["x",1]}}}`, `{"a":"y"}`, `/a: enum: expected one of "x", 1, got "y"`},
		{"const", `{"properties":{"a":{"const":1}}}`, `{"a":2}`, `/a: const: expected 1, got 2`},
		{"pattern", `{"properties":{"a":{"pattern":"^x"}}}`, `{"a":"y"}`, `/a: pattern: expected text that matches ^x, got "y"`},
		{"minimum", `{"properties":{"a":{"minimum":0.1}}}`, `{"a":-1}`, `/a: minimum: expected at least 0.1, got -1`},
		{"maximum", `{"properties":{"a":{"maximum":12345678901234567}}}`, `{"a":12345678901234568}`, `/a: maximum: expected at most 12345678901234567, got 12345678901234568`},
		{"exclusiveMinimum", `{"properties":{"a":{"exclusiveMinimum":0}}}`, `{"a":0}`, `/a: exclusiveMinimum: expected more than 0, got 0`},
		{"exclusiveMaximum", `{"properties":{"a":{"exclusiveMaximum":0}}}`, `{"a":0}`, `/a: exclusiveMaximum: expected less than 0, got 0`},
		{"multipleOf", `{"properties":{"a":{"multipleOf":0.01}}}`, `{"a":0.001}`, `/a: multipleOf: expected a multiple of 0.01, got 0.001`},
		{"minLength", `{"properties":{"a":{"minLength":2}}}`, `{"a":""}`, `/a: minLength: expected at least 2 characters, got ""`},
		{"maxLength", `{"properties":{"a":{"maxLength":0}}}`, `{"a":"b"}`, `/a: maxLength: expected at most 0 characters, got "b"`},
		{"minItems", `{"properties":{"a":{"minItems":2}}}`, `{"a":[]}`, `/a: minItems: expected at least 2 items, got []`},
		{"maxItems", `{"properties":{"a":{"maxItems":0}}}`, `{"a":[1]}`, `/a: maxItems: expected at most 0 items, got [1]`},
		{"uniqueItems", `{"properties":{"a":{"uniqueItems":true}}}`, `{"a":[1,2,1]}`, `/a: uniqueItems: expected items that differ; 0 and 2 are equal, got [1,2,1]`},
		{"additionalItems", `{"properties":{"a":{"items":[{}],"additionalItems":false}}}`, `{"a":[1,2]}`, `/a: additionalItems: expected no further items, got [1,2]`},
		{"contains", `{"properties":{"a":{"contains":{"type":"null"}}}}`, `{"a":[]}`, `/a: contains: expected an item that fits the schema, got []`},
		{"minProperties", `{"minProperties":1}`, `{}`, `record: minProperties: expected at least 1 fields, got {}`},
		{"maxProperties", `{"maxProperties":0}`, `{"a":1}`, `record: maxProperties: expected at most 0 fields, got {"a":1}`},
		{"additionalProperties", `{"additionalProperties":false}`, `{"a":1}`, `/a: additionalProperties: expected no such field, got 1`},
		{"propertyNames", `{"propertyNames":false}`, `{"ab":1}`, `/ab: propertyNames: expected a field name that fits the schema, got 1 (1 more)`},
		{"dependencies", `{"dependencies":{"a":["b"]}}`, `{"a":1}`, `/b: dependencies: expected a value, got nothing`},
		{"anyOf", `{"properties":{"a":{"anyOf":[{"type":"null"},{"type":"string"}]}}}`, `{"a":1}`, `/a: anyOf: expected a value that fits one of the schemas, got 1 (1 more)`},
		{"oneOf", `{"properties":{"a":{"oneOf":[{},{}]}}}`, `{"a":1}`, `/a: oneOf: expected a value that fits exactly one of the schemas, got 1`},
		{"allOf", `{"allOf":[{"properties":{"a":{"type":"null"}}}]}`, `{"a":1}`, `/a: type: expected null, got 1 (1 more)`},
		{"not", `{"properties":{"a":{"not":{}}}}`, `{"a":1}`, `/a: not: expected a value that does not fit the schema, got 1`},
		{"then", `{"if":{},"then":{"properties":{"a":false}}}`, `{"a":1}`, `/a: false: expected no value here, got 1 (1 more)`},
		{"long number", `{}`, `{"a":"1e999","b":[{},0,` + strings.Repeat("1", 401) + `]}`, `/b/2: number: expected at most 400 characters and an exponent within ±400, got ` + strings.Repeat("1", 77) + `…`},
		{"exponent", `{}`, `{"a/":{"b":1E+401}}`, `/a~1/b: number: expected at most 400 characters and an exponent within ±400, got 1E+401`},
		{"exponent beyond int64", `{}`, `{"a":1e-99999999999999999999}`, `/a: number: expected at most 400 characters and an exponent within ±400, got 1e-99999999999999999999`},
		{"not JSON", `{}`, `{"a":`, `record: json: expected JSON (unexpected EOF), got {"a":`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := MustCompile(t, tt.doc)
			for range 5 { // the judge's own order changes from run to run
				v := s.Check([]byte(tt.record))
				if v == nil {
					t.Fatalf("%s is accepted", tt.record)
				}
				if got := v.Error(); got != tt.want {
					t.Fatalf("got  %s\nwant %s", got, tt.want)
				}
			}
		})
	}
}

func TestCheckPanic(t *testing.T) {
	s := MustCompile(t, `{"properties":{"a":{"enum":[1]}}}`)
	v := s.Check([]byte(`{"b":1,"a":1e350}`))
	const want = "/a: number: expected a number up to 1.8e308, since the schema compares whole values (enum, const, uniqueItems), got 1e350"
	if v == nil || v.Error() != want {
		t.Fatalf("got %v, want %s", v, want)
	}
}

func TestCheckNumbersAtTheLimit(t *testing.T) {
	s := MustCompile(t, `{"properties":{"a":{"type":"number"}}}`)
	for _, number := range []string{"1e400", "-1E-400", strings.Repeat("9", 400), "0." + strings.Repeat("1", 398), "0e0"} {
		if v := s.Check([]byte(`{"a":` + number + `}`)); v != nil {
			t.Error(v)
		}
	}
}

// The formats that are asked, with what one would not expect.
func TestFormats(t *testing.T) {
	tests := []struct {
		format, value string
		want          bool
	}{
		{"date-time", "2024-02-29T23:59:59Z", true},
		{"date-time", "2024-02-29T23:59:59.123456789012+05:30", true},
		{"date-time", "2024-02-29", true},
		{"date-time", "23:59:59", true},
		{"date-time", "2024-02-29T1:00:00Z", true},
		{"date-time", "2024-02-29T01:00:00,5Z", true},
		{"date-time", "2024-02-29T23:59:60Z", false},
		{"date-time", "2024-02-29t23:59:59z", false},
		{"date-time", "2024-02-29 23:59:59Z", false},
		{"date-time", "2024-02-29T23:59:59", false},
		{"date-time", "2023-02-29T00:00:00Z", false},
		{"date", "2024-02-29", true},
		{"date", "2024-2-29", false},
		{"time", "10:00:00", true},
		{"time", "10:00:00+01:00", true},
		{"time", "10:00", false},
		{"email", "a@b", true},
		{"email", "Ann <a@b>", true},
		{"email", "a", false},
		{"uri", "mailto:a", true},
		{"uri", "/a", false},
		{"uri-reference", "/a", true},
		{"uuid", "123e4567-e89b-12d3-a456-426614174000", true},
		{"uuid", "123E4567-E89B-12D3-A456-426614174000", false},
		{"ipv4", "1.2.3.4", true},
		{"ipv4", "::1.2.3.4", true},
		{"ipv4", "1.2.3", false},
		{"ipv6", "::1", true},
		{"hostname", "a-b.example", true},
		{"hostname", "a_b", false},
		{"regex", "(", false},
		{"singer.decimal", "x", true},
		{"decimal", "x", true},
	}
	for _, tt := range tests {
		s := MustCompile(t, `{"properties":{"a":{"format":"`+tt.format+`"}}}`)
		if got := s.Check([]byte(`{"a":"`+tt.value+`"}`)) == nil; got != tt.want {
			t.Errorf("%s %q: got %v, want %v", tt.format, tt.value, got, tt.want)
		}
	}
}

func TestCheckConcurrently(t *testing.T) {
	s := MustCompile(t, sampleSchema)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for range 50 {
				if v := s.Check([]byte(sample)); v != nil {
					t.Error(v)
				}
				if s.Check([]byte(`{"id":"x","lines":[{"sku":1}]}`)) == nil {
					t.Error("accepted")
				}
			}
		})
	}
	group.Wait()
}

func FuzzCompile(f *testing.F) {
	for _, doc := range []string{
		sampleSchema, `{"$ref":"#"}`, `{"$ref":"#/a/0","a":[{"not":{"$ref":"#/a"}}]}`, `{"definitions":true}`,
		`{"properties":{"a":{"$id":"x","$ref":"x"}},"default":{"$id":"#/a"}}`, `{"minimum":1e400,"enum":[1e9]}`,
		`{"dependencies":{"a":["b"],"c":{"$ref":"#/items"}},"items":[true,{"type":["null"]}]}`,
		`{"$schema":"http://json-schema.org/draft-04/schema#","exclusiveMinimum":true,"minimum":1}`,
		`{"patternProperties":{"a":{"if":{"const":1},"then":false,"else":{"contains":{}}}}}`, multiplied(3),
	} {
		f.Add([]byte(doc), []byte(`{"a":{"b":[1,"x",null]}}`))
	}
	f.Fuzz(func(t *testing.T, doc, record []byte) {
		s, err := schema.Compile(doc)
		if err != nil {
			var e *model.SchemaError
			if !errors.As(err, &e) {
				t.Fatalf("got %T, want a SchemaError", err)
			}
			return
		}
		if _, err := schema.Compile(s.Bytes()); err != nil {
			t.Fatalf("its own bytes are refused: %v", err)
		}
		if _, err := schema.NewFields(doc); err != nil {
			t.Fatalf("compiles, but NewFields: %v", err)
		}
		if json.Valid(record) {
			s.Check(record)
		}
	})
}

// FuzzCheck puts any text in the place of a number and of a value: Check must
// end, not panic, and name a place that is there.
func FuzzCheck(f *testing.F) {
	for _, value := range []string{"1", "1e400", "1e401", "-0.5E+3", `"a\u0000\ud800"`, `{"a/b":[1,{"~":"x"}]}`, "[1,1.0,1e0]", "null", "1e350"} {
		f.Add([]byte(value))
	}
	schemas := []*schema.Schema{}
	for _, doc := range []string{
		`{}`, `{"properties":{"a":{"type":"integer","multipleOf":0.3,"minimum":-5,"exclusiveMaximum":1e300}}}`,
		`{"properties":{"a":{"enum":[1,"x"],"const":2}}}`, `{"additionalProperties":{"uniqueItems":true,"format":"date-time","pattern":"a","maxLength":3}}`,
		`{"properties":{"a":{"additionalProperties":{"$ref":"#/properties/a"},"items":{"type":"string"},"maxProperties":1}}}`,
	} {
		s, err := schema.Compile([]byte(doc))
		if err != nil {
			f.Fatal(err)
		}
		schemas = append(schemas, s)
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		record := append(append([]byte(`{"a":`), value...), '}')
		for _, s := range schemas {
			v := s.Check(record)
			if v == nil {
				continue
			}
			if len(v.Value) > 80 || len(v.Want) > 300 && json.Valid(record) {
				t.Errorf("not short: %v", v)
			}
			if again := s.Check(record); json.Valid(record) && *again != *v {
				t.Errorf("got %v, then %v", v, again)
			}
		}
	})
}

func BenchmarkCheck(b *testing.B) {
	s, record := MustCompile(b, sampleSchema), []byte(sample)
	b.ReportAllocs()
	b.SetBytes(int64(len(sample)))
	for b.Loop() {
		if v := s.Check(record); v != nil {
			b.Fatal(v)
		}
	}
}

func MustCompile(t testing.TB, doc string) *schema.Schema {
	t.Helper()
	s, err := schema.Compile([]byte(doc))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// sample is a nested record of about 540 bytes, and sampleSchema fits it.
const (
	sample = `{"id":4711,"number":"2025-0004711","status":"paid","created_at":"2025-03-04T05:06:07Z","updated_at":"2025-03-04T05:16:07.123Z","customer":{"id":99,"name":"Ann Example","email":"ann@example.org","vip":false,"address":{"street":"Long Road 5","city":"Leeds","zip":"LS1","country":"GB"}},"total":129.95,"currency":"EUR","tax":20.75,"paid":true,"note":null,"lines":[{"sku":"A-1","title":"Lamp","qty":1,"price":99.95},{"sku":"B-2","title":"Bulb","qty":3,"price":10.00}],"tags":["gift","express"],"source":"web","shipping":{"method":"ups","tracking":"1Z999"}}`

	sampleSchema = `{"type":"object","properties":{"id":{"type":"integer"},"number":{"type":["null","string"]},"status":{"type":["null","string"]},"created_at":{"type":["null","string"],"format":"date-time"},"updated_at":{"type":["null","string"],"format":"date-time"},"customer":{"type":["null","object"],"properties":{"id":{"type":["null","integer"]},"name":{"type":["null","string"]},"email":{"type":["null","string"]},"vip":{"type":["null","boolean"]},"address":{"type":["null","object"],"properties":{"street":{"type":["null","string"]},"city":{"type":["null","string"]},"zip":{"type":["null","string"]},"country":{"type":["null","string"]}}}}},"total":{"type":["null","number"]},"currency":{"type":["null","string"]},"tax":{"type":["null","number"]},"paid":{"type":["null","boolean"]},"note":{"type":["null","string"]},"lines":{"type":["null","array"],"items":{"type":["null","object"],"properties":{"sku":{"type":["null","string"]},"title":{"type":["null","string"]},"qty":{"type":["null","integer"]},"price":{"type":["null","number"]}}}},"tags":{"type":["null","array"],"items":{"type":["null","string"]}},"source":{"type":["null","string"]},"shipping":{"type":["null","object"],"properties":{"method":{"type":["null","string"]},"tracking":{"type":["null","string"]}}}}}`
)
