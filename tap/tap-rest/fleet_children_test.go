//go:build linux

package main_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/tap-rest/tap-rest/testrig"
)

// newShops serves twelve shops with an order each, and returns the config in dir that reads
// them, how many requests there were, and which shop is refused.
func newShops(t *testing.T, dir string) (config string, asked *atomic.Int64, refused *atomic.Int64) {
	t.Helper()
	asked, refused = &atomic.Int64{}, &atomic.Int64{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Path == "/shops" {
			var all []string
			for id := 1; id <= 12; id++ {
				all = append(all, fmt.Sprintf(`{"id":%d}`, id))
			}
			fmt.Fprintf(w, `{"data":[%s]}`, strings.Join(all, ","))
			return
		}
		if r.URL.Query().Get("shop") == fmt.Sprint(refused.Load()) {
			w.WriteHeader(http.StatusForbidden)
		}
		fmt.Fprintf(w, `{"data":[{"id":%s}]}`, r.URL.Query().Get("shop"))
	}))
	t.Cleanup(server.Close)
	config = filepath.Join(dir, "c.json")
	definition := fmt.Sprintf(`{"version":1,"name":"shops","client":{"base_url":%q},"defaults":{"records":"data","primary_key":["id"]},
		"streams":[{"name":"shops","path":"/shops"},
		{"name":"orders","path":"/orders","params":{"shop":"{{ partition.shop }}"},"partition_by":[{"parent":"shops","keys":{"shop":"id"}}]}]}`, server.URL)
	testrig.Write(t, config, fmt.Appendf(nil, `{"source":%s}`, definition))
	return config, asked, refused
}

// TestWorkersOfChildren: a run reads the parents and plans what they lead to; workers read
// that, each order once, and the end of the pass asks once more for what was given up,
// which the pass owes then: it is none of the next plan's parts.
func TestWorkersOfChildren(t *testing.T) {
	dir := t.TempDir()
	config, asked, refused := newShops(t, dir)
	ws := newWorkers(t, dir, config)
	for round, refuses := range []int64{5, 0} {
		asked.Store(0)
		refused.Store(refuses)
		emit := ws.run(t, "--emit-plan", "plan.jsonl")
		if round > 0 {
			testrig.Write(t, filepath.Join(dir, "bookmark.json"), ws.ask(t, "status", "--bookmark"))
			emit = ws.run(t, "--emit-plan", "plan.jsonl", "--state", "bookmark.json")
		}
		if asked.Load() != int64(1+round) || strings.Count(emit, `"stream":"shops","record"`) != 12 {
			t.Errorf("round %d: %d requests; the run that plans printed %s", round, asked.Load(), emit)
		}
		for again := range 2 { // a submission may be repeated
			if out := ws.ask(t, "submit", "--plan", "plan.jsonl", "--lease", "2s"); !strings.Contains(out, fmt.Sprintf("%d parts, %d of them", 12-round, (12-round)*(1-again))) {
				t.Errorf("round %d: submit printed %s", round, out)
			}
		}
		one, two := ws.start(t), ws.start(t)
		<-one.ended
		<-two.ended
		var missing []int
		loaded := ws.orders(t)
		for id := 1; id <= 12; id++ {
			if n := strings.Count(loaded, fmt.Sprintf(" %d ", id)); n != 1 {
				missing = append(missing, id)
			}
		}
		code := one.cmd.ProcessState.ExitCode()
		if round == 0 && (!slices.Equal(missing, []int{5}) || code != 1) || round == 1 && (len(missing) > 0 || code != 0) {
			t.Errorf("round %d: not once: %v, exit code %d\n%s", round, missing, code, one.stderr.String())
		}
		if out := ws.ask(t, "status"); !strings.Contains(out, "over since") {
			t.Errorf("round %d: status printed %s", round, out)
		}
	}
}

// run is a run of the program without a target, and what it prints.
func (ws *workers) run(t *testing.T, args ...string) string {
	t.Helper()
	cmd := ws.command(t, "status")
	cmd.Args = append([]string{cmd.Args[0], "--config", ws.config}, args...)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v", args, err)
	}
	return string(out)
}

// orders are the orders that targets have got since the last look, with a blank on both
// sides of each.
func (ws *workers) orders(t *testing.T) string {
	t.Helper()
	file := filepath.Join(ws.dir, "loaded")
	out, err := os.ReadFile(file)
	if err == nil {
		err = os.Remove(file)
	}
	if err != nil {
		t.Fatal(err)
	}
	all := " "
	for _, m := range regexp.MustCompile(`"stream":"orders","record":\{"id":(\d+)\}`).FindAllSubmatch(out, -1) {
		all += string(m[1]) + "  "
	}
	return all
}
