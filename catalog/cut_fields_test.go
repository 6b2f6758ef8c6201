package catalog_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tap-rest/tap-rest/catalog"
	"github.com/tap-rest/tap-rest/catalog/raw"
)

// paths reads paths of names, "a lines.sku" for two of them.
func paths(s string) [][]string {
	var list [][]string
	for path := range strings.FieldsSeq(s) {
		list = append(list, strings.Split(path, "."))
	}
	return list
}

func TestMaskAppend(t *testing.T) {
	tests := []struct {
		name, drop, record, extra, want string
	}{
		{"nothing", "", `{"a": 1 , "b":2}`, ``, `{"a": 1 , "b":2}`},
		{"first", "a", `{"a":1,"b":2,"c":3}`, ``, `{"b":2,"c":3}`},
		{"middle", "b", `{"a":1,"b":2,"c":3}`, ``, `{"a":1,"c":3}`},
		{"last", "c", `{"a":1,"b":2,"c":3}`, ``, `{"a":1,"b":2}`},
		{"neighbours", "a b d e", `{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6}`, ``, `{"c":3,"f":6}`},
		{"all", "a b", `{"a":1,"b":2}`, ``, `{}`},
		{"not there", "x", `{"a":1}`, ``, `{"a":1}`},
		{"longer and shorter names", "ab", `{"a":1,"ab":2,"abc":3,"ba":4}`, ``, `{"a":1,"abc":3,"ba":4}`},
		{"empty name", ".x", `{"":{"x":1,"y":2},"a":1}`, ``, `{"":{"y":2},"a":1}`},
		{"every value", "s n t f u o l", `{"s":"}","n":-1.5e+10,"t":true,"f":false,"u":null,"o":{"a":[{}]},"l":[[],"]"],"k":1}`, ``, `{"k":1}`},
		{"digits stay", "x", `{"id":12345678901234567890.10,"x":1,"e":1E400}`, ``, `{"id":12345678901234567890.10,"e":1E400}`},
		{"white space", "b", "{ \"a\" : 1 ,\n\t\"b\" : 2 ,\r\n \"c\" : 3 }", ``, "{ \"a\" : 1 ,\r\n \"c\" : 3 }"},
		{"white space at the start", "a", "{ \"a\" : 1 , \"b\" : 2 }", ``, "{ \"b\" : 2 }"},
		{"white space at the end", "b", "{ \"a\" : 1 , \"b\" : 2 }", ``, "{ \"a\" : 1 }"},
		{"white space around", "a", " {\"a\":1} \n", ``, " {} \n"},
		{"quotes in strings", "b", `{"a":"\"b\":1","b":"\\","c":"\\\""}`, ``, `{"a":"\"b\":1","c":"\\\""}`},
		{"doubles", "a", `{"a":1,"b":2,"a":3}`, ``, `{"b":2}`},
		{"escaped key", "status né 😀 q\"\\/", `{"st\u0061tus":1,"n\u00E9":2,"\ud83d\ude00":3,"q\"\\\/":4,"k":5}`, ``, `{"k":5}`},
		{"escaped key that is another", "a\\n", `{"a\n":1,"a\\n":2}`, ``, `{"a\n":1}`},
		{"half a pair", "a", `{"\ud83dx":1,"a\ud83d":2,"a":3}`, ``, `{"\ud83dx":1,"a\ud83d":2}`},

		{"nested", "c.b", `{"a":1,"c":{"a":1,"b":2},"d":1}`, ``, `{"a":1,"c":{"a":1},"d":1}`},
		{"nested empties", "c.b", `{"c":{"b":2}}`, ``, `{"c":{}}`},
		{"nested deep", "a.b.c a.d", `{"a":{"b":{"c":1,"k":2},"d":3}}`, ``, `{"a":{"b":{"k":2}}}`},
		{"nested after dropped", "a c.b z", `{"a":1,"c":{"a":1,"b":2},"z":1,"y":2}`, ``, `{"c":{"a":1},"y":2}`},
		{"nested is no object", "a.x b.x c.x d.x", `{"a":null,"b":12,"c":"x","d":[1,"x",null]}`, ``, `{"a":null,"b":12,"c":"x","d":[1,"x",null]}`},
		{"parent beats child", "c.b c", `{"c":{"a":1,"b":2}}`, ``, `{}`},
		{"child after parent", "c c.b", `{"c":{"a":1,"b":2}}`, ``, `{}`},
		{"array", "l.b", `{"l":[{"a":1,"b":2},{"b":2}, {"b":1,"a":2} ,{}],"k":1}`, ``, `{"l":[{"a":1},{}, {"a":2} ,{}],"k":1}`},
		{"array in array", "l.b", `{"l":[[{"b":2},"]"],[[{"b":1,"a":[1]}]],[]],"k":1}`, ``, `{"l":[[{},"]"],[[{"a":[1]}]],[]],"k":1}`},
		{"array in object in array", "l.m.b", `{"l":[{"m":[{"b":1}]},{"m":{"b":1}}]}`, ``, `{"l":[{"m":[{}]},{"m":{}}]}`},
		{"same name deeper", "b", `{"a":{"b":1},"b":2}`, ``, `{"a":{"b":1}}`},

		{"extra", "", `{"a":1}`, `"x":2`, `{"a":1,"x":2}`},
		{"extra to none", "", `{}`, `"x":2`, `{"x":2}`},
		{"extra to white space", "", " { \n} ", `"x":2`, " { \n\"x\":2} "},
		{"extra before white space", "", "{\"a\":{} } ", `"x":2`, "{\"a\":{} ,\"x\":2} "},
		{"extra and mask", "b", `{"a":1,"b":{}}`, `"x":2`, `{"a":1,"x":2}`},
		{"extra and nothing kept", "a b", `{"a":1,"b":{}}`, `"x":2,"y":3`, `{"x":2,"y":3}`},
		{"extra and nested", "c.b", `{"c":{"b":1}}`, `"x":2`, `{"c":{},"x":2}`},
		{"extra and none to mask", "b", `{ }`, `"x":2`, `{ "x":2}`},

		{"no object", "a", `[{"a":1}]`, `"x":2`, `[{"a":1}]`},
		{"nothing at all", "a", ``, `"x":2`, ``},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := catalog.NewMask(paths(tt.drop))
			got := string(m.Append([]byte("before "), []byte(tt.record), []byte(tt.extra)))
			if want := "before " + tt.want; got != want {
				t.Errorf("Append(%s) = %s, want %s", tt.record, got, want)
			}
		})
	}
}

func TestMaskNil(t *testing.T) {
	if m := catalog.NewMask(nil); m != nil {
		t.Errorf("NewMask(nil) = %v, want nil", m)
	}
	if m := catalog.NewMask([][]string{{}}); m != nil {
		t.Errorf("NewMask of an empty path = %v, want nil", m)
	}
	var m *catalog.Mask
	if m.Without() != nil || m.Keep("a") != nil {
		t.Error("a nil Mask without anything more to drop is not nil")
	}
}

func TestMaskWithoutAndKeep(t *testing.T) {
	const record = `{"id":1,"account":"x","c":{"a":1,"b":2}}`
	base := catalog.NewMask(paths("c.b"))
	tests := []struct {
		name string
		mask *catalog.Mask
		want string
	}{
		{"without", base.Without("account"), `{"id":1,"c":{"a":1}}`},
		{"without all of a field", base.Without("c"), `{"id":1,"account":"x"}`},
		{"nil without", (*catalog.Mask)(nil).Without("id", "c"), `{"account":"x"}`},
		{"keep", base.Keep("c"), record},
		{"keep another", base.Keep("id"), `{"id":1,"account":"x","c":{"a":1}}`},
		{"the mask itself", base, `{"id":1,"account":"x","c":{"a":1}}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := string(tt.mask.Append(nil, []byte(record), nil)); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// order is a record as shops send them, 545 bytes.
const order = `{"id":9007199254740993,"status":"paid","created_at":"2025-03-01T10:00:00Z","updated_at":"2025-03-02T11:12:13.456Z",` +
	`"currency":"EUR","total":12345.10,"note":"\"leave at the door\"","customer":{"id":77,"email":"a.person@example.com",` +
	`"name":"A. Person","address":{"street":"Long Street 1","city":"Springfield","zip":"12345","country":"DE"}},` +
	`"lines":[{"sku":"AB-1","quantity":2,"price":10.50,"tax":1.99},{"sku":"CD-2","quantity":1,"price":99.00,"tax":18.81},` +
	`{"sku":"EF-3","quantity":7,"price":0.10,"tax":0.02}],"tags":["new","gift"],"channel":"web","discount":null}`

func TestAppendAllocatesNothing(t *testing.T) {
	record, extra := []byte(order), []byte(`"account":"eu"`)
	escaped := []byte(strings.Replace(order, `"note"`, `"n\u006fte"`, 1))
	dst := make([]byte, 0, 2*len(order))
	m := catalog.NewMask(paths("note discount customer.address.zip lines.tax " + strings.Repeat("long", 40)))
	n := testing.AllocsPerRun(100, func() {
		m.Append(dst, record, extra)
		m.Append(dst, escaped, extra)
	})
	if n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}

func BenchmarkAppend(b *testing.B) {
	record, extra := []byte(order), []byte(`"account":"eu"`)
	tests := []struct {
		name string
		mask *catalog.Mask
	}{
		{"none", nil},
		{"flat", catalog.NewMask(paths("note discount"))},
		{"nested", catalog.NewMask(paths("note discount customer.address.zip lines.tax"))},
	}
	for _, tt := range tests {
		b.Run(tt.name, func(b *testing.B) {
			dst := make([]byte, 0, 2*len(record))
			b.ReportAllocs()
			b.SetBytes(int64(len(record)))
			for b.Loop() {
				dst = tt.mask.Append(dst[:0], record, extra)
			}
		})
	}
}

func FuzzMask(f *testing.F) {
	f.Add([]byte(order), "note discount customer.address.zip lines.tax", true)
	f.Add([]byte(`{"a":[[{"b":1}],{"b":2}],"\u0062":3 , "c" : {} }`), "a.b b c.d.e", false)
	f.Add([]byte(" { \"a\" :1,\n\"a\":2}\t"), "a", true)
	f.Add([]byte(`{"a":{"b":"\\\"","c":"\ud83d\ude00"}}`), "a.c", false)
	f.Add([]byte(`{"a":[{"b":[{`), "a.b", true)
	f.Add([]byte(`{"a":1,}`), "a", true)
	f.Add([]byte(`{"a`), "a", true)
	f.Fuzz(func(t *testing.T, record []byte, drop string, extended bool) {
		if !utf8.ValidString(drop) {
			return
		}
		list := paths(drop)
		m := catalog.NewMask(list)
		var extra []byte
		if extended {
			extra = []byte(`"extra":1`)
		}
		got := m.Append(nil, record, extra)
		cut := m.CutSchema(record)
		if !json.Valid(record) {
			for _, path := range list {
				raw.Text(record).Field(path[0])
			}
			return
		}
		if !json.Valid(cut) {
			t.Fatalf("CutSchema(%q) = %q: not JSON", record, cut)
		}
		if !json.Valid(got) {
			t.Fatalf("Append(%q) = %q: not JSON", record, got)
		}
		checkMasked(t, record, got, list, extended)
	})
}

// checkMasked compares a masked record with what encoding/json makes of it.
func checkMasked(t *testing.T, record, got []byte, list [][]string, extended bool) {
	want, isObject := decode(t, record).(map[string]any)
	if !isObject || !utf8.Valid(record) || hasDoubles(record) {
		return
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(record, &members); err != nil {
		t.Fatal(err)
	}
	for _, path := range list {
		if field := raw.Text(record).Field(path[0]); !bytes.Equal(field, members[path[0]]) {
			t.Fatalf("Field(%q, %q) = %q, want %q", record, path[0], field, members[path[0]])
		}
		without(want, path)
	}
	if extended {
		want["extra"] = json.Number("1")
	}
	if masked := decode(t, got); !reflect.DeepEqual(masked, any(want)) {
		t.Fatalf("Append(%q without %q) = %q, want %v", record, list, got, want)
	}
}

func decode(t *testing.T, b []byte) (v any) {
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	if err := dec.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

// without takes the field at path out of v, and out of all elements of arrays.
func without(v any, path []string) {
	switch v := v.(type) {
	case []any:
		for _, element := range v {
			without(element, path)
		}
	case map[string]any:
		if len(path) == 1 {
			delete(v, path[0])
		} else if sub, found := v[path[0]]; found {
			without(sub, path[1:])
		}
	}
}

// hasDoubles reports whether an object in b has two members of one name.
func hasDoubles(b []byte) bool {
	type open struct {
		names  map[string]bool // nil in an array
		isName bool            // the next string is a name
	}
	var stack []open
	dec := json.NewDecoder(bytes.NewReader(b))
	for {
		token, err := dec.Token()
		if err != nil {
			return false
		}
		if len(stack) > 0 {
			top := &stack[len(stack)-1]
			if name, isText := token.(string); isText && top.isName {
				if top.names[name] {
					return true
				}
				top.names[name], top.isName = true, false
				continue
			}
			top.isName = top.names != nil
		}
		switch token {
		case json.Delim('{'):
			stack = append(stack, open{names: make(map[string]bool), isName: true})
		case json.Delim('['):
			stack = append(stack, open{})
		case json.Delim('}'), json.Delim(']'):
			stack = stack[:len(stack)-1]
		}
	}
}

func TestMaskDrops(t *testing.T) {
	m := catalog.NewMask([][]string{{"a"}, {"b", "c"}})
	for name, want := range map[string]bool{"a": true, "b": false, "c": false} {
		if got := m.Drops(name); got != want {
			t.Errorf("Drops(%q) = %v, want %v", name, got, want)
		}
	}
	if (*catalog.Mask)(nil).Drops("a") {
		t.Error("a nil mask drops a field")
	}
}
