package preview

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestPreviewTable: a table shows numbers as the API wrote them, and nothing of a record
// moves a terminal's cursor.
func TestPreviewTable(t *testing.T) {
	for _, tt := range []struct{ name, record, want string }{
		{"digits", `{"id":0.1234567890123456789}`, "id\n0.1234567890123456789\n"},
		{"no number of a float", `{"id":1e999999999}`, "id\n1e999999999\n"},
		{"a value obeyed by terminals", `{"id":"a\u001b[2Jb\tc"}`, "id\na [2Jb c\n"},
		{"a name obeyed by terminals", `{"i\u001b]0;d\u0007\n\t":1}`, "i ]0;d\n1\n"},
		{"a name twice", `{"id":1,"id":2}`, "id\n1\n"},
		{"a name with dots", `{"a.b":1,"a":{"b":2}}`, "a.b  a\n1    {\"b\":2}\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			records := []json.RawMessage{json.RawMessage(tt.record)}
			s := showing{}
			s.look.Records = records
			var b strings.Builder
			if err := printTable(&b, s.names(), records); err != nil || b.String() != tt.want {
				t.Errorf("got %q, %v; want %q", b.String(), err, tt.want)
			}
		})
	}
}
