//go:build unix

package main_test

import (
	"bufio"
	"bytes"
	"maps"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/testrig"
)

// testPartitions reads a server by parent and child and by windows: up to a time,
// by a run that is killed twice, and then from there to the end. All rows come,
// and the second pass asks for no window of the first again.
func testPartitions(t *testing.T, in *interop, api *realAPI) {
	dir := t.TempDir()
	const middle = "2024-01-01T20:00:00Z"
	config := func(end string) string {
		settings := maps.Clone(api.parts)
		settings["end_date"] = end
		return writeJSON(t, dir, "config.json", settings)
	}
	args := []string{"--config", config(middle)}
	var all []byte
	for _, records := range []int{700, 1500} { // of the first, the state is lost
		lines := killed(t, in.tap(t, dir, args...), records)
		all = append(all, lines...)
	}
	args = append(args, "--state", writeFile(t, dir, "state.json", stateIn(t, all)))
	lines := in.sync(t, dir, "rest.jsonl", args...)
	all = append(all, testrig.Read(t, lines)...)
	union := writeFile(t, dir, "all.jsonl", all)
	in.compare(t, api, "upserted", union, "regions", "places", "names", "events:at < '"+middle+"'", "events_by_name:at < '"+middle+"'")

	config("2024-01-03T00:00:00Z")
	args[3] = writeFile(t, dir, "state.json", lastState(t, lines))
	second := in.sync(t, dir, "second.jsonl", args...)
	for _, stream := range []string{"events", "events_by_name"} {
		in.compare(t, api, "singer", second, stream+":at >= '"+middle+"'")
	}
	union = writeFile(t, dir, "all.jsonl", append(all, testrig.Read(t, second)...))
	in.compare(t, api, "upserted", union, "regions", "places", "names", "events", "events_by_name")
}

// killed kills a run after so many records, and returns the lines that were whole.
func killed(t *testing.T, cmd *exec.Cmd, records int) (lines []byte) {
	t.Helper()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for r := bufio.NewReader(out); ; {
		line, err := r.ReadBytes('\n')
		if err != nil {
			break
		}
		lines = append(lines, line...)
		if bytes.HasPrefix(line, []byte(`{"type":"RECORD"`)) {
			if records--; records == 0 {
				_ = cmd.Cancel()
			}
		}
	}
	if err := cmd.Wait(); err == nil || records > 0 {
		t.Fatalf("%s ended before it was killed: %v\n%s", filepath.Base(cmd.Path), err, &log)
	}
	return lines
}

// stateIn returns the value of the last STATE line.
func stateIn(t *testing.T, lines []byte) []byte {
	t.Helper()
	at := bytes.LastIndex(lines, []byte(`{"type":"STATE"`))
	if at < 0 {
		t.Fatal("there is no STATE")
	}
	line, _, _ := strings.Cut(string(lines[at:]), "\n")
	return lastState(t, writeFile(t, t.TempDir(), "state.jsonl", []byte(line)))
}
