//go:build unix

package main_test

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/testrig"
)

// drawn is a collection of a real server, the line of curl that asks for it, and what init
// has to conclude. What is open it has to say: as a question in the definition, and on
// stderr where it decided without proof.
type drawn struct {
	name   string
	line   string // behind curl; URL is the server's
	rows   string // the stream of compare.py that has the same rows; "": the one named as this
	says   []string
	asks   []string // what stands in comments
	guess  []string // the beginnings of all guesses
	config []string // settings that the config has
}

// orders are what init finds in each collection of Django's orders.
var orders = []string{"records: results", "primary_key: [id]", "replication_key: updated_at", "incremental: {format: rfc3339}", `since: "{{ window.start }}"`}

var drawnFrom = map[string][]drawn{
	"django": {
		{name: "pages", line: "-H 'Authorization: Token 0123456789abcdef0123456789abcdef01234567' URL/pages/", config: []string{"token"},
			says: append([]string{"pagination: {type: next_url, next: next, total: count}", "page_size: 150"}, orders...)},
		{name: "a page in the middle", rows: "pages", line: "-H 'Authorization: Token 0123456789abcdef0123456789abcdef01234567' 'URL/pages/?page=3&page_size=20'", config: []string{"token"},
			says: append([]string{"pagination: {type: next_url, next: next, total: count}", "page_size: 150"}, orders...)},
		{name: "offsets", line: "-u 'reader:päss:word' URL/offsets/", config: []string{"username", "password"},
			says: append([]string{"pagination: {type: next_url, next: next, total: count}", "limit: 100"}, orders...)},
		{name: "an offset in the middle", rows: "offsets", line: "-u 'reader:päss:word' 'URL/offsets/?limit=30&offset=60'", config: []string{"username", "password"},
			says: append([]string{"pagination: {type: next_url, next: next, total: count}", "limit: 100"}, orders...)},
		{name: "cursors", line: "URL/cursors/", says: append([]string{"pagination: {type: next_url, next: next}"}, orders...)},
		{name: "changes", line: "URL/changes/", says: append([]string{"pagination: {type: next_url, next: next}"}, orders...)},
		{name: "changes since a day", rows: "changes", line: "'URL/changes/?since=2024-01-01T00:00:00Z'", says: append([]string{"pagination: {type: next_url, next: next}"}, orders...)},
	},
	"datasette": {
		{name: "notes", line: "URL/interop/notes.json",
			says:  []string{"records: rows", "columns: columns", "primary_key: [id]", "pagination: {type: link_header}"},
			asks:  []string{"replication_key: written_at", `written_at__gte: "{{ window.start }}"`},
			guess: []string{"replication_key: written_at"}},
		{name: "notes as objects", rows: "notes", line: "'URL/interop/notes.json?_shape=objects&_size=50'",
			says:  []string{"records: rows", "primary_key: [id]", "pagination: {type: link_header}", "_size: 1000"},
			asks:  []string{"replication_key: written_at", `written_at__gte: "{{ window.start }}"`},
			guess: []string{"replication_key: written_at"}},
		{name: "places", line: "URL/interop/places.json",
			says: []string{"records: rows", "columns: columns", "primary_key: [region, code]", "pagination: {type: link_header}"}},
		{name: "places as objects", rows: "places", line: "'URL/interop/places.json?_shape=objects'",
			says: []string{"records: rows", "primary_key: [region, code]", "pagination: {type: link_header}"}},
		{name: "events", line: "URL/interop/events.json",
			says:  []string{"records: rows", "columns: columns", "primary_key: [rowid]", "pagination: {type: link_header}"},
			asks:  []string{"replication_key: at", `at__gte: "{{ window.start }}"`},
			guess: []string{"replication_key: at"}},
		{name: "events in an array", rows: "events", line: "'URL/interop/events.json?_shape=array&_sort=at'",
			says:  []string{`records: "@this"`, "primary_key: [rowid]", "pagination: {type: link_header}"},
			asks:  []string{"replication_key: at", `at__gte: "{{ window.start }}"`},
			guess: []string{"replication_key: at"}},
		{name: "regions", line: "URL/interop/regions.json",
			says: []string{"records: rows", "columns: columns", "primary_key: [name]"}},
		{name: "names", line: "URL/interop/names.json",
			says: []string{"records: rows", "columns: columns", "primary_key: [name]"}},
	},
}

// testInit has init draw up a definition of each collection, and compares what a run of that
// reads with the database.
func testInit(t *testing.T, in *interop, api *realAPI) {
	for _, test := range drawnFrom[api.name] {
		t.Run(test.name, func(t *testing.T) { test.draw(t, in, api) })
	}
}

func (d drawn) draw(t *testing.T, in *interop, api *realAPI) {
	dir := t.TempDir()
	file := filepath.Join(dir, "drawn.yaml")
	line := "curl " + strings.ReplaceAll(d.line, "URL", api.config["base_url"].(string))
	log, err := pipeline(t, filepath.Join(dir, "out"), in.tap(t, dir, "init", "--yes", "-o", file, line))
	if err != nil {
		t.Fatalf("init %s: %v\n%s", line, err, log)
	}
	text := string(testrig.Read(t, file))
	said, asked := splitComments(text)
	for _, want := range d.says {
		if !strings.Contains(said, want) {
			t.Errorf("the definition does not say %s", want)
		}
	}
	for _, want := range d.asks {
		if !strings.Contains(asked, want) || strings.Contains(said, want) {
			t.Errorf("the definition does not ask for %s", want)
		}
	}
	if len(d.asks) == 0 && strings.Contains(asked, "?") {
		t.Error("the definition asks something, want all of it proven")
	}
	d.compareGuesses(t, log)
	var settings map[string]any
	config := filepath.Join(dir, "drawn.config.json")
	decode(t, testrig.Read(t, config), &settings)
	for _, name := range d.config {
		if settings[name] == nil {
			t.Errorf("the config has no %s", name)
		}
	}
	d.run(t, in, api, dir, config)
	if t.Failed() {
		t.Logf("%s\n%s\n%s", line, text, log)
	}
}

// run reads by the definition, and compares the records with the rows of the database.
func (d drawn) run(t *testing.T, in *interop, api *realAPI, dir, config string) {
	rows := d.rows
	if rows == "" {
		rows = d.name
	}
	lines := in.sync(t, dir, "lines.jsonl", "--config", config)
	// Init names the stream as the address does, compare.py as the collection.
	text := regexp.MustCompile(`"stream":"[^"]*"`).ReplaceAll(testrig.Read(t, lines), []byte(`"stream":"`+rows+`"`))
	in.compare(t, api, "singer", writeFile(t, dir, "renamed.jsonl", text), rows)
}

// compareGuesses compares what init says that it guessed: no more and no less.
func (d drawn) compareGuesses(t *testing.T, log string) {
	var got []string
	for line := range strings.Lines(log) {
		if guess, is := strings.CutPrefix(strings.TrimSpace(line), "guessed: "); is {
			got = append(got, guess)
		}
	}
	if !slices.EqualFunc(got, d.guess, strings.HasPrefix) {
		t.Errorf("init says that it guessed %q, want %q", got, d.guess)
	}
}

// splitComments divides a definition into what it says and its comments.
func splitComments(text string) (said, asked string) {
	for line := range strings.Lines(text) {
		before, comment, _ := strings.Cut(line, "# ")
		said += strings.TrimRight(before, " \n") + "\n"
		asked += strings.TrimSpace(comment) + "\n"
	}
	return said, asked
}
