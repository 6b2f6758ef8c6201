//go:build unix

package main_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/tap-rest/tap-rest/testrig"
)

// TestInteropEngines runs what docs has for Airflow and Dagster: two passes of a plan
// that the engine maps over its tasks. In the first one a month fails for now, and the
// engine tries it again; another one is forbidden, which no engine repeats. The second
// pass reads what the first one owes.
func TestInteropEngines(t *testing.T) {
	t.Parallel()
	in := newInterop(t)
	airflow := engine{
		script: "run_airflow.py", file: "airflow/tap_rest_dag.py", part: "read", end: "close",
		slow: `"retry_delay": timedelta(minutes=1)`, quick: `"retry_delay": timedelta(seconds=1)`,
	}
	dagster := engine{
		script: "run_dagster.py", file: "dagster/tap_rest_assets.py", part: "part", end: "loaded",
		slow: "delay=60", quick: "delay=1",
	}
	months := parting{most: 100, parts: 1 + len(flakyMonths), forNow: flakyForNow, forbidden: flakyForbidden}
	// Of 6 partitions the 2nd fails for now, the 4th is forbidden. The second plan has no part.
	shards := parting{most: 3, parts: 3, forNow: "2 of 3", forbidden: "1 of 3", alone: true}
	for _, e := range []struct {
		name, env string
		engine
		parting
	}{
		{"Dagster", "dagster", dagster, months},
		{"Airflow 3", "airflow3", airflow, months},
		{"Airflow 2, by shards", "airflow", airflow, shards},
	} {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			testEngine(t, in, e.engine, e.parting, e.env)
		})
	}
}

// TestInteropStopped stops a task that waits for tap-rest, as engines do: the run is
// stopped too.
func TestInteropStopped(t *testing.T) {
	t.Parallel()
	in := newInterop(t)
	dir := t.TempDir()
	program := writeFile(t, dir, "program", []byte("#!/bin/sh\ntrap 'echo stopped >"+dir+"/stopped; exit 75' TERM\necho begun >&2\nwhile :; do sleep 0.1; done\n"))
	if err := os.Chmod(program, 0o700); err != nil {
		t.Fatal(err)
	}
	task := command(t, patience, in.program("dagster", "python"), "-c", `
import signal, sys
sys.path.insert(0, sys.argv[1])
signal.signal(signal.SIGTERM, lambda *_: sys.exit(3))
from tap_rest_pass import Pass
Pass(sys.argv[2], "config.json", ["target"], sys.argv[3]).close()
`, "../../docs", dir, program)
	task.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1")
	out, err := task.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := task.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	if !lines.Scan() || lines.Text() != "begun" {
		t.Fatalf("the task prints %q, want the log of the run", lines.Text())
	}
	task.Process.Signal(syscall.SIGTERM)
	task.Wait() // how it ended is in its state
	if code := task.ProcessState.ExitCode(); code != 3 || string(testrig.Read(t, filepath.Join(dir, "stopped"))) != "stopped\n" {
		t.Errorf("the task ended with %d, want 3, and the run stopped", code)
	}
}

// An engine is what maps a plan over its tasks.
type engine struct {
	script      string // of testdata/interop; makes passes
	file        string // of docs; says how
	slow, quick string // in that file: how long the engine waits before it tries again, and what the test puts there
	part, end   string // what it calls the tasks that read a part, and the last one
}

// parting is how a plan of the shop comes in parts.
type parting struct {
	most              int    // parts in a plan
	parts             int    // of the first one
	forNow, forbidden string // in the names of those that fail
	alone             bool   // orders are the only stream
}

// enginePass is what an engine says of a pass.
type enginePass struct {
	State string
	Tasks []struct {
		Task, Name, State string
		Tries             int
	}
}

func testEngine(t *testing.T, in *interop, e engine, p parting, env string) {
	shop := newFlakyShop(t)
	shop.alone = p.alone
	dir := t.TempDir()
	docs := filepath.Join(dir, "docs")
	e.lay(t, docs, p.most)
	params, err := json.Marshal(map[string]any{
		"config": shop.lay(t, dir), "folder": filepath.Join(dir, "pass"), "program": in.binary,
		"target": jsonlTarget(t, in, dir),
	})
	if err != nil {
		t.Fatal(err)
	}
	cmd := command(t, serverLife, in.program(env, "python"), in.file(e.script), docs, string(params), "2")
	cmd.Env = append(ownEnv(dir), "AIRFLOW_HOME="+filepath.Join(dir, "airflow"), "DAGSTER_DISABLE_TELEMETRY=yes", "PYTHONDONTWRITEBYTECODE=1")
	passes := passesOf(t, cmd, filepath.Join(dir, "out"))
	if len(passes) != 2 {
		t.Fatalf("%s made %d passes, want 2", e.script, len(passes))
	}
	e.checkFirst(t, p, passes[0])
	e.checkSecond(t, p, passes[1])
	shop.compare(t, filepath.Join(dir, "loaded"))
	shop.checkState(t, filepath.Join(dir, "pass", "state.json"))
}

// passesOf are the passes that a script says it has made.
func passesOf(t *testing.T, cmd *exec.Cmd, out string) (passes []enginePass) {
	t.Helper()
	log, err := pipeline(t, out, cmd)
	printed := testrig.Read(t, out)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%s\n%s", log[max(0, len(log)-20000):], printed)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(log+string(printed), flakyToken) {
		t.Error("the log shows the token")
	}
	for line := range bytes.Lines(printed) {
		if bytes.HasPrefix(line, []byte(`{"state"`)) {
			var p enginePass
			decode(t, line, &p)
			passes = append(passes, p)
		}
	}
	return passes
}

// lay puts the engine's files into dir, with a shorter wait before it tries again, and
// so many parts in a plan at most.
func (e engine) lay(t *testing.T, dir string, most int) {
	t.Helper()
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for file, line := range map[string][2]string{
		e.file:             {e.slow, e.quick},
		"tap_rest_pass.py": {"MOST_PARTS = 100 ", fmt.Sprintf("MOST_PARTS = %d ", most)},
	} {
		text := string(testrig.Read(t, filepath.Join("../../docs", file)))
		if !strings.Contains(text, line[0]) {
			t.Fatalf("docs/%s does not have %s", file, line[0])
		}
		writeFile(t, dir, filepath.Base(file), []byte(strings.Replace(text, line[0], line[1], 1)))
	}
}

// checkFirst wants all parts of the first pass, of which one was tried twice, and one
// failed at once, as did the end of the pass.
func (e engine) checkFirst(t *testing.T, p parting, pass enginePass) {
	t.Helper()
	parts := 0
	for _, task := range pass.Tasks {
		state, tries := "success", 1
		switch {
		case task.Task == e.end, strings.Contains(task.Name, p.forbidden):
			state = "failed"
		case strings.Contains(task.Name, p.forNow):
			tries = 2
		}
		if task.Task == e.part {
			parts++
		}
		if task.State != state || task.Tries != tries {
			t.Errorf("%s %s ended as %s after %d tries, want %s after %d", task.Task, task.Name, task.State, task.Tries, state, tries)
		}
	}
	if parts != p.parts || pass.State != "failed" {
		t.Errorf("the first pass had %d parts and ended as %s, want %d and failed", parts, pass.State, p.parts)
	}
}

// checkSecond wants all of the second pass to succeed, or to be skipped where the plan
// has no part.
func (e engine) checkSecond(t *testing.T, p parting, pass enginePass) {
	t.Helper()
	if pass.State != "success" {
		t.Errorf("the second pass ended as %s, want success", pass.State)
	}
	for _, task := range pass.Tasks {
		want := "success"
		if p.alone && task.Task != "plan" && task.Task != e.end {
			want = "skipped"
		}
		if task.State != want {
			t.Errorf("in the second pass %s %s ended as %s, want %s", task.Task, task.Name, task.State, want)
		}
	}
}

// jsonlTarget is the command of a target that writes dir/loaded/STREAM.jsonl.
func jsonlTarget(t *testing.T, in *interop, dir string) []string {
	t.Helper()
	loaded := filepath.Join(dir, "loaded")
	if err := os.Mkdir(loaded, 0o700); err != nil {
		t.Fatal(err)
	}
	config := writeJSON(t, dir, "target.json", map[string]any{"destination_path": loaded, "do_timestamp_file": false})
	return []string{in.program("target-jsonl", "target-jsonl"), "--config", config}
}
