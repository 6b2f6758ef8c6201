package tap_test

import (
	"context"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/tap"
	"github.com/tap-rest/tap-rest/tap/report"
)

// TestOddities: records that fit, but of which a user should know. Each kind is
// told once and counted; a sound stream is told nothing of.
func TestOddities(t *testing.T) {
	const since = `{"bookmarks":{"items":{"replication_key":"updated_at","replication_key_value":"2025-05-10T00:00:00Z"}}}`
	const in2025 = `start: "2025-01-01T00:00:00Z"`
	day := func(id int, date, more string) string {
		return fmt.Sprintf(`{"id":%d,"updated_at":"2025-%sT00:00:00Z"%s}`, id, date, more)
	}
	parts := []string{day(1, "05-10", `,"line":1`), day(1, "05-10", `,"line":2`), day(2, "05-11", ""), day(1, "05-10", `,"line":3`)}
	ignored := []string{day(1, "01-05", ""), day(2, "05-09", ""), day(3, "05-10", ""), day(4, "02-01", ""), day(5, "05-12", "")}
	for _, tt := range []struct {
		name, definition, state string
		records                 []string
		remark                  string // of the account
		log                     string // once; "" is no warning at all
	}{
		{"sound", incremental(in2025), since, []string{day(1, "05-10", ""), day(2, "05-11", "")}, "", ""},
		{"a record in parts", items(""), "", parts, "at least 2 records came again in this pass under the primary key of another one", "a primary key came twice in one answer"},
		{"a key that tells nothing apart", strings.Replace(incremental(in2025), "primary_key: [id]", "primary_key: [of]", 1), "", []string{day(1, "05-10", `,"of":1`), day(2, "05-11", `,"of":1`), day(3, "05-12", `,"of":1`), day(4, "05-13", `,"of":1`)},
			"at least 3 records came again in this pass under the primary key of another one", `differ="id: 1 and 2, updated_at: \"2025-05-10T00:00:00Z\" and \"2025-05-11T00:00:00Z\""`},
		{"a record that came again", items(""), "", []string{parts[0], parts[2], parts[0]}, "at least 1 primary key came again on a later page", "rows moved in their list"},
		{"a record that was changed meanwhile", incremental(in2025), "", []string{day(1, "05-10", ""), day(2, "05-11", ""), day(1, "05-12", `,"x":1`)}, "at least 1 primary key came again on a later page", "had been updated, and so had moved"},
		{"no key to tell records apart by", strings.Replace(items(""), "primary_key: [id]", "primary_key: []", 1), "", parts, "", ""},
		{"a filter that is ignored", incremental(in2025), since, ignored, "at least 2 records are older than the window", "so the API does not filter"},
		{"a filter by whole days", incremental(in2025), since, []string{ignored[1], ignored[2], ignored[4]}, "", ""},
		{"no filter, said", incremental(in2025 + ", client_filter: true"), since, ignored, "3 records older than the window were left out", ""},
		{"a filter that matches nothing", incremental(in2025), since, nil, "no record came, not even the one at the bookmark", "no record came, not even the one at the bookmark"},
		{"nothing yet", incremental(in2025), "", nil, "", ""},
		{"the start left out", incremental(in2025 + ", start_exclusive: true"), since, nil, "", ""},
		{"keep is never true", items(`    keep: "{{ record.stauts == 'open' }}"` + "\n"), "", ignored, "keep is true for none of the 5 records", "keep is true for none of the 5 records"},
		{"keep is true once", items(`    keep: "{{ record.id == 3 }}"` + "\n"), "", ignored, "4 records were left out (keep)", ""},
		{"add replaces a field", items(`    add: {line: "{{ record.id }}"}` + "\n"), "", parts, "3 records had a field that add replaces", "add replaces a field"},
		{"add replaces by a constant", items(`    add: {line: 0}` + "\n"), "", parts, "3 records had a field that add replaces", "add replaces a field"},
		{"add is new", items(`    add: {account: 'a', line2: 1}` + "\n"), "", parts[2:3], "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := setup{definition: tt.definition, state: tt.state, api: rowsAPI(tt.records...)}.must(t)
			account := r.account.String()
			_, remarks, _ := strings.Cut(account, "flushes:")
			odd := certificateLine.ReplaceAllString(strings.ReplaceAll(remarks, "the schema grew by them", ""), "")
			if !strings.Contains(remarks, tt.remark) || tt.remark == "" && strings.Contains(odd, " record") {
				t.Errorf("want the remark %q in\n%s", tt.remark, account)
			}
			if strings.Contains(tt.log, "differ=") && strings.Contains(r.log+account, "rows moved") {
				t.Errorf("rows did not move:\n%s%s", r.log, account)
			}
			if got := strings.Count(r.log, tt.log); tt.log != "" && got != 1 || tt.log == "" && strings.Contains(r.log, "WARN") {
				t.Errorf("want %q once in\n%s", tt.log, r.log)
			}
		})
	}
}

// certificateLine is the line of the account that says what is proven of a stream.
var certificateLine = regexp.MustCompile(`(?m)^\w+: (not )?proven complete: .*$`)

// TestKeysThatAreNone: a primary key is text, a number or a boolean, whatever
// the schema says, and whether there is one.
func TestKeysThatAreNone(t *testing.T) {
	for _, key := range []string{"null", "{}", "[1]", `{"a":1}`} {
		for _, schema := range []string{"", "schema: {properties: {id: {}}}\n    ", `schema: {properties: {id: {type: ["null", object, array, integer]}}}` + "\n    "} {
			records := []string{`{"id":1}`, `{"id":` + key + `}`}
			for policy, want := range map[string]string{
				"on_invalid: fail": "a field of the primary key", "on_invalid: nullify": "which null cannot mend",
				"on_invalid: quarantine": "", "on_invalid: pass": "",
			} {
				r := setup{definition: policed(schema + policy), api: rowsAPI(records...)}.run(t)
				checkFailure(t, r.err, want)
				if got := r.account.Streams[0].Counts; got[report.PassedOn]+got[report.Quarantined] != 1 && want == "" {
					t.Errorf("%s, %s: got the counts %v, want 1 record that does not fit", key, policy, got)
				}
			}
		}
	}
}

// TestKeyTwiceInARecord: a primary key that a record has twice, with different values, is
// none: targets take the last one, and it was read by the first.
func TestKeyTwiceInARecord(t *testing.T) {
	for _, tt := range []struct {
		record, policy, want string
		written              int64
	}{
		{`{"id":2,"x":1,"id":3}`, "on_invalid: fail", "one value for a field of the primary key", 0},
		{`{"id":2,"x":1,"id":3}`, "on_invalid: nullify", "which null cannot mend", 0},
		{`{"id":2,"id":null}`, "on_invalid: fail", "one value for a field of the primary key", 0},
		{`{"id":2,"id":3}`, "on_invalid: quarantine", "", 1},
		{`{"id":2,"id":2}`, "on_invalid: fail", "", 2},
		{`{"id":2,"x":1,"x":2}`, "on_invalid: fail", "", 2},
	} {
		for _, schema := range []string{"", "schema: {properties: {id: {type: integer}}}\n    ", "schema: {type: object}\n    "} {
			t.Run(tt.record+schema+tt.policy, func(t *testing.T) {
				r := setup{definition: policed(schema + tt.policy), api: rowsAPI(`{"id":1}`, tt.record)}.run(t)
				checkFailure(t, r.err, tt.want)
				if got := r.account.Streams[0].Written; tt.want == "" && got != tt.written {
					t.Errorf("%d records were written, want %d", got, tt.written)
				}
			})
		}
	}
}

// TestRecordsTwice: an answer with two places of records is none.
func TestRecordsTwice(t *testing.T) {
	r := setup{definition: items(""), api: answering(`{"data":[{"id":1}],"data":[{"id":2}]}`)}.run(t)
	checkFailure(t, r.err, `found the key "data" twice`)
	if got := len(r.records("items")); got != 0 {
		t.Errorf("got %d records, want none", got)
	}
}

// TestProbeWithoutRecords: a check whose page is empty proves little, and says so.
func TestProbeWithoutRecords(t *testing.T) {
	var log strings.Builder
	s := setup{definition: items(""), api: rowsAPI()}
	if err := tap.Test(context.Background(), s.options(t, io.Discard, &log)); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(log.String(), "WARN") || !strings.Contains(log.String(), "the first page holds no record") || strings.Contains(log.String(), "test passed") {
		t.Errorf("got the log\n%s", log.String())
	}
}
