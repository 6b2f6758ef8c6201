package sources

import (
	"fmt"

	"github.com/tap-rest/tap-rest/catalog/schema"
)

// Settings is what a definition asks of its user.
type Settings struct {
	root     *node // JSON Schema of the settings, draft 7, as the definition has it
	compiled *schema.Schema
}

// reserved are the keys of a config that are no settings.
var reserved = []string{"source", "run"}

// noSettings are those of a definition that asks nothing.
func noSettings() *Settings {
	root := &node{shape: isMap, fields: []member{
		{name: "type", value: &node{shape: isText, text: "object"}}, {name: "properties", value: &node{shape: isMap}},
	}}
	s, faults := NewSettings(root)
	if faults != nil {
		panic("sources: a schema without properties is none: " + faults[0].msg) // cannot be
	}
	return s
}

// NewSettings returns the settings of a JSON Schema, or what is wrong with it.
func NewSettings(root *node) (*Settings, []*SchemaFault) {
	var faults []*SchemaFault
	compiled, fault := compileSchema(root)
	if fault != nil {
		faults = append(faults, fault)
	}
	if t := root.get("type"); t != nil && t.text != "object" {
		faults = append(faults, &SchemaFault{t, "settings are an object; its type is no other"})
	}
	for _, name := range reserved {
		if p := root.get("properties").get(name); p != nil {
			faults = append(faults, &SchemaFault{p, fmt.Sprintf("%q is a reserved key of a config: give the setting another name", name)})
		}
	}
	if faults != nil {
		return nil, faults
	}
	return &Settings{root: root, compiled: compiled}, nil
}

// closed reports whether the settings are exactly the declared ones.
func (s *Settings) closed() bool {
	for _, open := range []string{"$ref", "allOf", "anyOf", "oneOf", "if", "patternProperties"} {
		if s.root.has(open) {
			return false
		}
	}
	extra := s.root.get("additionalProperties")
	return s.root.has("properties") && (extra == nil || extra.text == "false")
}

// declares reports whether there is a setting of that name.
func (s *Settings) declares(name string) bool {
	return s.root.get("properties").has(name)
}

// names returns the settings in the order of the definition.
func (s *Settings) names() []string {
	var names []string
	for _, m := range s.fields() {
		names = append(names, m.name)
	}
	return names
}

func (s *Settings) fields() []member {
	if p := s.root.get("properties"); p != nil {
		return p.fields
	}
	return nil
}
