package tap_test

import (
	"bytes"
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/sources/apitest/coding"
	"github.com/tap-rest/tap-rest/testrig"
)

// recordedCases are all ways to page, and what a journal could get wrong
// besides: bodies that are encoded, requests that differ in their body or a
// header alone, a first request that is of another kind.
func recordedCases() []cutCase {
	more := []cutCase{
		{"gzip", apitest.Collection{Style: apitest.Cursor, Encoding: coding.Named("gzip")},
			"params: {limit: 2%s}\n    pagination: {type: cursor, next: next_page, param: cursor}", 7},
		{"zstd", apitest.Collection{Style: apitest.Cursor, Encoding: coding.Named("zstd")},
			"params: {limit: 2%s}\n    pagination: {type: cursor, next: next_page, param: cursor}", 7},
		{"a JSON body", apitest.Collection{Style: apitest.Page, Method: "POST"},
			"body: {json: {limit: 2%s}}\n    pagination: {type: page, body: page}", 8},
		{"a form", apitest.Collection{Style: apitest.Cursor, Method: "POST"},
			"body: {form: {limit: 2, cursor: '{{ page.token }}'%s}}\n    pagination: {type: cursor, next: next_page}", 7},
		{"after_first", apitest.Collection{Style: apitest.Cursor},
			"params: {limit: 2%[1]s}\n    pagination: {type: cursor, next: next_page, after_first: {params: {limit: 3, cursor: '{{ page.token }}'%[1]s}}}", 5},
		{"a header", apitest.Collection{Style: apitest.Cursor},
			"params: {limit: 2%s}\n    pagination: {type: cursor, next: next_page, header: X-Cursor}", 7},
	}
	return append(cutCases(), more...)
}

// crash is what is left of a run that was killed: what it had written to disk
// and to stdout.
type crash struct {
	what  string
	dir   string
	lines []byte
	calls int // that the API had got, the one under way too
}

// crashes records a run from outside: what would be left of it if it were
// killed now. It is the API and the reader of the run. Nothing of the run moves
// while it looks.
type crashes struct {
	t     *testing.T
	api   http.RoundTripper
	dir   string // work folder of the run
	looks chan struct{}
	out   []byte
	calls int
	all   []crash
}

func newCrashes(t *testing.T, api http.RoundTripper, dir string) *crashes {
	return &crashes{t: t, api: api, dir: dir, looks: make(chan struct{}, 1)}
}

// RoundTrip looks while a request is under way.
func (c *crashes) RoundTrip(r *http.Request) (*http.Response, error) {
	c.looks <- struct{}{}
	c.calls++
	synctest.Wait()
	c.all = append(c.all, crash{fmt.Sprintf("killed at request %d", c.calls), c.copyDir(), slices.Clone(c.out), c.calls})
	<-c.looks
	return c.api.RoundTrip(r)
}

// Write looks while lines are written: before a STATE is whole and after it, or
// in the middle of others. What a run finds on disk and in its state is the
// same for each of those.
func (c *crashes) Write(p []byte) (int, error) {
	c.looks <- struct{}{}
	defer func() { <-c.looks }()
	synctest.Wait()
	dir := c.copyDir()
	before := len(c.out)
	c.out = append(c.out, p...)
	c.all = append(c.all, crash{fmt.Sprintf("killed within a line, after %d bytes", before), dir, slices.Clone(c.out[:before+len(p)/2]), c.calls})
	if bytes.HasPrefix(p, []byte(`{"type":"STATE"`)) {
		c.all = append(c.all, crash{fmt.Sprintf("killed after %d bytes", len(c.out)), dir, slices.Clone(c.out), c.calls})
	}
	return len(p), nil
}

func (c *crashes) copyDir() string { return testrig.CopyFolder(c.t, c.dir) }

// again is the folder of a crash, as new for another run.
func (c crash) again(t *testing.T) string { return testrig.CopyFolder(t, c.dir) }

// TestJournalCut kills runs while every request is under way and after every
// line, for every way to page, and goes on with the state kept and with the
// state lost: nothing is missing, at most the call under way is paid twice, and
// as_of, window and lookback are those of the run that was killed.
func TestJournalCut(t *testing.T) {
	methods := []struct{ name, incremental string }{
		{"full table", ""},
		{"incremental", `{start: "2025-01-01", lookback: 5m, settle: 0s}`},
	}
	for _, c := range recordedCases() {
		for _, m := range methods {
			t.Run(c.name+"/"+m.name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					sleepUntil(june)
					j := &journalCut{cut: newCut(t, c, m.incremental, `{"responses": 3}`)}
					first := j.check(t, crash{dir: memoryFolder(t)}, "")
					if m.incremental == "" {
						return
					}
					time.Sleep(time.Hour)
					j.check(t, first, testrig.ReadLines(t, first.lines).State())
				})
			})
		}
	}
}

type journalCut struct{ *cut }

func (j *journalCut) runIn(t *testing.T, dir, state string, api http.RoundTripper, c *crashes) result {
	t.Helper()
	s := j.setup(state)
	s.workDir, s.api = dir, api
	if c != nil {
		s.out = c
	}
	return s.must(t)
}

// check cuts the pass that follows a state everywhere, and returns what is left
// in the end. before is where the run begins.
func (j *journalCut) check(t *testing.T, before crash, state string) crash {
	t.Helper()
	j.api.Reset()
	dir := before.again(t)
	api := testrig.CursorInHeader(j.api)
	seen := newCrashes(t, api, dir)
	uncut := j.runIn(t, dir, state, seen, seen)
	pages, windows := j.api.Count(), j.windows()
	if pages < 1 || state == "" && pages != j.pages {
		t.Fatalf("uncut run: got %d requests, want %d", pages, j.pages)
	}
	for i, at := range seen.all {
		if testing.Short() && (i+j.pages)%5 > 0 && i+1 < len(seen.all) {
			continue // another fifth for ways with another number of pages
		}
		lines := testrig.ReadLines(t, at.lines)
		kept := lines.State()
		if kept == "" || !done(t, kept, "items") {
			j.goOn(t, at, "state kept", cmp.Or(kept, state), uncut, pages, windows)
		}
		if kept != "" {
			j.goOn(t, at, "state lost", state, uncut, pages, windows)
		}
		if t.Failed() {
			t.FailNow()
		}
	}
	end := crash{what: "over", dir: dir, lines: seen.out}
	if state != "" {
		j.goOn(t, crash{"the target lost the finished pass", dir, nil, 0}, "state of before", state, uncut, 0, windows)
	}
	return end
}

// goOn runs to the end from where a run was killed.
func (j *journalCut) goOn(t *testing.T, at crash, how, state string, uncut result, pages int, windows []string) {
	t.Helper()
	j.api.Reset()
	time.Sleep(time.Minute)
	what := at.what + ", " + how
	r := j.runIn(t, at.again(t), state, testrig.CursorInHeader(j.api), nil)
	lines := append(testrig.ReadLines(t, at.lines), r.lines...)
	testrig.Union(t, what, lines.Records("items"), uncut.records("items"))
	if got := at.calls + j.api.Count(); got > pages+1 {
		t.Errorf("%s: %d calls in all, %d of them before, want at most %d\n%s", what, got, at.calls, pages+1, r.log)
	}
	if at.calls == 1 {
		windows = nil // nothing came of that pass: another one begins
	}
	all := slices.Compact(slices.Sorted(slices.Values(slices.Concat(windows, j.windows()))))
	if len(all) > 1 {
		t.Errorf("%s: requests asked for different windows: %q", what, all)
	}
	got, want := bookmarkOf(t, r.state(), "items"), bookmarkOf(t, uncut.state(), "items")
	if string(got.Value) != string(want.Value) || got.Resume != nil {
		t.Errorf("%s: got bookmark %s, resume %v, want %s and none", what, got.Value, got.Resume, want.Value)
	}
	if at.calls > 1 && (got.Pass.ID != want.Pass.ID || !got.Pass.AsOf.Equal(want.Pass.AsOf)) {
		t.Errorf("%s: got pass %v, want %v", what, got.Pass, want.Pass)
	}
	if t.Failed() {
		t.Logf("%s: the log says\n%s", what, r.log)
		t.FailNow()
	}
}

// journaledItems is a stream that a journal keeps, and its API.
func journaledItems(pages int, options ...apitest.Option) (string, *apitest.API) {
	const stream = "streams:\n  - {name: items, path: /items, records: data, primary_key: [id], params: {limit: 2}, schema: {type: object}, " +
		"pagination: {type: cursor, next: next_page, param: cursor}}\n"
	api := apitest.New(options...).Add(apitest.Collection{Path: "/items", Style: apitest.Cursor, Rows: stamped(2*pages, june)})
	return stream, api
}

// calls counts the requests of a run.
func calls(api *apitest.API, run func()) int {
	before := api.Count()
	run()
	return api.Count() - before
}

// TestJournalNotReplayed: a state that a run comes with proves what was stored,
// no state proves nothing.
func TestJournalNotReplayed(t *testing.T) {
	stream, api := journaledItems(5)
	s := setup{definition: stream, api: api, workDir: memoryFolder(t)}
	for _, tt := range []struct {
		name  string
		keeps bool // the state
	}{{"every run keeps its state", true}, {"no run keeps its state", false}} {
		s.state = ""
		for n := range 4 {
			var r result
			if got := calls(api, func() { r = s.must(t) }); got != 5 {
				t.Errorf("%s: run %d makes %d calls, want 5", tt.name, n, got)
			}
			if got := r.account.Streams[0].Recalled(); got != 0 {
				t.Errorf("%s: run %d is served %d exchanges", tt.name, n, got)
			}
			if tt.keeps {
				s.state = r.state()
			}
		}
	}
}

// TestJournalTargetLostPass: the state that a finished pass started from comes
// in again, for as long as the journal keeps the pass.
func TestJournalTargetLostPass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stream, api := journaledItems(5)
		s := setup{definition: stream, api: api, workDir: memoryFolder(t)}
		s.state = s.must(t).state()
		lost := s.must(t)
		for range 3 {
			time.Sleep(7 * time.Hour)
			var r result
			if got := calls(api, func() { r = s.must(t) }); got != 0 {
				t.Errorf("%d calls, want 0", got)
			}
			if got, want := r.records("items"), lost.records("items"); !slices.Equal(got, want) {
				t.Errorf("got %s, want %s", got, want)
			}
			if got, want := r.state(), lost.state(); got != want {
				t.Errorf("got state %s, want %s", got, want)
			}
			for i, l := range r.lines {
				if l.Extracted != lost.lines[i].Extracted {
					t.Errorf("line %d was extracted at %s, want %s", i, l.Extracted, lost.lines[i].Extracted)
				}
			}
		}
		time.Sleep(7 * time.Hour) // older than max_age
		var r result
		if got := calls(api, func() { r = s.must(t) }); got != 5 {
			t.Errorf("%d calls after max_age, want 5", got)
		}
		if want := "it is older than run.journal.max_age"; !strings.Contains(r.log, want) {
			t.Errorf("the log does not say %q:\n%s", want, r.log)
		}
	})
}

// stopAfter is a run with a budget of so many requests.
func (s setup) stopAfter(t *testing.T, requests int) result {
	t.Helper()
	s.config = fmt.Sprintf(`{"run": {"max_requests": %d}}`, requests)
	return s.must(t)
}

// TestJournalSetAside: what a run with other inputs recorded is not served.
func TestJournalSetAside(t *testing.T) {
	const settings = "{name: items, path: /items, records: data, primary_key: [id], params: {limit: 2, %s}, schema: {type: object}, " +
		"pagination: {type: cursor, next: next_page, param: cursor}}\n"
	definition := "streams:\n  - " + settings
	first := setup{head: strings.Replace(head, "start: {type: string}", "a: {type: string}\n    key: {type: string, secret: true}", 1), definition: fmt.Sprintf(definition, "a: '{{ config.a }}'"), config: `{"a": "1", "key": "kkkkkk", "run": {"max_requests": 3}}`}
	cursor := `{"bookmarks":{"items":{"replication_key":"","replication_key_value":null,"pass":{"id":"earlier","as_of":"2025-06-01T12:00:00Z"},"resume":null}}}`
	for _, tt := range []struct {
		name   string
		change func(s *setup)
		log    string
		calls  int
	}{
		{"nothing", func(s *setup) {}, "the pass goes on from the journal", 2},
		{"what changes no request", func(s *setup) {
			s.definition = strings.Replace(s.definition, "{type: object}", "{type: object, properties: {id: {type: integer}}}", 1)
			s.config = `{"a": "1", "key": "kkkkkk", "run": {"concurrency": 1}}`
		}, "the pass goes on from the journal", 2},
		{"a setting", func(s *setup) { s.config = `{"a": "2", "key": "kkkkkk"}` }, "those of other settings or secrets are not used", 5},
		{"a secret", func(s *setup) { s.config = `{"a": "1", "key": "llllll"}` }, "those of other settings or secrets are not used", 5},
		{"a request", func(s *setup) { s.definition = fmt.Sprintf(definition, "a: '{{ config.a }}', b: 1") }, "its requests were other ones", 5},
		{"the pass before", func(s *setup) { s.state = cursor }, "it is not the pass that comes after the one in the state", 5},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, api := journaledItems(5)
			s := first
			s.api, s.workDir = api, memoryFolder(t)
			s.must(t)
			s.config = `{"a": "1", "key": "kkkkkk"}`
			tt.change(&s)
			var r result
			if got := calls(api, func() { r = s.must(t) }); got != tt.calls {
				t.Errorf("got %d calls, want %d", got, tt.calls)
			}
			if !strings.Contains(r.log, tt.log) {
				t.Errorf("the log does not say %q:\n%s", tt.log, r.log)
			}
			if got := len(r.records("items")); got != 10 {
				t.Errorf("got %d records, want 10", got)
			}
		})
	}
}

// TestJournalNothingNew runs every hour where nothing is new, and then
// something is: no run is a replay, whether its target stores every STATE or
// only those behind records.
func TestJournalNothingNew(t *testing.T) {
	const stream = "streams:\n  - {name: items, path: /items, records: data, primary_key: [id], params: {limit: 2, from: '{{ window.start }}'}, schema: {type: object}, " +
		"replication_key: updated_at, incremental: {start: '2025-01-01', settle: 0s}, pagination: {type: cursor, next: next_page, param: cursor}}\n"
	for _, tt := range []struct {
		name   string
		always bool // a STATE is stored
	}{{"every STATE is stored", true}, {"a STATE without records is not stored", false}} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sleepUntil(june.AddDate(0, 1, 0))
				c := apitest.Collection{Path: "/items", Style: apitest.Cursor, Filter: apitest.Filter{Field: "updated_at", From: "from", StartExclusive: true}, Rows: stamped(4, june)}
				api := apitest.New().Add(c)
				s := setup{definition: stream, api: api, workDir: memoryFolder(t)}
				s.state = s.must(t).state()
				for hour := range 4 {
					time.Sleep(time.Hour)
					if hour == 3 {
						c.Rows = stamped(6, june)
						api.Add(c)
					}
					var r result
					n := calls(api, func() { r = s.must(t) })
					if n == 0 || r.account.Recalled() > 0 {
						t.Errorf("hour %d: %d calls, %d answered by the journal", hour, n, r.account.Recalled())
					}
					if got, want := len(r.records("items")), 2*(hour/3); got != want {
						t.Errorf("hour %d: got %d records, want %d", hour, got, want)
					}
					if tt.always || len(r.records("items")) > 0 {
						s.state = r.state()
					}
				}
			})
		})
	}
}

// TestJournalTargetLostEnd: a pass of two runs, of which the second had no
// record, is no empty one.
func TestJournalTargetLostEnd(t *testing.T) {
	const stream = "streams:\n  - {name: items, path: /items, records: data, primary_key: [id], schema: {type: object}, pagination: {type: page, param: page}}\n"
	api := apitest.New().Add(apitest.Collection{Path: "/items", Style: apitest.Page, Size: 2, Rows: stamped(4, june)})
	s := setup{definition: stream, api: api, workDir: memoryFolder(t)}
	before := s.must(t).state()
	s.state = before
	s.state = s.stopAfter(t, 2).state()
	s.config = "{}"
	if got := len(s.must(t).records("items")); got != 0 {
		t.Fatalf("the second run has %d records, want none", got)
	}
	s.state = before
	var r result
	if got := calls(api, func() { r = s.must(t) }); got != 0 || len(r.records("items")) != 4 {
		t.Errorf("%d calls and %d records, want none and 4", got, len(r.records("items")))
	}
}
