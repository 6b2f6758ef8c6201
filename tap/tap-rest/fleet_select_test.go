//go:build linux

package main_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/testrig"
)

// TestFleetSelects proves that workers read the fields that are selected, and that a worker
// with another selection than that of the pass is refused.
func TestFleetSelects(t *testing.T) {
	dir := t.TempDir()
	_, config := newMonths(t, dir)
	edit(t, config, `"window":"1d"`, `"window":"30d"`)
	edit(t, config, `"records":"data"`, `"records":"data","add":{"note":"x"}`)
	ws := newWorkers(t, dir, config)
	ws.ask(t, "submit", "--select", "orders.updated_at")
	refused := ws.command(t, "worker", "--select", "orders", "--until-done", "--", "/bin/sh", "load.sh")
	if out, err := refused.CombinedOutput(); err == nil || refused.ProcessState.ExitCode() != 2 || !strings.Contains(string(out), "catalog") {
		t.Errorf("a worker with another selection ends with %v:\n%s", err, out)
	}
	ws.ask(t, "worker", "--select", "orders.updated_at", "--until-done", "--", "/bin/sh", "load.sh")
	loaded := testrig.Read(t, filepath.Join(dir, "loaded"))
	records := 0
	for line := range strings.Lines(string(loaded)) {
		if !strings.Contains(line, `"type":"RECORD"`) {
			continue
		}
		records++
		if !strings.Contains(line, `"id":`) || !strings.Contains(line, `"updated_at":`) || strings.Contains(line, `"note"`) {
			t.Fatalf("%s has other fields than those that are selected", line)
		}
	}
	if records == 0 {
		t.Error("nothing was read")
	}
}
