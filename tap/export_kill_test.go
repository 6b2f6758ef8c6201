package tap_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/tidwall/gjson"
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
	mu        sync.Mutex
	jobs      int
	polls     int // of the job at hand
	downloads []int
	removed   int
	requests  int
	at        int  // number of the request that kills; 0: none
	answered  bool // the API answered it
	kill      func()
	dead      bool
	file      func(n int) string // nil: three records in JSON
	killedBy  string             // method of the request that killed
	keys      []string           // of the jobs: one that comes again asks for no other job
}

const exportFiles = 4

func (a *exportAPI) RoundTrip(r *http.Request) (*http.Response, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.dead {
		return nil, context.Canceled
	}
	if a.requests++; a.at == 0 || a.requests < a.at {
		return a.answer(r), nil
	}
	if a.answered {
		a.answer(r)
	}
	a.kill()
	a.dead, a.killedBy = true, r.Method
	return nil, context.Canceled
}

func (a *exportAPI) answer(r *http.Request) *http.Response {
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
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)), Request: r}
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
	api, out := &exportAPI{at: at, answered: answered}, &lockedBuffer{}
	s.workDir, s.api, s.out = t.TempDir(), api, out
	left, written := t.TempDir(), ""
	stop, cancel := context.WithCancel(context.Background())
	defer cancel()
	s.stop = stop
	api.kill = func() {
		cancel() // what the run does from here on reaches nobody
		if !lost {
			if err := os.CopyFS(left, os.DirFS(s.workDir)); err != nil {
				t.Error(err)
			}
		}
		written = out.String()
	}
	s.run(t)
	var ids []string
	for line := range strings.Lines(written) {
		switch gjson.Get(line, "type").Str {
		case "RECORD":
			ids = append(ids, gjson.Get(line, "record.id").Raw)
		case "STATE":
			if state {
				s.state = gjson.Get(line, "value").Raw
			}
		}
	}
	api.dead, api.at = false, 0
	s.workDir, s.out, s.stop = left, nil, nil
	r := s.run(t)
	if r.err != nil {
		t.Errorf("%s: %v\n%s", where, r.err, r.log)
		return
	}
	for _, rec := range r.records("") {
		ids = append(ids, gjson.Get(rec, "id").Raw)
	}
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
