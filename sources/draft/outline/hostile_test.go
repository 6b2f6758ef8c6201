package outline_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources/draft/outline"
)

// allocated is how many bytes a piece of work allocates.
func allocated(work func()) int64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	work()
	runtime.ReadMemStats(&after)
	return int64(after.TotalAlloc - before.TotalAlloc)
}

// TestParseHostile: a document that would become much more than it is, is refused for little,
// with its line and the way out.
func TestParseHostile(t *testing.T) {
	bomb := "openapi: 3.0.0\na0: &a0 [x,x,x,x,x,x,x,x,x]\n"
	for i := 1; i < 9; i++ {
		bomb += fmt.Sprintf("a%d: &a%[1]d [%s*a%[3]d]\n", i, strings.Repeat(fmt.Sprintf("*a%d,", i-1), 8), i-1)
	}
	merged := "x0: &x0 {k: 1}\n"
	for i := 1; i < 30; i++ {
		merged += fmt.Sprintf("x%d: &x%[1]d {<<: [*x%d, *x%[2]d], y: 1}\n", i, i-1)
	}
	for _, test := range []struct {
		name, text string
		want       []string
		most       int64 // bytes that may be allocated
	}{
		{"aliases of aliases", bomb, []string{"x.yaml:", "its aliases expanded", "write out what they stand for"}, 4 << 20},
		{"merges of merges", merged, []string{"x.yaml:", "its aliases expanded", "write out what they stand for"}, 4 << 20},
		{"an alias within its anchor", "a: &a {b: *a}\n", []string{"x.yaml:1:", `anchor "a" contains itself`}, 1 << 20},
		{"brackets that begin as JSON does", strings.Repeat("[", 5_000_000), []string{"x.yaml:1:", "nested deeper than 500", "take the parts out that are not needed"}, 8 << 20},
		{"brackets within YAML", "a: " + strings.Repeat("[", 2_000_000), []string{"x.yaml:1:", "nested deeper than 500", "take the parts out that are not needed"}, 16 << 20},
		{"braces within YAML, in several lines", "a:\n" + strings.Repeat(" {a:\n", 900_000), []string{"x.yaml:", "nested deeper than 500"}, 16 << 20},
		{"dashes", strings.Repeat("- ", 2_000_000) + "x\n", []string{"x.yaml:1:", "nested deeper than 500"}, 16 << 20},
		{"too many values", "[" + strings.Repeat("1,", 6_000_001) + "1]", []string{"x.yaml:1:", "more than 3000000 values", "take the parts out that are not needed"}, 8 << 20},
		{"too many values in YAML", "a: [" + strings.Repeat("1,", 6_000_001) + "1]", []string{"x.yaml:1:", "more than 3000000 keys and values", "take the parts out that are not needed"}, 8 << 20},
		{"too many lines of YAML", "openapi: 3.0.0\npaths: {}\nx:\n" + strings.Repeat(" k1: v\n", 2_400_000), []string{"x.yaml:", "more than 3000000 keys and values", "take the parts out that are not needed"}, 8 << 20},
		{"too many members without a space", "a: {" + strings.Repeat("\"b\":1,", 1_600_000) + "}", []string{"x.yaml:1:", "more than 3000000 keys and values"}, 8 << 20},
		{"too many keys that are marked", strings.Repeat("? a\n", 1_600_000), []string{"x.yaml:", "more than 3000000 keys and values"}, 8 << 20},
	} {
		t.Run(test.name, func(t *testing.T) {
			var err error
			text := []byte(test.text)
			n := allocated(func() { _, err = outline.Parse("x.yaml", text) })
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%v, want %q in it", err, want)
				}
			}
			if n > test.most {
				t.Errorf("%d bytes were allocated for one of %d, want %d at most", n, len(test.text), test.most)
			}
		})
	}
}

// TestParseAliases: what is written once and meant in many places is read, within bounds.
func TestParseAliases(t *testing.T) {
	text := "schemas:\n  base: &base {type: object, properties: {a: {type: string}}}\n"
	for i := range 1000 {
		text += fmt.Sprintf("  s%d: {<<: *base, title: t}\n", i)
	}
	root, err := outline.Parse("x.yaml", []byte(text+"notes: \"[[[[ {{{{ is no nesting\"\nmore: |\n  "+strings.Repeat("[", 1000)+"\n"))
	if err != nil || root.Get("schemas").Get("s999").Get("properties").Get("a") == nil {
		t.Errorf("%v", err)
	}
}

// TestParseTooManyValues: a document whose values show only when it is read is refused in
// words that are true of it.
func TestParseTooManyValues(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 3 million values")
	}
	_, err := outline.Parse("x.yaml", []byte("a: {"+strings.Repeat("b,", 1_600_000)+"}"))
	if err == nil || !strings.Contains(err.Error(), "x.yaml:1: more than 3000000 keys and values: take the parts out that are not needed") || strings.Contains(err.Error(), "alias") {
		t.Errorf("%v", err)
	}
}

// TestParseLarge: a document as large as those of Microsoft Graph is no hostile one.
func TestParseLarge(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 30 MB")
	}
	operation := "    get:\n      tags:\n        - a.b\n      summary: Gets what a user may see, by name.\n      parameters:\n        - name: $select\n          in: query\n          description: 'Select properties to be returned, in order'\n          schema:\n            type: array\n            items:\n              enum:\n                - id\n                - displayName\n              type: string\n"
	text := "openapi: 3.0.0\npaths:\n"
	var b strings.Builder
	b.WriteString(text)
	for i := 0; b.Len() < 30<<20; i++ {
		fmt.Fprintf(&b, "  '/users/{user-id}/messages/%d':\n%s", i, operation)
	}
	if _, err := outline.Parse("x.yaml", []byte(b.String())); err != nil {
		t.Error(err)
	}
}

// TestNamesFree: many equal names take work in proportion to their number.
func TestNamesFree(t *testing.T) {
	work := func(n int) int64 {
		return allocated(func() {
			names := outline.Names{}
			for range n {
				names.Free("x")
			}
		})
	}
	if few, many := work(2_000), work(20_000); many > 20*few {
		t.Errorf("%d bytes for 20,000 equal names, and %d for 2,000", many, few)
	}
	names, seen := outline.Names{}, map[string]bool{}
	for _, name := range []string{"a_2", "a", "a", "a_2", "a", "a_3", "a_2_2", "a"} {
		free := names.Free(name)
		if seen[free] {
			t.Errorf("%s was given twice", free)
		}
		seen[free] = true
	}
}
