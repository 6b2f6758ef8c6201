package sources_test

import (
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources/document"
)

func TestDocumentParseJSON(t *testing.T) {
	for _, tt := range []struct{ text, want, err string }{
		{`{"b":1,"a":[true,null,"x"]}`, `{"b":1,"a":[true,null,"x"]}`, ""},
		{`{"a":1,"b":2,"a":3}`, `{"a":3,"b":2}`, ""},
		{"\ufeff 1e5 ", `1e5`, ""},
		{`12345678901234567890.10`, `12345678901234567890.10`, ""},
		{`"é\u2028<"`, `"é\u2028\u003c"`, ""},
		{``, "", "unexpected EOF"},
		{`{"a":`, "", "unexpected EOF"},
		{`{} {}`, "", "something follows the JSON value"},
		{`{'a':1}`, "", "invalid character"},
		{strings.Repeat("[", 102) + strings.Repeat("]", 102), "", "nested deeper than 100"},
	} {
		t.Run(tt.text, func(t *testing.T) {
			n, err := document.ParseJSON([]byte(tt.text))
			switch {
			case tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)):
				t.Errorf("error %v, want %s", err, tt.err)
			case tt.err == "" && err != nil:
				t.Error(err)
			case tt.err == "":
				if got := string(n.AppendJSON(nil, false)); got != tt.want {
					t.Errorf("got %s, want %s", got, tt.want)
				}
			}
		})
	}
}

// TestDocumentPlaces proves how a node is found and how messages call its place.
func TestDocumentPlaces(t *testing.T) {
	text := "a: {b/c: [1, {name: two, d~: x}]}\n"
	d := document.New("t.yaml", []byte(text))
	root := d.Root([]byte(text))
	for _, tt := range []struct {
		steps, place, pointer, value string
	}{
		{"", "", "/", `{"a":{"b/c":[1,{"name":"two","d~":"x"}]}}`},
		{"a", "a", "/a", `{"b/c":[1,{"name":"two","d~":"x"}]}`},
		{"a b/c 0", "a.b/c[0]", "/a/b~1c/0", `1`},
		{"a b/c 1 d~", "a.b/c[1] (two).d~", "/a/b~1c/1/d~0", `"x"`},
		{"a b/c 2", "a.b/c", "/a/b~1c", `[1,{"name":"two","d~":"x"}]`},
		{"a b/c -1", "a.b/c", "/a/b~1c", `[1,{"name":"two","d~":"x"}]`},
		{"a nope deeper", "a", "/a", `{"b/c":[1,{"name":"two","d~":"x"}]}`},
	} {
		n := root.At(strings.FieldsFunc(tt.steps, func(c rune) bool { return c == ' ' }))
		if n.Place() != tt.place || n.Pointer() != tt.pointer || string(n.AppendJSON(nil, false)) != tt.value {
			t.Errorf("%s: place %s, pointer %s, value %s", tt.steps, n.Place(), n.Pointer(), n.AppendJSON(nil, false))
		}
	}
}

func TestDocumentNode(t *testing.T) {
	n, err := document.ParseJSON([]byte(`{"c":{"y":1,"x":2},"b":null,"a":[3]}`))
	if err != nil {
		t.Fatal(err)
	}
	var none *document.Node
	for _, tt := range []struct{ name, got, want string }{
		{"in the order of the file", string(n.AppendJSON(nil, false)), `{"c":{"y":1,"x":2},"b":null,"a":[3]}`},
		{"sorted", string(n.AppendJSON(nil, true)), `{"a":[3],"b":null,"c":{"x":2,"y":1}}`},
		{"without", string(n.Without("c", "b", "nope").AppendJSON(nil, false)), `{"a":[3]}`},
		{"left as it was", string(n.AppendJSON(nil, true)), `{"a":[3],"b":null,"c":{"x":2,"y":1}}`},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, tt.got, tt.want)
		}
	}
	if n.Size() != 7 || none.Size() != 0 {
		t.Errorf("size %d and %d", n.Size(), none.Size())
	}
	if n.Has("b") || n.Has("nope") || none.Has("a") || !n.Has("a") {
		t.Error("a null, an absent key or a key of nothing is there")
	}
	n.Get("a").Read = "read"
	if document.Value[string](n, "a") != "read" || document.Value[int](n, "a") != 0 || document.ValueOr(n, "b", 7) != 7 {
		t.Error("what was read is not what Value returns")
	}
}

// TestDocumentUnknown proves which names a message proposes.
func TestDocumentUnknown(t *testing.T) {
	many := make([]string, 70)
	for i := range many {
		many[i] = strings.Repeat("x", i+20)
	}
	for _, tt := range []struct {
		name  string
		known []string
		want  string
	}{
		{"nxt", []string{"more", "next"}, `unknown key "nxt"; did you mean "next"?`},
		{"netx", []string{"more", "next"}, `unknown key "netx"; did you mean "next"?`},
		{"Next", []string{"next"}, `unknown key "Next"; did you mean "next"?`},
		{"primarykey", []string{"primary_key", "params"}, `unknown key "primarykey"; did you mean "primary_key"?`},
		{"frobnicate", []string{"more", "next"}, `unknown key "frobnicate"; known here: more, next`},
		{"a", []string{"b", "cd"}, `unknown key "a"; did you mean "b"?`},
		{"x", nil, `unknown key "x"`},
		{"zz", many, "…"},
		{strings.Repeat("é", 70), []string{"next"}, `unknown key "` + strings.Repeat("é", 60) + `…"; known here: next`},
	} {
		got := document.Unknown("key", tt.name, tt.known)
		if got != tt.want && !(tt.want == "…" && strings.HasSuffix(got, ", …") && !strings.Contains(got, many[60])) {
			t.Errorf("got %s, want %s", got, tt.want)
		}
	}
}
