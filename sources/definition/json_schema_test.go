package definition_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/xeipuuv/gojsonschema"

	"github.com/tap-rest/tap-rest/sources/definition"
	"github.com/tap-rest/tap-rest/sources/document"
)

// schemaOfDefinitions compiles the JSON Schema of definitions.
func schemaOfDefinitions(t testing.TB) *gojsonschema.Schema {
	loader := gojsonschema.NewSchemaLoader()
	loader.Draft, loader.Validate = gojsonschema.Draft7, true
	s, err := loader.Compile(gojsonschema.NewBytesLoader(definition.JSONSchema()))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// refusal returns what the schema has against a definition, "" for nothing.
func refusal(t testing.TB, s *gojsonschema.Schema, root *document.Node) string {
	result, err := s.Validate(gojsonschema.NewBytesLoader(root.AppendJSON(nil, false)))
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range result.Errors() {
		all = append(all, e.String())
	}
	return strings.Join(all, "\n")
}

// TestJSONSchema proves that the schema takes every definition of this tree, and none of
// them once a key of it is misspelt.
func TestJSONSchema(t *testing.T) {
	s := schemaOfDefinitions(t)
	for name, text := range definitionsOfTree(t) {
		root := document.New(name, text).Root(text)
		if msg := refusal(t, s, root); msg != "" {
			t.Errorf("%s: %s", name, msg)
		}
		if strings.Contains(name, ".txtar:") && testing.Short() {
			continue // their keys are others' too
		}
		for _, at := range keysOfGrammar(root) {
			at.field().Name += "x"
			if refusal(t, s, root) == "" {
				t.Errorf("%s: the key %s of %q is taken", name, at.field().Name, at.n.Place())
			}
			at.field().Name = strings.TrimSuffix(at.field().Name, "x")
		}
	}
}

// TestJSONSchemaRefusesNothingThatIsTaken puts other values in the place of those that
// definitions have: what is read without a problem, the schema takes, too.
func TestJSONSchemaRefusesNothingThatIsTaken(t *testing.T) {
	s := schemaOfDefinitions(t)
	tried := 0
	for name, text := range definitionsOfTree(t) {
		if strings.Contains(name, ".txtar:") || testing.Short() && !strings.HasPrefix(name, "testdata/") {
			continue // there are many, and they are alike
		}
		root := document.New(name, text).Root(text)
		for _, n := range valuesOfGrammar(root) {
			old := *n
			for _, other := range []string{`null`, `1`, `0`, `1.5`, `true`, `"x"`, `"%Y"`, `"{{ now }}"`, `["a"]`, `{}`, `{"a":"b"}`} {
				changed, err := document.ParseJSON([]byte(other))
				if err != nil {
					t.Fatal(err)
				}
				n.Shape, n.Text, n.Items, n.Fields = changed.Shape, changed.Text, changed.Items, changed.Fields
				whole := root.AppendJSON(nil, false)
				place := n.Place()
				*n = old
				if _, err := definition.Parse(filepath.Join(filepath.Dir(name), "d.json"), whole); err != nil {
					continue
				}
				tried++
				again, _ := document.ParseJSON(whole)
				if msg := refusal(t, s, again); msg != "" {
					t.Errorf("%s: %s: %s is taken, and refused by the schema: %s", name, place, other, msg)
				}
			}
		}
	}
	if tried < 100 {
		t.Errorf("%d changed definitions are taken: that proves little", tried)
	}
}

// fencedYAML matches a block of YAML in a document.
var fencedYAML = regexp.MustCompile("(?ms)^```yaml[^\n]*\n(.*?)^```$")

// definitionsOfTree returns the texts of all definitions that come with the program, and
// of its documents and stories, by their names.
func definitionsOfTree(t testing.TB) map[string][]byte {
	all := map[string][]byte{}
	add := func(name string, text []byte) {
		if _, err := definition.Parse(name, text); err == nil {
			all[name] = text
		}
	}
	for _, pattern := range []string{
		"testdata/*.yaml", "../builtin/*.yaml", "../../tap/testdata/*/*.yaml", "../../testdata/*/*.yaml", "../../docs/*/*.yaml", "../../docs/*/*/*.yaml",
		"FORMAT.md", "../../docs/*.md", "../../README.md", "../../testdata/script/*.txtar",
	} {
		names, err := filepath.Glob(pattern)
		if err != nil || len(names) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		for _, name := range names {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			switch filepath.Ext(name) {
			case ".md":
				for i, block := range fencedYAML.FindAllSubmatch(data, -1) {
					add(fmt.Sprintf("%s:%d", name, i), block[1])
				}
			case ".txtar":
				for _, f := range txtar.Parse(data).Files {
					add(name+":"+f.Name, f.Data)
				}
			default:
				add(name, data)
			}
		}
	}
	if len(all) < 50 {
		t.Fatalf("%d definitions found, want 50 or more", len(all))
	}
	return all
}

// place is a key of a map.
type place struct {
	n *document.Node
	i int
}

func (p place) field() *document.Member { return &p.n.Fields[p.i] }

// free are the keys whose maps have names that are the definition's own.
var free = []string{"settings", "schema", "params", "headers", "variables", "json", "form", "add", "extra", "keys", "next", "values", "listing_add", "scopes"}

// keysOfGrammar returns the keys that the grammar knows.
func keysOfGrammar(n *document.Node) (all []place) {
	for _, item := range n.Items {
		all = append(all, keysOfGrammar(item)...)
	}
	for i, m := range n.Fields {
		all = append(all, place{n, i})
		if !slices.Contains(free, m.Name) {
			all = append(all, keysOfGrammar(m.Value)...)
		}
	}
	return all
}

// valuesOfGrammar returns the values of those keys.
func valuesOfGrammar(root *document.Node) (all []*document.Node) {
	for _, at := range keysOfGrammar(root) {
		all = append(all, at.field().Value)
	}
	return all
}
