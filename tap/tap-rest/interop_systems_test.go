//go:build unix

package main_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/testrig"
)

// builtinKeys are what tells the records apart that the built-in definitions read.
var builtinKeys = map[string]map[string][]string{
	"airflow": {
		"dags": {"dag_id"}, "dag_runs": {"dag_id", "dag_run_id"}, "task_instances": {"dag_id", "dag_run_id", "task_id", "map_index"},
		"event_logs": {"event_log_id"}, "pools": {"name"}, "import_errors": {"import_error_id"}, "variables": {"key"}, "connections": {"connection_id"},
	},
	"elasticsearch": {"indices": {"index"}, "documents": {"_index", "_id"}},
	"jupyterhub":    {"users": {"name"}, "groups": {"name"}, "services": {"name"}},
	"keycloak": {
		"users": {"id"}, "groups": {"id"}, "group_members": {"group_id", "id"}, "clients": {"id"}, "roles": {"id"}, "events": {"type", "time"},
	},
	"verdaccio": {"packages": {"name"}, "versions": {"name", "version"}},
}

// TestInteropSystems reads the systems that the built-in definitions are for, each
// started, filled through its own API, and compared with its own database: whole,
// by runs of a few requests, and after it was changed.
func TestInteropSystems(t *testing.T) {
	in := newInterop(t)
	for name, keys := range builtinKeys {
		t.Run(name, func(t *testing.T) { testSystem(t, in, name, keys) })
	}
}

func testSystem(t *testing.T, in *interop, name string, keys map[string][]string) {
	s := startSystem(t, in, name, keys)
	dir := t.TempDir()
	config := writeJSON(t, dir, "config.json", s.config)

	whole := in.sync(t, dir, "whole.jsonl", "--config", config)
	s.compare(t, whole, true, s.ask(t, "truth"))
	s.inPieces(t)
	if name == "keycloak" {
		s.asUser(t)
	}
	if !s.changes {
		return
	}
	changed := s.ask(t, "touch")
	state := writeFile(t, dir, "state.json", lastState(t, whole))
	second := in.sync(t, dir, "second.jsonl", "--config", config, "--state", state)
	for stream, list := range changed {
		var want []string
		decode(t, list, &want)
		got := slices.Sorted(maps.Keys(s.records(t, second, stream, true)))
		for _, key := range want {
			if !slices.Contains(got, key) {
				t.Errorf("%s: %s was changed, the second run has only %v", stream, key, got)
			}
		}
		// Some stand at the bookmark, where the next window begins; Keycloak's events
		// were made less than a minute ago, which is its settle: they come again.
		if extra := len(got) - len(want); extra > 2 && name != "keycloak" {
			t.Errorf("%s: the second run has %d rows that did not change: %v", stream, extra, got)
		}
	}
}

// system is one that runs.
type system struct {
	in      *interop
	name    string
	dir     string
	keys    map[string][]string
	config  map[string]any
	changes bool // its script can change it
}

func startSystem(t *testing.T, in *interop, name string, keys map[string][]string) *system {
	s := &system{in: in, name: name, dir: t.TempDir(), keys: keys}
	script := string(testrig.Read(t, in.file(s.script())))
	s.changes = strings.Contains(script, "touch=touch")
	in.serve(t, s.python(), in.file(s.script()), "serve", s.dir, in.envs)
	decode(t, testrig.Read(t, filepath.Join(s.dir, "config.json")), &s.config)
	s.config["source"] = name
	s.config["run"] = map[string]any{"flush": map[string]any{"responses": 2}}
	return s
}

func (s *system) script() string { return filepath.Join("systems", s.name+".py") }

func (s *system) python() string { return s.in.program("main", "python") }

// ask has the system's script print what its database holds, or what it changed.
func (s *system) ask(t *testing.T, what string) (byStream map[string]json.RawMessage) {
	t.Helper()
	decode(t, s.in.python(t, "main", os.DevNull, s.script(), what, s.dir, s.in.envs), &byStream)
	return byStream
}

// records returns what was read of a stream, by key. In one run each has to come
// once.
func (s *system) records(t *testing.T, lines, stream string, once bool) map[string]map[string]json.RawMessage {
	t.Helper()
	all := map[string]map[string]json.RawMessage{}
	for _, record := range records(t, lines, stream) {
		var key []string
		for _, field := range s.keys[stream] {
			key = append(key, strings.Trim(string(record[field]), `"`))
		}
		name := strings.Join(key, " ")
		if all[name] != nil && once {
			t.Errorf("%s: %s came twice", stream, name)
		}
		all[name] = record
	}
	return all
}

// compare holds what was read against what the database has: the same keys, and of
// each what the script says of it.
func (s *system) compare(t *testing.T, lines string, once bool, truth map[string]json.RawMessage) {
	t.Helper()
	if got, want := slices.Sorted(maps.Keys(truth)), slices.Sorted(maps.Keys(s.keys)); !slices.Equal(got, want) {
		t.Fatalf("the script knows the streams %v, the test %v", got, want)
	}
	for stream, rows := range truth {
		var want map[string]map[string]json.RawMessage
		decode(t, rows, &want)
		got := s.records(t, lines, stream, once)
		for key, fields := range want {
			record, found := got[key]
			if !found {
				t.Errorf("%s: %s did not come", stream, key)
			}
			for field, value := range fields {
				if found && canonical(t, record[field]) != canonical(t, value) {
					t.Errorf("%s: %s has %s %s, the database %s", stream, key, field, record[field], value)
				}
			}
		}
		for key := range got {
			if want[key] == nil {
				t.Errorf("%s: %s is not in the database", stream, key)
			}
		}
		t.Logf("%s: %d rows", stream, len(got))
	}
}

// inPieces reads everything by runs of a few requests, each from the state of the
// one before, until each stream was over once. A full table that is over begins anew
// beside those that are not, so its rows may come again.
func (s *system) inPieces(t *testing.T) {
	const enough = 200
	dir := t.TempDir()
	settings := maps.Clone(s.config)
	settings["run"] = map[string]any{"max_requests": 7}
	args := []string{"--config", writeJSON(t, dir, "pieces.json", settings)}
	truth := s.ask(t, "truth")
	var all []byte
	over := map[string]bool{}
	for runs := 1; len(over) < len(s.keys); runs++ {
		lines := s.in.sync(t, dir, "lines.jsonl", args...)
		all = append(all, testrig.Read(t, lines)...)
		state := lastState(t, lines)
		for stream := range s.keys {
			if !unfinished(t, state, stream) && bytes.Contains(state, []byte(`"`+stream+`":`)) {
				over[stream] = true
			}
		}
		if runs == enough {
			t.Fatalf("unfinished after %d runs: %s", runs, state)
		}
		args = append(args[:2], "--state", writeFile(t, dir, "state.json", state))
	}
	s.compare(t, writeFile(t, dir, "all.jsonl", all), false, truth)
}

// asUser reads Keycloak in the name of a user: by a password, and by a refresh token
// that Keycloak takes once, and gives another one for. That one is what the next run
// has to know.
func (s *system) asUser(t *testing.T) {
	const runs = 3
	dir := t.TempDir()
	var settings map[string]any
	decode(t, testrig.Read(t, filepath.Join(s.dir, "user.json")), &settings)
	settings["source"] = s.in.file("keycloak_user.yaml")
	config := writeJSON(t, dir, "user.json", settings)
	var want map[string]json.RawMessage
	decode(t, s.ask(t, "truth")["users"], &want)
	for n := range runs {
		lines := s.in.sync(t, dir, "user.jsonl", "--config", config)
		for _, stream := range []string{"users", "users_by_password"} {
			if got := len(records(t, lines, stream)); got != len(want) {
				t.Errorf("run %d: %d records of %s, want %d", n, got, stream, len(want))
			}
		}
	}
}
