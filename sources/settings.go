package sources

import (
	"fmt"
	"slices"

	"github.com/tap-rest/tap-rest/catalog/schema"
	"github.com/tap-rest/tap-rest/sources/document"
)

// Settings is what a definition asks of its user.
type Settings struct {
	root     *document.Node // JSON Schema of the settings, draft 7, as the definition has it
	compiled *schema.Schema
}

// reserved are the keys of a config that are no settings.
var reserved = []string{"source", "run"}

// NoSettings are those of a definition that asks nothing.
func NoSettings() *Settings {
	s, faults := NewSettings(schemaOf(`{"type": "object", "properties": {}}`))
	if faults != nil {
		panic("sources: a schema without properties is none: " + faults[0].Msg) // cannot be
	}
	return s
}

// schemaOf reads a schema of this package.
func schemaOf(text string) *document.Node {
	n, err := document.ParseJSON([]byte(text))
	if err != nil {
		panic("sources: " + text + ": " + err.Error()) // cannot be
	}
	return n
}

// NewSettings returns the settings of a JSON Schema, or what is wrong with it.
func NewSettings(root *document.Node) (*Settings, []*SchemaFault) {
	var faults []*SchemaFault
	compiled, fault := CompileSchema(root)
	if fault != nil {
		faults = append(faults, fault)
	}
	if t := root.Get("type"); t != nil && t.Text != "object" {
		faults = append(faults, &SchemaFault{t, "settings are an object; its type is no other"})
	}
	for _, name := range reserved {
		if p := root.Get("properties").Get(name); p != nil {
			faults = append(faults, &SchemaFault{p, fmt.Sprintf("%q is a reserved key of a config: give the setting another name", name)})
		}
	}
	if faults != nil {
		return nil, faults
	}
	return &Settings{root: root, compiled: compiled}, nil
}

// Closed reports whether the settings are exactly the declared ones.
func (s *Settings) Closed() bool { return closed(s.root) }

// closed reports whether the object of a schema has declared keys alone. A schema that
// says nothing of others forbids none, but they would be known to nobody.
func closed(schema *document.Node) bool {
	for _, open := range []string{"$ref", "allOf", "anyOf", "oneOf", "if", "patternProperties"} {
		if schema.Has(open) {
			return false
		}
	}
	extra := schema.Get("additionalProperties")
	return schema.Has("properties") && (extra == nil || extra.Text == "false")
}

// Declares reports whether there is a setting of that name.
func (s *Settings) Declares(name string) bool {
	return s.root.Get("properties").Has(name)
}

// Paths returns the keys that lead to each setting, the outermost first, through
// objects whose properties are declared.
func (s *Settings) Paths() [][]string { return pathsWithin(s.root, nil) }

func pathsWithin(schema *document.Node, above []string) (all [][]string) {
	for _, m := range schema.Get("properties").Members() {
		steps := append(slices.Clone(above), m.Name)
		all = append(append(all, steps), pathsWithin(m.Value, steps)...)
	}
	return all
}

// Names returns the settings in the order of the definition.
func (s *Settings) Names() []string { return namesOf(s.root.Get("properties")) }

func namesOf(n *document.Node) (names []string) {
	for _, m := range n.Members() {
		names = append(names, m.Name)
	}
	return names
}
