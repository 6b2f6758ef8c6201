package sources_test

import (
	"encoding/json"
	"testing"

	"github.com/tap-rest/tap-rest/sources/definition"
	"github.com/tap-rest/tap-rest/sources/settings"
)

// TestConnectionSpecification: secrets in Airbyte's word at any depth, a title
// and an order where there is none, and all else as it was.
func TestConnectionSpecification(t *testing.T) {
	const head, tail = "version: 1\nname: shop\n", "\nstreams: [{name: s, path: \"http://a.test\"}]\n"
	const frame = `"$schema":"http://json-schema.org/draft-07/schema#","type":"object","additionalProperties":true}`
	for _, tt := range []struct{ name, settings, want string }{
		{"none", "", `{"type":"object","properties":{},"title":"shop","$schema":"http://json-schema.org/draft-07/schema#","additionalProperties":true}`},
		{"described", "description: The shop", `{"type":"object","properties":{},"title":"The shop","$schema":"http://json-schema.org/draft-07/schema#","additionalProperties":true}`},
		{"titles and orders", "settings: {title: T, required: [b], groups: [{id: g}], properties: {api_url: {type: string, group: g, examples: [x]}, écart: {title: Own, order: 7, default: 1.50}}}",
			`{"title":"T","required":["b"],"groups":[{"id":"g"}],"properties":{"api_url":{"type":"string","group":"g","examples":["x"],"title":"API URL","order":0},` +
				`"écart":{"title":"Own","order":7,"default":1.50}},` + frame},
		{"secrets", "settings: {title: T, properties: {a: {secret: true}, b: {type: string, format: password}, c: {airbyte_secret: true}, d: {secret: false}}}",
			`{"title":"T","properties":{"a":{"airbyte_secret":true,"title":"A","order":0},"b":{"type":"string","format":"password","airbyte_secret":true,"title":"B","order":1},` +
				`"c":{"airbyte_secret":true,"title":"C","order":2},"d":{"title":"D","order":3}},` + frame},
		{"a setting named secret", "settings: {title: T, properties: {secret: {type: object, properties: {secret: {type: string, secret: true}}}}}",
			`{"title":"T","properties":{"secret":{"type":"object","properties":{"secret":{"type":"string","airbyte_secret":true,"title":"Secret","order":0}},"title":"Secret","order":0}},` + frame},
		{"choices", "settings: {title: T, properties: {auth: {type: object, oneOf: [{title: Key, properties: {type: {const: key}, key: {type: string, secret: true}}}, {title: None, properties: {type: {const: none}}}]}, keys: {type: array, items: {type: string, secret: true}}}}",
			`{"title":"T","properties":{"auth":{"type":"object","oneOf":[{"title":"Key","properties":{"type":{"const":"key","title":"Type","order":0},"key":{"type":"string","airbyte_secret":true,"title":"Key","order":1}}},` +
				`{"title":"None","properties":{"type":{"const":"none","title":"Type","order":0}}}],"title":"Auth","order":0},"keys":{"type":"array","items":{"type":"string","airbyte_secret":true},"title":"Keys","order":1}},` + frame},
	} {
		d, err := definition.Parse("t.yaml", []byte(head+tt.settings+tail))
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		got := d.ConnectionSpecification()
		if string(got) != tt.want || !json.Valid(got) {
			t.Errorf("%s:\ngot  %s\nwant %s", tt.name, got, tt.want)
		}
	}
	if generic := settings.GenericSpecification(); !json.Valid(generic) {
		t.Errorf("not JSON: %s", generic)
	}
}
