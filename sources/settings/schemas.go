package settings

import (
	"slices"

	"github.com/tap-rest/tap-rest/catalog/raw"
	"github.com/tap-rest/tap-rest/sources/document"
)

// inPlace are the keys whose schemas apply to the same value.
var inPlace = []string{"allOf", "anyOf", "oneOf", "not", "if", "then", "else"}

// maxApplied is how many schemas may apply to one value.
const maxApplied = 1000

// withRefs returns the schemas and those that apply to the same value with
// them.
func (s *Settings) withRefs(schemas []*document.Node) []*document.Node {
	list := append([]*document.Node(nil), schemas...)
	for i := 0; i < len(list) && len(list) < maxApplied; i++ {
		n := list[i]
		if ref := n.Get("$ref"); ref != nil && ref.Shape == document.Text {
			if target := resolvePointer(s.root, ref.Text); target != nil {
				list = append(list, target)
			}
		}
		for _, name := range inPlace {
			list = append(list, n.Get(name).List()...)
		}
	}
	return list
}

// childSchemas returns the schemas of a key of a map.
func childSchemas(schemas []*document.Node, name string) []*document.Node {
	var list []*document.Node
	for _, schema := range schemas {
		if p := schema.Get("properties").Get(name); p != nil {
			list = append(list, p)
			continue
		}
		if extra := schema.Get("additionalProperties"); extra != nil {
			list = append(list, extra)
		}
		for _, m := range schema.Get("patternProperties").Members() {
			list = append(list, m.Value) // rather one secret too many
		}
	}
	return list
}

// itemSchemas returns the schemas of an element of a list.
func itemSchemas(schemas []*document.Node, i int) []*document.Node {
	var list []*document.Node
	for _, schema := range schemas {
		items := schema.Get("items")
		switch {
		case items == nil:
		case items.Shape != document.List:
			list = append(list, items)
		case i < len(items.Items):
			list = append(list, items.Items[i])
		}
		if extra := schema.Get("additionalItems"); extra != nil {
			list = append(list, extra)
		}
	}
	return list
}

// withSchemas returns the value of a schema's keyword with what change makes of
// each schema in it. What may also be true or false stays then.
func withSchemas(m document.Member, change func(schema *document.Node) *document.Node) *document.Node {
	switch m.Name {
	case "properties", "definitions", "patternProperties":
		return m.Value.Mapped(func(field document.Member) *document.Node {
			return withSchemas(document.Member{Name: "not", Value: field.Value}, change)
		})
	case "items", "additionalItems", "additionalProperties", "oneOf", "anyOf", "allOf", "if", "then", "else", "not":
		switch m.Value.Shape {
		case document.Map:
			return change(m.Value)
		case document.List:
			list := *m.Value
			list.Items = slices.Clone(list.Items)
			for i, item := range list.Items {
				list.Items[i] = withSchemas(document.Member{Name: "not", Value: item}, change)
			}
			return &list
		}
	}
	return m.Value
}

// resolvePointer returns what a reference within the schema refers to; nil
// for nothing.
func resolvePointer(root *document.Node, ref string) *document.Node {
	n := root
	for _, step := range raw.Steps(ref) {
		next := n.At([]string{step})
		if next == n {
			return nil
		}
		n = next
	}
	return n
}
