package schema_test

import (
	"testing"

	"github.com/tap-rest/tap-rest/catalog/schema/infer"
)

func TestWithInferred(t *testing.T) {
	const id, name = `"id":{"type":["null","integer"]}`, `"name":{"type":["string","null"],"format":"uuid"}`
	for _, tt := range []struct{ name, doc, inferred, want string }{
		{"a field besides", `{"type":"object","properties":{` + name + `}}`, `{"type":"object","properties":{"day":{"type":"string"},"name":{"type":"null"}}}`,
			`{"type":"object","properties":{` + name + `,"day":{"type":"string"}}}`},
		{"a key is never null", `{"type":"object","properties":{` + id + `}}`, `{"type":"object","properties":{"id":{"type":"integer"}}}`,
			`{"type":"object","properties":{"id":{"type":"integer"}}}`},
		{"a key that was null", `{"type":"object","properties":{` + id + `}}`, `{"type":"object","properties":{"id":{"type":["null","integer"]}}}`,
			`{"type":"object","properties":{` + id + `}}`},
		{"of several types", `{"type":"object","properties":{"id":{"type":["null","integer","string"]}}}`, `{"type":"object","properties":{"id":{"type":"string"}}}`,
			`{"type":"object","properties":{"id":{"type":["integer","string"]}}}`},
		{"no record", `{"type":"object","properties":{` + id + `}}`, `{"type":"object"}`, `{"type":"object","properties":{` + id + `}}`},
		{"no fields", `{"type":"object"}`, `{"type":"object","properties":{` + id + `}}`, `{"type":"object","properties":{` + id + `}}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := infer.WithInferred([]byte(tt.doc), []byte(tt.inferred), []string{"id"})
			if err != nil || string(got) != tt.want {
				t.Errorf("got %s, %v\nwant %s", got, err, tt.want)
			}
		})
	}
}
