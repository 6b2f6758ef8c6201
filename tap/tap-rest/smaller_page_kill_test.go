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
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/tap-rest/tap-rest/testrig"
	"github.com/tap-rest/tap-rest/testshare"
)

// heavyRows is an API of a list some rows of which make an answer too much: from the
// row of each key on, it gives no more rows at a time. It kills who asks at one request,
// before that is answered or behind its answer.
type heavyRows struct {
	rows int64
	most map[int64]int64

	mu      sync.Mutex
	asked   []string // requests, in their order, with the status of the answer
	at      int      // the request that kills; 0: none does
	behind  bool
	kill    func()
	granted map[int64]int // how often each row was paid for
}

func (a *heavyRows) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	q := r.URL.Query()
	number := func(name string) int64 {
		n, _ := strconv.ParseInt(q.Get(name), 10, 64)
		return n
	}
	limit, from := number("limit"), number("offset")
	if q.Has("page") {
		from = (number("page") - 1) * limit
	}
	to, status := min(from+limit, a.rows), http.StatusOK
	for row, most := range a.most {
		if to > row && limit > most {
			status = http.StatusGatewayTimeout
		}
	}
	a.asked = append(a.asked, fmt.Sprintf("%d+%d %d", from, limit, status))
	kills := len(a.asked) == a.at && a.kill != nil
	if kills && !a.behind {
		a.kill()
		return
	}
	w.Header().Set("Content-Type", "application/json")
	var rows []string
	for id := from; id < to && status == http.StatusOK; id++ {
		rows = append(rows, fmt.Sprintf(`{"id":%d}`, id))
		a.granted[id]++
	}
	next := ""
	if to < a.rows {
		next = fmt.Sprint(to)
	}
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"data":[%s],"next":%q}`, strings.Join(rows, ","), next)
	if kills {
		_ = http.NewResponseController(w).Flush() // the answer is on its way
		a.kill()
	}
}

// took returns what was asked since the last call.
func (a *heavyRows) took() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	asked := a.asked
	a.asked = nil
	return asked
}

// run runs the binary, and adds the ids that came to seen. It returns the last state.
func (a *heavyRows) run(t *testing.T, dir, config, state string, kill bool, seen map[string]bool) string {
	t.Helper()
	cmd := programWith(t, dir, config, state)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	a.mu.Lock() // no request is answered before it is known who is to be killed
	err := cmd.Start()
	if a.kill = nil; kill && err == nil {
		a.kill = func() { _ = cmd.Process.Kill() }
	}
	a.mu.Unlock()
	if err == nil {
		err = cmd.Wait()
	}
	if (err != nil) != kill || kill && cmd.ProcessState.Exited() {
		t.Fatalf("killed: %v, and it ended with %v\n%s", kill, err, &stderr)
	}
	return cmp.Or(note(t, stdout.Bytes(), seen), state)
}

// TestKillWhilePagesGetSmaller kills the binary at each request of a walk whose pages
// are halved on the way, before the answer and behind it. The next run goes on from the
// last STATE: all rows come, no answer is paid twice but the one that was under way, and
// sizes that were refused before the last page that came are not tried again.
func TestKillWhilePagesGetSmaller(t *testing.T) {
	t.Parallel()
	for name, pagination := range map[string]string{
		"offset": `{"type":"offset","param":"offset","size_param":"limit","size":32}`,
		"page":   `{"type":"page","param":"page","size_param":"limit","size":32}`,
		"cursor": `{"type":"cursor","next":"next","param":"offset","size_param":"limit","size":32}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			api := &heavyRows{rows: 100, most: map[int64]int64{40: 4, 80: 2}}
			server := httptest.NewServer(api)
			t.Cleanup(server.Close)
			config := filepath.Join(t.TempDir(), "config.json")
			definition := fmt.Sprintf(`{"version":1,"name":"heavy","client":{"base_url":%q},"streams":[{"name":"rows","path":"/rows","records":"data","primary_key":["id"],
				"errors":[{"status":504,"do":"smaller_page"}],"pagination":%s,"schema":{"type":"object"}}]}`, server.URL, pagination)
			testrig.Write(t, config, fmt.Appendf(nil, `{"source":%s,"run":{"flush":{"responses":3}}}`, definition))
			api.granted = map[int64]int{}
			api.run(t, t.TempDir(), config, "", false, map[string]bool{})
			whole := api.took()
			if refused := len(slices.DeleteFunc(slices.Clone(whole), func(r string) bool { return !strings.HasSuffix(r, " 504") })); refused != 4 {
				t.Fatalf("%d requests were refused: %q", refused, whole)
			}
			for kill := 1; kill <= 2*len(whole); kill++ {
				api.at, api.behind, api.granted = (kill+1)/2, kill%2 == 0, map[int64]int{}
				halves := strings.HasSuffix(whole[max(0, api.at-2)], " 504") || strings.HasSuffix(whole[api.at-1], " 504")
				if !halves && kill%10 > 0 && os.Getenv(fullEnv) == "" {
					continue
				}
				if testing.Short() && name != "cursor" && !testshare.Takes(kill, 2*len(whole)) {
					continue // how the position is named makes no difference to what is halved
				}
				dir, seen := t.TempDir(), map[string]bool{}
				state := api.run(t, dir, config, "", true, seen)
				before := api.took()
				api.run(t, dir, config, state, false, seen)
				api.check(t, kill, before, api.took(), seen)
			}
		})
	}
}

// check checks what two runs asked for, and what came.
func (a *heavyRows) check(t *testing.T, kill int, before, after []string, seen map[string]bool) {
	t.Helper()
	if int64(len(seen)) != a.rows {
		t.Errorf("kill %d: %d rows came, want %d; asked %q, then %q", kill, len(seen), a.rows, before, after)
	}
	under := before[len(before)-1]
	came := 0 // how many requests there were up to the last page that came before the kill
	for i, r := range before[:len(before)-1] {
		if strings.HasSuffix(r, " 200") {
			came = i + 1
		}
	}
	for _, r := range after {
		if i := slices.Index(before, r); i >= 0 && r != under && (i < came || strings.HasSuffix(r, " 200")) {
			t.Errorf("kill %d: %s was asked for again; asked %q, then %q", kill, r, before, after)
		}
	}
	from, limit, _ := strings.Cut(strings.TrimSuffix(under, " 200"), "+")
	first, _ := strconv.ParseInt(from, 10, 64)
	size, _ := strconv.ParseInt(limit, 10, 64)
	for row, n := range a.granted {
		if n > 1 && !(row >= first && row < first+size) || n > 2 {
			t.Errorf("kill %d: row %d was paid %d times; asked %q, then %q", kill, row, n, before, after)
		}
	}
}
