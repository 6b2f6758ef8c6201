package tap_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// failingExports has jobs that fail, up to one.
type failingExports struct {
	fails, jobs, polls int
	removed            []string
}

func (a *failingExports) RoundTrip(r *http.Request) (*http.Response, error) {
	body := "{}"
	switch {
	case r.Method == http.MethodPost:
		a.jobs++
		body = fmt.Sprintf(`{"id":"j%d"}`, a.jobs)
	case r.Method == http.MethodDelete:
		a.removed = append(a.removed, r.URL.Path)
	case strings.HasPrefix(r.URL.Path, "/exports/"):
		a.polls++
		body = `{"failed":true}`
		if r.URL.Path > fmt.Sprintf("/exports/j%d", a.fails) {
			body = `{"ready":true,"files":["http://files.test/0"]}`
		}
	default:
		body = `[{"id":1}]`
	}
	return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)), Request: r}, nil
}

// TestExportFails proves that a job which fails is removed, and submitted again once in
// a run; and that the next run asks for another one rather than for the same failure.
func TestExportFails(t *testing.T) {
	api := &failingExports{fails: 2}
	s := setup{definition: exportStream + "      failed: \"{{ response.failed }}\"\n", api: api, workDir: t.TempDir()}
	r := s.run(t)
	if r.err == nil || !strings.Contains(r.err.Error(), "the next run asks for a new one") || api.jobs != 2 || len(api.removed) != 2 {
		t.Fatalf("got %v; %d jobs, removed %v\n%s", r.err, api.jobs, api.removed, r.log)
	}
	s.state = r.state()
	if r = s.must(t); len(r.records("x")) != 1 || api.jobs != 3 || api.polls != 3 {
		t.Errorf("the next run: %d records, %d jobs, %d polls\n%s", len(r.records("x")), api.jobs, api.polls, r.log)
	}
}
