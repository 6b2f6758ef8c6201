//go:build unix

package main_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/testrig"
)

// An interop knows where the binary, the Python environments and the files of
// testdata/interop are.
type interop struct {
	binary string
	envs   string
	files  string
}

// newInterop skips the test when there are no Python environments; in CI that
// is a failure. The binary is TAP_REST_BIN, or is built.
func newInterop(t *testing.T) *interop {
	envs := testrig.Interop(t)
	files, err := filepath.Abs("../../testdata/interop")
	if err != nil {
		t.Fatal(err)
	}
	in := &interop{binary: os.Getenv("TAP_REST_BIN"), envs: envs, files: files}
	if in.binary == "" {
		in.binary = builtBinary(t)
	}
	return in
}

func (in *interop) program(env, name string) string { return filepath.Join(in.envs, env, "bin", name) }
func (in *interop) file(name string) string         { return filepath.Join(in.files, name) }

// tap is a run of the binary that sees no settings and no files of ours.
func (in *interop) tap(t *testing.T, home string, args ...string) *exec.Cmd {
	cmd := command(t, patience, in.binary, args...)
	cmd.Env = ownEnv(home)
	return cmd
}

// sync runs the binary, which must succeed, and returns the file that holds
// its lines.
func (in *interop) sync(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	lines := filepath.Join(dir, name)
	if log, err := pipeline(t, lines, in.tap(t, dir, args...)); err != nil {
		t.Fatalf("tap-rest %v: %v\n%s", args, err, log)
	}
	return lines
}

// discover writes the discovered catalog, with just these streams selected.
func (in *interop) discover(t *testing.T, dir, config string, selected []string) string {
	t.Helper()
	var catalog struct {
		Streams []map[string]any `json:"streams"`
	}
	decode(t, testrig.Read(t, in.sync(t, dir, "discovered.json", "--config", config, "--discover")), &catalog)
	for _, stream := range catalog.Streams {
		for _, entry := range stream["metadata"].([]any) {
			entry := entry.(map[string]any)
			if len(entry["breadcrumb"].([]any)) == 0 {
				entry["metadata"].(map[string]any)["selected"] = slices.Contains(selected, stream["tap_stream_id"].(string))
			}
		}
	}
	return writeJSON(t, dir, "catalog.json", catalog)
}

// load runs `tap-rest ARGS | tee NAME.jsonl | target`, which loads into
// dir/NAME, and returns the last line that the target printed: the state.
func (in *interop) load(t *testing.T, dir string, target realTarget, name string, args ...string) []byte {
	t.Helper()
	config := writeJSON(t, dir, name+"-target.json", target.config(filepath.Join(dir, name)))
	out := filepath.Join(dir, name+"-state.jsonl")
	log, err := pipeline(t, out,
		in.tap(t, dir, args...),
		command(t, patience, "tee", filepath.Join(dir, name+".jsonl")),
		command(t, patience, in.program(target.env, target.program), "--config", config))
	if err != nil {
		t.Fatalf("tap-rest | %s: %v\n%s", target.name, err, log)
	}
	return lastLine(t, out)
}

// compare has compare.py compare what a run read with the database, in all
// streams or in those given.
func (in *interop) compare(t *testing.T, api *realAPI, form, place string, streams ...string) {
	t.Helper()
	if streams == nil {
		streams = api.names()
	}
	in.python(t, "main", os.DevNull, "compare.py", append([]string{form, place, api.database}, streams...)...)
}

// compareLoaded does so with all that a target loaded into dir.
func (in *interop) compareLoaded(t *testing.T, api *realAPI, target realTarget, dir string) {
	t.Helper()
	args := append([]string{target.form, target.place(dir), api.database}, api.names()...)
	in.python(t, target.env, os.DevNull, "compare.py", args...)
}

// python runs a script of testdata/interop in one of the environments, with a
// file as its stdin, and returns its stdout.
func (in *interop) python(t *testing.T, env, stdin, script string, args ...string) []byte {
	t.Helper()
	file, err := os.Open(stdin)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	cmd := command(t, patience, in.program(env, "python"), append([]string{in.file(script)}, args...)...)
	cmd.Stdin = file
	out := filepath.Join(t.TempDir(), "out")
	if log, err := pipeline(t, out, cmd); err != nil {
		t.Fatalf("%s: %v\n%s", script, err, log)
	}
	return testrig.Read(t, out)
}

// serve starts a server and returns the URL that it says it listens on. It
// ends with the test.
func (in *interop) serve(t *testing.T, program string, args ...string) string {
	t.Helper()
	cmd := command(t, serverLife, program, args...)
	log, err := os.Create(filepath.Join(t.TempDir(), "server.log"))
	if err != nil {
		t.Fatal(err)
	}
	r, w := io.Pipe()
	out := io.MultiWriter(log, w)
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		w.CloseWithError(cmd.Wait())
	}()
	t.Cleanup(func() {
		<-ended
		if t.Failed() {
			text := testrig.Read(t, log.Name())
			t.Logf("%s: … %s", filepath.Base(program), text[max(0, len(text)-4096):])
		}
		log.Close()
	})

	late := time.AfterFunc(patience, func() { syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) })
	defer late.Stop()
	for lines := bufio.NewScanner(r); lines.Scan(); {
		if url := loopbackURL.FindString(lines.Text()); url != "" {
			go io.Copy(io.Discard, r)
			return url
		}
	}
	t.Fatalf("%s does not say where it listens", program)
	return ""
}

var loopbackURL = regexp.MustCompile(`http://127\.0\.0\.1:[0-9]+`)

// What is waited for has an end: a process of the tests, and a server.
const (
	patience   = 5 * time.Minute
	serverLife = 15 * time.Minute
)

// command is a process that is killed, with its process group, at the end of
// the test or when it takes longer than limit.
func command(t *testing.T, limit time.Duration, program string, args ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 5 * time.Second
	return cmd
}

// pipeline runs commands as a shell does, the last one's stdout in the file
// out. It returns what they all wrote to stderr, and the errors of those that
// failed.
func pipeline(t *testing.T, out string, cmds ...*exec.Cmd) (log string, err error) {
	t.Helper()
	file, err := os.Create(out)
	if err != nil {
		t.Fatal(err)
	}
	logs := make([]bytes.Buffer, len(cmds))
	ours := []io.Closer{file} // our copies of the ends, which the commands hold now
	for i, cmd := range cmds {
		cmd.Stderr, cmd.Stdout = &logs[i], file
		if i+1 < len(cmds) {
			r, w, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			cmd.Stdout, cmds[i+1].Stdin = w, r
			ours = append(ours, r, w)
		}
	}
	for _, cmd := range cmds {
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
	}
	for _, end := range ours {
		end.Close()
	}
	var errs []error
	for i, cmd := range cmds {
		if err := cmd.Wait(); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", filepath.Base(cmd.Path), err))
		}
		log += logs[i].String()
	}
	return log, errors.Join(errs...)
}

// A report is what the check scripts print.
type report struct {
	Records map[string]int `json:"records"`
	States  int            `json:"states"`
}

func wantCounts(t *testing.T, who string, out []byte, want map[string]int) report {
	t.Helper()
	var got report
	decode(t, out, &got)
	if !maps.Equal(got.Records, want) {
		t.Errorf("%s counts %v records, want %v", who, got.Records, want)
	}
	return got
}

// records returns the records of one stream, each a map to raw JSON.
func records(t *testing.T, lines, stream string) []map[string]json.RawMessage {
	t.Helper()
	var found []map[string]json.RawMessage
	for line := range bytes.Lines(testrig.Read(t, lines)) {
		var message struct {
			Type, Stream string
			Record       map[string]json.RawMessage
		}
		decode(t, line, &message)
		if message.Type == "RECORD" && message.Stream == stream {
			found = append(found, message.Record)
		}
	}
	return found
}

// lastState returns the value of the last line, which must be a STATE.
func lastState(t *testing.T, lines string) []byte {
	t.Helper()
	var message struct {
		Type  string
		Value json.RawMessage
	}
	last := lastLine(t, lines)
	decode(t, last, &message)
	if message.Type != "STATE" {
		t.Fatalf("the last line is not a STATE: %s", last)
	}
	return message.Value
}

// unfinished says whether a state goes on with a stream in the middle.
func unfinished(t *testing.T, state []byte, stream string) bool {
	t.Helper()
	var value struct {
		Bookmarks map[string]struct {
			Resume []json.RawMessage
		}
	}
	decode(t, state, &value)
	return value.Bookmarks[stream].Resume != nil
}

func lastLine(t *testing.T, file string) []byte {
	t.Helper()
	lines := bytes.Split(bytes.TrimSpace(testrig.Read(t, file)), []byte("\n"))
	return lines[len(lines)-1]
}

// canonical is JSON with its keys sorted and without space: targets write a
// state in a style of their own.
func canonical(t *testing.T, text []byte) string {
	t.Helper()
	var value any
	decode(t, text, &value)
	out, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func decode(t *testing.T, text []byte, into any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		t.Fatalf("%v in %.300q", err, text)
	}
}

func writeJSON(t *testing.T, dir, name string, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return writeFile(t, dir, name, text)
}

func writeFile(t *testing.T, dir, name string, text []byte) string {
	t.Helper()
	return testrig.Write(t, filepath.Join(dir, name), text)
}
