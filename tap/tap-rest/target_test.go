//go:build unix

package main_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/testrig"
)

// loading is a target in the shell's language: it appends RECORD and STATE lines to the
// file loaded, and prints each state. It says its process's id in the file pid.
const loading = `echo $$ >pid
while IFS= read -r line; do
  case "$line" in
  *'"type":"RECORD"'*) printf '%s\n' "$line" >>loaded ;;
  *'"type":"STATE"'*) printf '%s\n' "$line" >>loaded; v=${line#*'"value":'}; printf '%s\n' "${v%\}}" ;;
  esac
done
`

// bulkTarget is a program that does the same with many records: the shell reads a byte at
// a time. What it is given may be loaded later.
const bulkTarget = `#!/bin/sh
echo $$ >pid
exec awk '/"type":"(RECORD|STATE)"/ { print >>"loaded" }
/"type":"STATE"/ { sub(/.*"value":/, ""); sub(/}$/, ""); print; fflush() }'
`

// load starts the program with a target of its own, after which a script goes on.
func (r *rig) load(t *testing.T, script string, more ...string) *process {
	t.Helper()
	r.definition(t)
	args := append(more, "--config", r.write(t, "config.json", `{"source": "items.yaml", "run": {"flush": {"responses": 3}}}`),
		"--state", "state.json", "--", "/bin/sh", r.write(t, "load.sh", loading+script))
	return r.begin(t, args...)
}

// loaded are the lines that the target has got.
func (r *rig) loaded(t *testing.T) testrig.Lines {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(r.dir, "loaded"))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return testrig.ReadLines(t, data)
}

// kept is what the state file has.
func (r *rig) kept(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(r.dir, "state.json"))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(data))
}

// TestTarget: what a target confirms is in the state file, the next run goes on from
// there, and nothing is on the program's own stdout.
func TestTarget(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for n, want := range []int{rigPages * rigPage, 10} { // the second run reads what is as new as the bookmark
		p := r.load(t, "")
		if out := p.finish(t); len(out) > 0 {
			t.Errorf("on stdout: %q", out[0].Raw)
		}
		if p.status.ExitStatus() != 0 || len(p.complaints()) > 15 {
			t.Fatalf("run %d: got %v; stderr:\n%s", n, p.status, p.stderr.String())
		}
		lines := r.loaded(t)
		if r.checkWhole(t, "loaded", lines, 10); r.kept(t) != lines.State() {
			t.Errorf("run %d: the file has\n%s, the target got\n%s", n, r.kept(t), lines.State())
		}
		if got := len(lines.Records("")); n == 0 && got != want || n == 1 && got != rigPages*rigPage+want {
			t.Errorf("run %d: %d records were loaded in all", n, got)
		}
	}
}

// TestKillWithTarget kills the program, or its target, while a request is under way:
// the next run loads what is missing, and pays for one call again at most.
func TestKillWithTarget(t *testing.T) {
	t.Parallel()
	step := int64(1)
	if testing.Short() {
		step = 5
	}
	for _, who := range []string{"program", "target"} {
		t.Run(who, func(t *testing.T) {
			var victim victim
			at := int64(0)
			r := newRig(t, apitest.Before(func(n int, _ *http.Request) {
				p := victim.get()
				switch {
				case p == nil || int64(n) != at:
				case who == "program":
					p.signal(t, syscall.SIGKILL)
					<-p.dead
				default:
					r := filepath.Join(p.cmd.Dir, "pid")
					pid, err := os.ReadFile(r)
					for err != nil || len(pid) == 0 {
						pid, err = os.ReadFile(r)
					}
					id, _ := strconv.Atoi(strings.TrimSpace(string(pid)))
					if err := syscall.Kill(id, syscall.SIGKILL); err != nil {
						t.Error(err)
					}
				}
			}))
			for at = 1; at <= rigPages; at += step {
				r.api.Reset()
				for _, name := range []string{"pid", "loaded", "state.json", ".local"} {
					os.RemoveAll(filepath.Join(r.dir, name))
				}
				p := victim.set(func() *process { return r.load(t, "") })
				p.finish(t)
				victim.forget()
				if who == "program" && !p.status.Signaled() || who == "target" && p.status.ExitStatus() != 128+int(syscall.SIGKILL) {
					t.Fatalf("request %d: got %v; stderr:\n%s", at, p.status, p.stderr.String())
				}
				if p = r.load(t, ""); len(p.finish(t)) > 0 || p.status.ExitStatus() != 0 {
					t.Fatalf("request %d, the next run: got %v; stderr:\n%s", at, p.status, p.stderr.String())
				}
				what := fmt.Sprintf("killed at request %d", at)
				if r.checkWhole(t, what, r.loaded(t), rigPages*rigPage); r.api.Count() > rigPages+1 {
					t.Errorf("%s: %d calls, want at most %d", what, r.api.Count(), rigPages+1)
				}
			}
		})
	}
}

// TestTargetEnds: the exit code is the worse of both.
func TestTargetEnds(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, script, says string
		fault              []apitest.Option
		code               int
	}{
		{name: "its own exit code", script: "exit 3", says: "ended with exit code 3", code: 3},
		{name: "a signal that the program itself does not die of", script: "kill -PIPE $$", says: "was killed by a signal (broken pipe)", code: 128 + int(syscall.SIGPIPE)},
		{name: "75 of the run", fault: []apitest.Option{apitest.From(3, apitest.Status(503))}, says: "failed for now", code: 75},
		{name: "1 of the run, 3 of the target", script: "exit 3", fault: []apitest.Option{apitest.From(3, apitest.Status(403))}, says: "ended with exit code 3", code: 1},
		{name: "75 of the run, 3 of the target", script: "exit 3", fault: []apitest.Option{apitest.From(3, apitest.Status(503))}, says: "ended with exit code 3", code: 3},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := newRig(t, test.fault...)
			p := r.load(t, test.script)
			p.finish(t)
			if p.status.ExitStatus() != test.code || !strings.Contains(p.stderr.String(), test.says) {
				t.Errorf("got %v, want exit code %d and %q; stderr:\n%s", p.status, test.code, test.says, p.stderr.String())
			}
			if lines := r.loaded(t); r.kept(t) != lines.State() {
				t.Errorf("the file has\n%s, the target got\n%s", r.kept(t), lines.State())
			}
		})
	}
}

// TestSignalWithTarget: a run that a signal stops lets its target load what it got, and
// keeps the state that it confirms.
func TestSignalWithTarget(t *testing.T) {
	t.Parallel()
	var victim victim
	r := newRig(t, apitest.Before(func(m int, _ *http.Request) {
		if p := victim.get(); p != nil && m == 11 {
			p.signal(t, syscall.SIGTERM)
			p.stderr.Await(t, "a signal stops the run")
		}
	}))
	p := victim.set(func() *process { return r.load(t, "") })
	p.finish(t)
	victim.forget()
	if !p.status.Signaled() || p.status.Signal() != syscall.SIGTERM {
		t.Errorf("got %v, want death by SIGTERM; stderr:\n%s", p.status, p.stderr.String())
	}
	lines := r.loaded(t)
	if r.kept(t) != lines.State() || lines.Last().Type != "STATE" {
		t.Errorf("the file has\n%s, the target got\n%s", r.kept(t), lines.State())
	}
	if p = r.load(t, ""); len(p.finish(t)) > 0 || p.status.ExitStatus() != 0 {
		t.Fatalf("the next run: got %v; stderr:\n%s", p.status, p.stderr.String())
	}
	r.checkWhole(t, "stopped", r.loaded(t), 0)
}

// TestSecondSignalWithTarget: a second signal ends the run at once, and a target that does
// not read with it.
func TestSecondSignalWithTarget(t *testing.T) {
	t.Parallel()
	var victim victim
	r := newRig(t, apitest.Before(func(m int, _ *http.Request) {
		if p := victim.get(); p != nil && m == 11 {
			p.signal(t, syscall.SIGTERM)
			p.stderr.Await(t, "a signal stops the run")
			p.signal(t, syscall.SIGTERM)
		}
	}))
	r.definition(t)
	config := r.write(t, "config.json", `{"source": "items.yaml", "run": {"flush": {"responses": 3}}}`)
	p := victim.set(func() *process {
		return r.begin(t, "--config", config, "--", "/bin/sh", "-c", "trap '' TERM; echo $$ >pid; exec sleep 1000")
	})
	p.finish(t)
	if !p.status.Signaled() || p.status.Signal() != syscall.SIGTERM {
		t.Errorf("got %v, want death by SIGTERM; stderr:\n%s", p.status, p.stderr.String())
	}
	victim.forget()
	text := testrig.Read(t, filepath.Join(r.dir, "pid"))
	id, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(id, 0); err == nil {
		_ = syscall.Kill(id, syscall.SIGKILL)
		t.Error("the target goes on")
	}
}
