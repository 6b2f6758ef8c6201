package tap_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tap-rest/tap-rest/catalog"
	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/sources/config"
	"github.com/tap-rest/tap-rest/sources/definition"
	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/tap"
	"github.com/tap-rest/tap-rest/tap/message"
	"github.com/tap-rest/tap-rest/tap/planfile"
	"github.com/tap-rest/tap-rest/tap/report"
	"github.com/tap-rest/tap-rest/testrig"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// head begins every definition of these tests. Attempts are few and quick:
// what waits is tested in package fetch.
const head = `version: 1
name: t
settings:
  properties:
    start: {type: string}
client:
  base_url: http://api.test
  retry: {attempts: 2, min_wait: 1ms, max_wait: 1ms}
`

// setup is what a run is given.
type setup struct {
	definition string // with head before it
	head       string // "": head
	config     string // a JSON object; "" is {}
	catalog    string // Singer's; "" for none
	state      string // the value of a STATE line; "" for none
	airbyte    bool   // the protocol is Airbyte's, and so are catalog and state
	workDir    string
	api        http.RoundTripper
	out        io.Writer // nil: a buffer
	stop       context.Context
	share      *planfile.Share     // of a plan; nil: all is read
	handOut    *tap.HandOut        // takes what others read; nil: all is read
	model      *sources.Definition // in place of a definition's text
}

// definitions are those that the runs of a test have read, by its name and their texts:
// thousands of runs read one of a few hundred. Tests do not share them, since a run writes
// into its own what the settings make of it.
var definitions sync.Map

// parse reads the definition.
func (s *setup) parse(t *testing.T) *sources.Definition {
	t.Helper()
	if s.model != nil {
		return s.model
	}
	text := cmp.Or(s.head, head) + s.definition
	key := t.Name() + "\n" + text
	if d, ok := definitions.Load(key); ok {
		return d.(*sources.Definition)
	}
	d, err := definition.Parse("t.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	definitions.Store(key, d)
	t.Cleanup(func() { definitions.Delete(key) })
	return d
}

// result is what came of a run.
type result struct {
	lines   testrig.Lines
	log     string
	account *report.Account
	err     error
}

// options makes the options of a run; the log goes to logged.
func (s *setup) options(t *testing.T, out, logged io.Writer) tap.Options {
	t.Helper()
	d := s.parse(t)
	var files []config.File
	if s.config != "" {
		files = append(files, config.File{Name: "config.json", Data: []byte(s.config)})
	}
	input, err := config.Read(files, nil)
	if err != nil {
		t.Fatal(err)
	}
	o := tap.Options{
		Definition: d, StateFile: "state.json", Parting: tap.Parting{Share: s.share, HandOut: s.handOut}, WorkDir: s.workDir, Transport: s.api, Version: "test",
		State: &state.State{}, Out: out, Log: slog.New(slog.NewTextHandler(logged, nil)),
	}
	if o.Config, err = input.Configure(d); err != nil {
		t.Fatal(err)
	}
	parseCatalog, parseState := catalog.ParseSinger, state.ParseSinger
	if s.airbyte {
		parseCatalog, parseState, o.Protocol = catalog.ParseAirbyte, state.ParseAirbyte, message.Airbyte{}
	}
	if s.catalog != "" {
		if o.Catalog, err = parseCatalog("catalog.json", []byte(s.catalog)); err != nil {
			t.Fatal(err)
		}
	}
	if s.state != "" {
		if o.State, err = parseState("state.json", []byte(s.state)); err != nil {
			t.Fatal(err)
		}
	}
	if o.WorkDir == "" {
		o.WorkDir = t.TempDir()
	}
	return o
}

// attribute matches an attribute of a line of the log, and how its value begins.
var attribute = regexp.MustCompile(` (\w+)="?(\w+) `)

// run runs a sync.
func (s setup) run(t *testing.T) result {
	t.Helper()
	var buffer, logged bytes.Buffer
	out := io.Writer(&buffer)
	if s.out != nil {
		out = io.MultiWriter(s.out, &buffer)
	}
	stop := s.stop
	if stop == nil {
		stop = context.Background()
	}
	account, err := tap.Sync(stop, s.options(t, out, &logged))
	for _, attr := range attribute.FindAllStringSubmatch(logged.String(), -1) {
		if attr[1] == attr[2] {
			t.Errorf("the log says the name of an attribute twice: %s…", attr[0])
		}
	}
	return result{testrig.ReadLines(t, buffer.Bytes()), logged.String(), account, err}
}

// must is a run that ends well.
func (s setup) must(t *testing.T) result {
	t.Helper()
	r := s.run(t)
	if r.err != nil {
		t.Fatalf("sync: %v", r.err)
	}
	return r
}

// records are the records of a stream, "" for all of them, as their bytes.
func (r result) records(stream string) []string { return r.lines.Records(stream) }

// state is the value of the last STATE line, "" if there was none.
func (r result) state() string { return r.lines.State() }

// types are the types of the lines in short, runs of one type counted:
// "SCHEMA RECORD*20 STATE".
func (r result) types() string {
	var b strings.Builder
	for i := 0; i < len(r.lines); {
		n := 1
		for i+n < len(r.lines) && r.lines[i+n].Type == r.lines[i].Type {
			n++
		}
		b.WriteString(" " + r.lines[i].Type)
		if n > 1 {
			fmt.Fprintf(&b, "*%d", n)
		}
		i += n
	}
	return strings.TrimPrefix(b.String(), " ")
}

// bookmark is a stream's part of a state.
type bookmark struct {
	Key    string          `json:"replication_key"`
	Value  json.RawMessage `json:"replication_key_value"`
	Pass   *state.Pass     `json:"pass"`
	Resume []state.Resume  `json:"resume"`
}

func bookmarkOf(t *testing.T, text, stream string) bookmark {
	t.Helper()
	var document struct{ Bookmarks map[string]bookmark }
	if err := json.Unmarshal([]byte(text), &document); err != nil {
		t.Fatalf("state %s: %v", text, err)
	}
	return document.Bookmarks[stream]
}

// mark is a stream's bookmark of a run, as JSON; "null" for none.
func (r result) mark(t *testing.T, stream string) string {
	t.Helper()
	if b := bookmarkOf(t, r.state(), stream); b.Value != nil {
		return string(b.Value)
	}
	return "null"
}

// rows makes rows of an API: text with i in it.
func rows(n int, text func(i int) string) [][]byte {
	all := make([][]byte, n)
	for i := range all {
		all[i] = []byte(text(i))
	}
	return all
}

// stamped makes records whose updated_at is an hour apart, from a time on.
func stamped(n int, from time.Time) [][]byte {
	return rows(n, func(i int) string {
		return fmt.Sprintf(`{"id":%d,"updated_at":"%s"}`, i+1, from.Add(time.Duration(i)*time.Hour).UTC().Format(time.RFC3339))
	})
}

// stampedSchema is the schema of stamped records.
const stampedSchema = `{type: object, properties: {id: {type: integer}, updated_at: {type: string, format: date-time}}}`

// texts are rows as text.
func texts(rows [][]byte) []string {
	all := make([]string, len(rows))
	for i, r := range rows {
		all[i] = string(r)
	}
	return all
}

// params are the values of a query parameter in the requests that an API got,
// "-" where it was not sent.
func params(api *apitest.API, name string) []string {
	var all []string
	for _, r := range api.Requests() {
		if query := r.URL.Query(); query.Has(name) {
			all = append(all, query.Get(name))
		} else {
			all = append(all, "-")
		}
	}
	return all
}

// transport is a function as a RoundTripper.
type transport = testrig.API

// memoryFolder is a folder for thousands of runs that sync to it.
func memoryFolder(t *testing.T) string { return testrig.Folder(t) }
