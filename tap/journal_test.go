package tap_test

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tap-rest/tap-rest/sources/apitest"
)

// recordedCases are all ways to page, and what a journal could get wrong
// besides: bodies that are encoded, requests that differ in their body or a
// header alone, a first request that is of another kind.
func recordedCases() []cutCase {
	more := []cutCase{
		{"gzip", apitest.Collection{Style: apitest.Cursor, Encoding: "gzip"},
			"params: {limit: 2%s}\n    pagination: {type: cursor, next: next_page, param: cursor}", 7},
		{"zstd", apitest.Collection{Style: apitest.Cursor, Encoding: "zstd"},
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

// byHeader is an API that takes the cursor from a header too.
func byHeader(api http.RoundTripper) http.RoundTripper {
	return transport(func(r *http.Request) (*http.Response, error) {
		if cursor := r.Header.Get("X-Cursor"); cursor != "" {
			r = r.Clone(r.Context())
			query := r.URL.Query()
			query.Set("cursor", cursor)
			r.URL.RawQuery = query.Encode()
		}
		return api.RoundTrip(r)
	})
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

// Write looks after every line, and in the middle of every second one.
func (c *crashes) Write(p []byte) (int, error) {
	c.looks <- struct{}{}
	defer func() { <-c.looks }()
	synctest.Wait()
	dir := c.copyDir()
	n := 0
	for line := range bytes.Lines(p) {
		if n++; n%2 == 0 {
			c.all = append(c.all, crash{"killed within a line", dir, append(slices.Clone(c.out), line[:len(line)/2]...), c.calls})
		}
		c.out = append(c.out, line...)
		c.all = append(c.all, crash{fmt.Sprintf("killed after %d bytes", len(c.out)), dir, slices.Clone(c.out), c.calls})
	}
	return len(p), nil
}

func (c *crashes) copyDir() string { return copyFolder(c.t, c.dir) }

// again is the folder of a crash, as new for another run.
func (c crash) again(t *testing.T) string { return copyFolder(t, c.dir) }

func copyFolder(t *testing.T, from string) string {
	dir := memoryFolder(t)
	if err := os.CopyFS(dir, os.DirFS(from)); err != nil {
		t.Error(err)
	}
	return dir
}

// memoryFolder is a folder in memory where the machine has some: thousands of
// runs sync to it.
func memoryFolder(t *testing.T) string {
	dir, err := os.MkdirTemp("/dev/shm", "tap-rest-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

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
					time.Sleep(time.Hour)
					j.check(t, first, lastState(parseLines(t, first.lines)))
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
	api := byHeader(j.api)
	seen := newCrashes(t, api, dir)
	uncut := j.runIn(t, dir, state, seen, seen)
	pages, windows := j.api.Count(), j.windows()
	if pages < 1 || state == "" && pages != j.pages {
		t.Fatalf("uncut run: got %d requests, want %d", pages, j.pages)
	}
	for _, at := range seen.all {
		lines := parseLines(t, at.lines)
		kept := lastState(lines)
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
	r := j.runIn(t, at.again(t), state, byHeader(j.api), nil)
	lines := append(parseLines(t, at.lines), r.lines...)
	compareSets(t, recordsOf(lines, "items"), uncut.records("items"))
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

// stopAfter is a run that is stopped when so many requests were made, and whose
// last lines nobody got.
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
		log    string // "": another source, whose journal is another
		calls  int
	}{
		{"nothing", func(s *setup) {}, "the pass goes on from the journal", 2},
		{"what changes no request", func(s *setup) {
			s.definition = strings.Replace(s.definition, "{type: object}", "{type: object, properties: {id: {type: integer}}}", 1)
			s.config = `{"a": "1", "key": "kkkkkk", "run": {"concurrency": 1}}`
		}, "the pass goes on from the journal", 2},
		{"a setting", func(s *setup) { s.config = `{"a": "2", "key": "kkkkkk"}` }, "", 5},
		{"a secret", func(s *setup) { s.config = `{"a": "1", "key": "llllll"}` }, "", 5},
		{"a request", func(s *setup) { s.definition = fmt.Sprintf(definition, "a: '{{ config.a }}', b: 1") }, "its requests were others", 5},
		{"the pass before", func(s *setup) { s.state = cursor }, "it followed another pass than the state has", 5},
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
			if tt.log != "" && !strings.Contains(r.log, tt.log) {
				t.Errorf("the log does not say %q:\n%s", tt.log, r.log)
			}
			if got := len(r.records("items")); got != 10 {
				t.Errorf("got %d records, want 10", got)
			}
		})
	}
}

// generations is an API that loses walks at chosen requests: what it answers
// afterwards is of another generation.
type generations struct {
	lose  []int // numbers of requests
	calls int
	now   int
}

// RoundTrip answers six pages of two records that tell their generation.
func (g *generations) RoundTrip(r *http.Request) (*http.Response, error) {
	g.calls++
	if slices.Contains(g.lose, g.calls) {
		g.now++
		return answerWith(r, 409, `{}`), nil
	}
	page := 1
	fmt.Sscan(r.URL.Query().Get("page"), &page)
	if page > 6 {
		return answerWith(r, 200, `{"data":[]}`), nil
	}
	return answerWith(r, 200, fmt.Sprintf(`{"data":[{"id":%d,"of":%d},{"id":%d,"of":%d}]}`, 2*page, g.now, 2*page+1, g.now)), nil
}

func answerWith(r *http.Request, status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{}, Request: r, Body: io.NopCloser(strings.NewReader(body)),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, ContentLength: int64(len(body))}
}

// TestJournalRestart kills a run everywhere that is read from its start again.
// What came before a restart is never served, what came after it is not paid
// twice, and the restarts are counted.
func TestJournalRestart(t *testing.T) {
	const definition = "streams:\n  - {name: items, path: /items, records: data, primary_key: [id], schema: {type: object}, " +
		"pagination: {type: page, param: page}, errors: [{status: 409, do: restart}]}\n"
	synctest.Test(t, func(t *testing.T) {
		api := &generations{lose: []int{5, 9}}
		dir := memoryFolder(t)
		seen := newCrashes(t, api, dir)
		s := setup{definition: definition, config: `{"run": {"flush": {"responses": 2}}}`, api: seen, out: seen, workDir: dir}
		uncut := s.must(t)
		if api.calls != 16 {
			t.Fatalf("got %d calls, want 16", api.calls)
		}
		for _, at := range seen.all {
			lines := parseLines(t, at.lines)
			for _, state := range slices.Compact([]string{lastState(lines), ""}) {
				if state != "" && done(t, state, "items") {
					continue
				}
				what := fmt.Sprintf("%s, state %s", at.what, state)
				api := &generations{lose: api.lose, calls: at.calls}
				if strings.Contains(at.what, "request") { // what says that the walk is lost was lost too
					api.calls--
				}
				for _, n := range api.lose {
					if api.calls >= n {
						api.now++
					}
				}
				s := setup{definition: s.definition, config: s.config, api: api, state: state, workDir: at.again(t)}
				r := s.must(t)
				all := append(lines, r.lines...)
				if got, want := ofGeneration(2, recordsOf(all, "items")), ofGeneration(2, uncut.records("items")); !slices.Equal(got, want) {
					t.Errorf("%s: got %s, want %s", what, got, want)
				}
				if api.calls > 16 { // but for the one that was under way
					t.Errorf("%s: %d calls in all, want at most 16", what, api.calls)
				}
				if t.Failed() {
					t.Fatalf("%s: the log says\n%s", what, r.log)
				}
			}
		}
	})
}

// ofGeneration are the records that came after so many restarts, each once.
func ofGeneration(n int, all []string) []string {
	of := slices.DeleteFunc(slices.Sorted(slices.Values(all)), func(record string) bool {
		return !strings.HasSuffix(record, fmt.Sprintf(`"of":%d}`, n))
	})
	return slices.Compact(of)
}

// TestJournalRestartsAreCounted loses a walk again and again, with a new run,
// whose state is lost, each time: the third restart is the last.
func TestJournalRestartsAreCounted(t *testing.T) {
	const definition = "streams:\n  - {name: items, path: /items, records: data, primary_key: [id], schema: {type: object}, " +
		"pagination: {type: page, param: page}, errors: [{status: 409, do: restart}]}\n"
	for _, keeps := range []bool{true, false} {
		t.Run(fmt.Sprintf("state kept: %v", keeps), func(t *testing.T) {
			api := &generations{lose: []int{4, 8, 12, 16}}
			s := setup{definition: definition, api: api, workDir: memoryFolder(t)}
			for range 3 {
				r := s.stopAfter(t, 5)
				if keeps {
					s.state = r.state()
				}
			}
			s.config = "{}"
			r := s.run(t)
			checkFailure(t, r.err, "session lost")
			if api.calls != 16 {
				t.Errorf("got %d calls, want 16", api.calls)
			}
			s.state = "" // the walk is over: it begins anew
			if got := len(s.must(t).records("items")); got != 12 {
				t.Errorf("then %d records, want 12", got)
			}
		})
	}
}

// TestJournalTotalsMove kills a run everywhere whose API loses rows meanwhile,
// so that the walk steps back.
func TestJournalTotalsMove(t *testing.T) {
	for _, tt := range []struct {
		style      apitest.Style
		pagination string
	}{
		{apitest.Page, "{type: page, param: page, total: meta.total}"},
		{apitest.Offset, "{type: offset, param: offset, total: meta.total}"},
	} {
		t.Run(tt.pagination, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := apitest.Collection{Path: "/items", Style: tt.style, Total: true, Rows: stamped(13, june)}
				api := apitest.New().Add(c)
				n := 0
				moving := transport(func(r *http.Request) (*http.Response, error) {
					if n++; n == 4 {
						c.Rows = c.Rows[3:]
						api.Add(c)
					}
					return api.RoundTrip(r)
				})
				dir := memoryFolder(t)
				seen := newCrashes(t, moving, dir)
				s := setup{definition: "streams:\n  - {name: items, path: /items, records: data, primary_key: [id], params: {limit: 2}, schema: {type: object}, pagination: " +
					tt.pagination + "}\n", config: `{"run": {"flush": {"responses": 2}}}`, api: seen, out: seen, workDir: dir}
				s.must(t)
				calls := api.Count()
				for _, at := range seen.all {
					lines := parseLines(t, at.lines)
					for _, state := range slices.Compact([]string{lastState(lines), ""}) {
						if state != "" && done(t, state, "items") {
							continue
						}
						api.Reset()
						s := setup{definition: s.definition, config: s.config, api: api, state: state, workDir: at.again(t)}
						r := s.must(t)
						got := recordsOf(append(lines, r.lines...), "items")
						for _, row := range texts(c.Rows) {
							if !slices.Contains(got, row) {
								t.Errorf("%s: %s is missing", at.what, row)
							}
						}
						if got := at.calls + api.Count(); got > calls+1+2 { // it may step back once more
							t.Errorf("%s: %d calls in all, want at most %d", at.what, got, calls+3)
						}
						if t.Failed() {
							t.Fatalf("%s: state %s; the log says\n%s", at.what, state, r.log)
						}
					}
				}
			})
		})
	}
}

// TestJournalOfManyStreams kills a run while its second stream is read: the
// first one, though it was finished, is not paid twice when no state is left.
func TestJournalOfManyStreams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const definition = "defaults: {records: data, primary_key: [id], params: {limit: 2}, schema: {type: object}, pagination: {type: cursor, next: next_page, param: cursor}}\n" +
			"streams:\n  - {name: a, path: /a}\n  - {name: b, path: /b}\n"
		api := apitest.New()
		for _, path := range []string{"/a", "/b"} {
			api.Add(apitest.Collection{Path: path, Style: apitest.Cursor, Rows: stamped(10, june)})
		}
		dir := memoryFolder(t)
		seen := newCrashes(t, api, dir)
		s := setup{definition: definition, config: `{"run": {"concurrency": 1}}`, api: seen, out: seen, workDir: dir}
		s.must(t)
		for _, at := range seen.all {
			api.Reset()
			r := setup{definition: definition, config: s.config, api: api, workDir: at.again(t)}.must(t)
			if got := at.calls + api.Count(); got > 11 {
				t.Errorf("%s: %d calls in all, want at most 11", at.what, got)
			}
			if got := len(r.records("")); got != 20 {
				t.Errorf("%s: got %d records, want 20", at.what, got)
			}
		}
	})
}

// TestJournalOfTwoPipelines: the unfinished pass of one pipeline was set aside
// by another, which reads the same source from another state. Both get through.
func TestJournalOfTwoPipelines(t *testing.T) {
	stream, api := journaledItems(6)
	s := setup{definition: stream, api: api, workDir: memoryFolder(t)}
	one := s.stopAfter(t, 2).state()
	s.state = `{"bookmarks":{"items":{"replication_key":"","replication_key_value":null,"pass":{"id":"earlier","as_of":"2025-06-01T12:00:00Z"},"resume":null}}}`
	s.stopAfter(t, 3)
	for n := range 3 { // cut again twice
		s.state = one
		if n < 2 {
			r := s.stopAfter(t, 1)
			one = r.state()
			continue
		}
		s.config = "{}"
		r := s.must(t)
		if got := len(r.records("items")); got != 4 {
			t.Errorf("got %d records, want 4", got)
		}
	}
}

// TestJournalTooOld: an unfinished pass whose journal is older than max_age
// goes on from its state, and is recorded again.
func TestJournalTooOld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stream, api := journaledItems(6)
		s := setup{definition: stream, api: api, workDir: memoryFolder(t)}
		r := s.stopAfter(t, 2)
		time.Sleep(100 * time.Hour)
		s.state = `{"bookmarks":{}}`
		s.definition = strings.ReplaceAll(stream, "/items", "/other") // drops what is old
		api.Add(apitest.Collection{Path: "/other", Style: apitest.Cursor, Rows: stamped(2, june)})
		s.config = "{}"
		s.must(t)
		s.definition, s.state = stream, r.state()
		second := s.stopAfter(t, 2)
		s.config = "{}"
		var third result
		if got := calls(api, func() { third = s.must(t) }); got != 2 { // two of four are in the journal
			t.Errorf("got %d calls, want 2\n%s", got, third.log)
		}
		if got := len(third.records("items")); got != 8 {
			t.Errorf("got %d records, want 8", got)
		}
		_ = second
	})
}

// TestJournalOffMeanwhile: runs without a journal leave a gap, behind which
// nothing old is served, and what is new is.
func TestJournalOffMeanwhile(t *testing.T) {
	stream, api := journaledItems(8)
	s := setup{definition: stream, api: api, workDir: memoryFolder(t)}
	s.state = s.stopAfter(t, 2).state()
	s.config = `{"run": {"max_requests": 2, "journal": {"off": true}}}`
	s.state = s.must(t).state()
	s.stopAfter(t, 2) // its state is lost
	s.config = "{}"
	var r result
	if got := calls(api, func() { r = s.must(t) }); got != 2 {
		t.Errorf("got %d calls, want 2", got)
	}
	if got := len(r.records("items")); got != 8 {
		t.Errorf("got %d records, want 8", got)
	}
}

// TestJournalClock: a clock that jumped back.
func TestJournalClock(t *testing.T) {
	for _, tt := range []struct {
		ahead time.Duration // of the first run's clock
		calls int
		log   string
	}{
		{time.Hour, 3, "goes on from the journal"},
		{100 * 24 * time.Hour, 5, "it lies ahead of our clock"},
	} {
		dir := memoryFolder(t)
		run := func(at time.Time, requests int) (r result, n int) {
			synctest.Test(t, func(t *testing.T) {
				sleepUntil(at)
				stream, api := journaledItems(5)
				s := setup{definition: stream, api: api, workDir: dir}
				n = calls(api, func() { r = s.stopAfter(t, requests) })
			})
			return r, n
		}
		run(june.Add(tt.ahead), 2)
		r, n := run(june, 100)
		if n != tt.calls || len(r.records("items")) != 10 {
			t.Errorf("%s: got %d calls and %d records, want %d and 10", tt.ahead, n, len(r.records("items")), tt.calls)
		}
		if !strings.Contains(r.log, tt.log) {
			t.Errorf("%s: the log does not say %q:\n%s", tt.ahead, tt.log, r.log)
		}
	}
}

// TestJournalDamaged flips bytes of the journal between two runs: no record is
// ever wrong, and what is damaged is asked for again.
func TestJournalDamaged(t *testing.T) {
	stream, api := journaledItems(6)
	s := setup{definition: stream, api: api, workDir: memoryFolder(t)}
	first := s.stopAfter(t, 4)
	all := segments(t, s.workDir)
	if len(all) != 1 {
		t.Fatalf("got segments %q, want one", all)
	}
	whole, err := os.ReadFile(all[0])
	if err != nil {
		t.Fatal(err)
	}
	want := texts(stamped(12, june))
	for _, state := range []string{"", first.state()} {
		for at := 0; at < len(whole); at += 37 {
			bad := slices.Clone(whole)
			bad[at] ^= 0xff
			dir := copyFolder(t, s.workDir)
			name := filepath.Join(dir, strings.TrimPrefix(all[0], s.workDir))
			if err := os.WriteFile(name, bad, 0o600); err != nil {
				t.Fatal(err)
			}
			again := setup{definition: stream, api: api, workDir: dir, state: state}
			var r result
			n := calls(api, func() { r = again.must(t) })
			if state == "" {
				if got := r.records("items"); !slices.Equal(got, want) {
					t.Fatalf("byte %d: got %s, want %s", at, got, want)
				}
			} else if got := r.records("items"); !slices.Equal(got, want[8:]) {
				t.Fatalf("byte %d, state kept: got %s, want %s", at, got, want[8:])
			}
			if n > 6 {
				t.Errorf("byte %d: got %d calls, want at most 6", at, n)
			}
		}
	}
}

// segments are the files that exchanges lie in.
func segments(t *testing.T, workDir string) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(workDir, "journal", "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(all, func(name string) bool { return strings.HasSuffix(name, "lock") })
}

// damage changes the middle of every segment.
func damage(t *testing.T, workDir string) {
	t.Helper()
	for _, name := range segments(t, workDir) {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		data[len(data)/2] ^= 0xff
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
