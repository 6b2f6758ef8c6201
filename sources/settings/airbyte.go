package settings

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tap-rest/tap-rest/sources/document"
)

// Specification is what Airbyte makes its form of: the JSON Schema of the settings,
// with Airbyte's words for what is secret, this title where the schema has none, and an
// order and a title for each setting that has none. All else stays as the definition has
// it: defaults, but for those of secrets, examples, groups.
func (s *Settings) Specification(title string) json.RawMessage {
	root := formed(s.shown(s.root, false))
	root = withDefault(root, "title", textNode(title))
	return specification(root)
}

// GenericSpecification is that of a program that has no definition yet: it asks
// for one. The settings stand beside it.
func GenericSpecification() json.RawMessage {
	return specification(schemaOf(`{"title": "Any HTTP API", "required": ["source"], "properties": {"source": {
		"type": "string", "title": "Definition",
		"description": "The name of a built-in definition, or a whole definition as YAML. Its settings stand beside it in the config.",
		"multiline": true, "order": 0}}}`))
}

func textNode(text string) *document.Node { return &document.Node{Shape: document.Text, Text: text} }
func trueNode() *document.Node            { return &document.Node{Shape: document.Bool, Text: "true"} }

// specification completes the schema of a config. Other keys may stand in it:
// `run`, and what orchestrators add.
func specification(root *document.Node) json.RawMessage {
	root = withDefault(root, "$schema", textNode("http://json-schema.org/draft-07/schema#"))
	root = withDefault(root, "type", textNode("object"))
	root = withDefault(root, "additionalProperties", trueNode())
	return root.AppendJSON(nil, false)
}

// withDefault returns a map with a key, its own where it has one.
func withDefault(n *document.Node, name string, value *document.Node) *document.Node {
	if n.Has(name) {
		return n
	}
	c := *n
	c.Fields = append(c.Fields[:len(c.Fields):len(c.Fields)], document.Member{Name: name, Value: value})
	return &c
}

// formed returns a schema in Airbyte's words, and the schemas in it. The fields
// of a form get an order and a title.
func formed(schema *document.Node) *document.Node {
	order := -1
	c := schema.Mapped(func(m document.Member) *document.Node {
		switch m.Name {
		case "secret":
			return nil
		case "properties":
			return m.Value.Mapped(func(field document.Member) *document.Node {
				if order++; field.Value.Shape != document.Map {
					return field.Value
				}
				titled := withDefault(formed(field.Value), "title", textNode(titleOf(field.Name)))
				return withDefault(titled, "order", &document.Node{Shape: document.Number, Text: strconv.Itoa(order)})
			})
		}
		return withSchemas(m, formed)
	})
	if isSecret(schema) {
		return withDefault(c, "airbyte_secret", trueNode())
	}
	return c
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
