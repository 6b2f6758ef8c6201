//go:build unix

package main_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/testrig"
)

// counting is an API that grants 40 calls a second, over all who ask, and answers each
// with a page of a list that has so many. What comes within 5 % of a second of what the
// limit allows is granted: requests are on their way for as long as the machine is busy.
type counting struct {
	pages int

	mu      sync.Mutex
	times   []time.Time
	refused int
	before  func()
}

func (a *counting) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	at := time.Now()
	for len(a.times) > 0 && at.Sub(a.times[0]) >= 950*time.Millisecond {
		a.times = a.times[1:]
	}
	refused := len(a.times) >= 40
	if refused {
		a.refused++
	} else {
		a.times = append(a.times, at)
	}
	a.mu.Unlock()
	if refused {
		w.WriteHeader(http.StatusTooManyRequests)
		return
	}
	if a.before != nil {
		a.before()
	}
	var page int
	_, _ = fmt.Sscan(r.URL.Query().Get("page"), &page)
	w.Header().Set("Content-Type", "application/json")
	rows := fmt.Sprintf(`{"id":%d}`, page)
	if page > a.pages {
		rows = ""
	}
	fmt.Fprintf(w, `{"data":[%s],"pages":%d}`, rows, a.pages)
}

const sharedDefinition = `{"version": 1, "name": "shared", "settings": {"required": ["token"], "properties": {"token": {"type": "string", "secret": true}}},
 "client": {"base_url": %q, "auth": {"type": "bearer", "token": "{{ config.token }}"}, "max_in_flight": 8, "rate_limit": {"requests": 40, "per": "1s", "shared": true}},
 "streams": [{"name": "rows", "path": "/rows", "records": "data", "primary_key": ["id"], "pagination": {"type": "page", "param": "page", "total_pages": "pages"}}]}`

// TestSharedLimit: three processes keep to a limit of 40 calls a second together, and
// none of their calls is refused, though one of them is killed on the way, at any place,
// and started again. They take no longer than the limit asks for. A machine that is
// busy may hold calls up on their way, so that two come at once: one of three tries
// has no call that is refused.
func TestSharedLimit(t *testing.T) {
	for range 3 {
		if refused := shareLimit(t); refused == 0 || t.Failed() {
			return
		}
	}
	t.Error("calls were refused, three times")
}

// shareLimit lets processes share a limit, and returns how many calls were refused.
func shareLimit(t *testing.T) (refused int) {
	const pages, processes, kills = 60, 3, 4
	var asked atomic.Int64
	var victim atomic.Pointer[os.Process]
	api := &counting{pages: pages}
	api.before = func() {
		if asked.Add(1)%20 == 0 {
			if p := victim.Swap(nil); p != nil {
				_ = p.Kill() // while others of its calls start
			}
		}
	}
	server := httptest.NewServer(api)
	defer server.Close()
	dir := t.TempDir()
	config := filepath.Join(dir, "config.json")
	text := fmt.Sprintf(`{"source": %s, "token": "s3cret-t0ken", "run": {"journal": {"off": true}}}`, fmt.Sprintf(sharedDefinition, server.URL))
	testrig.Write(t, config, text)
	start := func(log *bytes.Buffer) *exec.Cmd {
		cmd := exec.Command(builtBinary(t), "--config", config, "--log-level", "warn")
		cmd.Env = append(os.Environ(), "XDG_STATE_HOME="+filepath.Join(dir, "work"))
		cmd.Stderr = log
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		return cmd
	}
	builtBinary(t)
	began := time.Now()
	var wg sync.WaitGroup
	for i := range processes {
		wg.Go(func() {
			killed := 0
			for {
				var log bytes.Buffer
				p := start(&log)
				if i == 0 && killed < kills {
					victim.Store(p.Process)
				}
				err := p.Wait()
				if i == 0 && killed < kills && err != nil && !p.ProcessState.Exited() {
					killed++
					continue
				}
				if err != nil || bytes.Contains(log.Bytes(), []byte("shared rate_limit")) {
					t.Errorf("%v\n%s", err, log.Bytes())
				}
				return
			}
		})
	}
	wg.Wait()
	took, calls := time.Since(began), asked.Load()
	t.Logf("%d calls in %v, %d refused", calls, took.Round(time.Millisecond), api.refused)
	if calls < pages*processes {
		t.Errorf("%d calls for %d pages", calls, pages*processes)
	}
	if least := time.Duration(calls/40-1) * time.Second; took < least || took > 2*least+5*time.Second {
		t.Errorf("%d calls took %v, and 40 a second take %v", calls, took, least)
	}
	names, err := filepath.Glob(filepath.Join(dir, "work", "tap-rest", "limits", "*.rate"))
	if err != nil || len(names) != 1 {
		t.Errorf("files of limits: %v, %v", names, err)
	}
	for _, name := range names {
		info, err := os.Stat(name)
		if err != nil || info.Mode().Perm() != 0o600 || info.Size() > 4096 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
	return api.refused
}
