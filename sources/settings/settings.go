package settings

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

// None are those of a definition that asks nothing.
func None() *Settings {
	s, faults := New(schemaOf(`{"type": "object", "properties": {}}`))
	if faults != nil {
		panic("settings: a schema without properties is none: " + faults[0].Msg) // cannot be
	}
	return s
}

// schemaOf reads a schema of this package.
func schemaOf(text string) *document.Node {
	n, err := document.ParseJSON([]byte(text))
	if err != nil {
		panic("settings: " + text + ": " + err.Error()) // cannot be
	}
	return n
}

// New returns the settings of a JSON Schema, or what is wrong with it.
func New(root *document.Node) (*Settings, []*SchemaFault) {
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

// Closed reports whether the settings are exactly the declared ones. A
// schema that says nothing of others forbids none, but they would be known to nobody.
func (s *Settings) Closed() bool {
	for _, open := range []string{"$ref", "allOf", "anyOf", "oneOf", "if", "patternProperties"} {
		if s.root.Has(open) {
			return false
		}
	}
	extra := s.root.Get("additionalProperties")
	return s.root.Has("properties") && (extra == nil || extra.Text == "false")
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

// Within returns the keys of a setting that is an object, as settings.
func (s *Settings) Within(name string) *Settings {
	return &Settings{root: s.root.Get("properties").Get(name)}
}

// Names returns the settings in the order of the definition.
func (s *Settings) Names() (names []string) {
	for _, m := range s.root.Get("properties").Members() {
		names = append(names, m.Name)
	}
	return names
}
