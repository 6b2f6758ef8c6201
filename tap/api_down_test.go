package tap_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tap-rest/tap-rest/tap"
	"github.com/tap-rest/tap-rest/testrig"
)

// flaky has two items for each account, and fails as it is told.
type flaky struct {
	mu    sync.Mutex
	began time.Time
	asked map[string]int // requests, by their path
	fails func(r *http.Request, after time.Duration) (status int, err error)
}

func newFlaky(fails func(r *http.Request, after time.Duration) (int, error)) *flaky {
	return &flaky{began: time.Now(), asked: map[string]int{}, fails: fails}
}

func (f *flaky) RoundTrip(r *http.Request) (*http.Response, error) {
	f.mu.Lock()
	f.asked[r.URL.Path]++
	f.mu.Unlock()
	switch status, err := f.fails(r, time.Since(f.began)); {
	case err != nil:
		return nil, err
	case status != 0:
		return testrig.Answer(r, status, "{}"), nil
	}
	return testrig.Answer(r, 200, fmt.Sprintf(`{"next":"","data":[{"id":"%s-%s","updated_at":"2025-01-02T00:00:00Z"}]}`, r.URL.Path, r.URL.Query().Get("from"))), nil
}

func (f *flaky) calls() (n int) {
	for _, times := range f.asked {
		n += times
	}
	return n
}

// patientHead has the retries that a definition has which says nothing of them.
const patientHead = "version: 1\nname: t\nclient: {base_url: http://api.test}\n"

// manyAccounts is a stream of so many contexts.
func manyAccounts(name string, n int, more string) string {
	values := make([]int, n)
	for i := range values {
		values[i] = i + 1
	}
	list, _ := json.Marshal(values)
	return fmt.Sprintf("  - name: %s\n    path: /%[1]s/{{ partition.account }}\n    schema: {type: object}\n    partition_by: [{name: account, values: %s}]\n%s", name, list, more)
}

func refused(*http.Request, time.Duration) (int, error) { return 0, syscall.ECONNREFUSED }

func answers(status int) func(*http.Request, time.Duration) (int, error) {
	return func(*http.Request, time.Duration) (int, error) { return status, nil }
}

func temporary(err error) bool {
	var failures tap.Failures
	return errors.As(err, &failures) && failures.Temporary()
}

// TestAPIDown: where the API answers nothing well, a run of a thousand partitions
// ends after a few of them, and the next one goes on.
func TestAPIDown(t *testing.T) {
	for _, tt := range []struct {
		name  string
		fails func(*http.Request, time.Duration) (int, error)
	}{{"refused", refused}, {"503", answers(503)}, {"429", answers(429)}} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				api := newFlaky(tt.fails)
				s := setup{head: patientHead, definition: partitioned + manyAccounts("items", 1000, ""), api: api, workDir: memoryFolder(t)}
				for range 2 {
					api.asked, api.began = map[string]int{}, time.Now()
					r := s.run(t)
					if !temporary(r.err) || !strings.Contains(r.err.Error(), "the API does not answer, and no more is asked of it in this run: GET") {
						t.Errorf("got %v", r.err)
					}
					took := time.Since(api.began)
					t.Logf("%s until it ended, %d calls", took, api.calls())
					if took > 2*time.Minute || api.calls() > 60 {
						t.Errorf("it took %s and %d calls", took, api.calls())
					}
					if n := strings.Count(r.log, "level=WARN") + strings.Count(r.log, "level=ERROR"); n > 16 {
						t.Errorf("%d lines warn:\n%s", n, r.log)
					}
					if n := strings.Count(r.log, "the API does not answer"); n != 2 {
						t.Errorf("the log says %d times that it does not answer, want that it waits, and that it gave up:\n%s", n, r.log)
					}
					s.state = r.state()
				}
				api.fails = answers(0)
				if r := s.must(t); len(r.records("items")) != 1000 || !done(t, r.state(), "items") {
					t.Errorf("%d records, state %s", len(r.records("items")), r.state())
				}
			})
		})
	}
}

// TestAPIComesBack: partitions that were not begun since the API did not answer
// are read as soon as it does again, and those of other clients meanwhile.
func TestAPIComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := newFlaky(func(r *http.Request, after time.Duration) (int, error) {
			if r.URL.Host == "api.test" && after < 25*time.Second {
				return 0, syscall.ECONNREFUSED
			}
			return 0, nil
		})
		definition := partitioned + manyAccounts("items", 200, "") + manyAccounts("other", 50, "    base_url: http://other.test\n")
		r := setup{head: patientHead, definition: definition, api: api, workDir: memoryFolder(t)}.must(t)
		if len(r.records("items")) != 200 || len(r.records("other")) != 50 || !done(t, r.state(), "items") {
			t.Errorf("%d items, %d others, state %s", len(r.records("items")), len(r.records("other")), r.state())
		}
		if n := strings.Count(r.log, "the API does not answer"); n != 1 {
			t.Errorf("the log says %d times that the API does not answer:\n%s", n, r.log)
		}
	})
}

// TestAccountsDown: accounts that fail for themselves keep no other from being
// read, were there many; nor does one with all its windows.
func TestAccountsDown(t *testing.T) {
	for _, tt := range []struct {
		name, definition string
		ill              func(account, from string) bool
		calls            int // for the ill ones, at most
		want             int // records
	}{
		{"one", manyAccounts("items", 100, ""), func(account, _ string) bool { return account == "7" }, 10, 99},
		{"every fifth", manyAccounts("items", 100, ""), func(account, _ string) bool {
			return strings.HasSuffix(account, "0") || strings.HasSuffix(account, "5")
		}, 150, 80},
		{"windows of one", manyAccounts("items", 6, "    params: {from: \"{{ window.start }}\", to: \"{{ window.end }}\"}\n    replication_key: updated_at\n    incremental: {start: \"2025-01-01\", window: 1d}\n"),
			func(account, _ string) bool { return account == "1" }, 60, 5 * 152},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sleepUntil(time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC))
				ill := 0
				api := newFlaky(nil)
				api.fails = func(r *http.Request, _ time.Duration) (int, error) {
					if tt.ill(strings.TrimPrefix(r.URL.Path, "/items/"), r.URL.Query().Get("from")) {
						api.mu.Lock()
						defer api.mu.Unlock()
						ill++
						return 500, nil
					}
					return 0, nil
				}
				s := setup{head: patientHead, definition: partitioned + tt.definition, api: api, workDir: memoryFolder(t)}
				r := s.run(t)
				if !temporary(r.err) || len(r.records("items")) != tt.want {
					t.Errorf("%d records, want %d; %v", len(r.records("items")), tt.want, r.err)
				}
				if ill > tt.calls {
					t.Errorf("%d calls for what does not answer, want %d", ill, tt.calls)
				}
				if n := strings.Count(r.log, "level=WARN") + strings.Count(r.log, "level=ERROR"); n > 26 {
					t.Errorf("%d lines warn:\n%s", n, r.log)
				}
				if n := strings.Count(r.log, "further partitions of the stream failed"); (n > 0) != (tt.calls > 10) {
					t.Errorf("%d lines count what is not told of:\n%s", n, r.log)
				}
				api.fails, s.state = answers(0), r.state()
				r = s.must(t)
				if !done(t, r.state(), "items") {
					t.Errorf("state %s", r.state())
				}
			})
		})
	}
}
