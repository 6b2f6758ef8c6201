package sources

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ConnectionSpecification is what Airbyte makes its form of: the JSON Schema of
// the settings, with Airbyte's words for what is secret, and an order and a
// title for each setting that has none. All else stays as the definition has
// it: defaults, but for those of secrets, examples, groups.
func (d *Definition) ConnectionSpecification() json.RawMessage {
	root := formed(d.Settings.shown(d.Settings.root, false))
	title := d.Description
	if title == "" {
		title = d.Name
	}
	root = withDefault(root, "title", textNode(title))
	return specification(root)
}

// GenericSpecification is that of a program that has no definition yet: it asks
// for one. The settings stand beside it.
func GenericSpecification() json.RawMessage {
	source := &node{shape: isMap, fields: []member{
		{name: "type", value: textNode("string")},
		{name: "title", value: textNode("Definition")},
		{name: "description", value: textNode("The name of a built-in definition, or a whole definition as YAML. Its settings stand beside it in the config.")},
		{name: "multiline", value: trueNode()},
		{name: "order", value: &node{shape: isNumber, text: "0"}},
	}}
	return specification(&node{shape: isMap, fields: []member{
		{name: "title", value: textNode("Any HTTP API")},
		{name: "required", value: &node{shape: isList, items: []*node{textNode("source")}}},
		{name: "properties", value: &node{shape: isMap, fields: []member{{name: "source", value: source}}}},
	}})
}

func textNode(text string) *node { return &node{shape: isText, text: text} }
func trueNode() *node            { return &node{shape: isBool, text: "true"} }

// specification completes the schema of a config. Other keys may stand in it:
// `run`, and what orchestrators add.
func specification(root *node) json.RawMessage {
	root = withDefault(root, "$schema", textNode("http://json-schema.org/draft-07/schema#"))
	root = withDefault(root, "type", textNode("object"))
	root = withDefault(root, "additionalProperties", trueNode())
	return root.appendJSON(nil, false)
}

// withDefault returns a map with a key, its own where it has one.
func withDefault(n *node, name string, value *node) *node {
	if n.has(name) {
		return n
	}
	c := *n
	c.fields = append(c.fields[:len(c.fields):len(c.fields)], member{name: name, value: value})
	return &c
}

// formed returns a schema in Airbyte's words, and the schemas in it.
func formed(schema *node) *node {
	c := *schema
	c.fields = nil
	for _, m := range schema.fields {
		switch {
		case m.name == "secret":
			continue
		case m.name == "properties" || m.name == "definitions" || m.name == "patternProperties":
			m.value = formedFields(m.value, m.name == "properties")
		case m.value.shape == isList && holdsSchemas(m.name):
			list := *m.value
			list.items = nil
			for _, item := range m.value.items {
				list.items = append(list.items, formedSchema(item))
			}
			m.value = &list
		case holdsSchemas(m.name):
			m.value = formedSchema(m.value)
		}
		c.fields = append(c.fields, m)
	}
	if isSecret(schema) {
		return withDefault(&c, "airbyte_secret", trueNode())
	}
	return &c
}

// formedSchema is formed, of what may also be true or false.
func formedSchema(n *node) *node {
	if n.shape != isMap {
		return n
	}
	return formed(n)
}

// holdsSchemas reports whether a keyword's value is a schema, or a list of
// them.
func holdsSchemas(keyword string) bool {
	switch keyword {
	case "items", "additionalItems", "additionalProperties", "oneOf", "anyOf", "allOf", "if", "then", "else", "not":
		return true
	}
	return false
}

// formedFields forms the schemas of fields. Those of a form get an order and a
// title.
func formedFields(fields *node, shown bool) *node {
	c := *fields
	c.fields = nil
	for i, m := range fields.fields {
		if m.value.shape == isMap {
			m.value = formed(m.value)
			if shown {
				m.value = withDefault(m.value, "title", textNode(titleOf(m.name)))
				m.value = withDefault(m.value, "order", &node{shape: isNumber, text: strconv.Itoa(i)})
			}
		}
		c.fields = append(c.fields, m)
	}
	return &c
}

// titleOf is a setting's name as people read it: start_date is Start date.
func titleOf(name string) string {
	words := strings.Fields(strings.NewReplacer("_", " ", "-", " ").Replace(name))
	for i, w := range words {
		switch w {
		case "id", "url", "api", "uri":
			words[i] = strings.ToUpper(w)
		}
	}
	title := strings.Join(words, " ")
	if title == "" {
		return name
	}
	first, size := utf8.DecodeRuneInString(title)
	return string(unicode.ToUpper(first)) + title[size:]
}
