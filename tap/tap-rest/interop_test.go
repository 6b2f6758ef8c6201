//go:build unix

package main_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/testrig"
)

// TestInterop runs the built binary against programs that nobody here wrote:
// APIs served by Datasette and Django REST framework, files by Starlette, Singer's own library, the
// Singer SDK's tests of a tap, target-jsonl, a target built on the SDK, and pip.
// What the binary reads is compared row by row with the databases behind the
// APIs, also what it reads by the definitions that init draws up of them.
func TestInterop(t *testing.T) {
	in := newInterop(t)
	t.Run("wheel", func(t *testing.T) { testWheel(t, in) })
	t.Run("README", func(t *testing.T) { testPiped(t, in) })
	t.Run("Range", func(t *testing.T) { testRange(t, in) })
	t.Run("CONTROL", func(t *testing.T) { testControl(t, in) })
	for _, api := range []*realAPI{datasetteAPI(t, in), djangoAPI(t, in)} {
		t.Run(api.name, func(t *testing.T) {
			t.Run("sync", func(t *testing.T) { testSync(t, in, api) })
			t.Run("init", func(t *testing.T) { testInit(t, in, api) })
			t.Run("Singer SDK", func(t *testing.T) { testSDK(t, in, api) })
			for _, target := range fileTargets(in) {
				t.Run(target.name, func(t *testing.T) { testTarget(t, in, api, target) })
			}
			t.Run("airbyte", func(t *testing.T) { testAirbyte(t, in, api) })
			t.Run("in pieces", func(t *testing.T) { testPieces(t, in, api) })
			if api.parts != nil {
				t.Run("partitions", func(t *testing.T) { testPartitions(t, in, api) })
			}
			if api.csv != nil {
				t.Run("CSV", func(t *testing.T) { testCSV(t, in, api) })
			}
			if api.badConfig != nil {
				t.Run("bad token", func(t *testing.T) { testBadToken(t, in, api) })
			}
			if api.touch != nil { // last: rows that changed a moment ago are not settled yet
				t.Run("changed rows", func(t *testing.T) { testChangedRows(t, in, api) })
			}
		})
	}
}

// testSync reads everything, with the catalog that was discovered, and has the
// lines read by singer-python, their records validated by jsonschema, and both
// compared with the database.
func testSync(t *testing.T, in *interop, api *realAPI) {
	dir := t.TempDir()
	config := writeJSON(t, dir, "config.json", api.config)
	catalog := in.discover(t, dir, config, api.names())
	lines := in.sync(t, dir, "lines.jsonl", "--config", config, "--catalog", catalog)

	in.compare(t, api, "singer", lines)
	got := wantCounts(t, "singer-python", in.python(t, "singer", lines, "check_singer.py", catalog), api.streams)
	if got.States < 2 {
		t.Errorf("%d STATE lines, want one for each flush", got.States)
	}
	wantCounts(t, "jsonschema", in.python(t, "main", lines, "check_schema.py"), api.streams)
}

// TestInteropAll has the clients of TestInterop's kind that take long to
// install: databases' targets, a real PostgreSQL, and Meltano.
func TestInteropAll(t *testing.T) {
	in := newInterop(t)
	targets := databaseTargets(t, in)
	for _, api := range []*realAPI{datasetteAPI(t, in), djangoAPI(t, in)} {
		for _, target := range targets {
			t.Run(api.name+" to "+target.name, func(t *testing.T) { testTarget(t, in, api, target) })
		}
	}
	t.Run("wheels", testWheels)
	t.Run("Meltano", func(t *testing.T) { testMeltano(t, in) })
	t.Run("README", func(t *testing.T) { testUnderMeltano(t, in) })
}

// testSDK runs the tests that the Singer SDK has for taps built on it.
func testSDK(t *testing.T, in *interop, api *realAPI) {
	dir := t.TempDir()
	test := command(t, patience, in.program("main", "python"), "-m", "pytest", "-q", "-p", "no:cacheprovider", in.file("check_sdk.py"))
	test.Env = append(ownEnv(dir), "PYTHONDONTWRITEBYTECODE=1",
		"INTEROP_BINARY="+in.binary, "INTEROP_CONFIG="+writeJSON(t, dir, "config.json", api.config))
	out := filepath.Join(dir, "out")
	if log, err := pipeline(t, out, test); err != nil {
		t.Fatalf("the SDK's tests: %v\n%s%s", err, testrig.Read(t, out), log)
	}
	if last := lastLine(t, out); !regexp.MustCompile(`^\d+ passed in `).Match(last) {
		t.Errorf("the SDK's tests end in %q, want all of them passed, and no warning", last)
	}
}

// testTarget loads everything through a real pipe, compares what the target
// wrote, and starts a second run from the state that the target gave back.
func testTarget(t *testing.T, in *interop, api *realAPI, target realTarget) {
	dir := t.TempDir()
	config := writeJSON(t, dir, "config.json", api.config)
	catalog := in.discover(t, dir, config, api.names())
	state := in.load(t, dir, target, "first", "--config", config, "--catalog", catalog)
	in.compareLoaded(t, api, target, filepath.Join(dir, "first"))

	last := lastState(t, filepath.Join(dir, "first.jsonl"))
	if canonical(t, state) != canonical(t, last) {
		t.Errorf("%s returned the state %s, the last STATE was %s", target.name, state, last)
	}

	in.load(t, dir, target, "second",
		"--config", config, "--catalog", catalog, "--state", writeFile(t, dir, "state.json", state))
	// One row may come twice: it stands at the bookmark, where the next window begins.
	if got := len(records(t, filepath.Join(dir, "second.jsonl"), api.incremental)); got > 1 {
		t.Errorf("second run: %d records of %s, want at most 1", got, api.incremental)
	}
	if target.merges {
		in.compareLoaded(t, api, target, filepath.Join(dir, "second"))
	}
}

// testPieces reads each stream by runs of two requests, each from the state of
// the one before: together they have every row once, whatever the pagination.
func testPieces(t *testing.T, in *interop, api *realAPI) {
	const enough = 20
	dir := t.TempDir()
	settings := maps.Clone(api.config)
	settings["run"] = map[string]any{"max_requests": 2}
	config := writeJSON(t, dir, "pieces.json", settings)
	for _, stream := range api.names() {
		t.Run(stream, func(t *testing.T) {
			catalog := in.discover(t, dir, writeJSON(t, dir, "config.json", api.config), []string{stream})
			args := []string{"--config", config, "--catalog", catalog}
			var all, state []byte
			for runs := 0; state == nil || unfinished(t, state, stream); runs++ {
				if runs == enough {
					t.Fatalf("unfinished after %d runs: %s", runs, state)
				}
				if state != nil {
					args = append(args[:4], "--state", writeFile(t, dir, "state.json", state))
				}
				lines := in.sync(t, dir, "lines.jsonl", args...)
				all = append(all, testrig.Read(t, lines)...)
				state = lastState(t, lines)
			}
			in.compare(t, api, "singer", writeFile(t, dir, "all.jsonl", all), stream)
		})
	}
}

// testChangedRows changes rows between two incremental runs: the second reads
// those and no others.
func testChangedRows(t *testing.T, in *interop, api *realAPI) {
	const changes = 7
	dir := t.TempDir()
	config := writeJSON(t, dir, "config.json", api.config)
	catalog := in.discover(t, dir, config, []string{api.incremental})
	args := []string{"--config", config, "--catalog", catalog}
	first := in.sync(t, dir, "first.jsonl", args...)
	in.compare(t, api, "singer", first, api.incremental)

	changed := api.touch(t, changes)
	state := writeFile(t, dir, "state.json", lastState(t, first))
	second := in.sync(t, dir, "second.jsonl", append(args, "--state", state)...)

	var got []string
	for _, record := range records(t, second, api.incremental) {
		got = append(got, string(record["id"]))
	}
	for _, id := range changed {
		if !slices.Contains(got, id) {
			t.Errorf("row %s was changed, the second run has only %v", id, got)
		}
	}
	if extra := len(got) - len(changed); extra > 1 {
		t.Errorf("the second run has %d rows that were not changed: %v", extra, got)
	}
	in.compare(t, api, "singer", second, api.incremental+":id IN ("+strings.Join(got, ",")+")")
}

// testBadToken reads everything with a token that the server refuses for some
// streams: they fail, loudly and without a secret, and the others are whole.
func testBadToken(t *testing.T, in *interop, api *realAPI) {
	dir := t.TempDir()
	lines := filepath.Join(dir, "lines.jsonl")
	log, err := pipeline(t, lines, in.tap(t, dir, "--config", writeJSON(t, dir, "config.json", api.badConfig)))
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Fatalf("with a bad token: %v, want exit status 1\n%s", err, log)
	}
	for _, want := range append(slices.Clone(api.refused), "401") {
		if !strings.Contains(log, want) {
			t.Errorf("stderr does not mention %s:\n%s", want, log)
		}
	}
	if token := api.badConfig["token"].(string); strings.Contains(log, token) {
		t.Errorf("stderr shows the token:\n%s", log)
	}
	lastState(t, lines)
	for name := range api.streams {
		if !slices.Contains(api.refused, name) {
			in.compare(t, api, "singer", lines, name)
		}
	}
}

// A realAPI is a server that runs, the database behind it, and what reads it.
type realAPI struct {
	name        string
	database    string
	config      map[string]any
	streams     map[string]int // rows of each stream
	incremental string         // the stream that goes on from its bookmark
	windowed    string         // one that does, and is read in windows; "": none is

	parts     map[string]any                     // a config that reads it by parents and windows, without end_date
	csv       map[string]any                     // a config that reads tables as CSV
	touch     func(t *testing.T, n int) []string // changes n rows; their ids
	badConfig map[string]any                     // a config whose token is refused
	refused   []string                           // the streams that need the token
}

func (a *realAPI) names() []string { return slices.Sorted(maps.Keys(a.streams)) }

func datasetteAPI(t *testing.T, in *interop) *realAPI {
	database := filepath.Join(t.TempDir(), "interop.db")
	in.python(t, "main", os.DevNull, "datasette_seed.py", database)
	url := in.serve(t, in.program("main", "datasette"), "serve", database,
		"--host", "127.0.0.1", "--port", "0", "--setting", "sql_time_limit_ms", "20000")
	return &realAPI{
		name:        "datasette",
		database:    database,
		config:      map[string]any{"source": in.file("datasette.yaml"), "base_url": url, "run": smallFlushes},
		streams:     map[string]int{"notes": 2500, "notes_by_url": 2500, "places": 1200, "events": 3000, "events_by_link": 3000},
		incremental: "events",
		parts:       map[string]any{"source": in.file("datasette_parts.yaml"), "base_url": url, "run": smallFlushes},
		csv:         map[string]any{"source": in.file("datasette_csv.yaml"), "base_url": url, "run": smallFlushes},
	}
}

func djangoAPI(t *testing.T, in *interop) *realAPI {
	database := filepath.Join(t.TempDir(), "orders.db")
	in.python(t, "main", os.DevNull, "django_api.py", "seed", database)
	url := in.serve(t, in.program("main", "python"), in.file("django_api.py"), "serve", database)
	config := map[string]any{
		"source": in.file("django.yaml"), "base_url": url, "run": smallFlushes,
		// The credentials that django_api.py makes.
		"token":    "0123456789abcdef0123456789abcdef01234567",
		"username": "reader", "password": "päss:word",
	}
	bad := maps.Clone(config)
	bad["token"] = "f0f0f0f0f0f0f0f0f0f0"
	return &realAPI{
		name:        "django",
		database:    database,
		config:      config,
		streams:     map[string]int{"pages": 1203, "pages_more": 1203, "offsets": 1203, "cursors": 1203, "changes": 1203, "changes_by_month": 1203},
		incremental: "changes",
		windowed:    "changes_by_month",
		touch: func(t *testing.T, n int) []string {
			var ids []json.Number
			decode(t, in.python(t, "main", os.DevNull, "django_api.py", "touch", database, fmt.Sprint(n)), &ids)
			texts := make([]string, len(ids))
			for i, id := range ids {
				texts[i] = id.String()
			}
			return texts
		},
		badConfig: bad,
		refused:   []string{"pages", "pages_more"},
	}
}

// smallFlushes makes several flushes of every stream: `run` in the config.
var smallFlushes = map[string]any{"flush": map[string]any{"responses": 2}}
