package catalog_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/catalog/raw"
)

func TestAfterValue(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"text", `"a,b" ,1`, `"a,b"`},
		{"escaped quote", `"a\"b",1`, `"a\"b"`},
		{"backslash before the quote", `"a\\",1`, `"a\\"`},
		{"three backslashes", `"a\\\"",1`, `"a\\\""`},
		{"number", "-1.5e3\n}", `-1.5e3`},
		{"null in an array", `null]`, `null`},
		{"brackets in text", `{"a":["}]",{}]}]`, `{"a":["}]",{}]}`},
		{"open text", `"a`, `"a`},
		{"open object", `{"a":[1]`, `{"a":[1]`},
		{"nothing", ``, ``},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := string(raw.Of(tt.text).Value(0)); got != tt.want {
				t.Errorf("Value(%s) = %s, want %s", tt.text, got, tt.want)
			}
		})
	}
}

func TestItems(t *testing.T) {
	tests := []struct {
		name, text string
		want       []string
	}{
		{"object", `{ "a" : 1 ,"b":{"c":2}}`, []string{`"a"=1`, `"b"={"c":2}`}},
		{"array", "[1, \"x\" ,\n[2]]", []string{`=1`, `="x"`, `=[2]`}},
		{"empty object", `{ }`, nil},
		{"empty array", `[ ]`, nil},
		{"no container", `"a"`, nil},
		{"nothing", ``, nil},
		{"equal names", `{"a":1,"a":2}`, []string{`"a"=1`, `"a"=2`}},
		{"not JSON: no colon", `{"a" 1}`, nil},
		{"not JSON: no value", `[1,,2]`, []string{`=1`}},
		{"not JSON: ends in a key", `{"a`, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for c := raw.Of(tt.text).Items(0); c.Next(); {
				if c.Index != len(got) {
					t.Errorf("index %d, want %d", c.Index, len(got))
				}
				got = append(got, string(c.Key)+"="+string(c.Value()))
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("items of %s: %q, want %q", tt.text, got, tt.want)
			}
		})
	}
}

func TestIs(t *testing.T) {
	tests := []struct {
		key, name string
		want      bool
	}{
		{`"id"`, "id", true},
		{`"id"`, "i", false},
		{`"id"`, "idx", false},
		{`""`, "", true},
		{`"\u0069d"`, "id", true},
		{`"a\/b"`, "a/b", true},
		{`"\ud83d\ude00"`, "\U0001F600", true},
		{`"\ud83d"`, "\uFFFD", true},
		{`"\n"`, "\n", true},
		{`"\n"`, `\n`, false},
		{`"\\n"`, `\n`, true},
		{`"`, "", false},
	}
	for _, tt := range tests {
		if got := raw.Of(tt.key).Is(tt.name); got != tt.want {
			t.Errorf("Is(%s, %q) = %v, want %v", tt.key, tt.name, got, tt.want)
		}
	}
}

func TestField(t *testing.T) {
	tests := []struct {
		name, record, field, want string
	}{
		{"number", `{"a":1,"id":9007199254740993}`, "id", `9007199254740993`},
		{"white space", "{ \"id\" :\n \"x\" , \"a\":1}", "id", `"x"`},
		{"object", `{"id":{"a":[1,"}"]}}`, "id", `{"a":[1,"}"]}`},
		{"null", `{"id":null}`, "id", `null`},
		{"first of two", `{"id":1,"id":2}`, "id", `1`},
		{"escaped", `{"\u0069d":1}`, "id", `1`},
		{"deeper only", `{"a":{"id":1}}`, "id", ``},
		{"absent", `{"a":1}`, "id", ``},
		{"empty object", `{}`, "id", ``},
		{"no object", `["id"]`, "id", ``},
		{"nothing", ``, "id", ``},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := raw.Of(tt.record).Field(tt.field)
			if string(got) != tt.want || (got == nil) != (tt.want == "") {
				t.Errorf("Field(%s, %q) = %q, want %q", tt.record, tt.field, got, tt.want)
			}
		})
	}
}

func TestStrings(t *testing.T) {
	for _, s := range []string{"", "plain", "<a & b>", "quote \" backslash \\ slash /", "\b\f\n\r\t\x01", "ä€\U0001F600", "\u2028"} {
		plain, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		for _, quoted := range []raw.Text{raw.Quote(s), plain} {
			if got := quoted.Unquote(); got != s {
				t.Errorf("Unquote(%s) = %q, want %q", quoted, got, s)
			}
			if got := string(raw.AppendUnescaped(nil, quoted[1:len(quoted)-1])); got != s {
				t.Errorf("AppendUnescaped(%s) = %q, want %q", quoted, got, s)
			}
			if !quoted.Is(s) {
				t.Errorf("Is(%s, %q) = false", quoted, s)
			}
		}
	}
	if got := string(raw.Quote("<&>")); got != `"<&>"` {
		t.Errorf("Quote: %s", got)
	}
	if got := raw.Of("1.50").Scalar(); got != "1.50" {
		t.Errorf("Scalar: %s", got)
	}
}

func TestPointer(t *testing.T) {
	const doc = ` {"a/b":[1,{"c~d":"x"}],"e":2}`
	tests := []struct{ value, pointer string }{
		{`"x"`, "/a~1b/1/c~0d"},
		{`2`, "/e"},
		{`1`, "/a~1b/0"},
		{`{"a`, ""},
	}
	for _, tt := range tests {
		at := strings.Index(doc, tt.value)
		pointer := raw.Of(doc).Pointer(at)
		if pointer != tt.pointer {
			t.Errorf("pointer of %s: %s, want %s", tt.value, pointer, tt.pointer)
		}
		if found := raw.Of(doc).Find(raw.Steps(pointer)); !strings.HasPrefix(string(found), tt.value) {
			t.Errorf("Find(%s) = %s, want %s", pointer, found, tt.value)
		}
	}
	if found := raw.Of(doc).Find([]string{"a/b", "2"}); found != nil {
		t.Errorf("Find of what is not there: %s", found)
	}
}

// FuzzWalk holds the walk against encoding/json, and that it stays inside of
// what is no JSON.
func FuzzWalk(f *testing.F) {
	f.Add([]byte(`{"a":[1,"\"",{"\u0062":null}],"c":{}}`))
	f.Add([]byte(`[[],{"a":"\\"}, -1e5 ]`))
	f.Add([]byte(`{"a":1,}`))
	f.Add([]byte(`{"a`))
	f.Add([]byte(`["`))
	f.Fuzz(func(t *testing.T, data []byte) {
		text, valid := raw.Text(data), json.Valid(data)
		items := 0
		for c := text.Items(text.AfterSpace(0)); c.Next(); items++ {
			if c.Keyed {
				c.Key.Is("a")
				c.Key.Unquote()
			}
			if valid && !json.Valid(c.Value()) {
				t.Fatalf("item %d of %q is %q", c.Index, data, c.Value())
			}
		}
		text.Field("a")
		text.Pointer(len(data) / 2)
		text.Depth()
		if !valid {
			return
		}
		if root := text.Root(); string(root) != strings.Trim(string(data), " \t\r\n") {
			t.Fatalf("Root(%q) = %q", data, root)
		}
		if want := rawMembers(data); want >= 0 && items < want {
			t.Fatalf("%q has %d items, want at least %d", data, items, want)
		}
	})
}

// rawMembers returns how many items encoding/json finds, equal names once; -1 for
// what has none.
func rawMembers(data []byte) int {
	var all any
	_ = json.Unmarshal(data, &all)
	switch v := all.(type) {
	case []any:
		return len(v)
	case map[string]any:
		return len(v)
	}
	return -1
}

// rawOrder is a record as shops send them.
const rawOrder = `{"id":9007199254740993,"status":"paid","created_at":"2025-03-01T10:00:00Z","note":"\"leave at the door\"",` +
	`"customer":{"id":77,"email":"a.person@example.com","address":{"street":"Long Street 1","country":"DE"}},` +
	`"lines":[{"sku":"AB-1","quantity":2,"price":10.50},{"sku":"CD-2","quantity":1,"price":99.00}],"n\u0061me":"x","channel":"web"}`

func TestWalkAllocatesNothing(t *testing.T) {
	record, dst := raw.Of(rawOrder), make([]byte, 0, 100)
	n := testing.AllocsPerRun(100, func() {
		for c := record.Items(0); c.Next(); {
			c.Key.Is("name")
		}
		record.Field("channel")
		record.Field("name")
		record.Depth()
		raw.AppendUnescaped(dst, record.Field("note"))
	})
	if n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}

func BenchmarkItems(b *testing.B) {
	record := raw.Of(rawOrder)
	b.ReportAllocs()
	b.SetBytes(int64(len(record)))
	for b.Loop() {
		for c := record.Items(0); c.Next(); {
		}
	}
}

func BenchmarkField(b *testing.B) {
	record := raw.Of(rawOrder)
	b.ReportAllocs()
	for b.Loop() {
		record.Field("channel")
	}
}
