package tap_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources/apitest"
)

// TestLogNamesTheStreamOnce: a log line has the stream beside its text, and so
// not in it.
func TestLogNamesTheStreamOnce(t *testing.T) {
	status := func(status int) http.RoundTripper { return apitest.New(apitest.From(1, apitest.Status(status))) }
	for _, tt := range []struct {
		name, keys string
		api        http.RoundTripper
		want       string
	}{
		{"a request", "", status(404), "answered 404"},
		{"a request that failed for now", "    retry: {attempts: 1}\n", status(503), "answered 503"},
		{"a record", "", rowsAPI(`{"id":"x"}`), "does not fit"},
		{"a replication key", "    replication_key: name\n    incremental: {start: 2025-01-01, client_filter: true}\n", rowsAPI(`{"id":1,"name":"11/24/2025"}`), "is not recognised as a time"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := setup{definition: items(tt.keys), api: tt.api}.run(t)
			if r.err == nil || !strings.HasPrefix(r.err.Error(), "items: ") {
				t.Fatalf("got error %v, which does not begin with the stream", r.err)
			}
			told := 0
			for line := range strings.Lines(r.log) {
				if strings.Contains(line, tt.want) && strings.Contains(line, "stream=items") {
					told++
					if strings.Contains(line, "items: ") {
						t.Errorf("names the stream twice: %s", line)
					}
				}
			}
			if told == 0 {
				t.Errorf("no line says %q of the stream:\n%s", tt.want, r.log)
			}
		})
	}
}
