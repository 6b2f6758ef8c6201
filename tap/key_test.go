package tap_test

import (
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources/apitest"
)

// TestKeys checks that a key which records do not have, or that is not what it
// is said to be, is named at once: found out later, it would cost a full read.
func TestKeys(t *testing.T) {
	const incremental = "replication_key: at, incremental: {start: '2024-01-01', client_filter: true}"
	for _, tt := range []struct{ name, keys, row, want string }{
		{"no primary key", "primary_key: [idd]", `{"id":1}`, `record idd=: /idd: required`},
		{"a primary key that one lacks", "primary_key: [id]", `{"other":1}`, `/id: required`},
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
