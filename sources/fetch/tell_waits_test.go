package fetch_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gofrs/flock"

	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
)

// TestWaitForSharedFile: a request that waits since another process has the file of a
// shared limit says so after a few seconds, once: which limit, and what ends the wait.
// Whoever looks at the counters sees it meanwhile, and nothing afterwards.
func TestWaitForSharedFile(t *testing.T) {
	for _, tt := range []struct {
		held time.Duration
		told int
	}{{0, 0}, {4 * time.Second, 0}, {8 * time.Second, 1}, {30 * time.Second, 1}} {
		synctest.Test(t, func(t *testing.T) {
			s := define(t, `rate_limit: {requests: 40, per: 1s, shared: true}`, `path: /x, pagination: {type: cursor, next: next, param: c}`)[0]
			r := newRig(t, s, &script{answers: pagesOf(2, nil, func(int) string { return "" })})
			o, dir := r.client.Options, t.TempDir()
			o.Limits = fetch.Sharing{Dir: dir, Salt: func() ([]byte, error) { return []byte("salt"), nil }}
			r.client = fetch.NewClient(s.Client, o, r.vars)
			w := r.walk(s, paging.Position{})
			if page, err := w.Next(t.Context()); err != nil || page.Last {
				t.Fatal(err)
			}
			files, _ := filepath.Glob(filepath.Join(dir, "*.rate"))
			if len(files) != 1 {
				t.Fatalf("files: %v", files)
			}
			lock := flock.New(files[0], flock.SetFlag(os.O_RDWR))
			if err := lock.Lock(); err != nil {
				t.Fatal(err)
			}
			go func() {
				time.Sleep(tt.held)
				wait := r.counters.Limited.Load()
				if want := "has waited " + tt.held.String() + " for another process, which has the file of rate_limit: 40 requests in every 1s"; tt.told > 0 &&
					(wait == nil || !wait.Long() || wait.String() != want) {
					t.Errorf("the counters say %v, want %s", wait, want)
				}
				if err := lock.Unlock(); err != nil {
					t.Error(err)
				}
			}()
			if page, err := w.Next(t.Context()); err != nil || !page.Last {
				t.Fatal(err)
			}
			const want = `the client waits before its next request" stream=s0 for="the file of a shared rate_limit, which another process has locked: 40 requests in every 1s" until="that process gives it back, or ends"`
			if log := r.log.String(); strings.Count(log, want) != tt.told || strings.Count(log, "the client waits") != tt.told {
				t.Errorf("held for %v, want it told %d times: %s", tt.held, tt.told, log)
			}
			if wait := r.counters.Limited.Load(); wait != nil {
				t.Errorf("the counters say %v when nothing waits", wait)
			}
		})
	}
}

// TestManyShortWaits: a request that waits again and again, for no long time each, says
// so when all of it is long.
func TestManyShortWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := define(t, `rate_limit: {points: 10, per: 1h}, cost: "{{ response.cost }}", max_in_flight: 2`, `path: /x`)[0]
		slow := &script{answers: []answer{{200, `{"data":[],"cost":1}`, nil}, {200, `{"data":[],"cost":1}`, nil}}}
		r := newRig(t, s, transport(func(req *http.Request) (*http.Response, error) {
			time.Sleep(50 * time.Second)
			return slow.RoundTrip(req)
		}))
		done := make(chan error)
		for range 2 {
			go func() { done <- drain(t, r.walk(s, paging.Position{})).err }()
		}
		for range 2 {
			if err := <-done; err != nil {
				t.Fatal(err)
			}
		}
		if log := r.log.String(); strings.Count(log, `for="the first answer that says what requests cost" until="that answer has come"`) != 1 {
			t.Error(log)
		}
	})
}
