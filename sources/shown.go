package sources

import (
	"encoding/json"

	"github.com/tap-rest/tap-rest/sources/document"
	"github.com/tap-rest/tap-rest/sources/secret"
)

// Shown returns the JSON Schema of the settings for people to see: without the
// defaults of those that are secret.
func (s *Settings) Shown() json.RawMessage { return s.shown(s.root, false).AppendJSON(nil, false) }

// shown returns a schema without the secrets in its defaults. Secret says that
// all that it is for is one.
func (s *Settings) shown(schema *document.Node, secret bool) *document.Node {
	if schema.Shape != document.Map {
		return schema
	}
	for _, applied := range s.withRefs([]*document.Node{schema}) {
		secret = secret || isSecret(applied)
	}
	c := *schema
	c.Fields = nil
	for _, m := range schema.Fields {
		switch {
		case m.Name == "default" || m.Name == "const":
			if m.Value = s.public(m.Value, schema, secret); m.Value == nil {
				continue
			}
		case m.Name == "properties" || m.Name == "definitions" || m.Name == "patternProperties":
			m.Value = s.shownFields(m.Value, secret && m.Name != "definitions")
		case holdsSchemas(m.Name) && m.Value.Shape == document.List:
			list := *m.Value
			list.Items = nil
			for _, item := range m.Value.Items {
				list.Items = append(list.Items, s.shown(item, secret))
			}
			m.Value = &list
		case holdsSchemas(m.Name):
			m.Value = s.shown(m.Value, secret)
		}
		c.Fields = append(c.Fields, m)
	}
	return &c
}

func (s *Settings) shownFields(fields *document.Node, secret bool) *document.Node {
	c := *fields
	c.Fields = nil
	for _, m := range fields.Fields {
		m.Value = s.shown(m.Value, secret)
		c.Fields = append(c.Fields, m)
	}
	return &c
}

// public returns what of a value is no secret by its schema; nil: nothing.
func (s *Settings) public(value, schema *document.Node, isSecret bool) *document.Node {
	if isSecret {
		return nil
	}
	var found secret.List
	return s.split(value, []*document.Node{schema}, &found)
}
