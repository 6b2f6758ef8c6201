//go:build unix

package main_test

import (
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/testrig"
)

// tryAgain is the exit code of a run that failed for now.
const tryAgain = 75

// startPages is how many pages the API of these tests has.
const startPages = 4

func startAPI(t *testing.T, options ...apitest.Option) (api *apitest.API, url string) {
	t.Helper()
	api = apitest.New(options...).Add(apitest.Collection{
		Path: "/items", Style: apitest.Cursor, Size: 1,
		Made: apitest.Made{Count: startPages, Record: func(i int) []byte { return fmt.Appendf(nil, `{"id":%d}`, i) }},
	})
	url = testrig.Serve(t, api)
	return api, url
}

// startConfig writes the config of one of the processes.
func startConfig(t *testing.T, dir, url, account string) string {
	t.Helper()
	name := filepath.Join(dir, account+".json")
	text := fmt.Sprintf(`{"account": %q, "source": {"version": 1, "name": "together", "settings": {"properties": {"account": {"type": "string"}}},
		"client": {"base_url": %q, "retry": {"attempts": 1}},
		"streams": [{"name": "items", "path": "/items", "params": {"account": "{{ config.account }}"}, "records": "data", "primary_key": ["id"],
			"pagination": {"type": "cursor", "next": "next_page", "param": "cursor"}}]}}`, account, url)
	testrig.Write(t, name, text)
	return name
}

// startTogether starts a process for each config at once, and returns the exit
// codes and what they said.
func startTogether(t *testing.T, state string, configs []string) (codes []int, stderr []string) {
	t.Helper()
	binary := builtBinary(t)
	codes, stderr = make([]int, len(configs)), make([]string, len(configs))
	var wg sync.WaitGroup
	for i, config := range configs {
		wg.Go(func() {
			cmd := exec.Command(binary, "--config", config)
			cmd.Env = []string{"XDG_STATE_HOME=" + state}
			var said strings.Builder
			cmd.Stderr = &said
			_ = cmd.Run() // its exit code says how it ended
			codes[i], stderr[i] = cmd.ProcessState.ExitCode(), said.String()
		})
	}
	wg.Wait()
	return codes, stderr
}

// TestStartTogether starts 40 processes with settings of their own in a fresh
// folder at once: the API fails before their last page, and when all are started
// again each finds its journal.
func TestStartTogether(t *testing.T) {
	t.Parallel()
	processes := 40
	if testing.Short() {
		processes = 16
	}
	var mu sync.Mutex
	asked := map[string]int{}
	healthy := false
	api, url := startAPI(t, apitest.Before(func(_ int, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		account := r.URL.Query().Get("account")
		if asked[account]++; asked[account] >= startPages && !healthy {
			panic(http.ErrAbortHandler)
		}
	}))
	dir := t.TempDir()
	var configs []string
	for i := range processes {
		configs = append(configs, startConfig(t, dir, url, fmt.Sprintf("a%02d", i)))
	}
	codes, stderr := startTogether(t, dir, configs)
	for i, code := range codes {
		if code != tryAgain {
			t.Fatalf("process %d: exit %d, want %d\n%s", i, code, tryAgain, stderr[i])
		}
	}
	journals := startJournals(t, dir)
	if len(journals) != processes {
		t.Errorf("%d journals, want %d", len(journals), processes)
	}
	mu.Lock()
	healthy = true
	mu.Unlock()
	api.Reset()
	codes, stderr = startTogether(t, dir, configs)
	found := 0
	for i, code := range codes {
		if code != 0 {
			t.Errorf("process %d again: exit %d\n%s", i, code, stderr[i])
		}
		if strings.Contains(stderr[i], "the pass goes on from the journal") {
			found++
		}
	}
	if found != processes || api.Count() != processes || len(startJournals(t, dir)) != processes {
		t.Errorf("%d journals found again with %d requests, %d journals in all; want %d of each", found, api.Count(), len(startJournals(t, dir)), processes)
	}
}

func startJournals(t *testing.T, dir string) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(dir, "tap-rest", "journal", "together-*"))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestStartTheSame starts processes with the same settings in a fresh folder at
// once: one runs, and the others end with 75 while it does.
func TestStartTheSame(t *testing.T) {
	t.Parallel()
	builtBinary(t) // it is not for goroutines to skip the test
	const processes = 10
	release := make(chan struct{})
	_, url := startAPI(t, apitest.Before(func(int, *http.Request) { <-release }))
	dir := t.TempDir()
	config := startConfig(t, dir, url, "same")
	ended := make(chan int)
	for range processes {
		go func() {
			codes, _ := startTogether(t, dir, []string{config})
			ended <- codes[0]
		}()
	}
	for i := range processes - 1 {
		if code := <-ended; code != tryAgain {
			t.Errorf("end %d: exit %d, want %d", i, code, tryAgain)
		}
	}
	close(release)
	if code := <-ended; code != 0 {
		t.Errorf("the last one: exit %d, want 0", code)
	}
}
