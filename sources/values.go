package sources

import (
	"github.com/tap-rest/tap-rest/sources/document"
	"github.com/tap-rest/tap-rest/sources/secret"
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
			if part := n.Get(name); part != nil && part.Shape == document.Map {
				list = append(list, part)
			} else if part != nil {
				list = append(list, part.Items...)
			}
		}
	}
	return list
}

// isSecret reports whether the schema itself says so: secret, airbyte_secret,
// writeOnly, or the format password.
func isSecret(schema *document.Node) bool {
	for _, mark := range []string{"secret", "airbyte_secret", "writeOnly"} {
		if v := schema.Get(mark); v != nil && v.Shape == document.Bool && v.Text == "true" {
			return true
		}
	}
	format := schema.Get("format")
	return format != nil && format.Text == "password"
}

// split collects the text of every secret value into found, in the order of
// their keys, and returns the value without them; nil where nothing is left.
func (s *Settings) split(v *document.Node, schemas []*document.Node, found *secret.List) *document.Node {
	schemas = s.withRefs(schemas)
	for _, schema := range schemas {
		if isSecret(schema) {
			collect(v, found)
			return nil
		}
	}
	public := *v
	public.Fields, public.Items = nil, nil
	for _, m := range v.Sorted() {
		if m.Value = s.split(m.Value, childSchemas(schemas, m.Name), found); m.Value != nil {
			public.Fields = append(public.Fields, m)
		}
	}
	for i, item := range v.Items {
		if rest := s.split(item, itemSchemas(schemas, i), found); rest != nil {
			public.Items = append(public.Items, rest)
		}
	}
	return &public
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
		if patterns := schema.Get("patternProperties"); patterns != nil {
			for _, m := range patterns.Fields {
				list = append(list, m.Value) // rather one secret too many
			}
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

// collect adds every scalar below the value.
func collect(v *document.Node, found *secret.List) {
	if v.Scalar() && v.Text != "" {
		*found = append(*found, secret.New(v.Text))
	}
	for _, item := range v.Items {
		collect(item, found)
	}
	for _, m := range v.Sorted() {
		collect(m.Value, found)
	}
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
	properties := schema.Get("properties")
	if properties == nil {
		return
	}
	present := make(map[string]bool, len(v.Fields))
	for _, m := range v.Fields {
		present[m.Name] = true
	}
	for _, p := range properties.Fields {
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
	if required := schema.Get("required"); required != nil {
		for _, name := range required.Items {
			if !v.Has(name.Text) {
				return false
			}
		}
	}
	return true
}

// userInfos are the passwords of all URLs among the settings.
func userInfos(settings *document.Node) (all secret.List) {
	if settings.Shape == document.Text {
		return secret.UserInfo(settings.Text)
	}
	for _, item := range settings.Items {
		all = append(all, userInfos(item)...)
	}
	for _, m := range settings.Fields {
		all = append(all, userInfos(m.Value)...)
	}
	return all
}
