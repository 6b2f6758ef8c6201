package tap_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/sources/apitest/exports"
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
	// running is a job that runs for long, whose first answer has something else in it.
	running := func(path, other string) []apitest.Option {
		return []apitest.Option{
			apitest.Under(path, 2, 0, apitest.Body(200, "application/json", `{"status":"running"}`)),
			apitest.Under(path, 1, 1, apitest.Body(200, "application/json", `{"status":"running"`+other+`}`)),
		}
	}
	for _, tt := range []struct {
		name   string
		faults []apitest.Option
		jobs   int // of the first run
		says   string
		quotes string // what else it says
	}{
		{"jobs fail", poll(1, exports.FailJob("error")), 2, "the export's job came to nothing: the API says that it has failed", ""},
		{"jobs are not done in time", append(running("/exports/job-1", `,"p":1`), running("/exports/job-2", `,"p":1`)...), 2,
			`in the last answer response.status is "running"`, "another job was asked for, and ended the same way"},
		{"a job is never done", running("/exports/job-1", ""), 1, `in the last answer response.status is "running"; all answers were the same (9 polls)`,
			"no other job is asked for in this run, as it would likely end the same way"},
		{"jobs are never done, and a poll of each fails", slices.Concat(running("/exports/job-1", ""), running("/exports/job-2", ""), poll(3, apitest.Status(503))), 2, "came to nothing", "another job was asked for"},
		{"no id", []apitest.Option{apitest.OnPath("/exports", 1, apitest.Body(202, "application/json", `{"status":"queued"}`))}, 0,
			`the answer to export.submit has not what export.poll asks by; the answer begins: {"status":"queued"}`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := &exports.Server{Files: exports.Parts(3, 5, "csv")}
				s := setup{definition: failingExport, api: apitest.New(append(tt.faults, apitest.Extended(e))...), workDir: t.TempDir()}
				r := s.run(t)
				if r.err == nil || !strings.Contains(r.err.Error(), tt.says) || !strings.Contains(r.err.Error(), tt.quotes) || len(e.Jobs()) != tt.jobs {
					t.Fatalf("%d jobs and %v, want %d and %q", len(e.Jobs()), r.err, tt.jobs, tt.says)
				}
				if tt.jobs == 2 && (!strings.Contains(r.log, "another job is asked for") || strings.Contains(r.log, "has lost the walk")) {
					t.Errorf("the log says %s", r.log)
				}
				if status := r.account.Stream("x").Status(); tt.jobs > 0 && status != "failed (job lost)" {
					t.Errorf("the account says %s", status)
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

// TestWrongPathOfPoll proves that no more than two jobs are paid for where the API knows
// none of them at its first poll, that the error says what is likely wrong, and that the
// account speaks of a job.
func TestWrongPathOfPoll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &exports.Server{Files: exports.Parts(3, 5, "csv")}
		wrong := strings.Replace(failingExport, `poll: {path: "/exports/`, `poll: {path: "/export/`, 1)
		s := setup{definition: wrong, api: apitest.New(apitest.Extended(e)), workDir: t.TempDir()}
		for run, jobs := range []int{2, 3} { // the next run goes on with the last job, and then asks for another
			r := s.run(t)
			const says = "the path of export.poll seems wrong: is export.poll right? It says path: /export/{{ job.id }}"
			if r.err == nil || !strings.Contains(r.err.Error(), says) || len(e.Jobs()) != jobs {
				t.Fatalf("run %d: %d jobs and %v", run+1, len(e.Jobs()), r.err)
			}
			if !strings.Contains(r.log, "the API has lost the export's job: another job is asked for") {
				t.Errorf("run %d: the log says %s", run+1, r.log)
			}
			s.state = r.state()
		}
	})
}
