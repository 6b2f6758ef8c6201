package tap_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/tap"
	"github.com/tap-rest/tap-rest/tap/message"
)

// airbyteLine is a line of Airbyte's, as far as these tests look.
type airbyteLine struct {
	Type   string
	Record struct {
		Stream    string
		Data      json.RawMessage
		EmittedAt json.RawMessage `json:"emitted_at"`
		Meta      json.RawMessage
	}
	State struct {
		Stream struct {
			Descriptor struct{ Name string } `json:"stream_descriptor"`
			State      json.RawMessage       `json:"stream_state"`
		}
		Stats struct {
			Records json.RawMessage `json:"recordCount"`
		} `json:"sourceStats"`
	}
	Trace struct {
		Type  string
		Error struct {
			Message    string
			Type       string                `json:"failure_type"`
			Descriptor struct{ Name string } `json:"stream_descriptor"`
		}
		Estimate struct {
			Name string
			Rows int64 `json:"row_estimate"`
		}
		Status struct {
			Descriptor struct{ Name string } `json:"stream_descriptor"`
			Status     string
			Reasons    []struct{ Type string }
		} `json:"stream_status"`
	}
}

// airbyteRun is what came of a run.
type airbyteRun struct {
	lines []airbyteLine
	text  string
	log   string
	err   error
}

// airbyteOf runs a sync under the Airbyte protocol.
func airbyteOf(t *testing.T, s setup) airbyteRun {
	t.Helper()
	var out, logged bytes.Buffer
	s.airbyte = true
	var r airbyteRun
	_, r.err = tap.Sync(context.Background(), s.options(t, &out, &logged))
	r.text, r.log = out.String(), logged.String()
	for raw := range bytes.Lines(out.Bytes()) {
		var l airbyteLine
		if err := json.Unmarshal(raw, &l); err != nil {
			t.Fatalf("%v: %s", err, raw)
		}
		r.lines = append(r.lines, l)
	}
	return r
}

// story is what a stream's lines say, in short: runs of records are counted,
// and each STATE has its recordCount.
func (r airbyteRun) story(stream string) string {
	var b strings.Builder
	records := 0
	say := func(format string, args ...any) {
		if records > 0 {
			fmt.Fprintf(&b, " %d", records)
			records = 0
		}
		fmt.Fprintf(&b, " "+format, args...)
	}
	for _, l := range r.lines {
		switch {
		case l.Type == "RECORD" && l.Record.Stream == stream:
			records++
		case l.Type == "STATE" && l.State.Stream.Descriptor.Name == stream:
			say("STATE(%s)", l.State.Stats.Records)
		case l.Trace.Status.Descriptor.Name == stream && stream != "":
			say("%s", l.Trace.Status.Status)
			for _, reason := range l.Trace.Status.Reasons {
				fmt.Fprintf(&b, "(%s)", reason.Type)
			}
		case l.Trace.Estimate.Name == stream && l.Trace.Type == "ESTIMATE":
			say("ESTIMATE(%d)", l.Trace.Estimate.Rows)
		case l.Trace.Error.Descriptor.Name == stream && l.Trace.Type == "ERROR":
			say("%s", l.Trace.Error.Type)
		}
	}
	return strings.TrimSpace(b.String())
}

// states are the last STATE messages of all streams, as a platform hands them
// back.
func (r airbyteRun) states() string {
	last := map[string]string{}
	for raw := range strings.Lines(r.text) {
		var l struct {
			Type  string
			State json.RawMessage
		}
		var s struct {
			Stream struct {
				Descriptor struct{ Name string } `json:"stream_descriptor"`
			}
		}
		if json.Unmarshal([]byte(raw), &l) == nil && l.Type == "STATE" && json.Unmarshal(l.State, &s) == nil {
			last[s.Stream.Descriptor.Name] = string(l.State)
		}
	}
	var all []string
	for _, s := range last {
		all = append(all, s)
	}
	return "[" + strings.Join(all, ",") + "]"
}

// configured is a catalog of streams, each with a sync mode and further keys.
func configured(entries ...string) string {
	return `{"streams":[` + strings.Join(entries, ",") + `]}`
}

func entry(stream, mode, more string) string {
	return `{"stream":{"name":"` + stream + `"},"sync_mode":"` + mode + `","destination_sync_mode":"append"` + more + `}`
}

// twoStreams are items on pages of two and things on one page.
const twoStreams = `streams:
  - name: items
    path: /items
    params: {limit: 2}
    records: data
    primary_key: [id]
    pagination: {type: cursor, next: next_page, param: cursor, total: meta.total}
  - name: things
    path: /things
    records: data
`

func twoAPI(options ...apitest.Option) *apitest.API {
	id := func(i int) string { return fmt.Sprintf(`{"id": %d,"n":12345678901234567890.10}`, i) }
	return apitest.New(options...).
		Add(apitest.Collection{Path: "/items", Style: apitest.Cursor, Total: true, Rows: rows(7, id)}).
		Add(apitest.Collection{Path: "/things", Style: apitest.Page, Rows: rows(3, id)})
}

const eachAnswer = `{"run":{"flush":{"responses":1},"journal":{"off":true}}}`

// TestAirbyteStory: statuses always, an estimate where the total is known, a
// STATE for each flush with the records that it covers.
func TestAirbyteStory(t *testing.T) {
	r := airbyteOf(t, setup{definition: twoStreams, config: eachAnswer, api: twoAPI()})
	if r.err != nil {
		t.Fatal(r.err)
	}
	if got, want := r.story("items"), "STARTED RUNNING ESTIMATE(7) 2 STATE(2.0) 2 STATE(2.0) 2 STATE(2.0) 1 STATE(1.0) COMPLETE"; got != want {
		t.Errorf("items: got %s\nwant %s", got, want)
	}
	if got, want := r.story("things"), "STARTED RUNNING 3 STATE(3.0) COMPLETE"; got != want {
		t.Errorf("things: got %s\nwant %s", got, want)
	}
	if strings.Contains(r.log, "METRIC") || strings.Contains(r.text, "SCHEMA") {
		t.Errorf("METRIC or SCHEMA lines are Singer's:\n%s", r.log)
	}
}

// TestBothProtocols: records are the same bytes in both.
func TestBothProtocols(t *testing.T) {
	s := setup{definition: twoStreams, config: eachAnswer, api: twoAPI()}
	singer := s.must(t)
	airbyte := airbyteOf(t, s)
	var got []string
	for _, l := range airbyte.lines {
		if l.Type != "RECORD" {
			continue
		}
		got = append(got, string(l.Record.Data))
		if bytes.ContainsAny(l.Record.EmittedAt, ".\"") || len(l.Record.EmittedAt) != 13 {
			t.Errorf("emitted_at is %s, want milliseconds", l.Record.EmittedAt)
		}
	}
	want := singer.records("")
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) || len(got) != 10 {
		t.Errorf("\ngot  %q\nwant %q", got, want)
	}
}

// TestAirbyteFailures: a stream that fails ends INCOMPLETE after an error with
// its type, one that does not exist too, and the others are read.
func TestAirbyteFailures(t *testing.T) {
	for _, tt := range []struct {
		name, want, failure string
		status, faults      int
		temporary           bool
	}{
		{"credentials", "STARTED RUNNING STATE(0.0) config_error INCOMPLETE", "answered 401", 401, 1, false},
		{"forbidden", "STARTED RUNNING STATE(0.0) config_error INCOMPLETE", "answered 403", 403, 1, false},
		{"gone", "STARTED RUNNING STATE(0.0) system_error INCOMPLETE", "answered 404", 404, 1, false},
		{"down", "STARTED RUNNING STATE(0.0) transient_error INCOMPLETE", "answered 503", 503, 99, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var faults []apitest.Option
			for n := range tt.faults {
				faults = append(faults, apitest.OnPath("/items", n+1, apitest.Status(tt.status)))
			}
			r := airbyteOf(t, setup{definition: twoStreams, config: eachAnswer, api: twoAPI(faults...)})
			checkFailure(t, r.err, tt.failure)
			if got := r.story("items"); got != tt.want {
				t.Errorf("items: got %s\nwant %s", got, tt.want)
			}
			if got, want := r.story("things"), "STARTED RUNNING 3 STATE(3.0) COMPLETE"; got != want {
				t.Errorf("things: got %s\nwant %s", got, want)
			}
			var failures tap.Failures
			if !errors.As(r.err, &failures) || failures.Temporary() != tt.temporary {
				t.Errorf("got %v, want it temporary: %v", r.err, tt.temporary)
			}
		})
	}
	t.Run("an unknown stream", func(t *testing.T) {
		r := airbyteOf(t, setup{definition: twoStreams, config: eachAnswer, api: twoAPI(),
			catalog: configured(entry("nowhere", "incremental", ""), entry("things", "full_refresh", ""))})
		checkFailure(t, r.err, `stream "nowhere" is configured, but t.yaml has no such stream; it has items, things`)
		if got, want := r.story("nowhere"), "STARTED RUNNING config_error INCOMPLETE"; got != want {
			t.Errorf("nowhere: got %s\nwant %s", got, want)
		}
		if got, want := r.story("things"), "STARTED RUNNING 3 STATE(3.0) COMPLETE"; got != want {
			t.Errorf("things: got %s\nwant %s", got, want)
		}
	})
}

// TestAirbyteBudget: what a budget leaves unread is INCOMPLETE without an
// error, and the state that is handed back goes on there.
func TestAirbyteBudget(t *testing.T) {
	s := setup{definition: twoStreams, api: twoAPI(), workDir: memoryFolder(t), catalog: configured(entry("items", "full_refresh", ""))}
	s.config = `{"run":{"flush":{"responses":1},"journal":{"off":true},"max_requests":3}}`
	first := airbyteOf(t, s)
	if got, want := first.story("items"), "STARTED RUNNING ESTIMATE(7) 2 STATE(2.0) 2 STATE(2.0) 2 STATE(2.0) INCOMPLETE"; first.err != nil || got != want {
		t.Errorf("got %s, %v\nwant %s", got, first.err, want)
	}
	s.state, s.config = first.states(), eachAnswer
	second := airbyteOf(t, s)
	if got, want := second.story("items"), "STARTED RUNNING 1 STATE(1.0) COMPLETE"; second.err != nil || got != want {
		t.Errorf("got %s, %v\nwant %s", got, second.err, want)
	}
}

// TestAirbyteAttempts: within one sync, a full refresh that an attempt has read
// whole is not read again by the next; in another sync it is, and so is
// whatever belongs to a generation that is deleted.
func TestAirbyteAttempts(t *testing.T) {
	in := func(sync, generation, least int) string {
		more := fmt.Sprintf(`,"sync_id":%d,"generation_id":%d,"minimum_generation_id":%d`, sync, generation, least)
		return configured(entry("items", "full_refresh", more), entry("things", "full_refresh", more))
	}
	var down []apitest.Option
	for n := 3; n < 20; n++ {
		down = append(down, apitest.OnPath("/items", n, apitest.Status(503)))
	}
	s := setup{definition: twoStreams, config: eachAnswer, workDir: memoryFolder(t), catalog: in(7, 3, 3), api: twoAPI(down...)}
	first := airbyteOf(t, s)
	checkFailure(t, first.err, "answered 503")
	if got, want := first.story("items"), "STARTED RUNNING ESTIMATE(7) 2 STATE(2.0) 2 STATE(2.0) STATE(0.0) transient_error INCOMPLETE"; got != want {
		t.Errorf("items, first attempt: got %s\nwant %s", got, want)
	}
	for _, tt := range []struct {
		name, catalog, items, things string
	}{
		{"the same sync", in(7, 3, 3), "STARTED RUNNING ESTIMATE(3) 2 STATE(2.0) 1 STATE(1.0) COMPLETE", "STARTED RUNNING STATE(0.0) COMPLETE"},
		{"another sync", in(8, 3, 0), "STARTED RUNNING ESTIMATE(3) 2 STATE(2.0) 1 STATE(1.0) COMPLETE", "STARTED RUNNING 3 STATE(3.0) COMPLETE"},
		{"another generation", in(8, 4, 4), "STARTED RUNNING ESTIMATE(7) 2 STATE(2.0) 2 STATE(2.0) 2 STATE(2.0) 1 STATE(1.0) COMPLETE", "STARTED RUNNING 3 STATE(3.0) COMPLETE"},
		{"no numbers", configured(entry("items", "full_refresh", ""), entry("things", "incremental", "")),
			"STARTED RUNNING ESTIMATE(3) 2 STATE(2.0) 1 STATE(1.0) COMPLETE", "STARTED RUNNING 3 STATE(3.0) COMPLETE"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			next := s
			next.state, next.catalog, next.api = first.states(), tt.catalog, twoAPI()
			r := airbyteOf(t, next)
			if r.err != nil {
				t.Fatal(r.err)
			}
			if got := r.story("items"); got != tt.items {
				t.Errorf("items: got %s\nwant %s", got, tt.items)
			}
			if got := r.story("things"); got != tt.things {
				t.Errorf("things: got %s\nwant %s", got, tt.things)
			}
		})
	}
}

// TestAirbyteRateLimited: who waits for a rate says so, while it waits, and
// that it goes on. (A limit of the definition, and one of the API's.)
func TestAirbyteRateLimited(t *testing.T) {
	for name, s := range map[string]setup{
		"the definition's": {head: strings.Replace(head, "client:\n", "client:\n  rate_limit: {requests: 2, per: 1m}\n", 1), api: twoAPI()},
		"the API's":        {api: twoAPI(apitest.OnPath("/items", 3, apitest.Status(429, apitest.RetryAfter("60"))))},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s.definition, s.config, s.catalog = twoStreams, eachAnswer, configured(entry("items", "full_refresh", ""))
				r := airbyteOf(t, s)
				const want = "STARTED RUNNING ESTIMATE(7) 2 STATE(2.0) 2 STATE(2.0) RUNNING(RATE_LIMITED) RUNNING 2 STATE(2.0) 1 STATE(1.0) COMPLETE"
				if got := r.story("items"); r.err != nil || got != want {
					t.Errorf("got %s, %v\nwant %s", got, r.err, want)
				}
			})
		})
	}
}

// TestAirbyteNullified: a value that became null is in the record's meta, and
// only in that record's.
func TestAirbyteNullified(t *testing.T) {
	r := airbyteOf(t, setup{definition: policed("schema: {type: object, properties: {id: {type: integer}, lines: {type: array, items: {type: object, properties: {price: {type: ['null', number]}}}}}}\n" +
		"    on_invalid: nullify"), api: rowsAPI(`{"id":1}`, `{"id":2,"lines":[{"price":1.50},{"price":"x"}]}`, `{"id":3}`)})
	if r.err != nil {
		t.Fatal(r.err)
	}
	want := []string{`{"id":1} `, `{"id":2,"lines":[{"price":1.50},{"price":null}]} {"changes":[{"field":"lines.1.price","change":"NULLED","reason":"SOURCE_SERIALIZATION_ERROR"}]}`, `{"id":3} `}
	var got []string
	for _, l := range r.lines {
		if l.Type == "RECORD" {
			got = append(got, string(l.Record.Data)+" "+string(l.Record.Meta))
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("\ngot  %q\nwant %q", got, want)
	}
}

// TestAirbyteChosenFields: a field that the configured schema does not name
// does not leave, whether or not the stream's own schema is known. What is new
// inside of a chosen one does.
func TestAirbyteChosenFields(t *testing.T) {
	api := rowsAPI(`{"id":1,"a":{"x":1,"y":1},"b":1}`, `{"id":2,"a":{"x":2,"z":2},"b":2}`)
	chosen := func(schema string) string {
		return `{"streams":[{"stream":{"name":"items","json_schema":` + schema + `},"sync_mode":"full_refresh"}]}`
	}
	const given = "schema: {type: object, properties: {id: {type: integer}, a: {type: object, properties: {x: {type: integer}, y: {type: integer}}}, b: {type: integer}}}"
	for _, tt := range []struct{ name, definition, schema, want string }{
		{"all", "", `{"properties":{"id":{},"a":{},"b":{}}}`, `{"id":1,"a":{"x":1,"y":1},"b":1} {"id":2,"a":{"x":2,"z":2},"b":2}`},
		{"no schema", "", `{}`, `{"id":1,"a":{"x":1,"y":1},"b":1} {"id":2,"a":{"x":2,"z":2},"b":2}`},
		{"inferred and unknown", "", `{"type":"object","properties":{"id":{"type":"integer"},"a":{"type":"object","properties":{"x":{"type":"integer"}}}}}`,
			`{"id":1,"a":{"x":1,"y":1}} {"id":2,"a":{"x":2,"z":2}}`},
		{"given", given, `{"type":"object","properties":{"id":{"type":"integer"},"a":{"type":"object","properties":{"x":{"type":"integer"}}}}}`,
			`{"id":1,"a":{"x":1}} {"id":2,"a":{"x":2,"z":2}}`},
		{"the key stays", given, `{"type":"object","properties":{"b":{"type":"integer"}}}`, `{"id":1,"b":1} {"id":2,"b":2}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := airbyteOf(t, setup{definition: policed(tt.definition), api: api, catalog: chosen(tt.schema)})
			if r.err != nil {
				t.Fatal(r.err)
			}
			var got []string
			for _, l := range r.lines {
				if l.Type == "RECORD" {
					got = append(got, string(l.Record.Data))
				}
			}
			if strings.Join(got, " ") != tt.want {
				t.Errorf("\ngot  %s\nwant %s", strings.Join(got, " "), tt.want)
			}
		})
	}
}

// blockedOut takes nothing until it is let go.
type blockedOut struct {
	io.Writer
	free <-chan struct{}
}

func (b blockedOut) Write(p []byte) (int, error) {
	<-b.free
	return b.Writer.Write(p)
}

// TestAirbyteLogDoesNotBlock: while stdout is blocked, LOG lines wait, and
// fetching goes on.
func TestAirbyteLogDoesNotBlock(t *testing.T) {
	free := make(chan struct{})
	all := make(chan struct{})
	answered := 0
	api := twoAPI()
	counting := transport(func(r *http.Request) (*http.Response, error) {
		resp, err := api.RoundTrip(r)
		if answered++; answered == 4 {
			close(all)
		}
		return resp, err
	})
	var out bytes.Buffer
	s := setup{definition: twoStreams, config: eachAnswer, airbyte: true, api: counting, catalog: configured(entry("items", "full_refresh", ""))}
	o := s.options(t, blockedOut{&out, free}, io.Discard)
	log := &message.AirbyteLog{}
	o.Protocol = message.Airbyte{Log: log}
	o.Log = slog.New(logTo{log})
	o.Log.Info("before")
	done := make(chan error)
	go func() {
		_, err := tap.Sync(context.Background(), o)
		done <- err
	}()
	select {
	case <-all:
	case <-time.After(30 * time.Second):
		t.Error("fetching does not go on while stdout is blocked")
	}
	close(free)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(out.String(), `"type":"LOG"`); n < 2 || !strings.HasPrefix(out.String(), `{"type":"LOG","log":{"level":"INFO","message":"before"}}`) {
		t.Errorf("%d LOG lines, want those of before and of the run:\n%s", n, out.String())
	}
}

// logTo is a handler that adds messages to a log.
type logTo struct{ *message.AirbyteLog }

func (l logTo) Enabled(context.Context, slog.Level) bool { return true }
func (l logTo) WithAttrs([]slog.Attr) slog.Handler       { return l }
func (l logTo) WithGroup(string) slog.Handler            { return l }
func (l logTo) Handle(_ context.Context, r slog.Record) error {
	l.Add(r.Level, r.Message)
	return nil
}

// TestAirbyteLongPage: a page over 8 MiB leaves in pieces, and its one STATE
// covers all of them.
func TestAirbyteLongPage(t *testing.T) {
	s := longSetup(t, longAPI(), "", `"journal": {"off": true}, "flush": {"responses": 1, "bytes": "1MB"}`)
	s.catalog = configured(entry("items", "incremental", ""))
	r := airbyteOf(t, s)
	if got, want := r.story("items"), "STARTED RUNNING 36 ESTIMATE(40) STATE(36.0) 4 STATE(4.0) COMPLETE"; r.err != nil || got != want {
		t.Errorf("got %s, %v\nwant %s", got, r.err, want)
	}
}
