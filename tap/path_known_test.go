package tap_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/tap-rest/tap-rest/testrig"
)

const daily = `streams:
  - name: orders
    path: /orders
    records: data
    params: {from: "{{ window.start }}", to: "{{ window.end }}"}
    primary_key: [id]
    replication_key: at
    incremental: {start: "1999-12-01T00:00:00Z", end: "1999-12-07T00:00:00Z", window: 1d}
    schema: {type: object, properties: {id: {type: integer}, at: {type: string}}}
`

// TestPathIsKnownToBeRight proves that the account of a run which asks for nothing but what
// an earlier run owes does not doubt a path that was answered there, and doubts one that
// never was.
func TestPathIsKnownToBeRight(t *testing.T) {
	const doubt, skip = "is its path right?", "do: skip"
	for _, tt := range []struct {
		name, fails, says string
	}{
		{"two days", "03 04", skip},
		{"all days", "01 02 03 04 05 06", doubt},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var asked atomic.Int64
				s := setup{definition: daily, workDir: memoryFolder(t), api: transport(func(r *http.Request) (*http.Response, error) {
					asked.Add(1)
					from := r.URL.Query().Get("from")
					if strings.Contains(tt.fails, from[8:10]) {
						return testrig.JSON(r, 404, "{}"), nil
					}
					return testrig.JSON(r, 200, fmt.Sprintf(`{"data":[{"id":1%s,"at":%q}]}`, from[8:10], from)), nil
				})}
				for run := range 2 {
					asked.Store(0)
					r := s.run(t)
					if r.err == nil || run == 1 && tt.says == skip && asked.Load() != 2 {
						t.Fatalf("run %d asked %d times, and came to %v", run+1, asked.Load(), r.err)
					}
					text := strings.Join(r.account.Stream("orders").Remarks(), "\n")
					for _, words := range []string{doubt, skip} {
						if got := strings.Contains(text, words); got != (words == tt.says) {
							t.Errorf("run %d says %q: %v: %s", run+1, words, got, text)
						}
					}
					s.state = r.state()
				}
			})
		})
	}
}
