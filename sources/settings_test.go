package sources_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/settings"
)

// settingsOf are the settings of a JSON Schema.
func settingsOf(t *testing.T, schema string) *settings.Settings {
	t.Helper()
	s, faults := settings.New(object(t, schema))
	if faults != nil {
		t.Fatalf("%s: %s", schema, faults[0].Msg)
	}
	return s
}

func configureBy(t *testing.T, schema, given string) (*sources.Config, error) {
	t.Helper()
	d := &sources.Definition{Name: "t", Settings: settingsOf(t, schema)}
	return d.Configure(sources.Given{Settings: object(t, given)})
}

// TestSettingsThatAreNone proves what no schema of settings is.
func TestSettingsThatAreNone(t *testing.T) {
	for _, tt := range []struct{ schema, want string }{
		{`[]`, `/: wants a JSON Schema, a map`},
		{`{"type": "array"}`, `/type: settings are an object; its type is no other`},
		{`{"properties": {"source": {}}}`, `/properties/source: "source" is a reserved key of a config: give the setting another name`},
		{`{"properties": {"a": {"type": "strng"}}}`, `/properties/a/type: JSON Schema: unknown type "strng"`},
		{`{"properties": {"run": {}, "source": {}}}`, `/properties/source: "source" is a reserved key of a config: give the setting another name; /properties/run: "run" is a reserved key of a config: give the setting another name`},
	} {
		s, faults := settings.New(object(t, tt.schema))
		var said []string
		for _, f := range faults {
			said = append(said, f.At.Pointer()+": "+f.Msg)
		}
		if got := strings.Join(said, "; "); got != tt.want || s != nil {
			t.Errorf("%s: %s, want %s", tt.schema, got, tt.want)
		}
	}
}

// TestSettingsDefaults proves what a config is where nobody gives a setting.
func TestSettingsDefaults(t *testing.T) {
	for _, tt := range []struct{ name, schema, given, want string }{
		{"a value", `{"properties": {"a": {"default": 1}}}`, `{}`, `{"a":1}`},
		{"a given value stays", `{"properties": {"a": {"default": 1}}}`, `{"a": 2}`, `{"a":2}`},
		{"null is a value that was given", `{"properties": {"a": {"default": 1}}}`, `{"a": null}`, `{"a":null}`},
		{"a list", `{"properties": {"a": {"default": [1, 2]}}}`, `{}`, `{"a":[1,2]}`},
		{"an object", `{"properties": {"a": {"default": {"x": 1}}}}`, `{}`, `{"a":{"x":1}}`},
		{"an object, with those of its properties", `{"properties": {"a": {"default": {"x": 1}, "properties": {"y": {"default": 2}}}}}`, `{}`, `{"a":{"x":1,"y":2}}`},
		{"in an object that was given", `{"properties": {"a": {"properties": {"y": {"default": 2}}}}}`, `{"a": {"x": 1}}`, `{"a":{"x":1,"y":2}}`},
		{"of all that an object needs", `{"properties": {"a": {"required": ["y"], "properties": {"y": {"default": 2}}}}}`, `{}`, `{"a":{"y":2}}`},
		{"not of all that an object needs", `{"properties": {"a": {"required": ["x"], "properties": {"y": {"default": 2}}}}}`, `{}`, `{}`},
		{"an object of none", `{"properties": {"a": {"type": "object", "properties": {"y": {}}}}}`, `{}`, `{}`},
		{"by a reference", `{"properties": {"a": {"$ref": "#/definitions/x"}}, "definitions": {"x": {"properties": {"y": {"default": 2}}}}}`, `{"a": {}}`, `{"a":{"y":2}}`},
		{"by all of them", `{"allOf": [{"properties": {"a": {"default": 1}}}, {"properties": {"b": {"default": 2}}}]}`, `{}`, `{"a":1,"b":2}`},
		{"the first of two", `{"properties": {"a": {"default": 1}}, "allOf": [{"properties": {"a": {"default": 2}}}]}`, `{}`, `{"a":1}`},
		{"a reference to itself", `{"properties": {"a": {"$ref": "#"}, "b": {"default": 1}}}`, `{"a": {}}`, `{"a":{"b":1},"b":1}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := configureBy(t, tt.schema, tt.given)
			if err != nil {
				t.Fatal(err)
			}
			if got := string(c.Values.AppendJSON(nil)); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// TestSettingsSecrets proves which values are secret.
func TestSettingsSecrets(t *testing.T) {
	for _, tt := range []struct{ name, schema, given, want string }{
		{"none", `{"properties": {"a": {}}}`, `{"a": "one"}`, ""},
		{"secret", `{"properties": {"a": {"secret": true}}}`, `{"a": "one", "b": "two"}`, "one"},
		{"not secret", `{"properties": {"a": {"secret": false}}}`, `{"a": "one"}`, ""},
		{"as text", `{"properties": {"a": {"secret": "true"}}}`, `{"a": "one"}`, ""},
		{"airbyte_secret", `{"properties": {"a": {"airbyte_secret": true}}}`, `{"a": "one"}`, "one"},
		{"writeOnly", `{"properties": {"a": {"writeOnly": true}}}`, `{"a": "one"}`, "one"},
		{"format", `{"properties": {"a": {"format": "password"}}}`, `{"a": "one"}`, "one"},
		{"a number", `{"properties": {"a": {"secret": true}}}`, `{"a": 1234}`, "1234"},
		{"all in an object, by its names", `{"properties": {"a": {"secret": true}}}`, `{"a": {"y": ["one", "two"], "x": "three"}}`, "three one two"},
		{"within an object", `{"properties": {"a": {"properties": {"b": {"secret": true}}}}}`, `{"a": {"b": "one", "c": "two"}}`, "one"},
		{"in each element", `{"properties": {"a": {"items": {"secret": true}}}}`, `{"a": ["one", "two"]}`, "one two"},
		{"in one element", `{"properties": {"a": {"items": [{}, {"secret": true}]}}}`, `{"a": ["one", "two", "three"]}`, "two"},
		{"in further elements", `{"properties": {"a": {"items": [{}], "additionalItems": {"secret": true}}}}`, `{"a": ["one", "two"]}`, "one two"},
		{"other properties", `{"properties": {"a": {}}, "additionalProperties": {"secret": true}}`, `{"a": "one", "b": "two"}`, "two"},
		{"by pattern, rather one too many", `{"patternProperties": {"^t": {"secret": true}}}`, `{"u": "one"}`, "one"},
		{"by a reference", `{"properties": {"a": {"$ref": "#/definitions/s"}}, "definitions": {"s": {"secret": true}}}`, `{"a": "one"}`, "one"},
		{"by one of several", `{"properties": {"a": {"oneOf": [{"type": "string", "secret": true}, {"type": "integer"}]}}}`, `{"a": "one"}`, "one"},
		{"by a condition", `{"properties": {"a": {"if": {"type": "string"}, "then": {"secret": true}}}}`, `{"a": "one"}`, "one"},
		{"a default", `{"properties": {"a": {"secret": true, "default": "one"}}}`, `{}`, "one"},
		{"empty", `{"properties": {"a": {"secret": true}}}`, `{"a": ""}`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := configureBy(t, tt.schema, tt.given)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, s := range c.Secrets {
				got = append(got, s.Reveal())
			}
			if strings.Join(got, " ") != tt.want {
				t.Errorf("secrets %q, want %q", got, tt.want)
			}
		})
	}
}

// TestSettingsProblems proves what is said of settings that the schema refuses,
// and of those that nobody asked for.
func TestSettingsProblems(t *testing.T) {
	for _, tt := range []struct{ name, schema, given, want string }{
		{"missing", `{"required": ["a"], "properties": {"a": {}}}`, `{}`, "config: a is missing; give it in the config or as TAP_REST_A"},
		{"missing, of a name with a point", `{"required": ["a.b-c"], "properties": {"a.b-c": {}}}`, `{}`, "config: a.b-c is missing; give it in the config or as TAP_REST_A_B_C"},
		{"missing within", `{"properties": {"a": {"required": ["b"]}}}`, `{"a": {}}`, "config: /a: b is missing"},
		{"missing, and mistyped", `{"required": ["token"], "properties": {"token": {}}}`, `{"tokne": 1}`, "config: token is missing; give it in the config or as TAP_REST_TOKEN\nconfig: unknown setting \"tokne\"; did you mean \"token\"?"},
		{"type", `{"properties": {"a": {"type": "integer"}}}`, `{"a": "x"}`, "config: /a: Invalid type. Expected: integer, given: string"},
		{"in a list", `{"properties": {"a": {"items": {"type": "integer"}}}}`, `{"a": [1, "x"]}`, "config: /a/1: Invalid type. Expected: integer, given: string"},
		{"escaped", `{"properties": {"a/b~": {"type": "integer"}}}`, `{"a/b~": "x"}`, "config: /a~1b~0: Invalid type. Expected: integer, given: string"},
		{"no scheme", `{"properties": {"a": {"type": "string", "format": "uri"}}}`, `{"a": "a.example"}`, "config: /a: Does not match format 'uri': it has no scheme; write http:// or https:// before it"},
		{"closed", `{"properties": {"token": {}}, "additionalProperties": false}`, `{"tokne": 1}`, `config: unknown setting "tokne"; did you mean "token"?`},
		{"two, in their order", `{"properties": {"a": {"type": "integer"}, "b": {"type": "integer"}}}`, `{"b": "x", "a": "y"}`, "config: /a: Invalid type. Expected: integer, given: string\nconfig: /b: Invalid type. Expected: integer, given: string"},
		{"not asked for", `{"properties": {"token": {}}}`, `{"tokne": 1}`, ""},
		{"open", `{"properties": {"token": {}}, "additionalProperties": true}`, `{"tokne": 1}`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := configureBy(t, tt.schema, tt.given)
			var problems settings.Problems
			switch {
			case tt.want == "" && err != nil:
				t.Error(err)
			case tt.want != "" && (!errors.As(err, &problems) || err.Error() != tt.want):
				t.Errorf("error\n%v, want\n%s", err, tt.want)
			}
		})
	}
}

// TestUnknownSettings proves when a setting that is not used is worth a line.
func TestUnknownSettings(t *testing.T) {
	for _, tt := range []struct{ schema, want string }{
		{`{"properties": {"token": {}}}`, `config: unknown setting "tokne"; did you mean "token"? (it is not used)`},
		{`{"properties": {}}`, `config: unknown setting "tokne" (it is not used)`},
		{`{}`, `config: unknown setting "tokne" (it is not used)`},
		{`{"properties": {"token": {}}, "additionalProperties": true}`, ""},
		{`{"properties": {"token": {}}, "patternProperties": {"^t": {}}}`, ""},
		{`{"properties": {"token": {}}, "allOf": [{"properties": {"tokne": {}}}]}`, ""},
	} {
		c, err := configureBy(t, tt.schema, `{"tokne": 1}`)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(c.Warnings, "; "); got != tt.want {
			t.Errorf("%s: warnings %q, want %q", tt.schema, got, tt.want)
		}
	}
}
