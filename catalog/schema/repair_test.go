package schema_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/catalog/schema"
	"github.com/tap-rest/tap-rest/catalog/schema/infer"
)

// orderSchema has values that may be null and values that may not, at every
// depth.
const orderSchema = `{
	"type": "object",
	"required": ["id"],
	"properties": {
		"id": {"type": "integer"},
		"name": {"type": ["null", "string"], "maxLength": 5},
		"due": {"type": ["null", "string"], "format": "date-time"},
		"state": {"type": ["null", "string"], "enum": [null, "open", "paid"]},
		"tags": {"type": ["null", "array"], "uniqueItems": true, "items": {"type": "string"}},
		"customer": {"type": ["null", "object"], "required": ["email"], "additionalProperties": false, "properties": {
			"email": {"type": "string"},
			"age": {"type": ["null", "integer"], "minimum": 0},
			"address": {"type": "object", "properties": {"zip": {"type": "string"}}}
		}},
		"lines": {"type": "array", "items": {"type": "object", "properties": {
			"price": {"type": ["null", "number"]},
			"parts": {"type": ["null", "array"], "items": {"type": ["null", "array"], "items": {"type": "integer"}}}
		}}},
		"owner": {"anyOf": [{"type": "null"}, {"type": "object", "required": ["login"], "properties": {"login": {"type": "string"}, "rank": {"type": ["null", "integer"]}}}]},
		"a/b~": {"type": ["null", "integer"]}
	}
}`

func TestAppendRepaired(t *testing.T) {
	tests := []struct {
		name, record, want string
		repairs            []string // pointer: what was broken
	}{
		{"fits", ` {"id": 1} `, ` {"id": 1} `, nil},
		{"a type", `{"id":1, "name" : 12.50 ,"x":12345678901234567890.10}`, `{"id":1, "name" : null ,"x":12345678901234567890.10}`,
			[]string{"/name: /name: type: expected null or string, got 12.50"}},
		{"every rule", `{"id":1,"name":"too long","due":"soon","state":"gone","tags":["a","a"]}`,
			`{"id":1,"name":null,"due":null,"state":null,"tags":null}`, []string{
				`/name: /name: maxLength: expected at most 5 characters, got "too long"`,
				`/due: /due: format: expected date-time, got "soon"`,
				`/state: /state: enum: expected one of null, "open", "paid", got "gone"`,
				`/tags: /tags: uniqueItems: expected items that differ; 0 and 1 are equal, got ["a","a"]`}},
		{"two rules of one value", `{"id":1,"state":{"a":1}}`, `{"id":1,"state":null}`,
			[]string{`/state: /state: type: expected null or string, got {"a":1}`}},
		{"nested", `{"id":1,"customer":{"email":"e","age":-1}}`, `{"id":1,"customer":{"email":"e","age":null}}`,
			[]string{`/customer/age: /customer/age: minimum: expected at least 0, got -1`}},
		{"in arrays", `{"id":1,"lines":[{"price":"1"},{"price":2}, {"price" : [] }]}`, `{"id":1,"lines":[{"price":null},{"price":2}, {"price" : null }]}`,
			[]string{`/lines/0/price: /lines/0/price: type: expected null or number, got "1"`,
				`/lines/2/price: /lines/2/price: type: expected null or number, got []`}},
		{"an item that may not be null", `{"id":1,"tags":["a",7]}`, `{"id":1,"tags":null}`,
			[]string{`/tags: /tags/1: type: expected string, got 7`}},
		{"far around", `{"id":1,"customer":{"email":"e","address":{"zip":1}}}`, `{"id":1,"customer":null}`,
			[]string{`/customer: /customer/address/zip: type: expected string, got 1`}},
		{"the nearest around", `{"id":1,"lines":[{"parts":[[1],["2",3]]}]}`, `{"id":1,"lines":[{"parts":[[1],null]}]}`,
			[]string{`/lines/0/parts/1: /lines/0/parts/1/0: type: expected integer, got "2"`}},
		{"several at several depths", `{"lines":[{"parts":7,"price":"x"}],"name":1,"id":1,"customer":{"email":2,"age":"y"}}`,
			`{"lines":[{"parts":null,"price":null}],"name":null,"id":1,"customer":null}`, []string{
				`/lines/0/parts: /lines/0/parts: type: expected null or array, got 7`,
				`/lines/0/price: /lines/0/price: type: expected null or number, got "x"`,
				`/name: /name: type: expected null or string, got 1`,
				`/customer: /customer/email: type: expected string, got 2`}},
		{"inside a union", `{"id":1,"owner":{"login":"a","rank":"high"}}`, `{"id":1,"owner":{"login":"a","rank":null}}`,
			[]string{`/owner/rank: /owner/rank: type: expected null or integer, got "high"`}},
		{"a whole union", `{"id":1,"owner":{"rank":1}}`, `{"id":1,"owner":null}`,
			[]string{`/owner: /owner: anyOf: expected a value that fits one of the schemas, got {"rank":1}`}},
		{"escapes", `{"id":1,"a\/b\u007e":"x","\u006eame":1}`, `{"id":1,"a\/b\u007e":null,"\u006eame":null}`,
			[]string{`/a~1b~0: /a~1b~0: type: expected null or integer, got "x"`, `/name: /name: type: expected null or string, got 1`}},
		{"equal names", `{"id":1,"name":"a","name":7}`, `{"id":1,"name":null,"name":null}`,
			[]string{`/name: /name: type: expected null or string, got "a"`, `/name: /name: type: expected null or string, got 7`}},
		{"a number that the judge must not see", `{"id":1,"lines":[{"price":1e999}],"x":[1,{"~/":-1e401}]}`, `{"id":1,"lines":[{"price":null}],"x":[1,{"~/":null}]}`,
			[]string{"/lines/0/price: /lines/0/price: number: expected at most 400 characters and an exponent within ±400, got 1e999",
				"/x/1/~0~1: /x/1/~0~1: number: expected at most 400 characters and an exponent within ±400, got -1e401"}},
		{"long and on lines", "{\"id\":1,\n\"name\":\n\"" + strings.Repeat("é", 100) + "\"}", "{\"id\":1,\n\"name\":\nnull}",
			[]string{"/name: /name: maxLength: expected at most 5 characters, got \"" + strings.Repeat("é", 38) + "…"}},
	}
	s := MustCompile(t, orderSchema)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for range 5 { // gojsonschema tells its errors in any order
				got, repairs, stuck := s.AppendRepaired([]byte("> "), []byte(tt.record), []string{"id"})
				if stuck != nil {
					t.Fatalf("stuck: %v", stuck)
				}
				if string(got) != "> "+tt.want {
					t.Errorf("\ngot  %s\nwant > %s", got, tt.want)
				}
				if told := tell(repairs); !slices.Equal(told, tt.repairs) {
					t.Errorf("\ngot  %q\nwant %q", told, tt.repairs)
				}
			}
		})
	}
}

func tell(repairs []schema.Repair) []string {
	var all []string
	for _, r := range repairs {
		all = append(all, fmt.Sprintf("%s: %s", r.Pointer, &r.Broken))
	}
	return all
}

// TestNotRepaired has records in which no null helps, or none is allowed.
func TestNotRepaired(t *testing.T) {
	tests := []struct {
		name, record, stuck string
		keep                string
	}{
		{"a missing field", `{"name":1}`, "/id: required: expected a value, got nothing", ""},
		{"a missing field further in", `{"id":1,"customer":{}}`, "/customer/email: required: expected a value, got nothing", ""},
		{"a field too many", `{"id":1,"customer":{"email":"e","x":1}}`, "/customer/x: additionalProperties: expected no such field, got 1", ""},
		{"null is not allowed", `{"id":"one","name":1}`, `/id: type: expected integer, got "one"`, ""},
		{"null is not allowed around either", `{"id":1,"name":2,"lines":[1]}`, "/lines/0: type: expected object, got 1", ""},
		{"null itself", `{"id":null}`, "/id: type: expected integer, got null", ""},
		{"a key", `{"id":1,"state":"gone"}`, `/state: enum: expected one of null, "open", "paid", got "gone"`, "state"},
		{"in a key", `{"id":1,"customer":{"email":"e","age":-1}}`, "/customer/age: minimum: expected at least 0, got -1", "customer"},
		{"a number in a key", `{"id":1,"x":[1e999]}`, "/x/0: number: expected at most 400 characters and an exponent within ±400, got 1e999", "x"},
		{"not an object", `[1]`, "record: type: expected object, got [1]", ""},
	}
	s := MustCompile(t, orderSchema)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, repairs, stuck := s.AppendRepaired([]byte("> "), []byte(tt.record), []string{tt.keep})
			if string(got) != "> " || repairs != nil {
				t.Errorf("got %s with %q, want nothing", got, tell(repairs))
			}
			if stuck == nil || stuck.Error() != tt.stuck {
				t.Errorf("\ngot  %v\nwant %s", stuck, tt.stuck)
			}
		})
	}
}

// TestRepairIsBounded: rules that each break another when they are repaired.
func TestRepairIsBounded(t *testing.T) {
	const n = 120
	var rules, fields []string
	for i := range n {
		rules = append(rules, fmt.Sprintf(`{"if":{"properties":{"f%d":{"type":"null"}}},"then":{"properties":{"f%d":{"type":"null"}}}}`, i, i+1))
		fields = append(fields, fmt.Sprintf(`"f%d":1`, i+1))
	}
	s := MustCompile(t, `{"allOf":[`+strings.Join(rules, ",")+`]}`)
	_, _, stuck := s.AppendRepaired(nil, []byte(`{"f0":null,`+strings.Join(fields, ",")+`}`), nil)
	if stuck == nil || !strings.HasPrefix(stuck.Pointer, "/f") {
		t.Errorf("got %v, want what is still broken", stuck)
	}
	got, repairs, stuck := s.AppendRepaired(nil, []byte(`{"f100":null,`+strings.Join(fields[100:], ",")+`}`), nil)
	if want := 20; stuck != nil || len(repairs) != want || bytes.Contains(got, []byte(":1")) {
		t.Errorf("got %s by %d repairs, want %d; stuck: %v", got, len(repairs), want, stuck)
	}
}

// TestManyRepairs: what a record costs grows with it, not with its square.
func TestManyRepairs(t *testing.T) {
	n := 20_000
	if testing.Short() {
		n = 2_000
	}
	s := MustCompile(t, orderSchema)
	record := `{"id":1,"lines":[` + strings.TrimSuffix(strings.Repeat(`{"price":"1"},`, n), ",") + `]}`
	got, repairs, stuck := s.AppendRepaired(nil, []byte(record), nil)
	if stuck != nil || len(repairs) != n {
		t.Fatalf("got %d repairs, stuck: %v", len(repairs), stuck)
	}
	if want := strings.ReplaceAll(record, `"1"`, "null"); string(got) != want {
		t.Errorf("got %.100s…, want %.100s…", got, want)
	}
}

// TestRandomRepairs: in an inferred schema all may be null, so that any record
// can be repaired.
func TestRandomRepairs(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 11))
	repaired := 0
	for range 1_000 {
		in := infer.New()
		in.Add([]byte(randomObject(random, 4)))
		s, record := MustCompile(t, string(in.Schema(nil))), randomObject(random, 4)
		got, repairs, stuck := s.AppendRepaired(nil, []byte(record), nil)
		if stuck != nil {
			t.Fatalf("%s by %s: %v", record, s.Bytes(), stuck)
		}
		if v := s.Check(got); v != nil {
			t.Fatalf("%s became %s: %v", record, got, v)
		}
		if (len(repairs) == 0) != (string(got) == record) {
			t.Fatalf("%s became %s by %q", record, got, tell(repairs))
		}
		repaired += min(1, len(repairs))
	}
	if repaired < 100 {
		t.Errorf("only %d records were repaired", repaired)
	}
}
