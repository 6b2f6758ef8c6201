package sources_test

import (
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources/document"
)

// TestDocumentYAML proves how each way to write a value is read, as JSON, or what is
// said of it.
func TestDocumentYAML(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"a: 1", `{"a":1}`},
		{"a: -0.50", `{"a":-0.50}`},
		{"a: +7", `{"a":7}`},
		{"a: .5", `{"a":0.5}`},
		{"a: 5.", `{"a":5.0}`},
		{"a: 1.e3", `{"a":1.0e3}`},
		{"a: 1e400", `{"a":1e400}`},
		{"a: 12345678901234567890.10", `{"a":12345678901234567890.10}`},
		{"a: 0", `{"a":0}`},
		{"a: -0", `{"a":-0}`},
		{"a: 2024-01-01", `{"a":"2024-01-01"}`},
		{"a: 12:30:45", `{"a":"12:30:45"}`},
		{"a: 1.2.3", `{"a":"1.2.3"}`},
		{"a: yes", `{"a":"yes"}`},
		{"a: Off", `{"a":"Off"}`},
		{"a: True", `{"a":true}`},
		{"a: FALSE", `{"a":false}`},
		{"a: tRUE", `{"a":"tRUE"}`},
		{"a: ~", `{"a":null}`},
		{"a:", `{"a":null}`},
		{"a: NULL", `{"a":null}`},
		{"a: 'null'", `{"a":"null"}`},
		{`a: "1"`, `{"a":"1"}`},
		{"a: !!str 1", `{"a":"1"}`},
		{"a: |\n  x\n  y\n", `{"a":"x\ny\n"}`},
		{"a: >\n  x\n  y\n", `{"a":"x y\n"}`},
		{"[1, [], {}]", `[1,[],{}]`},
		{"{b: 1, a: 2}", `{"b":1,"a":2}`},
		{"a: &x [1]\nb: *x", `{"a":[1],"b":[1]}`},
		{"a: &x {p: 1, q: 2}\nb: {<<: *x, q: 3}", `{"a":{"p":1,"q":2},"b":{"q":3,"p":1}}`},
		{"b: {<<: [{p: 1}, {p: 2, q: 3}]}", `{"b":{"p":1,"q":3}}`},
		{`{"a": "\/\ud83d\ude00\\/"}`, `{"a":"/😀\\/"}`},
		{"\ufeffa: 1", `{"a":1}`},
		{"a: 1\r\nb: 2\r\n", `{"a":1,"b":2}`},

		{"", "t.yaml:1:1: the file is empty; it wants version, name and streams"},
		{"~", "t.yaml:1:1: the file is empty; it wants version, name and streams"},
		{"a: 0815", "t.yaml:1:4: a: 0815 has leading zeros, which some drop and some read as octal: quote it"},
		{"a: 1_000", "t.yaml:1:4: a: 1_000 is a number to some and text to others: write 1000, or quote it"},
		{"a: 0o17", "t.yaml:1:4: a: 0o17 is a number to some and text to others: write it in decimals, or quote it"},
		{"a: .nan", "t.yaml:1:4: a: .nan is not a number of JSON"},
		{"a: -.Inf", "t.yaml:1:4: a: -.Inf is not a number of JSON"},
		{"a: !!int 1", "t.yaml:1:4: a: tag !!int: a value is text, a number, true, false or null as it is written"},
		{"a: {{ b }}", "t.yaml:1:4: a: text that begins with {{: quote it"},
		{"- {{ b }}/c", "t.yaml:1:3: text that begins with {{: quote it"},
		{"a: %d", "t.yaml:1:4: text that begins with %: quote it"},
		{"é: @b", "t.yaml:1:4: text that begins with @: quote it"},
		{"a: 1\na: 2", `t.yaml:2:1: key "a" stands here twice, first on line 1`},
		{"a: &x [*x]", `t.yaml:1:8: a[0][0]: anchor "x" contains itself`},
		{"a: {<<: 1}", "t.yaml:1:9: a.<<: << wants a map or a list of maps, not a number"},
		{"? [a]\n: b", "t.yaml:1:3: a key must be text"},
		{"a: 1\n--- \nb: 2", "t.yaml:2:1: a second document begins here; a definition is one"},
		{"a:\n\tb: 1", "t.yaml:2:1: not YAML: found character that cannot start any token; indent with spaces, not tabs"},
		{"a: b: c", "t.yaml:1:1: not YAML: mapping values are not allowed in this context"},
		{"a: " + strings.Repeat("[", 101) + strings.Repeat("]", 101), "nested deeper than 100"},
	} {
		t.Run(tt.text, func(t *testing.T) {
			d := document.New("t.yaml", []byte(tt.text))
			got := ""
			if root := d.Root([]byte(tt.text)); len(d.Problems) == 0 {
				got = string(root.AppendJSON(nil, false))
			} else {
				got = d.Problems.Sorted().Error()
			}
			if got != tt.want && !strings.Contains(tt.want, "deeper") || !strings.Contains(got, tt.want) {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// TestDocumentProblemsAreBounded proves that a file with ever more mistakes has a last
// message.
func TestDocumentProblemsAreBounded(t *testing.T) {
	d := document.New("t.yaml", []byte("a: 1\n"))
	n := d.Root([]byte("a: 1\n"))
	for range 2000 {
		d.Problem(n, "wrong")
	}
	if len(d.Problems) != 1001 || d.Problems[1000].Msg != "more than 1000 problems: the rest is left out" {
		t.Errorf("%d problems, the last: %v", len(d.Problems), d.Problems[len(d.Problems)-1])
	}
	if sorted := d.Problems.Sorted(); len(sorted) != 2 {
		t.Errorf("%d problems where one stands a thousand times, want 2", len(sorted))
	}
}

// TestDocumentProblemIn proves that a problem within a text stands at its place in the
// file, where the text stands in the file as it is.
func TestDocumentProblemIn(t *testing.T) {
	for _, tt := range []struct {
		text   string
		offset int
		want   int // column
	}{
		{"a: bcd", 2, 6},
		{"a: 'bcd'", 2, 7},
		{`a: "bcd"`, 2, 7},
		{"a: ébcd", 3, 6},
		{`a: "b\u0063d"`, 2, 4},
		{"a: |\n  bcd", 2, 4},
		{"a: bcd", 99, 4},
		{"a: bcd", -1, 4},
	} {
		d := document.New("t.yaml", []byte(tt.text))
		d.ProblemIn(d.Root([]byte(tt.text)).Get("a"), tt.offset, "wrong")
		if got := d.Problems[0].Column; got != tt.want {
			t.Errorf("%s, offset %d: column %d, want %d", tt.text, tt.offset, got, tt.want)
		}
	}
}
