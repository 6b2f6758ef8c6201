package outline

import (
	"slices"
	"strings"

	"github.com/tap-rest/tap-rest/sources/pattern"

	"github.com/tap-rest/tap-rest/sources/document"
	"github.com/tap-rest/tap-rest/sources/draft"
)

// Type is what a document says of a value. It may contain itself.
type Type struct {
	Kinds  []string // of JSON Schema, without null, in the order of the document; none: anything
	Format string   // date-time or date, of text
	Fields []Field  // of an object, in the order of the document
	Values *Type    // of an object whose keys are data
	Items  *Type    // of a list
}

// Field is a member of an object.
type Field struct {
	Name     string
	Type     *Type
	Required bool // it is always there
}

// Anything is the type of which nothing is known.
var anything = &Type{}

// Is reports whether values are of this kind and no other.
func (t *Type) Is(kind string) bool {
	return t != nil && len(t.Kinds) == 1 && t.Kinds[0] == kind
}

// IsScalar reports whether values are text, numbers or booleans.
func (t *Type) IsScalar() bool {
	return t != nil && len(t.Kinds) > 0 && !slices.ContainsFunc(t.Kinds, func(k string) bool { return k == "object" || k == "array" })
}

// Field returns the field of an object; nil where it has none of that name.
func (t *Type) Field(name string) *Field {
	if t == nil {
		return nil
	}
	for i := range t.Fields {
		if t.Fields[i].Name == name {
			return &t.Fields[i]
		}
	}
	return nil
}

// listOf returns what the elements of a list are; nil where values are no list.
func (t *Type) listOf() *Type {
	if !t.Is("array") {
		return nil
	}
	if t.Items == nil {
		return anything
	}
	return t.Items
}

// ofObjects reports whether the elements of a list may be records.
func (t *Type) ofObjects() bool {
	item := t.listOf()
	return item != nil && (item.Is("object") || len(item.Kinds) == 0)
}

// schema writes a type as a JSON Schema in which everything may be null. Maps
// and lists deeper than depth, and those that a type contains itself, say no
// more than that they are maps and lists; cut is set then.
type schema struct {
	depth  int
	room   int // so many values may be written
	within []*Type
	again  bool // a type contains itself
}

// schemaValues are what schemas of a definition have at most: of the values
// that it may have, those that streams need are left.
const schemaValues = 9_000

// record writes the schema of a stream's records.
func (s *schema) record(stream *Stream) *draft.Map {
	m := s.of(stream.Record, s.depth, false)
	properties := m.At("properties")
	for _, f := range stream.Added {
		properties.Set(f.Name, s.of(f.Type, 1, true), "")
	}
	return m
}

func (s *schema) of(t *Type, depth int, nullable bool) *draft.Map {
	m := new(draft.Map)
	if s.room--; t == nil || len(t.Kinds) == 0 || s.room < 0 {
		return m
	}
	kinds := make([]any, 0, len(t.Kinds)+1)
	for _, kind := range t.Kinds {
		kinds = append(kinds, kind)
	}
	if nullable {
		kinds = append(kinds, "null")
	}
	if len(kinds) == 1 {
		m.Set("type", kinds[0], "")
	} else {
		m.Set("type", kinds, "")
	}
	if t.Format != "" && slices.Contains(t.Kinds, "string") {
		m.Set("format", t.Format, "")
	}
	nested := len(t.Fields) > 0 || t.Values != nil || t.Items != nil && len(t.Items.Kinds) > 0
	switch {
	case !nested:
		return m
	case slices.Contains(s.within, t):
		s.again = true
		return m
	case depth <= 0:
		return m
	}
	s.within = append(s.within, t)
	defer func() { s.within = s.within[:len(s.within)-1] }()
	s.nested(m, t, depth)
	return m
}

func (s *schema) nested(m *draft.Map, t *Type, depth int) {
	if len(t.Fields) > 0 {
		properties := new(draft.Map)
		for _, f := range t.Fields {
			properties.Set(f.Name, s.of(f.Type, depth-1, true), "")
		}
		m.Set("properties", properties, "")
	}
	if t.Values != nil && len(t.Values.Kinds) > 0 {
		m.Set("additionalProperties", s.of(t.Values, depth-1, true), "")
	}
	if t.Items != nil && len(t.Items.Kinds) > 0 {
		m.Set("items", s.of(t.Items, depth, true), "")
	}
}

var (
	looksLikeTime = pattern.New(`^\d{4}-\d\d-\d\d[T ]\d\d:\d\d`)
	looksLikeDate = pattern.New(`^\d{4}-\d\d-\d\d$`)
)

// TypeOf is the type of an example.
func TypeOf(n *document.Node) *Type {
	if n == nil {
		return anything
	}
	switch n.Shape {
	case document.Text:
		t := &Type{Kinds: []string{"string"}}
		if looksLikeTime().MatchString(n.Text) {
			t.Format = "date-time"
		} else if looksLikeDate().MatchString(n.Text) {
			t.Format = "date"
		}
		return t
	case document.Number:
		if strings.ContainsAny(n.Text, ".eE") {
			return &Type{Kinds: []string{"number"}}
		}
		return &Type{Kinds: []string{"integer"}}
	case document.Bool:
		return &Type{Kinds: []string{"boolean"}}
	case document.List:
		t := &Type{Kinds: []string{"array"}}
		if len(n.Items) > 0 {
			t.Items = TypeOf(n.Items[0])
		}
		return t
	case document.Map:
		t := &Type{Kinds: []string{"object"}}
		for _, m := range n.Fields {
			t.Fields = append(t.Fields, Field{Name: m.Name, Type: TypeOf(m.Value)})
		}
		return t
	}
	return anything
}
