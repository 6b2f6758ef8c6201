package report_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/tap/report"
)

// TestRecords: a table shows numbers as the API wrote them, and nothing of a record
// moves a terminal's cursor.
func TestRecords(t *testing.T) {
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
			var b strings.Builder
			if err := report.Records(&b, nil, records, 1); err != nil || b.String() != tt.want {
				t.Errorf("got %q, %v; want %q", b.String(), err, tt.want)
			}
		})
	}
}

// TestRecordsOfManyFields: a table has so many columns at most, and says how many fields
// it leaves out, unless the columns are asked for by name.
func TestRecordsOfManyFields(t *testing.T) {
	record := `{"id":1`
	var names []string
	for i := range 2000 {
		record += fmt.Sprintf(`,"f%d":"%s"`, i, strings.Repeat("x", 30))
		names = append(names, fmt.Sprintf("f%d", i))
	}
	records := []json.RawMessage{json.RawMessage(record + "}")}
	var b strings.Builder
	if err := report.Records(&b, nil, records, 5); err != nil {
		t.Fatal(err)
	}
	if lines := strings.Split(strings.TrimSpace(b.String()), "\n"); len(lines) != 3 || len(strings.Fields(lines[0])) != 100 || len(lines[1]) > 10_000 ||
		lines[2] != "1,901 more fields are not shown: tap-rest preview --columns shows those that it names." {
		t.Errorf("%d bytes in %d lines, the last %q", b.Len(), len(lines), lines[len(lines)-1])
	}
	b.Reset()
	if err := report.Records(&b, names, records, 1); err != nil || !strings.Contains(b.String(), "f1999") || strings.Contains(b.String(), "not shown") {
		t.Errorf("%v: columns that are asked for are left out", err)
	}
}
