//go:build linux

package main_test

import (
	"bytes"
	"cmp"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/testrig"
)

// yearAPI has an order for each day of 2024, and answers windows of a day. It
// kills who asks at every tenth request, as long as there are kills left.
type yearAPI struct {
	mu     sync.Mutex
	paid   map[string]int // answers by window
	asked  int
	every  int    // which call kills; 0: every tenth
	kill   func() // nil: nobody is killed
	again  int    // how often more
	killed int
	ill    string // the window that is refused
	slow   time.Duration
	wrap   http.Handler // answers in place of it; nil: it answers itself
	came   []time.Time  // requests
}

// refuse refuses the window that begins then; "": none.
func (a *yearAPI) refuse(from string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ill = from
}

// twice is how many answers were paid for again.
func (a *yearAPI) twice() (n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, times := range a.paid {
		n += times - 1
	}
	return n
}

func (a *yearAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if a.wrap != nil {
		a.wrap.ServeHTTP(w, r)
		return
	}
	from, to := r.URL.Query().Get("from"), r.URL.Query().Get("to")
	a.mu.Lock()
	a.came = append(a.came, time.Now())
	a.asked++
	if a.asked%cmp.Or(a.every, 10) == 0 && a.kill != nil {
		a.kill()
		if a.again--; a.again <= 0 {
			a.kill = nil
		}
		a.killed++
	}
	if ill := a.ill != "" && from == a.ill; ill {
		a.mu.Unlock()
		http.Error(w, "no such day", http.StatusNotFound)
		return
	}
	a.paid[from]++
	a.mu.Unlock()
	if a.slow > 0 {
		<-time.After(a.slow)
	}
	var rows []string
	for day := time.Date(2024, 1, 1, 12, 0, 0, 0, time.UTC); day.Year() == 2024; day = day.AddDate(0, 0, 1) {
		if at := day.Format(time.RFC3339); at >= from && at < to {
			rows = append(rows, fmt.Sprintf(`{"id":%d,"updated_at":%q}`, day.YearDay(), at))
		}
	}
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"data":[%s],"next":""}`, strings.Join(rows, ","))
}

// newYear serves a year, and returns the config in dir that reads it in windows of a
// day, by four workers.
func newYear(t *testing.T, dir string) (api *yearAPI, config string) {
	t.Helper()
	api = &yearAPI{paid: map[string]int{}}
	server := httptest.NewServer(api)
	t.Cleanup(server.Close)
	config = filepath.Join(dir, "c.json")
	definition := fmt.Sprintf(`{"version":1,"name":"year","client":{"base_url":%q,"max_in_flight":4},"streams":[{"name":"orders","path":"/orders",
		"params":{"from":"{{ window.start }}","to":"{{ window.end }}"},"records":"data","primary_key":["id"],"replication_key":"updated_at",
		"pagination":{"type":"cursor","next":"next","param":"after"},
		"incremental":{"start":"2024-01-01","end":"2025-01-01","window":"1d","lookback":"3d"}}]}`, server.URL)
	testrig.Write(t, config, fmt.Appendf(nil, `{"source":%s,"run":{"concurrency":4,"flush":{"responses":3}}}`, definition))
	return api, config
}

// TestYearOfWindows reads a year in windows of a day by four workers, and kills
// the binary at every tenth call: with the state that was left, and without it
// nothing is missing, and a kill costs a call for each worker at most.
func TestYearOfWindows(t *testing.T) {
	t.Parallel()
	for _, lost := range []bool{false, true} {
		t.Run(fmt.Sprintf("state lost %v", lost), func(t *testing.T) {
			if !lost && os.Getenv("TAP_REST_FULL_TESTS") == "" {
				t.Skip("TAP_REST_FULL_TESTS=1 runs it too")
			}
			dir := t.TempDir()
			api, config, days, end := newSpan(t, dir)
			seen := map[string]bool{}
			state, over := "", false
			for runs := 0; !over; runs++ {
				if runs > 80 {
					t.Fatal("it comes to no end")
				}
				var out []byte
				out, over = api.run(t, dir, config, state, true)
				if now := note(t, out, seen); now != "" && (!lost || over) {
					state = now
				}
			}
			if len(seen) != days {
				t.Errorf("%d days came", len(seen))
			}
			twice := api.twice()
			t.Logf("%d kills, %d calls, %d of them twice", api.killed, api.asked, twice)
			if api.killed < days/18 || twice > 4*api.killed {
				t.Errorf("%d calls were asked for twice after %d kills", twice, api.killed)
			}
			if !strings.Contains(state, `"replication_key_value":"`+end+`T00:00:00Z"`) || !strings.Contains(state, `"resume":null`) {
				t.Errorf("state %s", state)
			}
			api.asked, api.paid = 0, map[string]int{}
			api.run(t, dir, config, state, false)
			last, err := time.Parse(time.DateOnly, end)
			if err != nil {
				t.Fatal(err)
			}
			var got, want []string
			for back := 3; back > 0; back-- { // the lookback
				want = append(want, last.AddDate(0, 0, -back).Format(time.RFC3339))
			}
			for from := range api.paid {
				got = append(got, from)
			}
			if slices.Sort(got); !slices.Equal(got, want) {
				t.Errorf("the next run asked %q, want %q", got, want)
			}
		})
	}
}

// run runs the binary, and reports whether it came to its end.
func (a *yearAPI) run(t *testing.T, dir, config, state string, kill bool, more ...string) (out []byte, over bool) {
	t.Helper()
	cmd := programWith(t, dir, config, state, more...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	before := 0
	a.mu.Lock()
	if before = a.killed; kill {
		a.kill = func() { _ = cmd.Process.Kill() }
	}
	a.mu.Unlock()
	err := cmd.Wait()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.kill = nil
	if err != nil && a.killed == before {
		t.Fatalf("tap-rest: %v\n%s", err, &stderr)
	}
	return stdout.Bytes(), err == nil
}
