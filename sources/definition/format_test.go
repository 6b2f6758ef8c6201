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
		t.Error("FORMAT.md is not what the grammar says: go test ./sources/definition -run TestFormat -update")
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

// laterList writes what cannot run yet, each with a link to its row.
func laterList() string {
	var b strings.Builder
	for _, l := range notSupported() {
		heading := l.in.name
		if has(clientKeys, l.key) {
			heading = clientObject.name
		}
		fmt.Fprintf(&b, "- [`%s`](#%s)\n", l.text, strings.ReplaceAll(strings.ToLower(heading), " ", "-"))
	}
	return b.String()
}

// TestReadmeNamesWhatIsMissing holds the README's list of what cannot run yet
// to the grammar, both ways.
func TestReadmeNamesWhatIsMissing(t *testing.T) {
	data, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	const title = "## What it cannot do yet\n"
	_, section, found := strings.Cut(string(data), title)
	if !found {
		t.Fatalf("README.md has no section %q", title)
	}
	section, _, _ = strings.Cut(section, "\n## ")
	var said, missing []string
	for _, code := range regexp.MustCompile("`[^`]+`").FindAllString(section, -1) {
		said = append(said, strings.Trim(code, "`"))
	}
	for _, l := range notSupported() {
		missing = append(missing, l.text)
		if !slices.Contains(said, l.text) {
			t.Errorf("README.md, what it cannot do yet, does not name `%s`", l.text)
		}
	}
	for _, key := range said {
		if !slices.Contains(missing, key) {
			t.Errorf("README.md says that `%s` cannot run yet: it can, or there is no such key", key)
		}
	}
}

// unsupported is a key, or a value of one, that cannot run yet.
type unsupported struct {
	text string  // as messages name it: "auth.type: oauth2", "partition_by"
	key  string  // auth.type's is type
	in   *object // the map that holds the key
}

// notSupported returns what cannot run yet, of definitions and of run.
func notSupported() []unsupported {
	var list []unsupported
	visit := func(prefix string, o *object) {
		found := func(key, value string) {
			text := strings.TrimSuffix(prefix+key+": "+value, ": *")
			if o != defaultsObject && !slices.ContainsFunc(list, func(l unsupported) bool { return l.text == text }) {
				list = append(list, unsupported{text, key, o})
			}
		}
		for _, k := range allKeys(o) {
			for _, l := range k.later {
				found(k.name, l)
			}
		}
		for _, v := range o.variants {
			if v.later {
				found(o.by, v.name)
			}
		}
	}
	walkGrammar(definitionObject, "", visit)
	walkGrammar(runObject, "run.", visit)
	return list
}

// running returns the kinds of maps that something which runs may hold: the
// others wait for the keys that hold them.
func running() map[*object]bool {
	found := map[*object]bool{}
	var visit func(o *object)
	visit = func(o *object) {
		found[o] = true
		for _, k := range runningKeys(o) {
			if k.of != nil && !found[k.of] {
				visit(k.of)
			}
		}
	}
	visit(definitionObject)
	visit(runObject)
	return found
}

// runningKeys returns the keys of the object that can be used.
func runningKeys(o *object) []key {
	all := slices.Clone(o.keys)
	for _, v := range o.variants {
		if !v.later {
			all = append(all, v.keys...)
		}
	}
	return slices.DeleteFunc(all, func(k key) bool { return k.isLater("*") })
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
	later := !running()[o]
	if len(keys) > 0 {
		rows(&b, keys, later)
	}
	for _, v := range o.variants {
		fmt.Fprintf(&b, "\n**`%s: %s`** %s%s\n\n", o.by, v.name, notYet(later || v.later), v.doc)
		if len(v.keys) > 0 {
			rows(&b, v.keys, later || v.later)
		}
	}
	return b.String()
}

// notYet stands before what a key or a variant does where it cannot run.
func notYet(later bool) string {
	if later {
		return "*Not yet.* "
	}
	return ""
}

// laterValues stands behind what a key does where some values cannot run.
func laterValues(k key) string {
	if len(k.later) == 0 || k.isLater("*") {
		return ""
	}
	return " *Not yet:* `" + strings.Join(k.later, "`, `") + "`."
}

func rows(b *strings.Builder, keys []key, later bool) {
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
		doc := notYet(later || k.isLater("*")) + strings.ReplaceAll(k.doc, "| safe", `\| safe`) + laterValues(k)
		fmt.Fprintf(b, "| `%s` | %s | %s | %s |\n", k.name, strings.ReplaceAll(wants, "|", `\|`), absent, doc)
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
