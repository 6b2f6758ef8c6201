package config

import (
	"testing"

	"github.com/tap-rest/tap-rest/sources/document"
)

func nodeOf(t *testing.T, text string) *document.Node {
	t.Helper()
	n, err := document.ParseJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestOverlay proves what a later file makes of an earlier one.
func TestOverlay(t *testing.T) {
	for _, tt := range []struct{ base, over, want string }{
		{`{}`, `{}`, `{}`},
		{`{"a":1}`, `{}`, `{"a":1}`},
		{`{}`, `{"a":1}`, `{"a":1}`},
		{`{"a":1,"b":2}`, `{"c":3,"a":4}`, `{"a":4,"b":2,"c":3}`},
		{`{"a":{"x":1,"y":2}}`, `{"a":{"y":3,"z":4}}`, `{"a":{"x":1,"y":3,"z":4}}`},
		{`{"a":{"x":{"p":1}}}`, `{"a":{"x":{"q":2}}}`, `{"a":{"x":{"p":1,"q":2}}}`},
		{`{"a":[1,2]}`, `{"a":[3]}`, `{"a":[3]}`},
		{`{"a":{"x":1}}`, `{"a":7}`, `{"a":7}`},
		{`{"a":7}`, `{"a":{"x":1}}`, `{"a":{"x":1}}`},
		{`{"a":1}`, `{"a":null}`, `{"a":null}`},
		{`{"a":1}`, `{"A":2}`, `{"a":1,"A":2}`},
	} {
		base := nodeOf(t, tt.base)
		if got := string(overlay(base, nodeOf(t, tt.over)).AppendJSON(nil, false)); got != tt.want {
			t.Errorf("%s over %s: %s, want %s", tt.over, tt.base, got, tt.want)
		}
		if got := string(base.AppendJSON(nil, false)); got != tt.base {
			t.Errorf("%s over %s changed it to %s", tt.over, tt.base, got)
		}
	}
}

func TestWithoutNulls(t *testing.T) {
	for _, tt := range []struct{ given, want string }{
		{`{"a":null,"b":1}`, `{"b":1}`},
		{`{"a":{"x":null,"y":{"z":null}}}`, `{"a":{"y":{}}}`},
		{`{"a":[null,{"x":null}]}`, `{"a":[null,{"x":null}]}`},
	} {
		if got := string(withoutNulls(nodeOf(t, tt.given)).AppendJSON(nil, false)); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.given, got, tt.want)
		}
	}
}

// TestOrigins proves where a key is said to come from.
func TestOrigins(t *testing.T) {
	first, second := inputFile{name: "a.json", root: nodeOf(t, `{"x":1,"m":{"p":1}}`)}, inputFile{name: "b.json", root: nodeOf(t, `{"m":{"q":2},"l":[{"r":1}]}`)}
	for _, tt := range []struct {
		name, pointer string
		files         []inputFile
		want          string
	}{
		{"the file that has it", "/x", []inputFile{first, second}, "config a.json"},
		{"within a map of two files, the first", "/m/p", []inputFile{first, second}, "config a.json"},
		{"within a map of two files, the second", "/m/q", []inputFile{first, second}, "config b.json"},
		{"the map itself, the later", "/m", []inputFile{first, second}, "config b.json"},
		{"in a list", "/l/0/r", []inputFile{first, second}, "config b.json"},
		{"what lies in it is not there", "/x/deeper", []inputFile{first, second}, "config a.json"},
		{"nowhere", "/nope", []inputFile{first, second}, "config"},
		{"nowhere, of one file", "/nope", []inputFile{first}, "config a.json"},
		{"no place", "", []inputFile{first}, "config a.json"},
		{"a variable", "/v", []inputFile{first}, "TAP_REST_V"},
		{"within what a variable gave", "/v/w/0", []inputFile{first}, "TAP_REST_V"},
		{"a variable over a file", "/m/p", []inputFile{first, second}, "config a.json"},
	} {
		o := origins{tt.files, map[string]string{"/v": "TAP_REST_V"}}
		if got := o.of(tt.pointer); got != tt.want {
			t.Errorf("%s: %s is of %q, want %q", tt.name, tt.pointer, got, tt.want)
		}
	}
}
