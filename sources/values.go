package sources

import "github.com/tap-rest/tap-rest/sources/secret"

// inPlace are the keys whose schemas apply to the same value.
var inPlace = []string{"allOf", "anyOf", "oneOf", "not", "if", "then", "else"}

// maxApplied is how many schemas may apply to one value.
const maxApplied = 1000

// withRefs returns the schemas and those that apply to the same value with
// them.
func (s *Settings) withRefs(schemas []*node) []*node {
	list := append([]*node(nil), schemas...)
	for i := 0; i < len(list) && len(list) < maxApplied; i++ {
		n := list[i]
		if ref := n.get("$ref"); ref != nil && ref.shape == isText {
			if target := resolvePointer(s.root, ref.text); target != nil {
				list = append(list, target)
			}
		}
		for _, name := range inPlace {
			if part := n.get(name); part != nil && part.shape == isMap {
				list = append(list, part)
			} else if part != nil {
				list = append(list, part.items...)
			}
		}
	}
	return list
}

// isSecret reports whether the schema itself says so: secret, airbyte_secret,
// writeOnly, or the format password.
func isSecret(schema *node) bool {
	for _, mark := range []string{"secret", "airbyte_secret", "writeOnly"} {
		if v := schema.get(mark); v != nil && v.shape == isBool && v.text == "true" {
			return true
		}
	}
	format := schema.get("format")
	return format != nil && format.text == "password"
}

// split collects the text of every secret value into found, in the order of
// their keys, and returns the value without them; nil where nothing is left.
func (s *Settings) split(v *node, schemas []*node, found *secret.List) *node {
	schemas = s.withRefs(schemas)
	for _, schema := range schemas {
		if isSecret(schema) {
			collect(v, found)
			return nil
		}
	}
	public := *v
	public.fields, public.items = nil, nil
	for _, m := range v.sorted() {
		if m.value = s.split(m.value, childSchemas(schemas, m.name), found); m.value != nil {
			public.fields = append(public.fields, m)
		}
	}
	for i, item := range v.items {
		if rest := s.split(item, itemSchemas(schemas, i), found); rest != nil {
			public.items = append(public.items, rest)
		}
	}
	return &public
}

// childSchemas returns the schemas of a key of a map.
func childSchemas(schemas []*node, name string) []*node {
	var list []*node
	for _, schema := range schemas {
		if p := schema.get("properties").get(name); p != nil {
			list = append(list, p)
			continue
		}
		if extra := schema.get("additionalProperties"); extra != nil {
			list = append(list, extra)
		}
		if patterns := schema.get("patternProperties"); patterns != nil {
			for _, m := range patterns.fields {
				list = append(list, m.value) // rather one secret too many
			}
		}
	}
	return list
}

// itemSchemas returns the schemas of an element of a list.
func itemSchemas(schemas []*node, i int) []*node {
	var list []*node
	for _, schema := range schemas {
		items := schema.get("items")
		switch {
		case items == nil:
		case items.shape != isList:
			list = append(list, items)
		case i < len(items.items):
			list = append(list, items.items[i])
		}
		if extra := schema.get("additionalItems"); extra != nil {
			list = append(list, extra)
		}
	}
	return list
}

// collect adds every scalar below the value.
func collect(v *node, found *secret.List) {
	if v.scalar() && v.text != "" {
		*found = append(*found, secret.New(v.text))
	}
	for _, item := range v.items {
		collect(item, found)
	}
	for _, m := range v.sorted() {
		collect(m.value, found)
	}
}

// fill returns the map that a user gave with the defaults of its schemas.
func (s *Settings) fill(v *node, schemas []*node) *node {
	filled := *v
	filled.fields = append([]member(nil), v.fields...)
	given := len(filled.fields)
	schemas = s.withRefs(schemas)
	for i, m := range filled.fields[:given] {
		if m.value.shape == isMap {
			filled.fields[i].value = s.fill(m.value, childSchemas(schemas, m.name))
		}
	}
	for _, schema := range schemas {
		fillAbsent(&filled, schema)
	}
	return &filled
}

// fillAbsent adds to v the properties that have a default, or consist of such.
// It follows no reference: that could go on for ever.
func fillAbsent(v, schema *node) {
	properties := schema.get("properties")
	if properties == nil {
		return
	}
	present := make(map[string]bool, len(v.fields))
	for _, m := range v.fields {
		present[m.name] = true
	}
	for _, p := range properties.fields {
		if present[p.name] {
			continue
		}
		if value := absentValue(p.value); value != nil {
			v.fields = append(v.fields, member{name: p.name, value: value})
		}
	}
}

// absentValue returns what a property is where nobody gives it; nil for
// nothing. An absent object comes into being for its defaults where they are
// all that it needs.
func absentValue(schema *node) *node {
	if given := schema.get("default"); given != nil && given.shape != isMap {
		return given
	}
	made := &node{shape: isMap}
	given := schema.get("default")
	if given != nil {
		made.fields = append(made.fields, given.fields...)
	}
	fillAbsent(made, schema)
	if given == nil && (len(made.fields) == 0 || !satisfied(made, schema)) {
		return nil
	}
	return made
}

func satisfied(v, schema *node) bool {
	if required := schema.get("required"); required != nil {
		for _, name := range required.items {
			if !v.has(name.text) {
				return false
			}
		}
	}
	return true
}

// userInfos are the passwords of all URLs among the settings.
func userInfos(settings *node) (all secret.List) {
	if settings.shape == isText {
		return secret.UserInfo(settings.text)
	}
	for _, item := range settings.items {
		all = append(all, userInfos(item)...)
	}
	for _, m := range settings.fields {
		all = append(all, userInfos(m.value)...)
	}
	return all
}
