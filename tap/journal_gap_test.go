package tap_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/tap/report"
	"github.com/tap-rest/tap-rest/testrig"
)

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
		return testrig.Answer(r, 409, `{}`), nil
	}
	page := 1
	fmt.Sscan(r.URL.Query().Get("page"), &page)
	if page > 6 {
		return testrig.Answer(r, 200, `{"data":[]}`), nil
	}
	return testrig.Answer(r, 200, fmt.Sprintf(`{"data":[{"id":%d,"of":%d},{"id":%d,"of":%d}]}`, 2*page, g.now, 2*page+1, g.now)), nil
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
			lines := testrig.ReadLines(t, at.lines)
			for _, state := range slices.Compact([]string{lines.State(), ""}) {
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
				if got, want := ofGeneration(2, all.Records("items")), ofGeneration(2, uncut.records("items")); !slices.Equal(got, want) {
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
		{apitest.Page, "{type: page, param: page, total: meta.total, ahead: 1}"}, // what is asked for ahead and thrown away is another matter
		{apitest.Offset, "{type: offset, param: offset, total: meta.total, ahead: 1}"},
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
					lines := testrig.ReadLines(t, at.lines)
					for _, state := range slices.Compact([]string{lines.State(), ""}) {
						if state != "" && done(t, state, "items") {
							continue
						}
						api.Reset()
						s := setup{definition: s.definition, config: s.config, api: api, state: state, workDir: at.again(t)}
						r := s.must(t)
						got := append(lines, r.lines...).Records("items")
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
		s.stopAfter(t, 2) // its state is lost
		s.config = "{}"
		var third result
		if got := calls(api, func() { third = s.must(t) }); got != 2 { // two of four are in the journal
			t.Errorf("got %d calls, want 2\n%s", got, third.log)
		}
		if got := len(third.records("items")); got != 8 {
			t.Errorf("got %d records, want 8", got)
		}
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

// TestJournalOffWhileRestarted: the walk was lost while there was no journal.
// What is recorded later, from the middle of the walk on, is served.
func TestJournalOffWhileRestarted(t *testing.T) {
	const definition = "streams:\n  - {name: items, path: /items, records: data, primary_key: [id], schema: {type: object}, " +
		"pagination: {type: page, param: page}, errors: [{status: 409, do: restart}]}\n"
	api := &generations{lose: []int{3}}
	s := setup{definition: definition, api: api, workDir: memoryFolder(t), config: `{"run": {"max_requests": 5, "journal": {"off": true}}}`}
	s.state = s.must(t).state()
	s.stopAfter(t, 2) // its state is lost
	s.config = "{}"
	r := s.must(t)
	if got := r.account.Recalled(); got != 2 || api.calls != 10 {
		t.Errorf("%d pages came from the journal, %d calls in all, want 2 and 10", got, api.calls)
	}
	if got := len(ofGeneration(1, r.records("items"))); got != 8 {
		t.Errorf("got %d records, want 8", got)
	}
}

// TestJournalClock: a clock that jumped, back or ahead, between two runs.
func TestJournalClock(t *testing.T) {
	for _, tt := range []struct {
		ahead time.Duration // of the first run's clock
		calls int
		log   string
	}{
		{time.Hour, 3, "goes on from the journal"},
		{100 * 24 * time.Hour, 5, "it lies ahead of our clock"},
		{-100 * 24 * time.Hour, 5, "it is older than run.journal.max_age"},
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
		if types := r.types(); !strings.HasSuffix(types, " STATE") {
			t.Errorf("%s: got %s, want a STATE at the end", tt.ahead, types)
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
	whole := testrig.Read(t, all[0])
	want := texts(stamped(12, june))
	for _, state := range []string{"", first.state()} {
		for at := 0; at < len(whole); at += 37 {
			bad := slices.Clone(whole)
			bad[at] ^= 0xff
			dir := testrig.CopyFolder(t, s.workDir)
			name := filepath.Join(dir, strings.TrimPrefix(all[0], s.workDir))
			testrig.Write(t, name, bad)
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
			if state == "" && n > 2 && !strings.Contains(r.log, filepath.Base(name)) {
				t.Errorf("byte %d: %d calls, and no word of what is damaged:\n%s", at, n, r.log)
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
	return slices.DeleteFunc(all, func(name string) bool {
		return strings.HasSuffix(name, "lock") || strings.HasSuffix(name, report.LastRunName)
	})
}

// damage changes the middle of every segment.
func damage(t *testing.T, workDir string) {
	t.Helper()
	for _, name := range segments(t, workDir) {
		data := testrig.Read(t, name)
		data[len(data)/2] ^= 0xff
		testrig.Write(t, name, data)
	}
}
