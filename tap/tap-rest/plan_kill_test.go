//go:build linux

package main_test

import (
	"bufio"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/tap-rest/tap-rest/testrig"
)

// heldAPI has ten pages of ten parents. It answers the fourth when it is let.
type heldAPI struct {
	mu    sync.Mutex
	asked map[string]int
	let   chan struct{}
}

func (a *heldAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	after, _ := strconv.Atoi(r.URL.Query().Get("after"))
	a.mu.Lock()
	a.asked[r.URL.RequestURI()]++
	a.mu.Unlock()
	if after == 30 {
		select {
		case <-a.let:
		case <-r.Context().Done():
			return
		}
	}
	var rows []string
	for i := range 10 {
		rows = append(rows, fmt.Sprintf(`{"id":%d}`, after+i+1))
	}
	next := ""
	if after < 90 {
		next = strconv.Itoa(after + 10)
	}
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"data":[%s],"next":%q}`, strings.Join(rows, ","), next)
}

// TestPlanKilled has partitions listed while parents are read, kills the plan then,
// and plans again: the pages that came are not asked for again.
func TestPlanKilled(t *testing.T) {
	t.Parallel()
	api := &heldAPI{asked: map[string]int{}, let: make(chan struct{})}
	server := httptest.NewServer(api)
	defer server.Close()
	dir := t.TempDir()
	config := filepath.Join(dir, "c.json")
	text := fmt.Sprintf(`{"source":{"version":1,"name":"held","client":{"base_url":%q},"defaults":{"records":"data","primary_key":["id"],
		"pagination":{"type":"cursor","next":"next","param":"after"}},"streams":[{"name":"parents","path":"/parents"},
		{"name":"children","path":"/parents/{{ partition.parent }}","partition_by":[{"parent":"parents","keys":{"parent":"id"}}]}]}}`, server.URL)
	testrig.Write(t, config, text)
	plan := func() *exec.Cmd {
		cmd := exec.Command(builtBinary(t), "plan", "--config", config, "--parents", "--json")
		cmd.Env = append(os.Environ(), "XDG_STATE_HOME="+dir)
		return cmd
	}
	first := plan()
	out, err := first.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for range 1 + 30 { // they come while the fourth page is awaited
		if !lines.Scan() {
			t.Fatal("the plan ended early")
		}
	}
	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = first.Wait()
	close(api.let)
	all, err := plan().Output()
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(all), `"stream":"children"`); n != 100 {
		t.Errorf("%d children are listed", n)
	}
	for at, n := range api.asked {
		if !strings.HasPrefix(at, "/parents?") && at != "/parents" {
			t.Errorf("a child was asked for: %s", at)
		}
		if n > 1 && at != "/parents?after=30" || n > 2 {
			t.Errorf("%s was asked for %d times", at, n)
		}
	}
}
