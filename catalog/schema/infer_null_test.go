package schema_test

import (
	"testing"

	"github.com/tap-rest/tap-rest/catalog/schema/infer"
)

// TestOnlyNull: what was only ever null gets the type of the first value, and
// no other; targets are told of text before.
func TestOnlyNull(t *testing.T) {
	in := infer.New()
	in.Add([]byte(`{"id":1,"a":null,"o":{"x":null,"y":1},"l":[null],"m":[{"z":null}]}`))
	doc := in.Schema([]string{"id"})
	for _, tt := range []struct{ name, got, want string }{
		{"kept", string(doc), `{"type":"object","properties":{"a":{"type":"null"},"id":{"type":"integer"},"l":{"type":["null","array"],"items":{"type":"null"}},` +
			`"m":{"type":["null","array"],"items":{"type":["null","object"],"properties":{"z":{"type":"null"}}}},` +
			`"o":{"type":["null","object"],"properties":{"x":{"type":"null"},"y":{"type":["null","integer"]}}}}}`},
		{"as targets are told", string(infer.NullsAsText(doc)), `{"type":"object","properties":{"a":{"type":["null","string"]},"id":{"type":"integer"},"l":{"type":["null","array"],"items":{"type":["null","string"]}},` +
			`"m":{"type":["null","array"],"items":{"type":["null","object"],"properties":{"z":{"type":["null","string"]}}}},` +
			`"o":{"type":["null","object"],"properties":{"x":{"type":["null","string"]},"y":{"type":["null","integer"]}}}}}`},
		{"of a person", string(infer.NullsAsText([]byte(`{"properties":{"a":{"type":["null"]},"b":{"type":"null","title":"B"}}}`))), `{"properties":{"a":{"type":["null"]},"b":{"type":"null","title":"B"}}}`},
		{"no schema", string(infer.NullsAsText([]byte(`7`))), `7`},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: got\n%s, want\n%s", tt.name, tt.got, tt.want)
		}
	}
	for _, tt := range []struct{ record, want string }{
		{`{"a":5}`, `{"properties":{"a":{"type":["null","integer"]}}}`},
		{`{"a":"x"}`, `{"properties":{"a":{"type":["null","string"]}}}`},
		{`{"a":"2024-01-01T00:00:00Z"}`, `{"properties":{"a":{"type":["null","string"]}}}`}, // as targets were told
		{`{"a":{"b":[1.5,null]}}`, `{"properties":{"a":{"type":["null","object"],"properties":{"b":{"type":["null","array"],"items":{"type":["null","number"]}}}}}}`},
		{`{"a":null}`, `{"properties":{"a":{"type":"null"}}}`},
	} {
		if got, _, err := infer.Widen([]byte(`{"properties":{"a":{"type":"null"}}}`), []byte(tt.record)); err != nil || string(got) != tt.want {
			t.Errorf("%s: got %s, %v; want %s", tt.record, got, err, tt.want)
		}
	}
}
