package tap_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/tap"
)

// TestLastLine ends runs in all ways: what was fetched before is written, and
// the last line is a STATE.
func TestLastLine(t *testing.T) {
	cursor := strings.Replace(items(""), "{type: page, param: page}", "{type: cursor, next: next_page, param: cursor}", 1)
	bad := stamped(13, june)
	bad[6] = []byte(`{"id":"seven","updated_at":"2025-05-01T00:00:00Z"}`)
	for _, tt := range []struct {
		name       string
		definition string
		run        string
		style      apitest.Style
		rows       [][]byte
		script     apitest.Option
		want       string
		failure    string // "": none; else the class, or text of the error
	}{
		{"success", items(""), `{}`, apitest.Page, nil, nil, "SCHEMA RECORD*13 STATE", ""},
		{"no records", items(""), `{}`, apitest.Page, [][]byte{}, nil, "SCHEMA STATE", ""},
		{"requests are used up", items(""), `{"max_requests": 3}`, apitest.Page, nil, nil, "SCHEMA RECORD*6 STATE", ""},
		{"records are used up", items(""), `{"max_records": 5}`, apitest.Page, nil, nil, "SCHEMA RECORD*6 STATE", ""},
		{"500 for good", items(""), `{}`, apitest.Page, nil, apitest.From(4, apitest.Status(500)), "SCHEMA RECORD*6 STATE", "transient"},
		{"403", items(""), `{}`, apitest.Page, nil, apitest.On(4, apitest.Status(403)), "SCHEMA RECORD*6 STATE", "permanent"},
		{"403 with a cursor", cursor, `{}`, apitest.Cursor, nil, apitest.On(4, apitest.Status(403)), "SCHEMA RECORD*19 STATE", ""},
		{"sessions expire", cursor, `{}`, apitest.Cursor, nil, apitest.On(4, apitest.ExpireSessions()), "SCHEMA RECORD*19 STATE", ""},
		{"sessions expire for good", cursor, `{}`, apitest.Cursor, nil, apitest.From(4, apitest.ExpireSessions()), "SCHEMA RECORD*12 STATE", "session lost"},
		{"a record is invalid", items(""), `{}`, apitest.Page, bad, nil, "SCHEMA RECORD*6 STATE", "record id=\"seven\": /id: type"},
		{"JSON breaks off", items(""), `{}`, apitest.Page, nil, apitest.From(4, apitest.TruncateJSON(-5)), "SCHEMA RECORD*6 STATE", "transient"},
		{"body breaks off", items(""), `{}`, apitest.Page, nil, apitest.From(4, apitest.CutBody(30)), "SCHEMA RECORD*6 STATE", "transient"},
		{"HTML", items(""), `{}`, apitest.Page, nil, apitest.From(4, apitest.HTML()), "SCHEMA RECORD*6 STATE", "permanent"},
		{"Latin-1", items(""), `{}`, apitest.Page, nil, apitest.From(4, apitest.InvalidUTF8()), "SCHEMA RECORD*6 STATE", "permanent"},
		{"no records path", items(""), `{}`, apitest.Page, nil, apitest.On(4, apitest.Body(200, "application/json", `{"items":[]}`)),
			"SCHEMA RECORD*6 STATE", "permanent"},
		{"the same token twice", cursor, `{}`, apitest.Cursor, nil, apitest.On(4, apitest.SameToken()), "SCHEMA RECORD*8 STATE", "permanent"},
		{"the first request fails", items(""), `{}`, apitest.Page, nil, apitest.From(1, apitest.Status(503)), "STATE", "transient"},
		{"the first request is refused", items(""), `{}`, apitest.Page, nil, apitest.On(1, apitest.Status(401)), "STATE", "permanent"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.rows == nil {
				tt.rows = stamped(13, june)
			}
			var options []apitest.Option
			if tt.script != nil {
				options = append(options, tt.script)
			}
			api := apitest.New(options...).Add(apitest.Collection{Path: "/items", Style: tt.style, Rows: tt.rows})
			r := setup{definition: tt.definition, config: `{"run": ` + tt.run + `}`, api: api}.run(t)
			if got := r.types(); got != tt.want {
				t.Errorf("\ngot  %s\nwant %s", got, tt.want)
			}
			checkFailure(t, r.err, tt.failure)
		})
	}
}

// checkFailure compares an error with a class, or with a piece of its text.
func checkFailure(t *testing.T, err error, want string) {
	t.Helper()
	var failures tap.Failures
	if want == "" {
		if err != nil {
			t.Errorf("got error %v, want none", err)
		}
		return
	}
	if !errors.As(err, &failures) || len(failures) != 1 {
		t.Fatalf("got error %v, want one failure", err)
	}
	class := ""
	var e *fetch.Error
	if errors.As(err, &e) {
		class = e.Class.String()
	}
	if class != want && !strings.Contains(err.Error(), want) {
		t.Errorf("got error %v, want one that is %s", err, want)
	}
	if got, want := failures.Temporary(), class == "transient"; got != want {
		t.Errorf("got temporary %t, want %t: %v", got, want, err)
	}
}

// TestSessionLost checks that a walk which the API forgot starts over, three
// times at most, counted across runs.
func TestSessionLost(t *testing.T) {
	definition := strings.Replace(items(""), "{type: page, param: page}", "{type: cursor, next: next_page, param: cursor}", 1)
	api := apitest.New(apitest.From(4, apitest.ExpireSessions())).
		Add(apitest.Collection{Path: "/items", Style: apitest.Cursor, Rows: stamped(13, june)})
	s := setup{definition: definition, api: api, config: `{"run": {"max_requests": 6}}`}
	r := s.run(t)
	checkFailure(t, r.err, "")
	if got := params(api, "cursor")[4]; got != "-" {
		t.Errorf("the walk began anew with cursor %s, want the first page", got)
	}
	s.state = r.state()
	if !strings.Contains(s.state, `"restarts":1`) {
		t.Errorf("the state does not count the restart: %s", s.state)
	}
	s.config = "" // the second and the third time are this run's, and then it fails
	checkFailure(t, s.run(t).err, "session lost")
	if got := api.Count(); got != 11 {
		t.Errorf("got %d requests in all, want 11", got)
	}
}

// TestOneStreamFails checks that the others go on.
func TestOneStreamFails(t *testing.T) {
	for _, bad := range []string{"/bad", "/a"} { // the one in the middle, and the first
		definition := "defaults: {records: data, primary_key: [id], params: {limit: 2}, pagination: {type: page, param: page}, schema: " + stampedSchema + "}\n" +
			"streams:\n  - {name: a, path: /a}\n  - {name: bad, path: /bad}\n  - {name: z, path: /z}\n"
		api := apitest.New(apitest.OnPath(bad, 2, apitest.Status(403)))
		for _, path := range []string{"/a", "/bad", "/z"} {
			api.Add(apitest.Collection{Path: path, Style: apitest.Page, Rows: stamped(5, june)})
		}
		for _, concurrency := range []int{1, 3} {
			api.Reset()
			r := setup{definition: definition, config: fmt.Sprintf(`{"run": {"concurrency": %d}}`, concurrency), api: api}.run(t)
			checkFailure(t, r.err, "permanent")
			for _, stream := range []string{"a", "bad", "z"} {
				want := 5
				if "/"+stream == bad {
					want = 2
				}
				if got := len(r.records(stream)); got != want {
					t.Errorf("%s fails, concurrency %d: got %d records of %s, want %d", bad, concurrency, got, stream, want)
				}
				if b := bookmarkOf(t, r.state(), stream); (b.Resume == nil) != (want == 5) {
					t.Errorf("%s fails: %s: the last state is %s", bad, stream, r.state())
				}
			}
			if last := r.lines[len(r.lines)-1].Type; last != "STATE" {
				t.Errorf("the last line is %s", last)
			}
		}
	}
}

// TestFirstRequestFails checks that a state which came in survives it: it says
// whose turn it is in the next run, and no more.
func TestFirstRequestFails(t *testing.T) {
	const before = `{"bookmarks":{"items":{"replication_key":"","replication_key_value":null,"pass":{"id":"p","as_of":"2025-06-01T12:00:00Z"},"resume":null},"other":{"x":1}}}`
	r := setup{definition: items(""), state: before, api: itemsAPI(13, apitest.From(1, apitest.Status(503)))}.run(t)
	checkFailure(t, r.err, "transient")
	head, tail, _ := strings.Cut(before, "null}")
	if got := r.state(); !strings.HasPrefix(got, head+"[{") || !strings.HasSuffix(got, "}]}"+tail) {
		t.Errorf("\ngot  %s\nwant %s with a resume", got, before)
	}
	b := bookmarkOf(t, r.state(), "items")
	if open := b.Resume[0].Open[0]; !open.Deferred || string(open.Next) != `{"pages":0,"records":0}` {
		t.Errorf("got %+v, want the first request, deferred", open)
	}
	next := setup{definition: items(""), state: r.state(), api: itemsAPI(13)}.must(t)
	if got := bookmarkOf(t, next.state(), "items").Pass; got.ID == "p" || !got.AsOf.After(b.Resume[0].AsOf) {
		t.Errorf("got pass %+v, want a new one", got)
	}
}

// TestNothingToRead: what a run was given leaves nothing to read, or to go on
// from; that is no success.
func TestNothingToRead(t *testing.T) {
	const ofIssues = `{"bookmarks":{"issues":{"replication_key_value":"2025-01-01T00:00:00Z"},"pulls":{}}}`
	for _, tt := range []struct{ name, catalog, state, want string }{
		{"an empty catalog", `{"streams":[]}`, "", "selects no stream, so there is nothing to read: select one of items"},
		{"a catalog of which nothing is selected", `{"streams":[{"tap_stream_id":"items","stream":"items","schema":{},"metadata":[{"breadcrumb":[],"metadata":{"selected":false}}]}]}`, "",
			"selects no stream, so there is nothing to read: select one of items"},
		{"a state of another tap", "", ofIssues, "its bookmarks are of issues, pulls, and t.yaml has none of these streams, but items"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			api := itemsAPI(13)
			r := setup{definition: items(""), catalog: tt.catalog, state: tt.state, api: api}.run(t)
			var input *tap.InputError
			if !errors.As(r.err, &input) || !strings.Contains(r.err.Error(), tt.want) {
				t.Errorf("\ngot  %v\nwant %s", r.err, tt.want)
			}
			if len(r.lines) > 0 || len(api.Requests()) > 0 {
				t.Errorf("got %d lines and %d requests, want none", len(r.lines), len(api.Requests()))
			}
		})
	}
}

// TestStrangeBookmark: a state that knows one stream of the definition is this
// tap's; what else it has is kept, and named.
func TestStrangeBookmark(t *testing.T) {
	r := setup{definition: items(""), state: `{"bookmarks":{"items":{},"pulls":{"x":1}}}`, api: itemsAPI(3)}.must(t)
	if !strings.Contains(r.log, "the state has bookmarks of streams that the definition does not have") || !strings.Contains(r.log, "state=pulls") {
		t.Errorf("got the log\n%s", r.log)
	}
	if got := r.state(); !strings.Contains(got, `"pulls":{"x":1}`) {
		t.Errorf("got %s, want the bookmark of pulls as it was", got)
	}
}

// TestBudgetIsFair runs on a budget that is too small for all streams: each of
// them has its turn.
func TestBudgetIsFair(t *testing.T) {
	definition := "defaults: {records: data, primary_key: [id], params: {limit: 2}, pagination: {type: page, param: page}, schema: " + stampedSchema + "}\n" +
		"streams:\n  - {name: a, path: /a}\n  - {name: b, path: /b}\n  - {name: c, path: /c}\n"
	api := apitest.New()
	for _, path := range []string{"/a", "/b", "/c"} {
		api.Add(apitest.Collection{Path: path, Style: apitest.Page, Rows: stamped(5, june)})
	}
	s := setup{definition: definition, config: `{"run": {"max_requests": 5, "concurrency": 1}}`, api: api}
	got := map[string]int{}
	for range 6 { // 30 requests; a pass of all takes 12
		r := s.must(t)
		s.state = r.state()
		for _, stream := range []string{"a", "b", "c"} {
			got[stream] += len(r.records(stream))
		}
	}
	for stream, n := range got {
		if n < 10 {
			t.Errorf("got %d records of %s in 6 runs, want two passes", n, stream)
		}
	}
}

// TestMaxDuration ends a run that waits: the budget ends the wait.
func TestMaxDuration(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sleepUntil(june)
		api := itemsAPI(13, apitest.From(4, apitest.Status(429, apitest.RetryAfter("1800"))))
		r := setup{definition: items(""), config: `{"run": {"max_duration": "10s"}}`, api: api}.must(t)
		if got, want := r.types(), "SCHEMA RECORD*6 STATE"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if got := time.Since(june); got != 10*time.Second {
			t.Errorf("it took %s, want 10s", got)
		}
		if r.account.Stopped == "" {
			t.Error("the account does not say that the run was stopped")
		}
	})
}

var errTold = errors.New("told to stop")

// stopAfter ends a context after some time.
func stopAfter(d time.Duration) context.Context {
	stop, cancel := context.WithCancelCause(context.Background())
	time.AfterFunc(d, func() { cancel(errTold) })
	return stop
}

// TestStopWhileWaiting stops runs that wait for something: each ends in time,
// with what it has.
func TestStopWhileWaiting(t *testing.T) {
	for _, tt := range []struct {
		name  string
		fault apitest.Fault
		want  string
		took  time.Duration
	}{
		{"for an answer", apitest.Hang(), "SCHEMA RECORD*6 STATE", 5 * time.Second},
		{"for a body", apitest.Stall(40), "SCHEMA RECORD*6 STATE", 5 * time.Second},
		{"for a retry", apitest.Status(429, apitest.RetryAfter("1800")), "SCHEMA RECORD*6 STATE", 0},
		{"for an answer that comes", apitest.Latency(13 * time.Second), "SCHEMA RECORD*8 STATE", 3 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sleepUntil(june)
				api := itemsAPI(13, apitest.From(4, tt.fault))
				r := setup{definition: items(""), api: api, stop: stopAfter(10 * time.Second)}.run(t)
				if !errors.Is(r.err, errTold) {
					t.Errorf("got error %v, want %v", r.err, errTold)
				}
				if got := r.types(); got != tt.want {
					t.Errorf("got %s, want %s", got, tt.want)
				}
				if got, want := time.Since(june), 10*time.Second+tt.took; got != want {
					t.Errorf("it took %s, want %s", got, want)
				}
				if got := api.Count(); got != 4 {
					t.Errorf("got %d requests, want 4: none starts after the stop", got)
				}
			})
		})
	}
}

// blockedWriter is a pipe that nobody reads.
type blockedWriter struct{ released chan struct{} }

func (w blockedWriter) Write(p []byte) (int, error) {
	<-w.released
	return len(p), nil
}

func TestStopWhileBlocked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sleepUntil(june)
		w := blockedWriter{make(chan struct{})}
		r := setup{definition: items(""), config: `{"run": {"flush": {"responses": 1}}}`, api: itemsAPI(13), out: w, stop: stopAfter(time.Minute)}.run(t)
		if !errors.Is(r.err, tap.ErrBlocked) {
			t.Errorf("got error %v, want %v", r.err, tap.ErrBlocked)
		}
		if got, want := time.Since(june), 70*time.Second; got != want {
			t.Errorf("it took %s, want %s", got, want)
		}
		close(w.released)
	})
}

// TestBackPressure checks that a run whose output is blocked fetches a bounded
// number of pages ahead.
func TestBackPressure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, api := blockedWriter{make(chan struct{})}, itemsAPI(200)
		var wg sync.WaitGroup
		wg.Go(func() {
			setup{definition: items(""), config: `{"run": {"flush": {"responses": 2}, "memory": 8, "journal": {"off": true}}}`, api: api, out: w}.must(t)
		})
		synctest.Wait()
		// 2 that are being written; of the walk 1 rendered, 1 whose turn it is, 1 fetched.
		if got := api.Count(); got > 6 {
			t.Errorf("got %d requests while the output is blocked, want at most 6", got)
		}
		close(w.released)
		wg.Wait()
		if got := api.Count(); got != 101 {
			t.Errorf("got %d requests in all, want 101", got)
		}
	})
}

// TestClosedOutput checks that a run whose reader goes away ends at once, even
// while the API hangs.
func TestClosedOutput(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sleepUntil(june)
		api := itemsAPI(13, apitest.From(4, apitest.Hang()))
		w := &truncated{lines: 4}
		r := setup{definition: items(""), config: `{"run": {"flush": {"responses": 1}}}`, api: api, out: w}.run(t)
		if !errors.Is(r.err, tap.ErrClosedOutput) {
			t.Errorf("got error %v, want %v", r.err, tap.ErrClosedOutput)
		}
		if got := time.Since(june); got > time.Second {
			t.Errorf("it took %s", got)
		}
	})
}

// failingWriter fails as a full disk does.
type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, syscall.ENOSPC }

func TestBrokenOutput(t *testing.T) {
	r := setup{definition: items(""), api: itemsAPI(13), out: failingWriter{}}.run(t)
	if !errors.Is(r.err, syscall.ENOSPC) || errors.Is(r.err, tap.ErrClosedOutput) {
		t.Errorf("got error %v, want %v", r.err, syscall.ENOSPC)
	}
}

// TestSkipped checks a stream of which a rule says that there is nothing.
func TestSkipped(t *testing.T) {
	definition := items("    errors: [{status: 404, do: skip, message: 'no such shop'}]\n")
	api := itemsAPI(13, apitest.On(1, apitest.Status(http.StatusNotFound)))
	r := setup{definition: definition, api: api}.must(t)
	if got, want := r.types(), "SCHEMA STATE"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := r.account.Streams[0].Skipped; !strings.Contains(got, "no such shop") {
		t.Errorf("got skipped %q", got)
	}
}
