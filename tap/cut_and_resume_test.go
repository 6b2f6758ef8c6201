package tap_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/tap"
	"github.com/tap-rest/tap-rest/testrig"
	"github.com/tap-rest/tap-rest/testshare"
)

const (
	cutRecords = 13
	cutPage    = 2
)

// cutCase is a way to page: the API's and the definition's side of it.
type cutCase struct {
	name       string
	collection apitest.Collection
	stream     string // keys of the stream
	pages      int    // requests of an uncut walk
}

// cutCases are all pagination types.
func cutCases() []cutCase {
	const limit = "params: {limit: 2%s}\n    pagination: "
	return []cutCase{
		{"none", apitest.Collection{Style: apitest.None}, limit + "{type: none}", 1},
		{"cursor", apitest.Collection{Style: apitest.Cursor, Form: apitest.Form{HasMore: true}},
			limit + "{type: cursor, next: next_page, param: cursor, more: has_more}", 7},
		{"cursor with total", apitest.Collection{Style: apitest.Cursor, Total: true},
			limit + "{type: cursor, next: next_page, param: cursor, total: meta.total}", 7},
		{"graphql", apitest.Collection{Style: apitest.GraphQL, Name: "items"},
			"records: data.items.nodes\n    body: {graphql: {query: '{items}', variables: {first: 2%s}}}\n    " +
				"pagination: {type: cursor, next: data.items.pageInfo.endCursor, body: variables.after}", 7},
		{"next_url", apitest.Collection{Style: apitest.NextURL}, limit + "{type: next_url, next: next}", 7},
		{"next_url, relative", apitest.Collection{Style: apitest.NextURL, Form: apitest.Form{Relative: true}}, limit + "{type: next_url, next: next}", 7},
		{"link_header", apitest.Collection{Style: apitest.Link}, limit + "{type: link_header}", 7},
		{"link_header, bare", apitest.Collection{Style: apitest.Link, Form: apitest.Form{Bare: true}},
			"records: '@this'\n    " + limit + "{type: link_header, total: 'header:X-Total-Count'}", 7},
		{"page", apitest.Collection{Style: apitest.Page}, limit + "{type: page, param: page}", 8},
		{"page with total", apitest.Collection{Style: apitest.Page, Total: true},
			limit + "{type: page, param: page, total: meta.total}", 7},
		{"page with total_pages", apitest.Collection{Style: apitest.Page, Total: true},
			limit + "{type: page, param: page, total_pages: meta.pages}", 7},
		{"offset", apitest.Collection{Style: apitest.Offset}, limit + "{type: offset, param: offset}", 8},
		{"offset with total", apitest.Collection{Style: apitest.Offset, Total: true},
			limit + "{type: offset, param: offset, total: meta.total}", 7},
		{"keyset", apitest.Collection{Style: apitest.Keyset}, limit + "{type: keyset, field: id, param: after}", 8},
	}
}

// cutRows are records whose bytes are easily lost: numbers beyond a float64,
// escapes, odd orders of keys.
func cutRows() [][]byte {
	begin := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	return rows(cutRecords, func(i int) string {
		return fmt.Sprintf(`{"z":12345678901234567890.10, "id":%d,"updated_at":"%s","text":"\u00e9é\n\"%d"}`,
			9007199254740993+i, begin.Add(time.Duration(i)*time.Minute).Format(time.RFC3339), i)
	})
}

// cut is one case in one replication method.
type cut struct {
	cutCase
	incremental string // keys of incremental; "" for a full table
	flush       string
	api         *apitest.API
	dir         string
	before      atomic.Pointer[func(n int, r *http.Request)]
	anew        bool // the last chain began a second pass
}

func newCut(t *testing.T, c cutCase, incremental, flush string) *cut {
	k := &cut{cutCase: c, incremental: incremental, flush: flush, dir: memoryFolder(t)}
	k.collection.Path, k.collection.Rows = "/items", cutRows()
	k.collection.Filter = apitest.Filter{Field: "updated_at", From: "from", To: "to"}
	k.api = apitest.New(apitest.Before(func(n int, r *http.Request) {
		if f := k.before.Load(); f != nil {
			(*f)(n, r)
		}
	})).Add(k.collection)
	return k
}

// setup is a run over the API with a state.
func (k *cut) setup(state string) setup {
	more, window := "", ""
	if k.incremental != "" {
		window = `, from: "{{ window.start }}", to: "{{ window.end }}"`
		more = "\n    replication_key: updated_at\n    incremental: " + k.incremental
	}
	stream := fmt.Sprintf(k.stream, window)
	if !strings.Contains(stream, "records:") {
		stream = "records: data\n    " + stream
	}
	return setup{
		definition: "streams:\n  - name: items\n    path: /items\n    primary_key: [id]\n" +
			"    schema: {type: object, properties: {z: {type: number}, id: {type: integer}, updated_at: {type: string}, text: {type: string}}}\n" +
			"    " + stream + more + "\n",
		config: fmt.Sprintf(`{"run": {"flush": %s}}`, k.flush), state: state, api: k.api, workDir: k.dir,
	}
}

// TestCut cuts runs at every request and every line, for every pagination
// type, and resumes them.
func TestCut(t *testing.T) {
	methods := []struct{ name, incremental string }{
		{"full table", ""},
		{"incremental", `{start: "2025-01-01"}`},
		{"sorted", `{start: "2025-01-01", sorted: true}`},
	}
	flushes := []struct{ name, run string }{
		{"flush 3", `{"responses": 3}`},
		{"default flush", `{}`},
	}
	for _, c := range cutCases() {
		for _, m := range methods {
			for _, f := range flushes {
				if m.name != "incremental" && f.run == "{}" {
					continue
				}
				t.Run(c.name+"/"+m.name+"/"+f.name, func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						time.Sleep(time.Until(time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC)))
						newCut(t, c, m.incremental, f.run).check(t)
					})
				})
			}
		}
	}
}

// check makes all cuts. Time passes between the runs.
func (k *cut) check(t *testing.T) {
	uncut := k.setup("").must(t)
	if got, want := uncut.records("items"), texts(cutRows()); !slices.Equal(got, want) {
		t.Fatalf("uncut run:\ngot  %s\nwant %s", got, want)
	}
	if got := k.api.Count(); got != k.pages {
		t.Fatalf("uncut run: got %d requests, want %d", got, k.pages)
	}
	want := uncut.mark(t, "items")
	for n := 1; n <= k.pages; n++ {
		if !testshare.Takes(n, k.pages) {
			continue
		}
		k.expect(t, fmt.Sprintf("budget of %d requests", n), want, 0, k.budget(t, n))
		if n%2 == 0 {
			k.expect(t, fmt.Sprintf("dead from request %d on", n), want, 0, k.resumed(t, k.dead(t, n)))
		} else {
			k.expect(t, fmt.Sprintf("500 from request %d on", n), want, 0, k.resumed(t, k.refused(t, n)))
		}
		k.expect(t, fmt.Sprintf("stopped at request %d", n), want, 0, k.resumed(t, k.stopped(t, n)))
	}
	flush := 3 * cutPage
	if k.flush == "{}" || k.pages == 1 {
		flush = cutRecords
	}
	for n := range uncut.lines {
		if !testshare.Takes(n+1, len(uncut.lines)) {
			continue
		}
		half := n % 2 * 20 // half a line counts as none
		k.expect(t, fmt.Sprintf("killed after line %d", n), want, flush, k.resumed(t, k.killed(t, n, half)))
	}
	if t.Failed() {
		t.FailNow()
	}
}

// expect compares the lines of a chain of runs with what an uncut run gives.
func (k *cut) expect(t *testing.T, what, mark string, doubles int, lines testrig.Lines) {
	t.Helper()
	if n := testrig.Union(t, what, lines.Records("items"), texts(cutRows())); n > doubles {
		t.Errorf("%s: %d records came twice, want at most %d", what, n, doubles)
	}
	b := bookmarkOf(t, lines.State(), "items")
	if got := string(b.Value); got != mark || b.Resume != nil {
		t.Errorf("%s: got bookmark %s, resume %v, want %s and none", what, got, b.Resume, mark)
	}
	if k.incremental != "" && !k.anew {
		all := k.windows()
		if slices.Sort(all); len(slices.Compact(all)) != 1 {
			t.Errorf("%s: requests asked for different windows: %q", what, all)
		}
	}
	if t.Failed() {
		t.Logf("%s: the last state was %s", what, lines.State())
		t.FailNow()
	}
}

// windows are what the requests asked for.
func (k *cut) windows() []string {
	var all []string
	for _, r := range k.api.Requests() {
		query := r.URL.Query()
		if k.collection.Style == apitest.GraphQL {
			_, body, _ := strings.Cut(string(r.Body), `"from":`)
			body, _, _ = strings.Cut(body, `,"after"`)
			all = append(all, strings.TrimRight(body, "}"))
			continue
		}
		all = append(all, query.Get("from")+" "+query.Get("to"))
	}
	return all
}

// begin is a run from the start on an API that has seen nothing.
func (k *cut) begin() setup {
	k.api.Reset()
	k.anew = false
	return k.setup("")
}

// resumed completes what a cut run left.
func (k *cut) resumed(t *testing.T, lines testrig.Lines) testrig.Lines {
	if done(t, lines.State(), "items") {
		return lines
	}
	k.anew = lines.State() == "" || bookmarkOf(t, lines.State(), "items").Resume == nil
	time.Sleep(time.Hour)
	r := k.setup(lines.State()).must(t)
	return append(lines, r.lines...)
}

// done reports whether a state says that a stream's pass is over.
func done(t *testing.T, state, stream string) bool {
	if state == "" {
		return false
	}
	b := bookmarkOf(t, state, stream)
	return b.Pass != nil && b.Resume == nil
}

// budget runs until all is done, n requests at a time. No request is paid
// twice.
func (k *cut) budget(t *testing.T, n int) testrig.Lines {
	k.dir = memoryFolder(t) // a run that was stopped with all pages in flight leaves all of them in the journal
	s := k.begin()
	s.config = fmt.Sprintf(`{"run": {"flush": %s, "max_requests": %d}}`, k.flush, n)
	var lines testrig.Lines
	for range k.pages + 1 {
		r := s.must(t)
		lines = append(lines, r.lines...)
		if s.state = r.state(); done(t, s.state, "items") {
			break
		}
		time.Sleep(time.Hour)
	}
	if got := k.api.Count(); got != k.pages {
		t.Errorf("budget of %d: got %d requests in all, want %d", n, got, k.pages)
	}
	return lines
}

// dead is a run whose network dies at request n.
func (k *cut) dead(t *testing.T, n int) testrig.Lines {
	s := k.begin()
	var sent atomic.Int64 // pages that are known in advance are asked for at once
	s.api = transport(func(r *http.Request) (*http.Response, error) {
		if sent.Add(1) >= int64(n) {
			return nil, syscall.ECONNRESET
		}
		return k.api.RoundTrip(r)
	})
	return k.failed(t, s)
}

// refused is a run whose API fails from request n on.
func (k *cut) refused(t *testing.T, n int) testrig.Lines {
	s := k.begin()
	s.api = apitest.New(apitest.From(n, apitest.Status(500))).Add(k.collection)
	return k.failed(t, s)
}

func (k *cut) failed(t *testing.T, s setup) testrig.Lines {
	t.Helper()
	r := s.run(t)
	var failures tap.Failures
	if !errors.As(r.err, &failures) || !failures.Temporary() {
		t.Errorf("got %v, want a failure for now", r.err)
	}
	if last := r.lines[len(r.lines)-1]; last.Type != "STATE" {
		t.Errorf("the last line is %s, want STATE", last.Type)
	}
	return r.lines
}

// stopped is a run that is told to stop while request n is under way.
func (k *cut) stopped(t *testing.T, n int) testrig.Lines {
	s := k.begin()
	stop, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("told to stop")
	at := func(m int, _ *http.Request) {
		if m == n {
			cancel(cause)
			synctest.Wait()
		}
	}
	k.before.Store(&at)
	defer k.before.Store(nil)
	s.stop = stop
	r := s.run(t)
	if !errors.Is(r.err, cause) {
		t.Errorf("got %v, want %v", r.err, cause)
	}
	most := n
	if strings.Contains(k.name, "with total") && n > 1 && !strings.Contains(k.name, "cursor") {
		most = k.pages // those that were let through before the stop: as many as come while it is told
	}
	if got := k.api.Count(); got < n || got > most {
		t.Errorf("stopped at request %d, but there were %d", n, got)
	}
	return r.lines
}

// killed is a run of which nothing is left but its first n lines and some
// bytes of the next.
func (k *cut) killed(t *testing.T, n, bytes int) testrig.Lines {
	s := k.begin()
	var kept truncated
	kept.lines, kept.bytes = n, bytes
	s.out = &kept
	r := s.run(t)
	if kept.closed && !errors.Is(r.err, tap.ErrClosedOutput) {
		t.Errorf("got %v, want %v", r.err, tap.ErrClosedOutput)
	}
	return testrig.ReadLines(t, kept.got)
}

// truncated is a pipe whose reader goes away after some lines.
type truncated struct {
	lines, bytes int // left
	got          []byte
	closed       bool
}

var _ io.Writer = (*truncated)(nil)

func (w *truncated) Write(p []byte) (int, error) {
	for i, c := range p {
		if w.lines == 0 {
			if w.bytes == 0 {
				w.closed = true
				return i, syscall.EPIPE
			}
			w.bytes--
		}
		w.got = append(w.got, c)
		if c == '\n' && w.lines > 0 {
			w.lines--
		}
	}
	return len(p), nil
}
