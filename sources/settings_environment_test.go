package sources_test

import (
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources/document"
	"github.com/tap-rest/tap-rest/sources/settings"
)

const nestedSettings = `{"properties": {
	"token": {"type": "string"}, "page-size": {"type": "integer"}, "auth": {"properties": {
		"key": {"type": ["string", "null"]}, "client_id": {"type": "string"}, "deep": {"properties": {"er": {"type": "boolean"}}}}},
	"auth_key": {"type": "integer"}, "free": {"type": "object"}, "ref": {"$ref": "#/definitions/r"}},
	"allOf": [{"properties": {"more": {"type": "string"}}}],
	"definitions": {"r": {"properties": {"x": {"type": "string"}}}}}`

// TestSettingNames proves which setting a variable of the environment names.
func TestSettingNames(t *testing.T) {
	root, err := document.ParseJSON([]byte(nestedSettings))
	if err != nil {
		t.Fatal(err)
	}
	s, faults := settings.New(root)
	if faults != nil {
		t.Fatal(faults[0].Msg)
	}
	for _, tt := range []struct{ path, nested, flat string }{
		{"token", "token text", "token text"},
		{"page_size", "page-size", "page-size"},
		{"auth", "auth", "auth"},
		{"auth__key", "auth.key text", ""},
		{"auth_key", "auth_key", "auth.key text, auth_key"},
		{"auth__client_id", "auth.client_id text", ""},
		{"auth_client_id", "", "auth.client_id text"},
		{"auth__deep__er", "auth.deep.er", ""},
		{"auth_deep_er", "", "auth.deep.er"},
		{"auth__nope", "", ""},
		{"free__any__thing", "free.any.thing", ""},
		{"free_any", "", ""},
		{"ref__x", "ref.x text", ""},
		{"ref_x", "", "ref.x text"},
		{"more", "more text", "more text"},
		{"nope", "", ""},
		{"", "", ""},
	} {
		t.Run(tt.path, func(t *testing.T) {
			nested, flat := describedNames(s.Named(tt.path, "__")), describedNames(s.Named(tt.path, "_"))
			if nested != tt.nested || flat != tt.flat {
				t.Errorf("with two underscores %q, with one %q; want %q and %q", nested, flat, tt.nested, tt.flat)
			}
		})
	}
}

func describedNames(names []settings.Name) string {
	var all []string
	for _, name := range names {
		text := strings.Join(name.Keys, ".")
		if name.Text {
			text += " text"
		}
		all = append(all, text)
	}
	return strings.Join(all, ", ")
}

func TestEnvName(t *testing.T) {
	for key, want := range map[string]string{"token": "TOKEN", "page-size": "PAGE_SIZE", "a.b c/d": "A_B_C_D", "größe": "GR__E", "_x1": "_X1"} {
		if got := settings.EnvName(key); got != want {
			t.Errorf("%s is %s, want %s", key, got, want)
		}
	}
}
