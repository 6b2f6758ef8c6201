package tap_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/state/progress"
	"github.com/tap-rest/tap-rest/tap"
	"github.com/tap-rest/tap-rest/tap/planfile"
	"github.com/tap-rest/tap-rest/testrig"
)

// visits answers each request with one record of the day that it asks for, and counts.
type visits struct {
	mu     sync.Mutex
	calls  int
	refuse bool // of account b
}

func (v *visits) RoundTrip(r *http.Request) (*http.Response, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.calls++
	status, text := 200, `{"data":[]}`
	if q := r.URL.Query(); r.URL.Path == "/shops" {
		text = `{"data":[{"id":"a"},{"id":"b"}]}`
	} else {
		text = fmt.Sprintf(`{"data":[{"id":"%s-%s","at":%q}]}`, q.Get("of"), q.Get("from"), q.Get("from"))
	}
	if v.refuse && r.URL.Query().Get("of") == "b" {
		status, text = 403, `{"error":"not yours"}`
	}
	return testrig.JSON(r, status, text), nil
}

// TestContextsWithoutWindows proves that contexts of which a run has nothing to read, since
// no window has ended yet, are not read from their start again by the run after it.
func TestContextsWithoutWindows(t *testing.T) {
	for _, test := range []struct {
		name, by, incremental string
		parents               int // requests that each run makes for them
	}{
		{"values, days", `{name: of, values: [a, b]}`, `{start: "2025-03-01", window: 1mo, format: date}`, 0},
		{"values, whole windows", `{name: of, values: [a, b]}`, `{start: "2025-03-01", window: 1mo, format: date, whole_windows: true}`, 0},
		{"parents", `{parent: shops, keys: {of: id}}`, `{start: "2025-03-01", window: 1mo, format: date}`, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sleepUntil(time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC))
				api := &visits{}
				streams := "streams:\n"
				if test.parents > 0 {
					streams += "  - {name: shops, path: /shops, records: data, primary_key: [id]}\n"
				}
				s := setup{definition: streams + `  - name: visits
    path: /visits
    params: {of: "{{ partition.of }}", from: "{{ window.start }}", to: "{{ window.end }}"}
    records: data
    primary_key: [id]
    replication_key: at
    schema: {type: object, properties: {id: {type: string}, at: {type: string}}}
    partition_by: [` + test.by + `]
    incremental: ` + test.incremental + "\n", api: api, workDir: t.TempDir()}
				for run := range 4 {
					api.calls = 0
					r := s.must(t)
					want := 6 + test.parents
					if run > 0 {
						want = test.parents
					}
					if api.calls != want {
						t.Errorf("run %d: %d calls, want %d; the state before was %s", run, api.calls, want, s.state)
					}
					s.state = r.state()
					time.Sleep(time.Minute)
				}
			})
		})
	}
}

const visitsOfAccounts = `streams:
  - name: visits
    path: /visits
    params: {of: "{{ partition.of }}", from: "{{ window.start }}", to: "{{ window.end }}"}
    records: data
    primary_key: [id]
    replication_key: at
    schema: {type: object, properties: {id: {type: string}, at: {type: string}}}
    partition_by: [{name: of, values: [a, b]}]
    incremental: {start: "2025-03-01", window: 1mo, format: date}
`

// TestSharesOfContexts proves that accounts whose windows were read by several runs are
// known to be read once the plan is ended, and are not read from their start again.
func TestSharesOfContexts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sleepUntil(time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC))
		api := &visits{}
		s := setup{definition: visitsOfAccounts, api: api, workDir: t.TempDir()}
		plan := s.planLines(t)
		var merged *state.State
		for i := range 3 {
			r, left := s.runShare(t, plan, nil, func(n int, _ string) bool { return n%3 == i })
			if len(r.records("visits")) != 2 {
				t.Errorf("share %d has %d records", i, len(r.records("visits")))
			}
			var err error
			if merged == nil {
				merged = left
			} else if merged, err = progress.MergeStates(merged, left, ""); err != nil {
				t.Fatal(err)
			}
		}
		r, _ := s.runShare(t, plan, merged, nil)
		if api.calls != 6 || len(r.records("visits")) != 0 {
			t.Errorf("%d calls, want 6", api.calls)
		}
		s.state = r.state()
		time.Sleep(time.Minute)
		if s.must(t); api.calls != 6 {
			t.Errorf("the run after it asked %d times, with %s", api.calls-6, s.state)
		}
	})
}

// TestShareIsOwed proves that a share of which something failed for good asks for that
// again when it is repeated with the state that it left.
func TestShareIsOwed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sleepUntil(time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC))
		api := &visits{refuse: true}
		s := setup{definition: visitsOfAccounts, api: api, workDir: t.TempDir()}
		plan := s.planLines(t)
		var err error
		if s.share, err = planfile.Read("plan.jsonl", strings.NewReader(plan), func(int, string) bool { return true }); err != nil {
			t.Fatal(err)
		}
		left := &state.State{}
		for run, want := range []int{3, 0, 3} { // records
			begun, err := s.share.State("", left)
			if err != nil {
				t.Fatal(err)
			}
			s.state, api.refuse = string(begun.AppendSinger(nil)), run < 2
			r := s.run(t)
			if got := len(r.records("visits")); got != want || (r.err != nil) != (run < 2) {
				t.Errorf("run %d: %d records, want %d: %v", run, got, want, r.err)
			}
			if left, err = state.ParseSinger("", []byte(r.state())); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Minute)
		}
	})
}

// planLines is a plan, as plan --json prints it.
func (s setup) planLines(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	line := json.NewEncoder(&b)
	n := 0
	err := tap.Plan(s.options(t, io.Discard, io.Discard), func(h planfile.Head) error { return line.Encode(h) }, func(p planfile.Planned) error {
		n++
		return line.Encode(p)
	})
	if err == nil {
		err = line.Encode(planfile.End{End: n})
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// runShare reads what is wanted of a plan, or what is left of it, and returns the state.
func (s setup) runShare(t *testing.T, plan string, left *state.State, wants func(n int, key string) bool) (result, *state.State) {
	t.Helper()
	share, err := planfile.Read("plan.jsonl", strings.NewReader(plan), wants)
	if err != nil {
		t.Fatal(err)
	}
	if left == nil {
		left = &state.State{}
	}
	begun, err := share.State("", left)
	if err != nil {
		t.Fatal(err)
	}
	s.share, s.state = share, string(begun.AppendSinger(nil))
	r := s.must(t)
	after, err := state.ParseSinger("", []byte(r.state()))
	if err != nil {
		t.Fatal(err)
	}
	return r, after
}
