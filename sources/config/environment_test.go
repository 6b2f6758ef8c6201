package config_test

import (
	"slices"
	"strings"
	"testing"
)

// TestVariables proves what each variable of the environment gives.
func TestVariables(t *testing.T) {
	const api = `version: 1
name: t
settings:
  properties:
    text: {type: string}
    either: {type: [integer, string]}
    n: {type: integer}
    list: {type: array}
    free: {type: object}
    deep: {type: object, properties: {text: {type: string}, n: {type: integer}}}
    dashed-name: {type: string}
streams: [{name: s, path: "http://a.test"}]
`
	for _, tt := range []struct{ variable, want, warning string }{
		{"TEXT=12", `{"text":"12"}`, ""},
		{"TEXT=", `{"text":""}`, ""},
		{"TEXT=[1]", `{"text":"[1]"}`, ""},
		{"EITHER=12", `{"either":"12"}`, ""},
		{"N=12", `{"n":12}`, ""},
		{"N=", `{}`, ""},
		{"N= ", `{}`, ""},
		{`LIST=["a", 1]`, `{"list":["a",1]}`, ""},
		{`FREE={"a": {"b": 1}}`, `{"free":{"a":{"b":1}}}`, ""},
		{"FREE__A__B=1", `{"free":{"a":{"b":1}}}`, ""},
		{"FREE__A=x", `{"free":{"a":"x"}}`, ""},
		{"DEEP__TEXT=1", `{"deep":{"text":"1"}}`, ""},
		{"DEEP_TEXT=1", `{"deep":{"text":"1"}}`, ""},
		{"deep_n=1", `{"deep":{"n":1}}`, ""},
		{"DASHED_NAME=x", `{"dashed-name":"x"}`, ""},
		{"DEEP__NOPE=1", `{}`, "TAP_REST_DEEP__NOPE names no setting and is not used; did you mean TAP_REST_DEEP__N?"},
		{"NOPE=1", `{}`, "TAP_REST_NOPE names no setting and is not used"},
		{"TEXTT=1", `{}`, "TAP_REST_TEXTT names no setting and is not used; did you mean TAP_REST_TEXT?"},
		{"DEEP_TETX=1", `{}`, "TAP_REST_DEEP_TETX names no setting and is not used; did you mean TAP_REST_DEEP__TEXT?"},
		{"DASHD_NAME=1", `{}`, "TAP_REST_DASHD_NAME names no setting and is not used; did you mean TAP_REST_DASHED_NAME?"},
		{"RUN_NOPE=1", `{}`, "TAP_REST_RUN_NOPE names no setting and is not used"},
		{"RUN_JOURNAL_OFF=true", `{}`, ""},
		{"RUN__JOURNAL__OFF=true", `{}`, ""},
		{`RUN={"journal": {"off": true}}`, `{}`, ""},
		{"SOURCE=shop", `{}`, ""},
	} {
		t.Run(tt.variable, func(t *testing.T) {
			c, err := configure(t, api, nil, "TAP_REST_"+tt.variable)
			if err != nil {
				t.Fatal(err)
			}
			if got := values(c); got != tt.want || strings.Join(c.Warnings, "; ") != tt.warning {
				t.Errorf("values %s, warnings %q; want %s, %q", got, c.Warnings, tt.want, tt.warning)
			}
			if off := strings.Contains(strings.ToLower(tt.variable), "off"); c.Run.Journal.Off != off {
				t.Errorf("the journal is off: %v, want %v", c.Run.Journal.Off, off)
			}
		})
	}
}

// TestVariablesOverFiles proves that a variable wins over a file, key by key,
// and that the same text twice needs no warning.
func TestVariablesOverFiles(t *testing.T) {
	c, err := configure(t, shopLike, []string{`{"base_url": "https://a.example", "auth": {"key": "of the file", "kind": "b"}}`},
		"TAP_REST_AUTH__KEY=of the variable", "TAP_REST_AUTH_KEY=of the variable")
	if err != nil {
		t.Fatal(err)
	}
	if key := c.Values.Get("auth").Get("key").Text(); key != "of the variable" || c.Values.Get("auth").Get("kind").Text() != "b" {
		t.Errorf("values %s", values(c))
	}
	if !slices.Equal(c.Warnings, nil) {
		t.Errorf("warnings %q", c.Warnings)
	}
}
