package tap_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/testrig"
)

const exportStream = `streams:
  - name: x
    records: "@this"
    primary_key: [id]
    schema: {type: object}
    export:
      submit: {path: /exports, body: {json: {of: x}}}
      poll: {path: "/exports/{{ job.id }}", every: 1ms}
      done: "{{ response.ready }}"
      links: files
      remove: {path: "/exports/{{ job.id }}"}
`

// exportAPI has jobs of four files with three records each, until a request kills the
// run that made it.
type exportAPI struct {
	killer
	jobs      int
	polls     int // of the job at hand
	downloads []int
	removed   int
	file      func(n int) string // nil: three records in JSON
	keys      []string           // of the jobs: one that comes again asks for no other job
}

const exportFiles = 4

func (a *exportAPI) RoundTrip(r *http.Request) (*http.Response, error) {
	return a.ask(r, a.answer)
}

func (a *exportAPI) answer(r *http.Request) (*http.Response, error) {
	status, body := 200, "{}"
	switch {
	case r.Method == http.MethodPost:
		key := r.Header.Get("Idempotency-Key")
		if key != "" && slices.Contains(a.keys, key) {
			status, body = 202, fmt.Sprintf(`{"id":"j%d"}`, 1+slices.Index(a.keys, key))
			break
		}
		a.keys = append(a.keys, key)
		a.jobs++
		a.polls = 0
		status, body = 202, fmt.Sprintf(`{"id":"j%d"}`, a.jobs)
	case r.Method == http.MethodDelete:
		a.removed++
		status = 204
	case strings.HasPrefix(r.URL.Path, "/exports/"):
		if a.polls++; a.polls > 2 {
			var links []string
			for i := range exportFiles {
				links = append(links, fmt.Sprintf(`"http://files.test/%d?signature=abcdefgh%d"`, i, a.polls))
			}
			body = `{"ready":true,"files":[` + strings.Join(links, ",") + `]}`
		}
	default:
		var n int
		_, _ = fmt.Sscanf(r.URL.Path, "/%d", &n)
		if a.downloads == nil {
			a.downloads = make([]int, exportFiles)
		}
		a.downloads[n]++
		body = fmt.Sprintf(`[{"id":%d},{"id":%d},{"id":%d}]`, 3*n+1, 3*n+2, 3*n+3)
		if a.file != nil {
			body = a.file(n)
		}
	}
	return testrig.JSON(r, status, body), nil
}

// TestExportKilled kills runs at every request of an export, before the API has
// answered and after it has, and proves that the next run, with the last state and
// without any, goes on with the same job and downloads only the files that it lacks.
func TestExportKilled(t *testing.T) {
	base := setup{definition: exportStream, config: `{"run": {"flush": {"responses": 2}}}`}
	whole := &exportAPI{}
	s := base
	s.api = whole
	r := s.must(t)
	if len(r.records("")) != 12 || whole.jobs != 1 || whole.removed != 1 || !slices.Equal(whole.downloads, []int{1, 1, 1, 1}) {
		t.Fatalf("%d records, %d jobs, downloads %v, %d removed\n%s", len(r.records("")), whole.jobs, whole.downloads, whole.removed, r.log)
	}
	if n := r.account.Streams[0].Certificate.Keys.Distinct; n != 12 {
		t.Errorf("%d different keys are counted", n)
	}
	if strings.Contains(r.log, "abcdefgh") {
		t.Errorf("the log has a signature:\n%s", r.log)
	}
	for at := 1; at <= whole.requests; at++ {
		for i := range 8 {
			killExport(t, base, at, i&1 == 1, i&2 == 2, i&4 == 4)
		}
	}
	byKey := base
	byKey.definition = strings.Replace(exportStream, "path: /exports,", `path: /exports, headers: {Idempotency-Key: "{{ job_key }}"},`, 1)
	for at := 1; at <= 2; at++ {
		for i := range 4 {
			killExport(t, byKey, at, i&1 == 1, i&2 == 2, false)
		}
	}
}

func killExport(t *testing.T, s setup, at int, answered, state, lost bool) {
	where := fmt.Sprintf("killed at request %d, answered %v, with state %v, journal lost %v", at, answered, state, lost)
	api := &exportAPI{killer: killer{at: at, answered: answered}}
	s.api = api
	written, s := s.untilKilled(t, &api.killer, state, lost)
	r := s.run(t)
	if r.err != nil {
		t.Errorf("%s: %v\n%s", where, r.err, r.log)
		return
	}
	ids := append(written.IDs(""), r.lines.IDs("")...)
	slices.Sort(ids)
	if ids = slices.Compact(ids); len(ids) != 12 {
		t.Errorf("%s: the union has %d records of 12", where, len(ids))
	}
	// Without a state and a journal nobody knows of the job.
	if at > 1 && state && s.state == "" {
		t.Errorf("%s: no state has the job by the first poll", where)
	}
	knows := state || !lost
	byKey := strings.Contains(s.definition, "job_key")
	if most := map[bool]int{true: 1, false: 2}[knows && (byKey || !(at == 1 && answered))]; api.jobs > most {
		t.Errorf("%s: %d jobs, state %s", where, api.jobs, s.state)
	}
	if told := strings.Contains(r.log, "may do a second one"); told != (at == 1 && !lost && !byKey) {
		t.Errorf("%s: a second job is told: %v\n%s", where, told, r.log)
	}
	twice := 0
	for _, n := range api.downloads {
		twice += n - 1
	}
	if !lost && twice > 1 {
		t.Errorf("%s: downloads %v", where, api.downloads)
	}
}
