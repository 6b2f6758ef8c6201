package sources

import (
	"encoding/json"
	"strconv"

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
	return s.split(value, "", []*document.Node{schema}, &found)
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

// split collects the text of every secret value into found, under its pointer
// and in the order of their keys, and returns the value without them; nil where
// nothing is left.
func (s *Settings) split(v *document.Node, pointer string, schemas []*document.Node, found *secret.List) *document.Node {
	schemas = s.withRefs(schemas)
	for _, schema := range schemas {
		if isSecret(schema) {
			collect(v, pointer, found)
			return nil
		}
	}
	public := *v
	public.Fields, public.Items = nil, nil
	for _, m := range v.Sorted() {
		if m.Value = s.split(m.Value, below(pointer, m.Name), childSchemas(schemas, m.Name), found); m.Value != nil {
			public.Fields = append(public.Fields, m)
		}
	}
	for i, item := range v.Items {
		if rest := s.split(item, below(pointer, strconv.Itoa(i)), itemSchemas(schemas, i), found); rest != nil {
			public.Items = append(public.Items, rest)
		}
	}
	return &public
}

// collect adds every scalar below the value.
func collect(v *document.Node, pointer string, found *secret.List) {
	if v.Scalar() && v.Text != "" {
		*found = append(*found, secret.New(pointer, v.Text))
	}
	for i, item := range v.Items {
		collect(item, below(pointer, strconv.Itoa(i)), found)
	}
	for _, m := range v.Sorted() {
		collect(m.Value, below(pointer, m.Name), found)
	}
}

func below(pointer, step string) string { return pointer + "/" + document.EscapePointer(step) }

// userInfos are the passwords of all URLs among the settings.
func userInfos(settings *document.Node, pointer string) (all secret.List) {
	if settings.Shape == document.Text {
		return secret.UserInfo(pointer, settings.Text)
	}
	for i, item := range settings.Items {
		all = append(all, userInfos(item, below(pointer, strconv.Itoa(i)))...)
	}
	for _, m := range settings.Fields {
		all = append(all, userInfos(m.Value, below(pointer, m.Name))...)
	}
	return all
}
