package tap_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/sources/apitest/exports"
)

const windowedExport = `
  - name: NAME
    export:
      submit: {path: /exports, body: {json: {from: "{{ window.start }}", to: "{{ window.end }}", of: NAME}}}
      poll: {path: "/exports/{{ job.id }}"}
      done: "{{ response.status == 'ready' }}"
      links: files.#.url
      max_jobs: 2
    decode: csv
    primary_key: [id]
    replication_key: updated_at
    incremental: {start: "1999-12-01T00:00:00Z", end: "1999-12-07T00:00:00Z", window: 1d}
    schema: {type: object, properties: {id: {type: integer}, updated_at: {type: string, format: date-time}}}
`

// TestExportJobsAtOnce proves that the windows of two streams on one client never have
// more jobs than max_jobs at once, with more workers than that, and that no worker waits
// for ever, in runs that budgets end too.
func TestExportJobsAtOnce(t *testing.T) {
	for name, config := range map[string]string{
		"in one run": `{"run": {"concurrency": 8}}`,
		"by budgets": `{"run": {"concurrency": 8, "max_requests": 9}}`,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := &exports.Server{Files: exports.Parts(3, 5, "csv"), Pending: 3, MaxJobs: 2}
				api := apitest.New(apitest.Extended(e))
				s := setup{definition: "streams:" + strings.ReplaceAll(windowedExport, "NAME", "x") + strings.ReplaceAll(windowedExport, "NAME", "y"),
					api: api, workDir: t.TempDir(), config: config}
				records := 0
				for range 40 {
					r := s.run(t)
					records += len(r.records("x")) + len(r.records("y"))
					s.state = r.state()
					if r.err == nil && r.account.Ended() {
						break
					}
				}
				if want := 2 * 6 * 15; records != want || len(e.Jobs()) != 12 {
					t.Errorf("%d records of %d jobs, want %d of 12", records, len(e.Jobs()), want)
				}
				for _, q := range api.Requests() {
					if q.Status == 429 {
						t.Errorf("request %d asked for a third job", q.N)
					}
				}
			})
		})
	}
}
