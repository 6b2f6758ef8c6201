//go:build linux && !small

package main_test

import (
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/testrig"
)

// TestWorkerMetrics: a worker writes one file for all parts that it reads, in which their
// numbers are added up under the names of their streams alone, and exports a trace of each.
func TestWorkerMetrics(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	api, config := newMonths(t, dir)
	edit(t, config, `"end":"2024-03-01"`, `"end":"2024-01-06"`)
	ws := newWorkers(t, dir, config)
	api.refuse("2024-01-03T00:00:00Z")
	ws.ask(t, "submit", "--lease", "2s")
	receives := &otlp{}
	receiver := httptest.NewServer(receives)
	defer receiver.Close()
	cmd := ws.command(t, "worker", "--metrics-file", "worker.prom", "--until-done", "--", "/bin/sh", "load.sh")
	cmd.Env = append(cmd.Env, "OTEL_EXPORTER_OTLP_ENDPOINT="+receiver.URL)
	out, _ := cmd.CombinedOutput()
	if code := cmd.ProcessState.ExitCode(); code != 1 {
		t.Errorf("exit code %d:\n%s", code, out)
	}
	text := string(testrig.Read(t, filepath.Join(dir, "worker.prom")))
	for _, want := range []string{
		`tap_rest_parts_total{run="worker",outcome="read"} 5` + "\n", // four days, and the rest of the plan
		`tap_rest_parts_total{run="worker",outcome="given_up"} 1` + "\n",
		`tap_rest_parts_total{run="worker",outcome="lost"} 0` + "\n",
		`tap_rest_stream_records_total{run="worker",stream="orders"} 4` + "\n",
		`tap_rest_stream_calls_total{run="worker",stream="orders",status="200"} 4` + "\n",
		`tap_rest_stream_calls_total{run="worker",stream="orders",status="404"} 2` + "\n", // the rest asks again
		`tap_rest_exit_code{run="worker"} 1` + "\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the file has no %s", want)
		}
	}
	if n := strings.Count(text, "tap_rest_stream_records_total{"); n != 1 {
		t.Errorf("%d streams have records, want 1", n)
	}
	if t.Failed() {
		t.Logf("%s\n%s", text, out)
	}
	names := map[string]int{}
	for _, s := range receives.spans {
		names[s.Name]++
	}
	if names["tap-rest worker"] != 1 || names["part of orders"] != 5 || names["rest of the plan"] != 1 || names["partition of orders"] < 5 {
		t.Errorf("spans are %v", names)
	}
}
