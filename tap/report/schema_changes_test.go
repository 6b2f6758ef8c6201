package report

import (
	"reflect"
	"testing"
)

func TestCompareSchemas(t *testing.T) {
	const was = `{"properties":{"id":{"type":"integer"},"at":{"type":["string","null"],"format":"date-time"},"a/b":{"type":"object","properties":{"x":{}}}}}`
	tests := []struct {
		name, was, now string
		want           SchemaChanges
	}{
		{"none yet", "", "", SchemaChanges{}},
		{"the same", was, was, SchemaChanges{}},
		{"inferred", "", `{"properties":{"id":{"type":"integer"}}}`, SchemaChanges{Inferred: true, Fields: 1, First: []Change{{"/id", "", "integer"}}}},
		{"a new field and a wider one", was, `{"properties":{"id":{"type":["integer","string"]},"at":{"type":["string","null"],"format":"date-time"},"a/b":{"type":"object","properties":{"x":{},"y~":{"type":"array","items":{"type":"boolean"}}}}}}`,
			SchemaChanges{Fields: 3, First: []Change{{"/a~1b/y~0", "", "array"}, {"/a~1b/y~0/*", "", "boolean"}, {"/id", "integer", "integer, string"}}}},
		{"no schema at all", `{"properties":[1]}`, `{"properties":{"x":true},"items":7}`, SchemaChanges{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := CompareSchemas([]byte(tt.was), []byte(tt.now)); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
		})
	}
}
