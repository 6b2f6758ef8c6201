package fetch_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
)

// exports is an API with one kind of job, which has three files of two records.
type exports struct {
	pending   int // polls that a job is not done for
	expires   int // downloads after which links expire
	forgets   int // polls after which a job is forgotten, once
	fails     int // jobs that fail
	files     int
	jobs      int
	polls     int
	downloads int
	signature int
	beside    string // what stands beside the list of files
	twice     bool   // the first file stands in the place of the last one
	null      bool   // a job without files has null in place of their list
	turns     bool   // each poll of a job that is done lists its files in another order
	removed   []string
	asked     []string
}

func (e *exports) RoundTrip(r *http.Request) (*http.Response, error) {
	e.asked = append(e.asked, r.Method+" "+r.URL.String())
	job := fmt.Sprintf("j%d", e.jobs)
	say := func(status int, text string) (*http.Response, error) {
		return answer{status: status, body: text}.response(r), nil
	}
	switch {
	case r.Method == http.MethodPost && r.URL.Path == "/exports":
		e.jobs, e.polls = e.jobs+1, 0
		return say(202, fmt.Sprintf(`{"id": "j%d"}`, e.jobs))
	case r.Method == http.MethodDelete:
		e.removed = append(e.removed, r.URL.Path)
		return say(204, "")
	case r.URL.Path == "/exports/"+job:
		e.polls++
		switch {
		case e.forgets > 0 && e.polls > e.forgets:
			e.forgets = 0
			return say(404, `{}`)
		case e.jobs <= e.fails:
			return say(200, `{"status": "error"}`)
		case e.polls <= e.pending:
			return say(200, `{"status": "running"}`)
		}
		e.signature++
		var links []string
		for i := range e.files {
			if e.turns {
				i = (i + e.signature) % e.files
			}
			if e.twice && i == e.files-1 {
				i = 0
			}
			links = append(links, fmt.Sprintf(`{"url": "https://store.test/%s/%d?sig=abcdefgh%d"}`, job, i, e.signature))
		}
		if e.null {
			return say(200, `{"status": "ready", "files": null}`)
		}
		return say(200, `{"status": "ready", "files": [`+strings.Join(links, ",")+`]`+e.beside+`}`)
	case r.URL.Host == "store.test":
		if r.Header.Get("Authorization") != "" {
			return say(400, "two ways to say who asks")
		}
		if e.downloads++; e.expires > 0 && e.downloads > e.expires && r.URL.Query().Get("sig") == "abcdefgh1" {
			return say(403, "<Error><Code>AccessDenied</Code></Error>")
		}
		var i int
		_, _ = fmt.Sscanf(r.URL.Path, "/"+job+"/%d", &i)
		return say(200, fmt.Sprintf(`[{"id": %d}, {"id": %d}]`, 2*i+1, 2*i+2))
	}
	return say(404, "{}")
}

const exported = `records: "@this", auth: {type: bearer, token: secret-token}, export: {
	submit: {path: /exports, body: {json: {from: 1}}}, poll: {path: "/exports/{{ job.id }}"}, done: "{{ response.status == 'ready' }}",
	failed: "{{ response.status == 'error' }}", links: "files.#.url", remove: {path: "/exports/{{ job.id }}"}}`

func TestExport(t *testing.T) {
	for _, tt := range []struct {
		name string
		api  exports
		want string // calls: of jobs, polls, downloads
		err  string
	}{
		{"done at once", exports{files: 3}, "1 1 3", ""},
		{"polled", exports{files: 3, pending: 4}, "1 5 3", ""},
		{"one file", exports{files: 1}, "1 1 1", ""},
		{"no file", exports{}, "1 1 0", ""},
		{"null for a list of none", exports{null: true}, "1 1 0", ""},
		{"links expire", exports{files: 3, expires: 1}, "1 2 4", ""},
		{"forgotten", exports{files: 3, forgets: 1, pending: 2}, "", "does not know the export's job any more"},
		{"fails", exports{files: 3, fails: 1}, "", "came to nothing: the API says that it has failed"},
		{"takes too long", exports{files: 3, pending: 1000}, "", "came to nothing: it is not done after 2h0m"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				api := tt.api
				stream := define(t, "", exported)[0]
				r := newRig(t, stream, &api)
				got := r.run(stream, paging.Position{})
				if tt.err != "" {
					if e := failure(t, got.err); e.Class != fetch.SessionLost || !strings.Contains(e.Error(), tt.err) {
						t.Errorf("got %v (%v)", e, e.Class)
					}
					if over := errors.Is(got.err, fetch.ErrJobOver); over != (len(api.removed) == 1) {
						t.Errorf("removed %v", api.removed)
					}
					return
				}
				if got.err != nil {
					t.Fatal(got.err, api.asked)
				}
				wantIDs(t, got.ids, upTo(2*tt.api.files))
				polls := len(api.asked) - api.jobs - api.downloads - len(api.removed)
				if calls := fmt.Sprint(api.jobs, polls, api.downloads); calls != tt.want {
					t.Errorf("%s calls, want %s: %v", calls, tt.want, api.asked)
				}
				if p := got.last.Proof; p.By != paging.EndFiles || p.Records != int64(2*tt.api.files) || len(p.Doubts) > 0 {
					t.Errorf("proof %+v", p)
				}
				if !slices.Equal(api.removed, []string{"/exports/j1"}) {
					t.Errorf("removed %v", api.removed)
				}
				if strings.Contains(r.log.String(), "abcdefgh") {
					t.Errorf("the log has a signature:\n%s", r.log.String())
				}
			})
		})
	}
}

// TestExportSaysMore: what the answer that lists the files says against their being all
// there is makes the end doubtful, in a walk that goes on from any of its positions, too.
func TestExportSaysMore(t *testing.T) {
	for _, tt := range []struct{ name, beside, doubt string }{
		{"as many records", `, "rows_exported": 6, "file_count": 3, "total": 100, "error": null, "has_more": false, "next": null, "done": false`, ""},
		{"fewer records than came", `, "rows_exported": 5`, ""},
		{"more records", `, "rows_exported": 7`, "rows_exported beside export.links is 7, but the files of the job have 6 records"},
		{"more records, further in", `, "result": {"rowCount": "7"}`, "result.rowCount beside export.links is 7, but"},
		{"more files", `, "file_count": 4`, "file_count beside export.links is 4, but 3 files there"},
		{"an error", `, "errors": ["shard 2 failed"]`, `errors beside export.links is ["shard 2 failed"]`},
		{"a part", `, "partial": true`, "partial beside export.links is true"},
		{"a part of a job that has a name", `, "id": "j1", "partial": true`, "partial beside export.links is true"},
		{"more of the list", `, "IsTruncated": true`, "IsTruncated beside export.links is true"},
		{"a page after it", `, "nextPageToken": "xyz"`, "nextPageToken beside export.links is xyz"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				api := exports{files: 3, beside: tt.beside}
				stream := define(t, "", exported)[0]
				r := newRig(t, stream, &api)
				got := r.run(stream, paging.Position{})
				check := func(from string, got seen) {
					t.Helper()
					if got.err != nil {
						t.Fatal(got.err)
					}
					doubts := ""
					for _, d := range got.last.Proof.Doubts {
						doubts += d.String()
					}
					if !strings.HasPrefix(doubts, tt.doubt) || tt.doubt == "" && doubts != "" {
						t.Errorf("from %s: doubted by %q, want %q", from, doubts, tt.doubt)
					}
				}
				check("the start", got)
				for i, at := range got.nexts {
					at, _ := kept(t, at)
					check(fmt.Sprint("page ", i+1), r.run(stream, at))
				}
			})
		})
	}
}

// TestExportListsAFileTwice: a list that has one file twice may lack another.
func TestExportListsAFileTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := exports{files: 3, twice: true}
		stream := define(t, "", exported)[0]
		got := newRig(t, stream, &api).run(stream, paging.Position{})
		if got.err != nil || len(got.last.Proof.Doubts) != 1 {
			t.Fatalf("got %v and the doubts %v, want one", got.err, got.last.Proof.Doubts)
		}
		if text := got.last.Proof.Doubts[0].String(); !strings.Contains(text, "one file twice, https://store.test/j1/0") || strings.Contains(text, "abcdefgh") {
			t.Errorf("doubted by %s", text)
		}
		if !got.last.Follows {
			t.Error("the last file does not lie behind those before: keys that come again in it would be no matter")
		}
	})
}

// TestExportGoesOn proves that a walk goes on from each of its positions, in the same
// job.
func TestExportGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := exports{files: 3, pending: 2}
		stream := define(t, "", exported)[0]
		r := newRig(t, stream, &api)
		got := r.run(stream, paging.Position{})
		for i, at := range got.nexts {
			at, text := kept(t, at)
			if strings.Contains(text, "abcdefgh") {
				t.Errorf("the position has a signature: %s", text)
			}
			rest := r.run(stream, at)
			if rest.err != nil {
				t.Fatal(rest.err)
			}
			wantIDs(t, rest.ids, upTo(6)[got.upTo[i]:])
		}
		if api.jobs != 1 || len(got.nexts) != 3 {
			t.Errorf("%d jobs, %d positions", api.jobs, len(got.nexts))
		}
	})
}

// TestExportOfPages proves that a link may lead to several pages, and that a walk goes
// on from each of them.
func TestExportOfPages(t *testing.T) {
	pages := func(api *exports) http.RoundTripper {
		return transport(func(r *http.Request) (*http.Response, error) {
			if r.URL.Host != "store.test" {
				return api.RoundTrip(r)
			}
			api.asked = append(api.asked, r.URL.String())
			var job, file int
			_, _ = fmt.Sscanf(r.URL.Path, "/j%d/%d", &job, &file)
			page := 0
			_, _ = fmt.Sscan(r.URL.Query().Get("after"), &page)
			next := "null"
			if page < 2 {
				next = fmt.Sprint(page + 1)
			}
			return answer{status: 200, body: fmt.Sprintf(`{"data":[{"id":%d}],"next":%s}`, 3*file+page+1, next)}.response(r), nil
		})
	}
	synctest.Test(t, func(t *testing.T) {
		api := &exports{files: 3}
		stream := define(t, "", strings.Replace(exported, `records: "@this"`, "records: data, pagination: {type: cursor, next: next, param: after}", 1))[0]
		r := newRig(t, stream, pages(api))
		got := r.run(stream, paging.Position{})
		if got.err != nil {
			t.Fatal(got.err, api.asked)
		}
		wantIDs(t, got.ids, upTo(9))
		if p := got.last.Proof; p.By != paging.EndFiles || p.Records != 9 || p.Pages != 9 || len(p.Doubts) > 0 {
			t.Errorf("proof %+v", p)
		}
		for i, at := range got.nexts {
			at, _ := kept(t, at)
			rest := r.run(stream, at)
			if rest.err != nil {
				t.Fatal(rest.err)
			}
			wantIDs(t, rest.ids, upTo(9)[got.upTo[i]:])
		}
	})
}

// TestExportWithoutLinks proves that the answer of a job that is done is the file where
// the definition names no links, and that answers before it may be of any kind.
func TestExportWithoutLinks(t *testing.T) {
	const csv = "id,note\n1,a\n2,b\n"
	is := func(kind string) http.Header { return http.Header{"Content-Type": {kind}} }
	for _, tt := range []struct {
		name, done string
		polls      []answer
	}{
		{"by status", "", []answer{{202, "", nil}, {202, `{"state":"running"}`, is("application/json")}, {200, csv, is("text/csv")}}},
		{"by Content-Type", `done: "{{ 'csv' in headers['content-type'] }}"`, []answer{{200, `{"state":"running"}`, is("application/json")}, {200, csv, is("text/csv; charset=utf-8")}}},
		{"by body", `done: "{{ response.state is not defined }}"`, []answer{{200, `{"state":"running"}`, is("application/json")}, {200, csv, is("text/csv")}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				text := `records: "@this", decode: csv, export: {submit: {path: /exports}, poll: {path: "{{ job_headers.location }}"}`
				if tt.done != "" {
					text += ", " + tt.done
				}
				stream := define(t, "", text+"}")[0]
				api := &script{answers: append([]answer{{201, "", http.Header{"Location": {"../jobs/7?x=1"}}}}, tt.polls...)}
				dir := t.TempDir()
				j := openJournal(t, dir)
				for _, what := range []string{"live", "recorded"} {
					r := newRig(t, stream, api)
					w := r.walk(stream, paging.Position{})
					record(t, w, j).Only = what == "recorded"
					got := drain(t, w)
					if got.err != nil || !slices.Equal(got.ids, []string{`"1"`, `"2"`}) {
						t.Fatalf("%s: got %v and %v", what, got.ids, got.err)
					}
					j = reopened(t, dir, j)
				}
				if len(api.requests) != len(tt.polls)+1 || api.requests[1].URL.String() != "http://api.test/jobs/7?x=1" {
					t.Errorf("%d requests, the second for %s", len(api.requests), api.requests[1].URL)
				}
			})
		})
	}
}

// TestExportIsServed proves that the journal knows the files of a job whatever order the
// headers of its answer have, or its keys in a state that a database kept.
func TestExportIsServed(t *testing.T) { synctest.Test(t, testExportIsServed) }

func testExportIsServed(t *testing.T) {
	api := &exports{files: 3}
	headers := transport(func(r *http.Request) (*http.Response, error) {
		a, err := api.RoundTrip(r)
		for i := range 8 {
			a.Header.Set(fmt.Sprintf("X-Header-%d", i), "1")
		}
		return a, err
	})
	stream := define(t, "", exported)[0]
	dir := t.TempDir()
	j := openJournal(t, dir)
	w := newRig(t, stream, headers).walk(stream, paging.Position{})
	record(t, w, j)
	got := drain(t, w)
	if got.err != nil || api.downloads != 3 {
		t.Fatal(got.err, api.asked)
	}
	job := string(got.nexts[0].Export.Job)
	var members map[string]json.RawMessage
	if err := json.Unmarshal([]byte(job), &members); err != nil {
		t.Fatal(err)
	}
	moved := got.nexts[0]
	own := *moved.Export
	own.Job = fmt.Appendf(nil, `{"headers": %s, "at": %s, "answer": %s}`, members["headers"], members["at"], members["answer"])
	moved.Export = &own
	for name, at := range map[string]paging.Position{"from the start": {}, "from the state": got.nexts[0], "from a state in another order": moved} {
		j = reopened(t, dir, j)
		w := newRig(t, stream, headers).walk(stream, at)
		record(t, w, j).Only = true
		if again := drain(t, w); again.err != nil || len(again.ids) != 6 {
			t.Errorf("%s: %d records and %v", name, len(again.ids), again.err)
		}
	}
}

// TestExportInAnotherOrder proves that no file is lost, nor read twice, where polls list
// them in another order each time: in one walk they are read in the first one's, and a
// walk that goes on from a position asks for another job.
func TestExportInAnotherOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := &exports{files: 3, expires: 1, turns: true}
		stream := define(t, "", exported)[0]
		r := newRig(t, stream, api)
		got := r.run(stream, paging.Position{})
		slices.Sort(got.ids)
		if got.err != nil || !slices.Equal(got.ids, upTo(6)) {
			t.Fatalf("got %v and %v: %v", got.ids, got.err, api.asked)
		}
		at, _ := kept(t, got.nexts[1]) // behind the first file
		rest := r.run(stream, at)
		if e := failure(t, rest.err); e.Class != fetch.SessionLost || !strings.Contains(e.Error(), "in another order") {
			t.Errorf("got %v (%v)", e, e.Class)
		}
	})
}

// TestLinksElsewhere proves that an answer whose links lie elsewhere is told with the
// path to write.
func TestLinksElsewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stream := define(t, "", strings.Replace(exported, "files.#.url", "items.#.url", 1))[0]
		e := failure(t, newRig(t, stream, &exports{files: 2}).run(stream, paging.Position{}).err)
		if e.Class != fetch.Permanent || !strings.Contains(e.Error(), "URLs at files.#.url: write one of these paths") || strings.Contains(e.Error(), "abcdefgh") {
			t.Errorf("got %v", e)
		}
	})
}
