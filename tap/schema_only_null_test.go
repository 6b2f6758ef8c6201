package tap_test

import (
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources/apitest"
)

// TestOnlyNull: a field that was only ever null is text in SCHEMA lines; the first
// value brings a line with its type, and that type alone.
func TestOnlyNull(t *testing.T) {
	records := [][]byte{
		[]byte(`{"id":1,"paid":null,"note":null}`), []byte(`{"id":2,"paid":null,"note":null}`), []byte(`{"id":3,"paid":7,"note":null}`), []byte(`{"id":4,"paid":null,"note":null}`),
	}
	definition := "streams:\n  - {name: items, path: /items, records: data, primary_key: [id], params: {limit: 2}, pagination: {type: page, param: page}}\n"
	r := setup{definition: definition, api: apitest.New().Add(apitest.Collection{Path: "/items", Style: apitest.Page, Rows: records})}.must(t)
	var told []string
	for _, l := range r.lines {
		switch l.Type {
		case "SCHEMA":
			told = append(told, string(l.Schema))
		case "RECORD":
			told = append(told, string(l.Record))
		}
	}
	want := []string{
		`{"type":"object","properties":{"id":{"type":"integer"},"note":{"type":["null","string"]},"paid":{"type":["null","string"]}}}`, string(records[0]), string(records[1]),
		`{"type":"object","properties":{"id":{"type":"integer"},"note":{"type":["null","string"]},"paid":{"type":["null","integer"]}}}`, string(records[2]), string(records[3]),
	}
	if got := strings.Join(told, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
}
