package tap_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/testrig"
)

// fuzzDefinitions read an answer in different ways.
var fuzzDefinitions = []string{
	`pagination: {type: cursor, next: next_page, param: cursor, more: has_more, total: meta.total}`,
	`pagination: {type: page, param: page, total_pages: meta.pages}`,
	`pagination: {type: offset, param: offset, total: meta.total}`,
	`pagination: {type: keyset, field: id, param: after}`,
	`pagination: {type: next_url, next: next}
    replication_key: updated_at
    incremental: {client_filter: true, start: "2025-01-01", sorted: true}
    on_new_field: drop`,
	`keep: "{{ record.status != 'draft' }}"
    add: {x: "{{ record.id }}", y: "{{ response.meta }}"}
    on_invalid: quarantine
    schema: {type: object, properties: {id: {type: integer}, tags: {type: array, items: {type: string}}}}`,
	`replication_key: updated_at
    incremental: {bookmark: meta.delta, format: epoch}
    on_invalid: pass
    on_new_field: fail`,
	`on_invalid: nullify
    schema: {type: object, properties: {id: {type: ["null", integer]}, status: {type: ["null", integer]}, tags: {type: ["null", array], items: {type: string}}}}`,
}

// FuzzAnswer reads strangers' answers: whatever comes, the run ends, each of
// its lines is a message, and the last one is a STATE that can be read.
func FuzzAnswer(f *testing.F) {
	for i := range fuzzDefinitions {
		for _, body := range []string{
			`{"data":[{"id":1,"updated_at":"2025-05-01T00:00:00Z"},{"id":2,"updated_at":null,"status":"draft"}],"next_page":"t","next":"/x?y","has_more":true,"meta":{"total":3,"pages":2,"delta":"d"}}`,
			"{\"data\":[\n{\"id\":9007199254740993,\"tags\":[\"a\",1],\"updated_at\":20250501}\r\n],\"meta\":{\"total\":-1}}",
			`{"data":[{}]}`, `{"data":[1]}`, `{"data":null}`, `[]`, ``, `{"data":[{"id":"\ud800","a":{"b":[[]]}},{"id":1e999}]}`,
		} {
			f.Add(byte(i), []byte(body))
		}
	}
	f.Fuzz(func(t *testing.T, which byte, body []byte) {
		answer := transport(func(r *http.Request) (*http.Response, error) {
			return testrig.Answer(r, 200, string(body)), nil
		})
		s := setup{
			definition: "streams:\n  - name: items\n    path: /items\n    records: data\n    primary_key: [id]\n    retry: {attempts: 1}\n    " +
				fuzzDefinitions[int(which)%len(fuzzDefinitions)] + "\n",
			config: `{"run":{"max_requests":3,"flush":{"responses":1}}}`, workDir: memoryFolder(t), api: answer,
		}
		r := s.run(t)
		if len(r.lines) == 0 || r.lines[len(r.lines)-1].Type != "STATE" {
			t.Fatalf("the last line is no STATE: %s", r.types())
		}
		checkAgainst(t, r, body)
		s.state = r.state()
		if again := s.run(t); strings.Contains(again.log, "panic") {
			t.Fatal(again.log)
		}
	})
}

// checkAgainst checks that an answer which is no JSON gives no records.
func checkAgainst(t *testing.T, r result, body []byte) {
	t.Helper()
	for _, l := range r.lines {
		if l.Type == "RECORD" && !json.Valid(body) {
			t.Fatalf("a record of what is no JSON: %s", l.Record)
		}
	}
}
