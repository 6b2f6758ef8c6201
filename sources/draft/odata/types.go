package odata

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tap-rest/tap-rest/sources/draft/outline"
)

// model is what the schemas say, by qualified names.
type model struct {
	old         bool // before version 4
	aliases     map[string]string
	structured  map[string]*structured
	isEntity    map[string]bool
	enums       map[string]bool
	definitions map[string]string
	ends        map[string]string // association and role → entity type, of those that are many
	types       map[string]*outline.Type

	made int   // fields of all types
	err  error // a type of which too much would become
}

func newModel(doc *edmx) *model {
	m := &model{
		old:     !strings.HasPrefix(doc.Version, "4"),
		aliases: map[string]string{}, structured: map[string]*structured{}, isEntity: map[string]bool{}, enums: map[string]bool{},
		definitions: map[string]string{}, ends: map[string]string{}, types: map[string]*outline.Type{},
	}
	for i := range doc.Services.Schemas {
		s := &doc.Services.Schemas[i]
		if s.Alias != "" {
			m.aliases[s.Alias] = s.Namespace
		}
		for j := range s.Entities {
			name := s.Namespace + "." + s.Entities[j].Name
			m.structured[name], m.isEntity[name] = &s.Entities[j], true
		}
		for j := range s.Complex {
			m.structured[s.Namespace+"."+s.Complex[j].Name] = &s.Complex[j]
		}
		for _, e := range s.Enums {
			m.enums[s.Namespace+"."+e.Name] = true
		}
		for _, d := range s.Definitions {
			m.definitions[s.Namespace+"."+d.Name] = d.Underlying
		}
	}
	for _, s := range doc.Services.Schemas {
		for _, a := range s.Associations {
			for _, end := range a.Ends {
				if end.Multiplicity == "*" {
					m.ends[s.Namespace+"."+a.Name+" "+end.Role] = m.full(end.Type)
				}
			}
		}
	}
	return m
}

// full is the name of a type with its namespace in place of an alias.
func (m *model) full(name string) string {
	if at := strings.LastIndexByte(name, '.'); at > 0 {
		if namespace, isAlias := m.aliases[name[:at]]; isAlias {
			return namespace + name[at:]
		}
	}
	return name
}

// lineage is a type and what it is based on, the root first. A type that is
// based on itself ends it.
func (m *model) lineage(name string) (list []*structured) {
	of := name
	for name != "" {
		s := m.structured[m.full(name)]
		if s == nil || slices.Contains(list, s) {
			break
		}
		if len(list) == mostBases {
			m.fail(of, fmt.Sprintf("it is based on more than %d types, one upon the other", mostBases))
			break
		}
		list = append(list, s)
		name = s.Base
	}
	slices.Reverse(list)
	return list
}

// fail takes note of the first type of which too much would become.
func (m *model) fail(name, what string) {
	if m.err == nil {
		m.err = fmt.Errorf("type %s: %w", outline.Line(name), tooMuch(what))
	}
}

// keys are the properties that tell entities of a type apart.
func (m *model) keys(name string) []named {
	for _, s := range m.lineage(name) {
		if len(s.Key) > 0 {
			return s.Key
		}
	}
	return nil
}

// edm is how JSON has the primitive types.
var edm = map[string]outline.Type{
	"Edm.Boolean": {Kinds: []string{"boolean"}},
	"Edm.Byte":    {Kinds: []string{"integer"}}, "Edm.SByte": {Kinds: []string{"integer"}},
	"Edm.Int16": {Kinds: []string{"integer"}}, "Edm.Int32": {Kinds: []string{"integer"}}, "Edm.Int64": {Kinds: []string{"integer"}},
	"Edm.Decimal": {Kinds: []string{"number"}},
	"Edm.Single":  {Kinds: []string{"number", "string"}}, "Edm.Double": {Kinds: []string{"number", "string"}}, // "INF", "NaN"
	"Edm.String": {Kinds: []string{"string"}}, "Edm.Guid": {Kinds: []string{"string"}}, "Edm.Binary": {Kinds: []string{"string"}},
	"Edm.Date": {Kinds: []string{"string"}, Format: "date"}, "Edm.DateTimeOffset": {Kinds: []string{"string"}, Format: "date-time"},
	"Edm.TimeOfDay": {Kinds: []string{"string"}}, "Edm.Duration": {Kinds: []string{"string"}},
}

// oldEDM are those that JSON has otherwise before version 4: what may have
// more digits than a double is text, and times are /Date(1700000000000)/.
var oldEDM = map[string]outline.Type{
	"Edm.Int64": {Kinds: []string{"string", "integer"}}, "Edm.Decimal": {Kinds: []string{"string", "number"}},
	"Edm.DateTime": {Kinds: []string{"string"}}, "Edm.DateTimeOffset": {Kinds: []string{"string"}}, "Edm.Time": {Kinds: []string{"string"}},
}

// typeOf is how JSON has a type; nil where it is not in the answer.
func (m *model) typeOf(name string) *outline.Type {
	if inner, is := strings.CutPrefix(name, "Collection("); is {
		return &outline.Type{Kinds: []string{"array"}, Items: m.typeOf(strings.TrimSuffix(inner, ")"))}
	}
	name = m.full(name)
	if t := m.types[name]; t != nil {
		return t
	}
	t := new(outline.Type)
	m.types[name] = t
	switch known, isPrimitive := edm[name]; {
	case name == "Edm.Stream":
		delete(m.types, name)
		return nil
	case m.old && oldEDM[name].Kinds != nil:
		*t = oldEDM[name]
	case isPrimitive:
		*t = known
	case strings.HasPrefix(name, "Edm.Geography"), strings.HasPrefix(name, "Edm.Geometry"):
		t.Kinds = []string{"object"}
	case m.enums[name]:
		t.Kinds = []string{"string"}
	case m.definitions[name] != "":
		if inner := m.typeOf(m.definitions[name]); inner != nil {
			*t = *inner
		}
	case m.structured[name] != nil:
		m.fields(t, name)
	}
	return t
}

func (m *model) fields(t *outline.Type, name string) {
	t.Kinds = []string{"object"}
	seen := map[string]bool{}
	for _, s := range m.lineage(name) {
		for _, p := range s.Properties {
			if p.Name == "" || seen[p.Name] {
				continue
			}
			seen[p.Name] = true
			m.made++
			switch {
			case len(t.Fields) >= mostOfType:
				m.fail(name, fmt.Sprintf("it has more than %d properties, with those of its bases", mostOfType))
			case m.made > mostOfAll:
				m.fail(name, fmt.Sprintf("with it, the types have more than %d properties, with those of their bases", mostOfAll))
			}
			if m.err != nil {
				return
			}
			if typ := m.typeOf(p.Type); typ != nil {
				t.Fields = append(t.Fields, outline.Field{Name: p.Name, Type: typ, Required: p.Nullable == "false"})
			}
		}
	}
}

// many is the type of the entities that a navigation leads to; "" where these
// are not several.
func (m *model) many(n *navigation) string {
	if inner, is := strings.CutPrefix(n.Type, "Collection("); is {
		return m.full(strings.TrimSuffix(inner, ")"))
	}
	return m.ends[m.full(n.Relationship)+" "+n.To]
}
