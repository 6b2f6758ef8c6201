package settings

import (
	"encoding/json"
	"strconv"

	"github.com/tap-rest/tap-rest/catalog/raw"
	"github.com/tap-rest/tap-rest/sources/document"
	"github.com/tap-rest/tap-rest/sources/secret"
)

// Shown returns the JSON Schema of the settings for people to see: without the
// defaults of those that are secret.
func (s *Settings) Shown() json.RawMessage { return s.shown(s.root, false).AppendJSON(nil, false) }

// shown returns a schema without the secrets in its defaults. Within says that
// all that it is for is one.
func (s *Settings) shown(schema *document.Node, within bool) *document.Node {
	for _, applied := range s.withRefs([]*document.Node{schema}) {
		within = within || isSecret(applied)
	}
	return schema.Mapped(func(m document.Member) *document.Node {
		switch {
		case m.Name != "default" && m.Name != "const":
			return withSchemas(m, func(n *document.Node) *document.Node { return s.shown(n, within && m.Name != "definitions") })
		case within:
			return nil
		}
		return s.split(m.Value, "", []*document.Node{schema}, new(secret.List))
	})
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

// Split returns the settings without those that are secret, nil where nothing is left, and
// the text of every secret value, under its pointer and in the order of their keys.
func (s *Settings) Split(given *document.Node) (public *document.Node, secrets secret.List) {
	public = s.split(given, "", []*document.Node{s.root}, &secrets)
	return public, secrets
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

func below(pointer, step string) string { return pointer + raw.Step(step) }

// UserInfos are the passwords of all URLs among the settings.
func UserInfos(given *document.Node) secret.List { return userInfos(given, "") }

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
