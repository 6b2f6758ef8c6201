package fetch_test

import (
	"testing"

	"github.com/tap-rest/tap-rest/sources/fetch/paging"
)

// TestTrailer: a last line that is no record like the others, and says that there is more
// or that something went wrong, makes the end doubtful; a record that looks so does not.
func TestTrailer(t *testing.T) {
	const two = "{\"id\":1,\"n\":2}\n{\"id\":2,\"n\":3}\n"
	for _, tt := range []struct{ name, body, doubt string }{
		{"none", two, ""},
		{"more", two + `{"hasMore":true}`, "hasMore of the last line"},
		{"no more", two + `{"hasMore":false,"total":2}`, ""},
		{"an error", two + `{"error":{"code":"timeout"}}`, "error of the last line"},
		{"a status", two + `{"status":"error","message":"x"}`, "status of the last line"},
		{"a token", two + `{"next_page_token":"abc"}`, "next_page_token of the last line"},
		{"a total", two + `{"meta":{"total":9}}`, "meta.total of the last line"},
		{"a record with an error", two + `{"error":"x","id":3}`, ""},
		{"a record further up", `{"id":1}` + "\n" + `{"error":"x"}` + "\n" + `{"id":2}`, ""},
		{"the only one", `{"error":"x"}`, ""},
		{"a record behind a first line that is none", `{"schema":"v1"}` + "\n" + `{"id":1,"total":50}` + "\n" + `{"id":2,"total":90,"error":"x"}`, ""},
		{"more behind such a line", `{"schema":"v1"}` + "\n" + two + `{"hasMore":true}`, "hasMore of the last line"},
		{"lines by twos", `{"index":{}}` + "\n" + `{"status":"failed","n":1}` + "\n" + `{"index":{}}` + "\n" + `{"status":"failed","n":2}`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := define(t, "", `path: /x, records: "@this", decode: jsonl`)[0]
			got := newRig(t, s, &script{answers: []answer{says(200, tt.body)}}).run(s, paging.Position{})
			if got.err != nil {
				t.Fatal(got.err)
			}
			keys := ""
			for _, d := range got.last.Proof.Doubts {
				keys += d.Key
			}
			if keys != tt.doubt {
				t.Errorf("doubted by %q, want %q", keys, tt.doubt)
			}
		})
	}
}
