package tap_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tap-rest/tap-rest/sources/apitest"
)

const failingExport = `streams:
  - name: x
    export:
      submit: {path: /exports, body: {json: {of: x, key: "{{ job_key }}"}}}
      poll: {path: "/exports/{{ job.id }}", timeout: 5m}
      done: "{{ response.status == 'ready' }}"
      failed: "{{ response.status == 'error' }}"
      links: files.#.url
      remove: {path: "/exports/{{ job.id }}"}
    decode: csv
    primary_key: [id]
    schema: {type: object, properties: {id: {type: integer}}}
`

// TestExportFailsAndRecovers proves that a run after one whose jobs came to nothing asks
// for another, with the state and the journal of the one before.
func TestExportFailsAndRecovers(t *testing.T) {
	poll := func(n int, f apitest.Fault) []apitest.Option {
		return []apitest.Option{apitest.OnPath("/exports/job-1", n, f), apitest.OnPath("/exports/job-2", n, f)}
	}
	for _, tt := range []struct {
		name   string
		faults []apitest.Option
		jobs   int // of the first run
		says   string
	}{
		{"jobs fail", poll(1, apitest.FailJob("error")), 2, "the export's job came to nothing: the API says that it has failed"},
		{"jobs are never done", []apitest.Option{apitest.Under("/exports/job-1", 1, 0, apitest.Body(200, "application/json", `{"status":"running"}`)),
			apitest.Under("/exports/job-2", 1, 0, apitest.Body(200, "application/json", `{"status":"running"}`))}, 2, "poll.timeout is 5m0s"},
		{"no id", []apitest.Option{apitest.OnPath("/exports", 1, apitest.Body(202, "application/json", `{"status":"queued"}`))}, 0,
			`the answer to export.submit has not what export.poll asks by; the answer begins: {"status":"queued"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := &apitest.Exports{Files: apitest.Parts(3, 5, "csv")}
				s := setup{definition: failingExport, api: apitest.New(append(tt.faults, apitest.Exporting(e))...), workDir: t.TempDir()}
				r := s.run(t)
				if r.err == nil || !strings.Contains(r.err.Error(), tt.says) || len(e.Jobs()) != tt.jobs {
					t.Fatalf("%d jobs and %v, want %d and %q", len(e.Jobs()), r.err, tt.jobs, tt.says)
				}
				if tt.jobs == 2 && (!strings.Contains(r.log, "another job is asked for") || strings.Contains(r.log, "has lost the walk")) {
					t.Errorf("the log says %s", r.log)
				}
				for i, j := range e.Jobs() {
					if !strings.Contains(tt.name, "done") && j.Deletes != 1 {
						t.Errorf("job %d was removed %d times", i+1, j.Deletes)
					}
				}
				time.Sleep(time.Minute)
				s.state = r.state()
				if r = s.must(t); len(r.records("x")) != 15 || len(e.Jobs()) != tt.jobs+1 {
					t.Errorf("%d records of %d jobs\n%s", len(r.records("x")), len(e.Jobs()), r.log)
				}
				keys := map[string]bool{}
				for _, j := range e.Jobs() {
					keys[string(j.Body)] = true
				}
				if len(keys) != len(e.Jobs()) {
					t.Errorf("%d jobs were asked for by %d keys", len(e.Jobs()), len(keys))
				}
			})
		})
	}
}
