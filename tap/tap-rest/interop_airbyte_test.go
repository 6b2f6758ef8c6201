//go:build unix

package main_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/testrig"
)

// testAirbyte reads everything as an Airbyte source, in two runs: the first by a
// budget, the second from the STATE messages of the first. Each line is parsed
// by Airbyte's own models, and the records are compared with the database.
func testAirbyte(t *testing.T, in *interop, api *realAPI) {
	dir := t.TempDir()
	config := writeJSON(t, dir, "config.json", api.config)
	in.python(t, "airbyte", in.sync(t, dir, "spec.jsonl", "spec"), "check_airbyte.py")
	checked := in.sync(t, dir, "check.jsonl", "check", "--config", config)
	if text := string(testrig.Read(t, checked)); !strings.Contains(text, "SUCCEEDED") {
		t.Errorf("check says %s", text)
	}
	discovered := in.sync(t, dir, "discovered.jsonl", "discover", "--config", config)
	in.python(t, "airbyte", discovered, "check_airbyte.py")
	catalog := configured(t, dir, discovered)

	lines := in.sync(t, dir, "lines.jsonl", "read", "--config", config, "--catalog", catalog)
	in.compare(t, api, "airbyte", lines)
	got := wantCounts(t, "airbyte-protocol-models", in.python(t, "airbyte", lines, "check_airbyte.py"), api.streams)
	if got.States < len(api.streams) {
		t.Errorf("%d STATE messages, want one for each stream and flush", got.States)
	}

	state := writeFile(t, dir, "state.json", []byte(statesIn(t, lines)))
	again := in.sync(t, dir, "again.jsonl", "read", "--config", config, "--catalog", catalog, "--state", state)
	counts := maps.Clone(api.streams)
	counts[api.incremental] = 1  // that at the bookmark, where the next window begins
	delete(counts, api.windowed) // its bookmark lies at the end of its windows
	wantCounts(t, "airbyte-protocol-models, second run", in.python(t, "airbyte", again, "check_airbyte.py"), counts)
}

// configured writes the catalog that asks for all that was discovered, by
// incremental where that is supported.
func configured(t *testing.T, dir, discovered string) string {
	t.Helper()
	var message struct {
		Catalog struct{ Streams []map[string]any }
	}
	decode(t, lastLine(t, discovered), &message)
	var streams []map[string]any
	for _, s := range message.Catalog.Streams {
		mode := s["supported_sync_modes"].([]any)
		streams = append(streams, map[string]any{
			"stream": s, "sync_mode": mode[len(mode)-1], "destination_sync_mode": "append", "cursor_field": s["default_cursor_field"], "primary_key": nil,
		})
	}
	return writeJSON(t, dir, "configured.json", map[string]any{"streams": streams})
}

// statesIn are the last STATE messages of each stream, in an array.
func statesIn(t *testing.T, lines string) string {
	t.Helper()
	last := map[string]string{}
	for line := range strings.Lines(string(testrig.Read(t, lines))) {
		var m struct {
			Type  string
			State json.RawMessage
		}
		decode(t, []byte(line), &m)
		if m.Type != "STATE" {
			continue
		}
		var s struct {
			Stream struct {
				Descriptor struct{ Name string } `json:"stream_descriptor"`
			}
		}
		decode(t, m.State, &s)
		last[s.Stream.Descriptor.Name] = string(m.State)
	}
	return "[" + strings.Join(slices.Sorted(maps.Values(last)), ",") + "]"
}

// TestInteropPyAirbyte loads an API into DuckDB with PyAirbyte, twice, and runs
// the standard tests of Airbyte's CDK. Their environment takes minutes to
// install: `make interop-all`.
func TestInteropPyAirbyte(t *testing.T) {
	in := newInterop(t)
	if _, err := os.Stat(in.program("pyairbyte", "python")); err != nil {
		t.Skip("there is no environment with PyAirbyte: `make interop-all` makes it")
	}
	t.Run("DuckDB", func(t *testing.T) { testDuckDB(t, in) })
	t.Run("standard tests", func(t *testing.T) { testStandard(t, in) })
}

func testDuckDB(t *testing.T, in *interop) {
	api := djangoAPI(t, in)
	dir := t.TempDir()
	settings := maps.Clone(api.config)
	delete(settings, "source") // it is baked in, as in an image
	config := writeJSON(t, dir, "config.json", settings)
	streams := []string{"changes", "cursors"}
	read := func() map[string]int {
		t.Helper()
		cmd := command(t, patience, in.program("pyairbyte", "python"),
			append([]string{in.file("pyairbyte_read.py"), in.binary, config, dir, api.database}, streams...)...)
		cmd.Env = append(in.tap(t, dir).Env, "TAP_REST_SOURCE="+in.file("django.yaml"), "PYTHONDONTWRITEBYTECODE=1")
		out := filepath.Join(dir, "out")
		if log, err := pipeline(t, out, cmd); err != nil {
			t.Fatalf("PyAirbyte: %v\n%s\n%s", err, log, testrig.Read(t, out))
		}
		lines := strings.Split(strings.TrimSpace(string(testrig.Read(t, out))), "\n")
		var got report
		decode(t, []byte(lines[len(lines)-1]), &got)
		return got.Records
	}
	if got := read(); got["changes"] != api.streams["changes"] || got["cursors"] != api.streams["cursors"] {
		t.Errorf("the first run reads %v, want %v", got, api.streams)
	}
	// One row may come twice: it stands at the bookmark.
	changed := len(api.touch(t, 7))
	if got := read(); got["changes"] < changed || got["changes"] > changed+1 || got["cursors"] != api.streams["cursors"] {
		t.Errorf("the second run reads %v, want the %d changes and all cursors", got, changed)
	}
}

func testStandard(t *testing.T, in *interop) {
	api := djangoAPI(t, in)
	dir := t.TempDir()
	settings := maps.Clone(api.config)
	delete(settings, "source")
	good := writeJSON(t, dir, "config.json", settings)
	bad := maps.Clone(settings)
	bad["base_url"] = "http://127.0.0.1:1" // nobody is there
	cmd := command(t, patience, in.program("pyairbyte", "python"), "-m", "pytest", "-q", "-rA", "-p", "no:cacheprovider",
		"-p", "airbyte_cdk.test.standard_tests.pytest_hooks", "--connector-image=baked", "--read-from-streams=all",
		in.file("source-baked/test_source.py"))
	cmd.Env = append(in.tap(t, dir).Env, "TAP_REST_SOURCE="+in.file("django.yaml"), "TAP_REST_BIN="+in.binary,
		"GOOD_CONFIG="+good, "BAD_CONFIG="+writeJSON(t, dir, "bad.json", bad), "PYTHONDONTWRITEBYTECODE=1",
		"PATH="+in.file("source-baked/stand-in")+":"+filepath.Dir(in.program("pyairbyte", "python"))+":"+os.Getenv("PATH"))
	out := filepath.Join(dir, "out")
	log, err := pipeline(t, out, cmd)
	if text := string(testrig.Read(t, out)); err != nil || strings.Count(text, "\nPASSED ") < 6 {
		t.Errorf("the standard tests: %v\n%s\n%s", err, text, log)
	}
}
