package tap_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/tap/report"
)

const nullable = "schema: {type: object, properties: {id: {type: integer}, at: {type: [string, 'null'], format: date-time}, name: {type: ['null', string]}, " +
	"price: {type: number}, lines: {type: ['null', array], items: {type: object, properties: {price: {type: ['null', number]}, sku: {type: string}}}}}}\n    " +
	"on_invalid: nullify\n    "

func TestNullify(t *testing.T) {
	for _, tt := range []struct {
		name, keys    string
		rows          []string
		want          []string
		records, nils int64
		failure       string
	}{
		{"fits", "", []string{`{"id":1,"name":"a"}`}, []string{`{"id":1,"name":"a"}`}, 0, 0, ""},
		{"values", "",
			[]string{`{"id":1,"name":12.50,"big":12345678901234567890.10}`, `{"id":2,"lines":[{"price":"12,50"},{"price":1}],"name":false}`, `{"id":3}`},
			[]string{`{"id":1,"name":null,"big":12345678901234567890.10}`, `{"id":2,"lines":[{"price":null},{"price":1}],"name":null}`, `{"id":3}`}, 2, 3, ""},
		{"the value around", "", []string{`{"id":1,"lines":[{"sku":1}]}`}, []string{`{"id":1,"lines":null}`}, 1, 1, ""},
		{"may not be null", "", []string{`{"id":1}`, `{"id":2}`, `{"id":3,"name":1,"price":"dear"}`}, []string{`{"id":1}`, `{"id":2}`}, 0, 0,
			`items: the record does not fit its schema: record id=3: /price: type: expected number, got "dear", which null cannot mend (correct the definition, or say on_invalid: pass or quarantine)`},
		{"a primary key", "", []string{`{"id":"one"}`}, nil, 0, 0, `record id="one": /id: type: expected integer, got "one", which null cannot mend`},
		{"no primary key", "", []string{`{"name":1}`}, nil, 0, 0, `it has no field "id", which primary_key names; the fields of the record: name (correct primary_key)`},
		{"a replication key", "replication_key: at\n    incremental: {client_filter: true, start: \"2024-01-01\"}", []string{`{"id":1,"at":1735689600}`},
			nil, 0, 0, `items: the record does not fit its schema: record id=1: /at: type: expected string or null, got 1735689600, which null cannot mend`},
		{"a field too many, which may pass", "on_new_field: pass", []string{`{"id":1,"x":1,"name":2}`}, []string{`{"id":1,"x":1,"name":null}`}, 1, 1, ""},
		{"a field too many, which is dropped", "on_new_field: drop", []string{`{"id":1,"x":1,"name":2}`}, []string{`{"id":1,"name":null}`}, 1, 1, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := setup{definition: policed(nullable + tt.keys), api: rowsAPI(tt.rows...)}.run(t)
			checkFailure(t, r.err, tt.failure)
			if got := r.records("items"); !slices.Equal(got, tt.want) {
				t.Errorf("\ngot  %s\nwant %s", got, tt.want)
			}
			got := r.account.Streams[0].Counts
			if got[report.Nullified] != tt.records || got[report.NullifiedValue] != tt.nils {
				t.Errorf("the account says %d records, %d values; want %d records, %d values", got[report.Nullified], got[report.NullifiedValue], tt.records, tt.nils)
			}
			if last := r.lines[len(r.lines)-1].Type; last != "STATE" {
				t.Errorf("the last line is %s", last)
			}
		})
	}
}

// TestNullifyInferred: a schema that nobody wrote gives way first, and what it
// cannot give way to becomes null.
func TestNullifyInferred(t *testing.T) {
	r := setup{definition: policed("on_invalid: nullify"), api: rowsAPI(`{"id":1,"n":1}`, `{"id":2,"n":"a"}`, `{"id":3,"n":1e999}`)}.must(t)
	if got, want := r.records("items"), []string{`{"id":1,"n":1}`, `{"id":2,"n":"a"}`, `{"id":3,"n":null}`}; !slices.Equal(got, want) {
		t.Errorf("\ngot  %s\nwant %s", got, want)
	}
}

// TestUnfitIsToldOnce: the log tells of each place and rule once, and of ten.
func TestUnfitIsToldOnce(t *testing.T) {
	many := func(i int) string {
		return fmt.Sprintf(`{"id":%d,"name":%[1]d,"lines":[{"price":"a"},{"price":"b"}]}`, i)
	}
	var all, wide []string
	for i := range 100 {
		all = append(all, many(i))
		wide = append(wide, fmt.Sprintf(`{"id":%d,"f%[1]d":1e999}`, i))
	}
	for _, tt := range []struct {
		name, keys string
		rows       []string
		told       map[string]int
	}{
		{"nullify", nullable, all, map[string]int{"level=WARN": 2, "/name is null now": 1, "/lines/0/price is null now": 1, "record=\"id=0\"": 2}},
		{"pass", strings.Replace(nullable, "nullify", "pass", 1), all, map[string]int{"level=WARN": 1, "it is passed on as it came": 1}},
		{"quarantine", strings.Replace(nullable, "nullify", "quarantine", 1), all, map[string]int{"level=WARN": 1, "quarantine/items.jsonl": 1}},
		{"more than ten", nullable, wide, map[string]int{"level=WARN": 11, "is null now": 10, "further ways": 1, "/f9:": 1, "/f10:": 0}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := setup{definition: policed(tt.keys), api: rowsAPI(tt.rows...)}.must(t)
			for text, want := range tt.told {
				if got := strings.Count(r.log, text); got != want {
					t.Errorf("the log says %q %d times, want %d:\n%s", text, got, want, r.log)
				}
			}
		})
	}
}

// TestDriftIsCounted: the account and the METRIC lines count all drift.
func TestDriftIsCounted(t *testing.T) {
	rows := []string{
		`{"id":1,"at":"2020-01-01T00:00:00Z","name":"too old"}`,
		`{"id":2,"at":"2025-01-01T00:00:00Z","name":1,"lines":[{"price":"x"},{"price":"y"}]}`,
		`{"id":3,"at":"2025-01-01T00:00:00Z","name":1}`,
		`{"id":4,"at":"2025-01-01T00:00:00Z","size":{"cm":1},"lines":[{"colour":1},{"colour":2,"depth":3}]}`,
		`{"id":5,"at":"2025-01-01T00:00:00Z","size":{"cm":2}}`,
	}
	for _, tt := range []struct {
		policy           string
		metrics, remarks []string
		none             []string
	}{
		{"nullify", []string{"record_filtered_count=1", "record_nullified_count=2", "value_nullified_count=4", "new_field_count=3", "record_count=4"},
			[]string{"items: 1 record older than the window was left out (client_filter)", "items: 2 records do not fit the schema: 4 values in them became null", "items: 3 new fields: the schema grew by them"},
			[]string{"record_invalid_count", "record_quarantined_count"}},
		{"pass", []string{"record_invalid_count=2", "record_count=4"}, []string{"items: 2 records do not fit the schema and were passed on"},
			[]string{"record_nullified_count", "value_nullified_count", "record_quarantined_count"}},
		{"quarantine", []string{"record_quarantined_count=2", "record_count=2"}, []string{"items: 2 records do not fit the schema and are in "},
			[]string{"record_invalid_count", "record_nullified_count"}},
	} {
		t.Run(tt.policy, func(t *testing.T) {
			keys := strings.Replace(nullable, "nullify", tt.policy, 1) + "replication_key: at\n    incremental: {client_filter: true, start: \"2024-01-01\"}"
			r := setup{definition: policed(keys), api: rowsAPI(rows...)}.must(t)
			for _, m := range tt.metrics {
				name, value, _ := strings.Cut(m, "=")
				want := fmt.Sprintf(`METRIC: {\"type\": \"counter\", \"metric\": %q, \"value\": %s, \"tags\": {\"stream\":\"items\"}}`, name, value)
				want = strings.Replace(want, `"`+name+`"`, `\"`+name+`\"`, 1)
				if !strings.Contains(r.log, want) {
					t.Errorf("no %s in\n%s", want, r.log)
				}
			}
			for _, m := range tt.none {
				if strings.Contains(r.log, m) {
					t.Errorf("%s in\n%s", m, r.log)
				}
			}
			for _, text := range tt.remarks {
				if !strings.Contains(r.account.String(), text) {
					t.Errorf("no %q in\n%s", text, r.account)
				}
			}
		})
	}
}
