package catalog_test

import (
	"encoding/json"
	"testing"

	"github.com/tap-rest/tap-rest/catalog"
)

func TestCutSchema(t *testing.T) {
	tests := []struct {
		name, drop, schema, want string
	}{
		{"nothing", "", `{"properties": {"a":{}}}`, `{"properties": {"a":{}}}`},
		{"property", "b", `{"type":"object","properties":{"a":{"type":"string"},"b":{},"c":{}},"title":"t"}`,
			`{"type":"object","properties":{"a":{"type":"string"},"c":{}},"title":"t"}`},
		{"required", "b", `{"required":["a", "b","c"],"properties":{"b":{}}}`, `{"required":["a","c"],"properties":{}}`},
		{"required empties", "b", `{"type":"object","required":["b"],"properties":{"b":{}}}`, `{"type":"object","properties":{}}`},
		{"required empty before", "b", `{"required":[]}`, `{"required":[]}`},
		{"required of draft 3", "b", `{"required":true}`, `{"required":true}`},
		{"required escaped", "b", `{"required":["\u0062","a"]}`, `{"required":["a"]}`},
		{"nested", "a.b", `{"required":["a","b"],"properties":{"a":{"properties":{"b":{},"c":{}},"required":["b","c"]},"b":{}}}`,
			`{"required":["a","b"],"properties":{"a":{"properties":{"c":{}},"required":["c"]},"b":{}}}`},
		{"items", "l.b", `{"properties":{"l":{"type":"array","items":{"properties":{"a":{},"b":{}}}}}}`,
			`{"properties":{"l":{"type":"array","items":{"properties":{"a":{}}}}}}`},
		{"items in items", "l.b", `{"properties":{"l":{"items":{"items":{"properties":{"b":{}}}}}}}`,
			`{"properties":{"l":{"items":{"items":{"properties":{}}}}}}`},
		{"tuple", "l.b", `{"properties":{"l":{"items":[{"properties":{"b":{}}} , true]}}}`,
			`{"properties":{"l":{"items":[{"properties":{}} , true]}}}`},
		{"alternatives", "a.b", `{"properties":{"a":{"anyOf":[{"type":"null"}, {"properties":{"b":{},"c":{}},"required":["b"]}]}}}`,
			`{"properties":{"a":{"anyOf":[{"type":"null"}, {"properties":{"c":{}}}]}}}`},
		{"a field of a keyword's name", "properties", `{"properties":{"properties":{"type":"string"},"required":{"enum":["properties"]}},"required":["properties","required"]}`,
			`{"properties":{"required":{"enum":["properties"]}},"required":["required"]}`},
		{"white space", "b", "{ \"properties\" : { \"a\" : {} ,\n \"b\" : {} } }", "{ \"properties\" : { \"a\" : {} } }"},
		{"no schema", "b", `true`, `true`},
		{"not JSON", "b", `{"properties":{"b":`, `{"properties":{"b":`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := catalog.NewMask(paths(tt.drop)).CutSchema(json.RawMessage(tt.schema))
			if string(got) != tt.want {
				t.Errorf("CutSchema(%s)\n got %s\nwant %s", tt.schema, got, tt.want)
			}
		})
	}
}
