package fetch_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch/export"
)

// TestExportNotDoneInTime proves what the error of a job says that is not done in time: what
// done looks at, as it was last, and whether the answers ever changed.
func TestExportNotDoneInTime(t *testing.T) {
	const same = `{"state":"running","n":1}`
	long := `{"state":"` + strings.Repeat("x", 100) + `"}`
	for _, tt := range []struct {
		name, done string
		answers    []string
		disturbed  bool
		says       string
		unchanged  bool
	}{
		{"a member", "{{ response.state == 'done' }}", []string{same, same, same}, false, `in the last answer response.state is "running"; all answers were the same (3 polls)`, true},
		{"two members", "{{ response.state == 'done' and response.job.pct == 100 and response.state }}", []string{same, same, same}, false, `response.state is "running", response.job.pct is not there`, true},
		{"a header and the status", "{{ headers.state == 'done' or status == 201 }}", []string{same, same, same}, false, `headers.state is "waiting", status is 200`, true},
		{"all of the answer", "{{ 'done' in response }}", []string{same, same, same}, false, "the last answer begins: " + same, true},
		{"no done", "", []string{same, same, same}, false, "the last answer begins: " + same, true},
		{"long", "{{ response.state == 'done' }}", []string{long, long, long}, false, "response.state is \"" + strings.Repeat("x", 10) + "…;", true},
		{"another answer", "{{ response.state == 'done' }}", []string{`{"state":"queued"}`, same, same}, false, `response.state is "running"`, false},
		{"a poll that failed", "{{ response.state == 'done' }}", []string{same, same, same}, true, `response.state is "running"`, false},
		{"two polls", "{{ response.state == 'done' }}", []string{same, same}, false, `response.state is "running"`, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			spec := &sources.Export{Timeout: time.Hour}
			if tt.done != "" {
				done, fault := sources.NewTemplates(nil).Compile(sources.InExport, tt.done)
				if fault != nil {
					t.Fatal(fault)
				}
				spec.Done = done
			}
			j := export.New(spec)
			now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
			vars := make(expr.Vars, sources.VarCount)
			j.Show(vars, expr.Dict([]string{"at"}, []expr.Value{expr.String(now.Format(time.RFC3339))}))
			quote := func(text string) string {
				if len(text) > 11 && text != same {
					return text[:11] + "…"
				}
				return text
			}
			var err error
			for i, answer := range tt.answers {
				if tt.disturbed && i == 1 {
					j.Disturbed()
				}
				vars[sources.VarResponse] = expr.JSONBytes([]byte(answer))
				vars[sources.VarHeaders] = expr.Dict([]string{"state"}, []expr.Value{expr.String("waiting")})
				after := time.Minute
				if i == len(tt.answers)-1 {
					after = 2 * time.Hour
				}
				if err = j.Waits(vars, 200, []byte(answer), now.Add(after), quote); (err != nil) != (after > time.Hour) {
					t.Fatalf("answer %d: got %v", i+1, err)
				}
			}
			if !errors.Is(err, export.ErrOver) || errors.Is(err, export.ErrUnchanged) != tt.unchanged || !strings.Contains(err.Error()+";", tt.says) {
				t.Errorf("got %v, want %s, and unchanged %v", err, tt.says, tt.unchanged)
			}
		})
	}
}
