package settings

import (
	"slices"

	"github.com/tap-rest/tap-rest/sources/document"
)

// Filled returns what a user gave with the defaults of the settings.
func (s *Settings) Filled(given *document.Node) *document.Node {
	return s.fill(given, []*document.Node{s.root})
}

// fill returns the map that a user gave with the defaults of its schemas.
func (s *Settings) fill(v *document.Node, schemas []*document.Node) *document.Node {
	filled := *v
	filled.Fields = append([]document.Member(nil), v.Fields...)
	given := len(filled.Fields)
	schemas = s.withRefs(schemas)
	for i, m := range filled.Fields[:given] {
		if m.Value.Shape == document.Map {
			filled.Fields[i].Value = s.fill(m.Value, childSchemas(schemas, m.Name))
		}
	}
	for _, schema := range schemas {
		fillAbsent(&filled, schema)
	}
	return &filled
}

// fillAbsent adds to v the properties that have a default, or consist of such.
// It follows no reference: that could go on for ever.
func fillAbsent(v, schema *document.Node) {
	present := make(map[string]bool, len(v.Fields))
	for _, m := range v.Fields {
		present[m.Name] = true
	}
	for _, p := range schema.Get("properties").Members() {
		if present[p.Name] {
			continue
		}
		if value := absentValue(p.Value); value != nil {
			v.Fields = append(v.Fields, document.Member{Name: p.Name, Value: value})
		}
	}
}

// absentValue returns what a property is where nobody gives it; nil for
// nothing. An absent object comes into being for its defaults where they are
// all that it needs.
func absentValue(schema *document.Node) *document.Node {
	if given := schema.Get("default"); given != nil && given.Shape != document.Map {
		return given
	}
	made := &document.Node{Shape: document.Map}
	given := schema.Get("default")
	if given != nil {
		made.Fields = append(made.Fields, given.Fields...)
	}
	fillAbsent(made, schema)
	if given == nil && (len(made.Fields) == 0 || !satisfied(made, schema)) {
		return nil
	}
	return made
}

func satisfied(v, schema *document.Node) bool {
	return !slices.ContainsFunc(schema.Get("required").List(), func(name *document.Node) bool { return !v.Has(name.Text) })
}
