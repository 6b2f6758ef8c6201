package sources

import (
	"encoding/json"

	"github.com/tap-rest/tap-rest/sources/secret"
)

// Shown returns the JSON Schema of the settings for people to see: without the
// defaults of those that are secret.
func (s *Settings) Shown() json.RawMessage { return s.shown(s.root, false).appendJSON(nil, false) }

// shown returns a schema without the secrets in its defaults. Secret says that
// all that it is for is one.
func (s *Settings) shown(schema *node, secret bool) *node {
	if schema.shape != isMap {
		return schema
	}
	for _, applied := range s.withRefs([]*node{schema}) {
		secret = secret || isSecret(applied)
	}
	c := *schema
	c.fields = nil
	for _, m := range schema.fields {
		switch {
		case m.name == "default" || m.name == "const":
			if m.value = s.public(m.value, schema, secret); m.value == nil {
				continue
			}
		case m.name == "properties" || m.name == "definitions" || m.name == "patternProperties":
			m.value = s.shownFields(m.value, secret && m.name != "definitions")
		case holdsSchemas(m.name) && m.value.shape == isList:
			list := *m.value
			list.items = nil
			for _, item := range m.value.items {
				list.items = append(list.items, s.shown(item, secret))
			}
			m.value = &list
		case holdsSchemas(m.name):
			m.value = s.shown(m.value, secret)
		}
		c.fields = append(c.fields, m)
	}
	return &c
}

func (s *Settings) shownFields(fields *node, secret bool) *node {
	c := *fields
	c.fields = nil
	for _, m := range fields.fields {
		m.value = s.shown(m.value, secret)
		c.fields = append(c.fields, m)
	}
	return &c
}

// public returns what of a value is no secret by its schema; nil: nothing.
func (s *Settings) public(value, schema *node, isSecret bool) *node {
	if isSecret {
		return nil
	}
	var found secret.List
	return s.split(value, []*node{schema}, &found)
}
