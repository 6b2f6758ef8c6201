package catalog_test

import (
	"testing"

	"github.com/tap-rest/tap-rest/catalog"
)

func TestWithDeletedAt(t *testing.T) {
	const at = `"_d":{"type":["null","string"],"format":"date-time"}`
	for _, tt := range []struct{ name, schema, want string }{
		{"a schema", `{"type":"object","properties":{"id":{"type":"integer"}},"required":["id","name"],"additionalProperties":false}`,
			`{"type":"object","additionalProperties":false,"properties":{"id":{"type":"integer"},` + at + `},"required":["id","d\"y"]}`},
		{"no properties", `{ }`, `{"properties":{` + at + `},"required":["id","d\"y"]}`},
		{"empty properties", `{"properties":{ },"minProperties":3,"dependencies":{"a":["b"]}}`, `{"properties":{ ` + at + `},"required":["id","d\"y"]}`},
		{"it has the field", `{"properties":{"_d":{"type":"string"}}}`, `{"properties":{"_d":{"type":"string"}},"required":["id","d\"y"]}`},
		{"no object", `true`, `true`},
	} {
		if got := string(catalog.WithDeletedAt([]byte(tt.schema), "_d", []string{"id", `d"y`})); got != tt.want {
			t.Errorf("%s:\ngot  %s\nwant %s", tt.name, got, tt.want)
		}
	}
}
