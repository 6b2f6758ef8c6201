package tap_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/sources/apitest/coding"
	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/tap"
	"github.com/tap-rest/tap-rest/testrig"
)

// nobody is an API that nobody may ask.
func nobody(t *testing.T) http.RoundTripper {
	return transport(func(r *http.Request) (*http.Response, error) {
		t.Errorf("a replay asks %s", r.URL)
		return nil, errors.New("no")
	})
}

// replay is a replay of a setup, its output as it was written.
func (s setup) replay(t *testing.T) (result, string) {
	t.Helper()
	var out, logged bytes.Buffer
	s.api = nobody(t)
	o := s.options(t, &out, &logged)
	o.Replay = true
	account, err := tap.Sync(context.Background(), o)
	return result{testrig.ReadLines(t, out.Bytes()), logged.String(), account, err}, out.String()
}

// recorded is a setup of two streams, and the API that they are read from.
func recorded(t *testing.T, options ...apitest.Option) (setup, *apitest.API) {
	api := apitest.New(options...).
		Add(apitest.Collection{Path: "/customers", Style: apitest.Cursor, Size: 2, Rows: stamped(5, june)}).
		Add(apitest.Collection{Path: "/orders", Style: apitest.Cursor, Size: 2, Rows: stamped(9, june), Encoding: coding.Named("gzip")})
	return setup{api: api, workDir: memoryFolder(t), config: `{"run":{"concurrency":1,"flush":{"responses":2}}}`, definition: `defaults: {records: data, primary_key: [id], pagination: {type: cursor, next: next_page, param: cursor}, schema: ` + stampedSchema + `}
streams:
  - {name: customers, path: /customers}
  - name: orders
    path: /orders
    params: {from: "{{ window.start }}", to: "{{ window.end }}", at: "{{ now }}"}
    replication_key: updated_at
    incremental: {start: "2025-01-01"}
`}, api
}

// output runs a sync and returns what it wrote.
func (s setup) output(t *testing.T) string {
	t.Helper()
	var out bytes.Buffer
	s.out = &out
	s.must(t)
	return out.String()
}

// TestReplay reads passes again: every byte is that of the pass, the times and
// the states too.
func TestReplay(t *testing.T) {
	for _, tt := range []struct {
		name   string
		config string
		fault  apitest.Option
	}{
		{name: "finished"},
		{name: "unfinished", config: `{"run":{"concurrency":1,"flush":{"responses":2},"max_requests":6}}`},
		{name: "just begun", config: `{"run":{"concurrency":1,"flush":{"responses":2},"max_requests":3}}`},
		{name: "retried", fault: apitest.On(5, apitest.Status(503))},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var options []apitest.Option
			if tt.fault != nil {
				options = append(options, tt.fault)
			}
			s, _ := recorded(t, options...)
			if tt.config != "" {
				s.config = tt.config
			}
			want := s.output(t)
			r, got := s.replay(t)
			if r.err != nil || got != want {
				t.Errorf("%v; got\n%s\nwant\n%s\n%s", r.err, got, want, r.log)
			}
			if _, calls, _, _, _ := r.account.Total(); calls != 0 {
				t.Errorf("it made %d calls", calls)
			}
			if unfinished := strings.Contains(r.log, "this is all that the journal has of it"); unfinished != (tt.config != "") {
				t.Errorf("it says unfinished: %v; log:\n%s", unfinished, r.log)
			}
		})
	}
}

// TestReplayAfterRestart: what came before the API lost the walk is not served
// again; the states are those after it.
func TestReplayAfterRestart(t *testing.T) {
	s, _ := recorded(t, apitest.On(6, apitest.ExpireSessions()))
	want := s.must(t)
	r, _ := s.replay(t)
	if r.err != nil || r.state() != want.state() {
		t.Errorf("%v; the last state is %s, want %s", r.err, r.state(), want.state())
	}
	if got := len(r.records("orders")); got != 9 {
		t.Errorf("got %d orders, want 9", got)
	}
}

// TestReplayTwoPasses replays the last of several passes, with and without the
// state that came of it.
func TestReplayTwoPasses(t *testing.T) {
	s, api := recorded(t)
	first := s.must(t)
	s.state = first.state()
	api.Add(apitest.Collection{Path: "/orders", Style: apitest.Cursor, Size: 2, Rows: stamped(12, june)})
	second := s.must(t)
	for _, tt := range []struct{ name, state string }{
		{"no state", ""}, {"the state before", first.state()}, {"the state after", second.state()},
	} {
		s.state = tt.state
		r, _ := s.replay(t)
		if r.err != nil || !slices.Equal(r.records(""), second.records("")) || r.state() != second.state() {
			t.Errorf("%s: %v; got %q and %s, want %q and %s", tt.name, r.err, r.records(""), r.state(), second.records(""), second.state())
		}
		if tt.state == "" {
			continue
		}
		if b := bookmarkOf(t, string(firstState(r.lines)), "orders"); string(b.Value) != string(bookmarkOf(t, first.state(), "orders").Value) {
			t.Errorf("%s: before its records have come, the orders' bookmark is %s", tt.name, b.Value)
		}
	}
}

func firstState(lines testrig.Lines) []byte {
	for _, l := range lines {
		if l.Type == "STATE" {
			return l.Value
		}
	}
	return nil
}

// TestReplayChanged applies today's definition and selection.
func TestReplayChanged(t *testing.T) {
	for _, tt := range []struct {
		name, stream, old, new, catalog string
		want                            []string // the first records of the stream
	}{
		{name: "keep", stream: "orders", old: "path: /orders\n", new: "path: /orders\n    keep: \"{{ record.id > 7 }}\"\n",
			want: []string{`{"id":8,"updated_at":"2025-06-01T19:00:00Z"}`, `{"id":9,"updated_at":"2025-06-01T20:00:00Z"}`}},
		{name: "add", stream: "orders", old: "path: /orders\n", new: "path: /orders\n    add: {double: \"{{ record.id * 2 }}\"}\n",
			want: []string{`{"id":1,"updated_at":"2025-06-01T12:00:00Z","double":2}`}},
		{name: "schema", stream: "customers", old: "/customers}", new: "/customers, on_new_field: drop, schema: {type: object, properties: {id: {type: integer}}}}",
			want: []string{`{"id":1}`, `{"id":2}`}},
		{name: "selection", stream: "orders", catalog: `{"streams":[{"tap_stream_id":"orders","stream":"orders","schema":{},"metadata":[
			{"breadcrumb":[],"metadata":{"selected":true,"replication-method":"INCREMENTAL"}}]}]}`,
			want: []string{`{"id":1,"updated_at":"2025-06-01T12:00:00Z"}`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, _ := recorded(t)
			s.must(t)
			s.definition, s.catalog = strings.Replace(s.definition, tt.old, tt.new, 1), tt.catalog
			r, _ := s.replay(t)
			got := r.records(tt.stream)
			if r.err != nil || len(got) < len(tt.want) || !slices.Equal(got[:len(tt.want)], tt.want) {
				t.Errorf("%v; got %q, want %q first", r.err, got, tt.want)
			}
			if n := len(r.records("customers")); (n == 0) != (tt.catalog != "") {
				t.Errorf("got %d customers", n)
			}
		})
	}
}

// TestReplayOtherRequest names a request that the pass did not make, and the one
// that it made.
func TestReplayOtherRequest(t *testing.T) {
	for _, tt := range []struct {
		name, old, new string
		records        int
		is             error
		says           []string
	}{
		{"another parameter", "path: /orders\n    params: {", "path: /orders\n    params: {limit: 7, ", 0, fetch.ErrOtherRequest,
			[]string{"orders: GET http://api.test/orders?limit=7&from=2025-01-01", "in the place of this one: GET http://api.test/orders?from=2025-01-01"}},
		{"another window", `start: "2025-01-01"`, `start: "2025-02-01"`, 0, fetch.ErrOtherRequest,
			[]string{"orders: GET http://api.test/orders?from=2025-02-01", "in the place of this one: GET http://api.test/orders?from=2025-01-01"}},
		{"from the second page on", "path: /orders\n", "path: /orders\n    pagination: {after_first: {params: {x: 1}}}\n", 2, fetch.ErrOtherRequest,
			[]string{"orders: GET http://api.test/orders?x=1&cursor=", "in the place of this one: GET http://api.test/orders?"}},
		{"another proof", "path: /orders\n", "path: /orders\n    records: nothing\n", 0, nil,
			[]string{"orders: GET http://api.test/orders?from=2025-01-01", `the answer in the journal: `, "nothing"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, _ := recorded(t)
			s.must(t)
			s.definition = strings.Replace(s.definition, tt.old, tt.new, 1)
			r, _ := s.replay(t)
			var failures tap.Failures
			if !errors.As(r.err, &failures) || failures.Temporary() || len(failures) != 1 || tt.is != nil && !errors.Is(r.err, tt.is) {
				t.Fatalf("got %v, want one failure for good", r.err)
			}
			for _, text := range tt.says {
				if !strings.Contains(r.err.Error(), text) {
					t.Errorf("it does not say %q: %v", text, r.err)
				}
			}
			if got := len(r.records("orders")); got != tt.records {
				t.Errorf("got %d orders, want %d", got, tt.records)
			}
			if got := len(r.records("customers")); got != 5 {
				t.Errorf("got %d customers, want 5", got)
			}
			if strings.Contains(r.state(), `"owed":["`) {
				t.Errorf("the state says that the pass failed: %s", r.state())
			}
		})
	}
}

// TestReplayLaterPart: the journal was switched on in the middle of a pass.
func TestReplayLaterPart(t *testing.T) {
	s, _ := recorded(t)
	on := s.config
	s.config = `{"run":{"concurrency":1,"flush":{"responses":1},"max_requests":5,"journal":{"off":true}}}`
	s.state = s.must(t).state()
	s.config = on
	rest := s.must(t)
	r, _ := s.replay(t)
	if r.err != nil || !slices.Equal(r.records("orders"), rest.records("orders")) || r.state() != rest.state() {
		t.Errorf("%v; got %q and %s, want %q and %s", r.err, r.records("orders"), r.state(), rest.records("orders"), rest.state())
	}
	s.state = ""
	r, _ = s.replay(t)
	if !errors.Is(r.err, fetch.ErrNotRecorded) || !strings.Contains(r.err.Error(), "--state") {
		t.Errorf("without the state: got %v, want advice", r.err)
	}
}

// TestReplayNothing: there is nothing to replay.
func TestReplayNothing(t *testing.T) {
	var input *tap.InputError
	s, _ := recorded(t)
	if r, _ := s.replay(t); !errors.As(r.err, &input) || !strings.Contains(r.err.Error(), "nothing to replay: ") {
		t.Errorf("no journal: got %v", r.err)
	}
	if _, err := os.Stat(filepath.Join(s.workDir, "journal")); err == nil {
		t.Error("it made the folder of the journal")
	}
	s.must(t)
	whole := s.definition
	s.definition = whole + "  - {name: new, path: /new}\n"
	r, _ := s.replay(t)
	if r.err != nil || !strings.Contains(r.log, "the journal has no pass of the stream: it is left out") || len(r.records("orders")) != 9 {
		t.Errorf("a new stream: %v; log:\n%s", r.err, r.log)
	}
	s.definition = strings.Replace(whole, "name: orders", "name: new", 1)
	s.definition = strings.Replace(s.definition, "name: customers", "name: other", 1)
	if r, _ := s.replay(t); !errors.As(r.err, &input) || !strings.Contains(r.err.Error(), "no pass of other, new") {
		t.Errorf("other streams: got %v", r.err)
	}
	s.config = `{"start":"2024-01-01"}`
	if r, _ := s.replay(t); !errors.As(r.err, &input) {
		t.Errorf("other settings: got %v", r.err)
	}
}

// TestReplayPartitions replays what a run that its budget stopped has read of a
// family: the same records come, and each stream says once that it was not
// finished.
func TestReplayPartitions(t *testing.T) {
	api := family(3, 3, 5)
	s := setup{definition: shopOrders, api: api, workDir: memoryFolder(t), config: `{"run":{"max_requests":20}}`}
	first := s.must(t)
	calls := len(api.asked)
	s.config = ""
	o := s.options(t, io.Discard, io.Discard)
	var out, logged bytes.Buffer
	o.Out, o.Log, o.Replay = &out, slog.New(slog.NewTextHandler(&logged, nil)), true
	if _, err := tap.Sync(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	again := result{lines: testrig.ReadLines(t, out.Bytes())}
	for _, stream := range []string{"accounts", "shops", "orders"} {
		before, now := first.records(stream), again.records(stream)
		slices.Sort(before)
		slices.Sort(now)
		if len(before) == 0 || !slices.Equal(before, now) {
			t.Errorf("%s: %d records, then %d", stream, len(before), len(now))
		}
	}
	if len(api.asked) != calls {
		t.Errorf("%d calls", len(api.asked)-calls)
	}
	if n := strings.Count(logged.String(), "the pass was not finished"); n == 0 || n > 2 {
		t.Errorf("said %d times: %s", n, &logged)
	}
}
