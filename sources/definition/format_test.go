package definition

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the tables of FORMAT.md")

const formatFile = "FORMAT.md"

// TestFormat holds the tables of the documents to the grammar: those of FORMAT.md, and
// the lists of the page for language models.
func TestFormat(t *testing.T) {
	for _, tt := range []struct {
		file string
		rows func(b *strings.Builder, keys []key)
	}{
		{formatFile, rows},
		{"../../docs/for-models.md", listed},
	} {
		t.Run(tt.file, func(t *testing.T) { holdTables(t, tt.file, tt.rows) })
	}
}

func holdTables(t *testing.T, file string, rows func(b *strings.Builder, keys []key)) {
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var seen []string
	section := regexp.MustCompile(`(?s)<!-- keys: ([^>]*?) -->\n.*?<!-- end -->`)
	want := section.ReplaceAllStringFunc(string(data), func(old string) string {
		m := section.FindStringSubmatch(old)
		seen = append(seen, m[1])
		o := objectNamed(m[1])
		if o == nil {
			t.Fatalf("%s has a table of %q, the grammar has not", file, m[1])
		}
		return "<!-- keys: " + m[1] + " -->\n" + table(o, rows) + "<!-- end -->"
	})
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if want != string(data) {
		t.Errorf("%s is not what the grammar says: go test ./sources/definition -run TestFormat -update", file)
	}
	for _, o := range allObjects() {
		if !slices.Contains(seen, o.name) {
			t.Errorf("%s has no table of %s", file, o.name)
		}
	}
}

// allObjects returns the kinds of maps of definitions and of run.
func allObjects() []*object {
	var all []*object
	visit := func(o *object) {
		if !slices.Contains(all, o) {
			all = append(all, o)
		}
	}
	walkGrammar(definitionObject, visit)
	walkGrammar(runObject, visit)
	return slices.DeleteFunc(all, func(o *object) bool { return o == defaultsObject })
}

func objectNamed(name string) *object {
	for _, o := range allObjects() {
		if o.name == name {
			return o
		}
	}
	return nil
}

// walkGrammar visits the object and those in it.
func walkGrammar(o *object, visit func(o *object)) {
	visit(o)
	for _, k := range allKeys(o) {
		if k.of != nil {
			walkGrammar(k.of, visit)
		}
	}
}

// allKeys returns the keys of the object and of its variants.
func allKeys(o *object) []key {
	all := o.keys
	for _, v := range o.variants {
		all = join(all, v.keys)
	}
	return all
}

// table writes the keys of a kind of map.
func table(o *object, rows func(b *strings.Builder, keys []key)) string {
	var b strings.Builder
	keys := o.keys
	if o == streamObject {
		keys = slices.DeleteFunc(slices.Clone(keys), func(k key) bool { return has(clientKeys, k.name) })
	}
	if len(keys) > 0 {
		rows(&b, keys)
	}
	for _, v := range o.variants {
		fmt.Fprintf(&b, "\n**`%s: %s`** %s\n\n", o.by, v.name, v.doc)
		if len(v.keys) > 0 {
			rows(&b, v.keys)
		}
	}
	return b.String()
}

func rows(b *strings.Builder, keys []key) {
	b.WriteString("| key | wants | without it | |\n|---|---|---|---|\n")
	for _, k := range keys {
		wants, absent := wanted(k), "–"
		switch {
		case k.need:
			absent = "**needed**"
		case k.def != "":
			absent = k.def
		}
		doc := strings.ReplaceAll(k.doc, "| safe", `\| safe`)
		fmt.Fprintf(b, "| `%s` | %s | %s | %s |\n", k.name, strings.ReplaceAll(wants, "|", `\|`), absent, doc)
	}
}

// wanted says what a key wants.
func wanted(k key) string {
	if k.enum != nil {
		return "`" + strings.Join(k.enum, "`, `") + "`"
	}
	return k.kind.wants
}

// listed writes keys as a list.
func listed(b *strings.Builder, keys []key) {
	for _, k := range keys {
		absent := ""
		switch {
		case k.need:
			absent = "; needed"
		case k.def != "":
			absent = "; " + k.def
		}
		fmt.Fprintf(b, "- `%s` (%s%s): %s\n", k.name, wanted(k), absent, k.doc)
	}
}

// TestFormatExample reads the example of FORMAT.md.
func TestFormatExample(t *testing.T) {
	data, err := os.ReadFile(formatFile)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(data), "```yaml\n")
	example, _, _ := strings.Cut(rest, "```")
	if def, err := Parse(formatFile, []byte(example)); err != nil || len(def.Warnings) > 0 {
		t.Errorf("the example: %v", err)
	}
}
