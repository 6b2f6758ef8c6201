package tap_test

import (
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/tap/report"
)

// TestKeys checks that a key which records do not have, or that is not what it
// is said to be, is named at once: found out later, it would cost a full read.
func TestKeys(t *testing.T) {
	const incremental = "replication_key: at, incremental: {start: '2024-01-01', client_filter: true}"
	for _, tt := range []struct{ name, keys, row, want string }{
		{"no primary key", "primary_key: [idd]", `{"id":1}`, `: the record does not fit its schema: it has no field "idd", which primary_key names (did you mean "id"?); the fields of the record: id (correct primary_key)`},
		{"a primary key of another name", "primary_key: [event_id]", `{"other":1,"id":2}`, `it has no field "event_id", which primary_key names (did you mean "id"?); the fields of the record: other, id (correct primary_key)`},
		{"a primary key that some lack", "primary_key: [id]", `{"other":1},{"id":1}`, `it has no field "id", which primary_key names; the fields of the record: other (correct primary_key, or say on_invalid: pass or quarantine, since other records have it)`},
		{"very many fields", "primary_key: [id]", `{"` + strings.Repeat("z", 500) + `":1` + strings.Repeat(`,"f":1`, 100) + `}`, `z…, f, f`},
		{"a primary key that one lacks", "primary_key: [id]", `{"other":1}`, `the fields of the record: other (correct primary_key)`},
		{"no time", "primary_key: [id], " + incremental, `{"id":1,"at":"11/24/2025"}`, `replication key at is "11/24/2025", which is not recognised as a time: it is not written in a way that is recognised; say in incremental.record_format`},
		{"a zone without a colon", "primary_key: [id], " + incremental, `{"id":1,"at":"2025-01-12T10:10:00.000+0000"}`, ""},
		{"as HTTP writes it", "primary_key: [id], " + incremental, `{"id":1,"at":"Sun, 12 Jan 2025 10:10:00 GMT"}`, ""},
		{"null", "primary_key: [id], " + incremental, `{"id":1,"at":null}`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := setup{
				definition: "streams:\n  - {name: items, path: /items, records: data, " + tt.keys + "}\n",
				api:        apitest.New().Add(apitest.Collection{Path: "/items", Rows: [][]byte{[]byte(tt.row)}}),
			}
			r := s.run(t)
			if tt.want == "" {
				if r.err != nil {
					t.Fatal(r.err)
				}
				s.state = r.state()
				if r := s.run(t); r.err != nil {
					t.Errorf("the next run does not go on: %v", r.err)
				}
				return
			}
			if r.err == nil || !strings.Contains(r.err.Error(), tt.want) {
				t.Errorf("got error %v, want %q", r.err, tt.want)
			}
		})
	}
}

// TestReplicationKeyUnseen checks that a replication key which no record has is
// warned of.
func TestReplicationKeyUnseen(t *testing.T) {
	r := setup{
		definition: "streams:\n  - {name: items, path: /items, records: data, replication_key: att, incremental: {client_filter: true}}\n",
		api:        apitest.New().Add(apitest.Collection{Path: "/items", Rows: [][]byte{[]byte(`{"id":1,"at":"2025-01-01"}`)}}),
	}.must(t)
	if want := "no record has the replication key"; !strings.Contains(r.log, want) {
		t.Errorf("the log has no %q:\n%s", want, r.log)
	}
}

// TestReplicationKeyOfSome: records without a replication value, among others
// that have one, are counted and told of once, with the first of them.
func TestReplicationKeyOfSome(t *testing.T) {
	const in2025 = `start: "2025-01-01"`
	free := func(definition string) string { return strings.Replace(definition, stampedSchema, "{type: object}", 1) }
	some := []string{
		`{"id":1,"updated_at":"2025-05-10T00:00:00Z"}`, `{"id":2,"updated_at":null}`, `{"id":3}`,
		`{"id":4,"updated_at":"2025-05-11T00:00:00Z"}`, `{"id":5,"updated_at":null}`,
	}
	for _, tt := range []struct {
		name, definition string
		records          []string
		unplaced         int64
		log              string
	}{
		{"null and missing", free(incremental(in2025)), some, 3, "records=3 first=\"id=2\""},
		{"with a client filter", free(incremental(in2025 + ", client_filter: true")), some, 3, "records=3 first=\"id=2\""},
		{"none", free(incremental(in2025)), some[:1], 0, ""},
		{"all", free(incremental(in2025)), some[1:3], 2, "no record has the replication key"},
		{"no incremental stream", free(items("")), some, 0, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := setup{definition: tt.definition, api: rowsAPI(tt.records...)}.must(t)
			account := r.account.Streams[0]
			if account.Counts[report.NoValue] != tt.unplaced || strings.Contains(r.account.String(), "no replication value") != (tt.unplaced > 0) {
				t.Errorf("got %d, want %d in\n%s", account.Counts[report.NoValue], tt.unplaced, r.account)
			}
			if account.Written != int64(len(tt.records)) {
				t.Errorf("got %d records, want %d", account.Written, len(tt.records))
			}
			told := strings.Count(r.log, "replication key")
			if tt.log == "" && told > 0 || tt.log != "" && (told != 1 || !strings.Contains(r.log, tt.log)) {
				t.Errorf("want %q once in\n%s", tt.log, r.log)
			}
		})
	}
}
