package sources

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

// TestFormat holds the tables of FORMAT.md to the grammar.
func TestFormat(t *testing.T) {
	data, err := os.ReadFile(formatFile)
	if err != nil {
		t.Fatal(err)
	}
	var seen []string
	section := regexp.MustCompile(`(?s)<!-- (keys|later)(?:: ([^>]*?))? -->\n.*?<!-- end -->`)
	want := section.ReplaceAllStringFunc(string(data), func(old string) string {
		m := section.FindStringSubmatch(old)
		if m[1] == "later" {
			return "<!-- later -->\n" + laterList() + "<!-- end -->"
		}
		seen = append(seen, m[2])
		o := objectNamed(m[2])
		if o == nil {
			t.Fatalf("FORMAT.md has a table of %q, the grammar has not", m[2])
		}
		return "<!-- keys: " + m[2] + " -->\n" + table(o) + "<!-- end -->"
	})
	if *update {
		if err := os.WriteFile(formatFile, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if want != string(data) {
		t.Error("FORMAT.md is not what the grammar says: go test ./sources -run TestFormat -update")
	}
	for _, o := range allObjects() {
		if !slices.Contains(seen, o.name) {
			t.Errorf("FORMAT.md has no table of %s", o.name)
		}
	}
}

// allObjects returns the kinds of maps of definitions and of run.
func allObjects() []*object {
	var all []*object
	visit := func(_ string, o *object) {
		if !slices.Contains(all, o) {
			all = append(all, o)
		}
	}
	walkGrammar(definitionObject, "", visit)
	walkGrammar(runObject, "run.", visit)
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

func laterList() string {
	list := append(notSupported("", definitionObject), notSupported("run.", runObject)...)
	return "- `" + strings.Join(slices.Compact(list), "`\n- `") + "`\n"
}

// notSupported returns what cannot run yet, as "auth.type: oauth2" or
// "retry.cool_down".
func notSupported(prefix string, o *object) []string {
	var list []string
	walkGrammar(o, prefix, func(prefix string, o *object) {
		for _, k := range allKeys(o) {
			for _, l := range k.later {
				if l == "*" {
					list = append(list, prefix+k.name)
				} else {
					list = append(list, prefix+k.name+": "+l)
				}
			}
		}
		for _, v := range o.variants {
			if v.later {
				list = append(list, prefix+o.by+": "+v.name)
			}
		}
	})
	return unique(list)
}

// walkGrammar visits the object and those in it. Prefix is how messages name
// its keys.
func walkGrammar(o *object, prefix string, visit func(prefix string, o *object)) {
	visit(prefix, o)
	for _, k := range allKeys(o) {
		if k.of != nil {
			walkGrammar(k.of, shortPlace(k.name, ""), visit)
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
func table(o *object) string {
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
		wants, absent := k.kind.wants, "–"
		if k.enum != nil {
			wants = "`" + strings.Join(k.enum, "`, `") + "`"
		}
		switch {
		case k.need:
			absent = "**needed**"
		case k.def != "":
			absent = k.def
		}
		fmt.Fprintf(b, "| `%s` | %s | %s | %s |\n", k.name, strings.ReplaceAll(wants, "|", `\|`), absent, strings.ReplaceAll(k.doc, "| safe", `\| safe`))
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
