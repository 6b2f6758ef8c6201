//go:build unix

package main_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
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
	for _, e := range []struct {
		name, env string
		engine
	}{{"Dagster", "dagster", dagster}, {"Airflow 3", "airflow3", airflow}, {"Airflow 2", "airflow", airflow}} {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			testEngine(t, in, e.engine, e.env)
		})
	}
}

// An engine is what maps a plan over its tasks.
type engine struct {
	script      string // of testdata/interop; makes passes
	file        string // of docs; says how
	slow, quick string // in that file: how long the engine waits before it tries again, and what the test puts there
	part, end   string // what it calls the tasks that read a part, and the last one
}

// enginePass is what an engine says of a pass.
type enginePass struct {
	State string
	Tasks []struct {
		Task, Name, State string
		Tries             int
	}
}

func testEngine(t *testing.T, in *interop, e engine, env string) {
	shop := newFlakyShop(t)
	dir := t.TempDir()
	docs := filepath.Join(dir, "docs")
	e.lay(t, docs)
	config := shop.lay(t, dir)
	params, err := json.Marshal(map[string]any{
		"config": config, "folder": filepath.Join(dir, "pass"), "program": in.binary,
		"target": jsonlTarget(t, in, dir),
	})
	if err != nil {
		t.Fatal(err)
	}
	cmd := command(t, patience, in.program(env, "python"), in.file(e.script), docs, string(params), "2")
	cmd.Env = append(ownEnv(dir), "AIRFLOW_HOME="+filepath.Join(dir, "airflow"), "DAGSTER_DISABLE_TELEMETRY=yes", "PYTHONDONTWRITEBYTECODE=1")
	out := filepath.Join(dir, "out")
	log, err := pipeline(t, out, cmd)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%s\n%s", log[max(0, len(log)-20000):], readFile(t, out))
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	passes := passesIn(t, out)
	if len(passes) != 2 {
		t.Fatalf("%s made %d passes, want 2", e.script, len(passes))
	}
	e.checkFirst(t, passes[0])
	if p := passes[1]; p.State != "success" {
		t.Errorf("the second pass ended as %+v, want success", p)
	}
	shop.compare(t, filepath.Join(dir, "loaded"))
	shop.checkState(t, filepath.Join(dir, "pass", "state.json"))
	if strings.Contains(log+string(readFile(t, out)), flakyToken) {
		t.Error("the log shows the token")
	}
}

// passesIn are the passes that a script has printed.
func passesIn(t *testing.T, out string) (passes []enginePass) {
	t.Helper()
	for line := range bytes.Lines(readFile(t, out)) {
		if bytes.HasPrefix(line, []byte(`{"state"`)) {
			var p enginePass
			decode(t, line, &p)
			passes = append(passes, p)
		}
	}
	return passes
}

// lay puts the engine's files into dir, with a shorter wait before it tries again.
func (e engine) lay(t *testing.T, dir string) {
	t.Helper()
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	text := string(readFile(t, filepath.Join("../../docs", e.file)))
	if !strings.Contains(text, e.slow) {
		t.Fatalf("docs/%s does not have %s", e.file, e.slow)
	}
	writeFile(t, dir, filepath.Base(e.file), []byte(strings.Replace(text, e.slow, e.quick, 1)))
	writeFile(t, dir, "tap_rest_pass.py", readFile(t, "../../docs/tap_rest_pass.py"))
}

// checkFirst wants of the first pass a part for each month and one for the shops, of
// which one was tried twice, and one failed at once, with the end of the pass.
func (e engine) checkFirst(t *testing.T, p enginePass) {
	t.Helper()
	parts := 0
	for _, task := range p.Tasks {
		state, tries := "success", 1
		switch {
		case task.Task == e.end, strings.Contains(task.Name, flakyForbidden):
			state = "failed"
		case strings.Contains(task.Name, flakyForNow):
			tries = 2
		}
		if task.Task == e.part {
			parts++
		}
		if task.State != state || task.Tries != tries {
			t.Errorf("%s %s ended as %s after %d tries, want %s after %d", task.Task, task.Name, task.State, task.Tries, state, tries)
		}
	}
	if parts != 1+len(flakyMonths) || p.State != "failed" {
		t.Errorf("the first pass had %d parts and ended as %s, want %d and failed", parts, p.State, 1+len(flakyMonths))
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
