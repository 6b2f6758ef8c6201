package tap_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/tap-rest/tap-rest/tap"
	"github.com/tap-rest/tap-rest/testrig"
)

// dayFile is a file of a listing whose replication key is the day it is about.
type dayFile struct {
	account, name, day string
	etag               string
	status             int // of the answer to the file; 0: 200
}

// dayFiles lists files from a day on, three on a page, and has one record in each.
type dayFiles struct {
	mu       sync.Mutex
	files    []dayFile
	broken   bool     // the second page of the listing does not come
	signed   bool     // links are signed: those of the last answer are good
	answers  int      // of listings
	all      bool     // it lists all files, whatever day is asked for
	listed   []string // what listings were asked for
	asked    []string // names of files that were asked for
	answered int      // requests, listings too
	cutAt    int      // the request that finds nobody, and all after it; 0: none
}

func (a *dayFiles) RoundTrip(r *http.Request) (*http.Response, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.answered++; a.cutAt > 0 && a.answered >= a.cutAt {
		return nil, io.ErrUnexpectedEOF
	}
	if a.broken && r.URL.Query().Has("after") {
		return nil, io.ErrUnexpectedEOF
	}
	status, body, q := 200, "", r.URL.Query()
	if name, ok := strings.CutPrefix(r.URL.Path, "/get/"); ok {
		a.asked = append(a.asked, name)
		body = fmt.Sprintf(`[{"name":%q}]`, name)
		if a.signed && !strings.HasPrefix(q.Get("X-Amz-Signature"), "abcdefgh") {
			status = 403
		}
		for _, f := range a.files {
			if f.name == name && f.status != 0 {
				status = f.status
			}
		}
	} else {
		a.listed = append(a.listed, q.Get("since"))
		var from int
		_, _ = fmt.Sscan(q.Get("after"), &from)
		var items []string
		next := "null"
		a.answers++
		query := ""
		if a.signed {
			query = fmt.Sprintf("?X-Amz-Signature=abcdefgh%d", a.answers)
		}
		for i, f := range a.files {
			if i < from || q.Has("account") && f.account != q.Get("account") || !a.all && f.day != "" && f.day < q.Get("since") || q.Has("until") && f.day >= q.Get("until") {
				continue
			}
			if len(items) == 3 {
				next = fmt.Sprint(i)
				break
			}
			day := fmt.Sprintf("%q", f.day)
			if f.day == "" {
				day = "null"
			}
			items = append(items, fmt.Sprintf(`{"day":%s,"etag":%q,"url":"http://api.test/get/%s%s"}`, day, f.etag, f.name, query))
		}
		body = fmt.Sprintf(`{"data":[%s],"next":%s}`, strings.Join(items, ","), next)
	}
	return testrig.JSON(r, status, body), nil
}

// took returns the files that were asked for since the last call.
func (a *dayFiles) took() []string {
	asked := slices.Sorted(slices.Values(a.asked))
	a.asked, a.listed, a.answered = nil, nil, 0
	return asked
}

// dayStream is the definition of a stream of such files, with more keys.
func dayStream(incremental, more string) string {
	return `streams:
  - name: rows
    path: /files
    params: {since: "{{ window.start }}"}
    records: data
    replication_key: day
    incremental: {start: "2024-01-01", format: date` + incremental + `}
    pagination: {type: cursor, next: next, param: after}
    files: {link: "{{ record.url }}", keys: {etag: etag}}
    primary_key: [name]
    schema: {type: object}
` + more
}

func days(names ...string) (all []dayFile) {
	for _, name := range names {
		all = append(all, dayFile{name: name, day: "2024-01-" + name[:2], etag: "1"})
	}
	return all
}

// TestFilesOfDays: what the listing says of a file is the day that it is about. A file
// that comes late is read all the same, and none is read twice.
func TestFilesOfDays(t *testing.T) {
	for _, tt := range []struct {
		name        string
		incremental string
		all         bool
		runs        [][]dayFile // the listing in each run
		want        []string    // the files that each one reads
	}{
		{"one comes late", "", false, [][]dayFile{days("01", "02"), days("01", "02", "03"), days("01", "02", "03")}, []string{"01 02", "03", ""}},
		{"several of the last day", "", false, [][]dayFile{days("01a", "02a", "02b"), days("01a", "02a", "02b", "02c"), days("01a", "02a", "02b", "02c", "03a")}, []string{"01a 02a 02b", "02c", "03a"}},
		{"behind the lookback", ", lookback: 2d", false, [][]dayFile{days("01", "02", "04"), days("01", "02", "03", "04"), days("01a", "01", "02", "03", "04")}, []string{"01 02 04", "03", ""}},
		{"the key goes back, within the lookback", ", lookback: 2d", false, [][]dayFile{days("02", "04"), {{name: "02", day: "2024-01-02", etag: "1"}, {name: "04", day: "2024-01-03", etag: "1"}}}, []string{"02 04", "04"}},
		{"changed, as a key says", "", false, [][]dayFile{days("01", "02"), {{name: "01", day: "2024-01-01", etag: "2"}, {name: "02", day: "2024-01-02", etag: "2"}}}, []string{"01 02", "02"}},
		{"nothing, and then a file", "", false, [][]dayFile{nil, days("01"), days("01")}, []string{"", "01", ""}},
		{"a run without news", "", false, [][]dayFile{days("01", "02"), nil, days("01", "02", "03")}, []string{"01 02", "", "02 03"}},
		{"in windows", ", window: 1y", false, [][]dayFile{days("01", "02"), days("01", "02", "03"), days("01", "02", "03")}, []string{"01 02", "03", ""}},
		{"in whole windows", ", window: 1mo, whole_windows: true", false, [][]dayFile{days("01", "02"), days("01", "02", "03"), days("01", "02", "03")}, []string{"01 02", "03", ""}},
		{"the API cannot filter", ", client_filter: true", true, [][]dayFile{days("01", "02", "03", "04", "05"), days("01", "02", "03", "04", "05", "05b", "06"), days("01", "02", "03", "04", "05", "05b", "06")}, []string{"01 02 03 04 05", "05b 06", ""}},
		{"a file that is always there without a day", "", false, [][]dayFile{append(days("01"), dayFile{name: "xx"}), append(days("01"), dayFile{name: "xx"})}, []string{"01 xx", "xx"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			api := &dayFiles{all: tt.all}
			s := setup{definition: dayStream(tt.incremental, ""), api: api, workDir: t.TempDir()}
			if strings.Contains(tt.incremental, "window:") {
				s.definition = strings.Replace(s.definition, "params: {", `params: {until: "{{ window.end }}", `, 1)
			}
			for i, listed := range tt.runs {
				api.files = listed
				r := s.must(t)
				s.state = r.state()
				asked := fmt.Sprint(api.listed)
				if got := strings.Join(api.took(), " "); got != tt.want[i] {
					t.Fatalf("run %d read %q, want %q; listings from %s\n%s\n%s", i+1, got, tt.want[i], asked, r.log, s.state)
				}
			}
		})
	}
}

// TestFilesOfAccounts: the listing is asked for by account, of each from where it was
// read. A setting that changes, as the list of accounts, makes other requests of them:
// all is read again.
func TestFilesOfAccounts(t *testing.T) {
	api := &dayFiles{files: []dayFile{{account: "eu", name: "e1", day: "2024-01-01"}, {account: "eu", name: "e5", day: "2024-01-05"}, {account: "us", name: "u5", day: "2024-01-05"}, {account: "jp", name: "j1", day: "2024-01-01"}}}
	s := setup{definition: strings.Replace(dayStream("", "    partition_by: [{name: account, values: \"{{ config.accounts }}\"}]\n"), `params: {`, `params: {account: "{{ partition.account }}", `, 1),
		api: api, workDir: t.TempDir(), config: `{"accounts": ["eu", "us"]}`}
	s.head = strings.Replace(head, "  properties:", "  properties:\n    accounts: {type: array, items: {type: string}}", 1)
	for i, want := range []string{"e1 e5 u5", "", "e6", "e1 e5 e6 j1 u5"} {
		switch i {
		case 2:
			api.files = append(api.files, dayFile{account: "eu", name: "e6", day: "2024-01-06"})
		case 3:
			s.config = `{"accounts": ["eu", "jp", "us"]}`
		}
		r := s.must(t)
		s.state = r.state()
		asked := fmt.Sprint(api.listed)
		if got := strings.Join(api.took(), " "); got != want {
			t.Fatalf("run %d read %q, want %q; listings from %s\n%s\n%s", i+1, got, want, asked, r.log, s.state)
		}
	}
}

// TestFilesOwed: a file that was refused is asked for again in each run until it comes,
// and the others are not.
func TestFilesOwed(t *testing.T) {
	api := &dayFiles{files: days("01", "02", "03")}
	s := setup{definition: dayStream("", ""), api: api, workDir: t.TempDir()}
	for i, want := range []string{"01 02 03", "02", "02 04", ""} {
		api.files[1].status = 403
		if i == 2 {
			api.files = append(api.files, days("04")...)
			api.files[1].status = 0
		}
		if i == 3 {
			api.files[1].status = 0
		}
		r := s.run(t)
		if (r.err != nil) != (i < 2) {
			t.Errorf("run %d: %v", i+1, r.err)
		}
		s.state = r.state()
		if got := strings.Join(api.took(), " "); got != want {
			t.Fatalf("run %d read %q, want %q\n%s\n%s", i+1, got, want, r.log, s.state)
		}
	}
}

// TestFilesSignedOwed: of a file that failed, the state has no link. So the listing is
// asked for it again, and for no other.
func TestFilesSignedOwed(t *testing.T) {
	for _, status := range []int{403, 404, 503} {
		for _, stream := range []string{dayStream("", ""), dayStream(", lookback: 1d", "")} {
			t.Run(fmt.Sprint(status, strings.Contains(stream, "lookback")), func(t *testing.T) {
				api := &dayFiles{files: days("01", "02", "03", "04", "05"), signed: true}
				s := setup{definition: stream, api: api, workDir: t.TempDir()}
				s.head = strings.Replace(head, "attempts: 2", "attempts: 1, cool_downs: 0", 1)
				for i, want := range []string{"01 02 03 04 05", "02", "02 06", ""} {
					if api.files[1].status = status; i > 1 {
						api.files[1].status = 0
					}
					if i == 2 {
						api.files = append(api.files, days("06")...)
					}
					r := s.run(t)
					if (r.err != nil) != (i < 2) {
						t.Errorf("run %d: %v", i+1, r.err)
					}
					if strings.Contains(r.log+r.state(), "abcdefgh") {
						t.Errorf("a signature is in %s\n%s", r.log, r.state())
					}
					s.state = r.state()
					got := slices.Compact(api.took()) // what failed for now is tried again in the same run
					if strings.Join(got, " ") != want {
						t.Fatalf("run %d read %q, want %q\n%s\n%s", i+1, got, want, r.log, s.state)
					}
				}
			})
		}
	}
}

// TestFilesCutAtEachRequest cuts a run at each of its requests, with and without a
// journal, and the one after it too: all files come, and the run after reads none.
func TestFilesCutAtEachRequest(t *testing.T) {
	for n := range 4 {
		off, signed := n%2 == 1, n > 1
		for cut := 1; cut < 12; cut++ {
			t.Run(fmt.Sprintf("journal off %v, signed %v, cut at %d", off, signed, cut), func(t *testing.T) {
				t.Parallel()
				api := &dayFiles{files: days("01", "02", "03", "04", "05", "06", "06b"), cutAt: cut, signed: signed}
				s := setup{definition: dayStream(", lookback: 1d", ""), api: api, workDir: t.TempDir(),
					config: fmt.Sprintf(`{"run": {"concurrency": 1, "flush": {"responses": 1}, "journal": {"off": %v}}}`, off)}
				s.head = strings.Replace(head, "attempts: 2", "attempts: 1, cool_downs: 0", 1)
				came := map[string]int{}
				for range 4 {
					r := s.run(t)
					for _, rec := range r.records("rows") {
						came[rec]++
					}
					if state := r.state(); state != "" {
						s.state = state
					}
					if api.took(); api.cutAt == cut && cut > 2 {
						api.cutAt = 2
						continue
					}
					api.cutAt = 0
				}
				if len(came) != 7 {
					t.Errorf("%d of 7 files came: %v", len(came), came)
				}
				if off {
					for rec, n := range came {
						if n > 2 {
							t.Errorf("%s came %d times", rec, n)
						}
					}
				}
				r := s.must(t)
				if got := api.took(); len(got) > 0 {
					t.Errorf("a run without news read %v\n%s\n%s", got, r.log, s.state)
				}
			})
		}
	}
}

// TestFilesWithoutKey: of records of the listing that lack the replication key, as of
// all of them, a run says that their files are read again each time.
func TestFilesWithoutKey(t *testing.T) {
	for _, tt := range []struct {
		name, incremental string
		files             []dayFile
		want              string
	}{
		{"none has it", "", []dayFile{{name: "a"}, {name: "b"}}, "records=2 of=2"},
		{"some have it", "", append(days("01", "02"), dayFile{name: "a"}), "records=1 of=3"},
		{"in windows", ", window: 1y", append(days("01"), dayFile{name: "a"}), "records="},
		{"all have it", "", days("01", "02"), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := setup{definition: dayStream(tt.incremental, ""), api: &dayFiles{files: tt.files}, workDir: t.TempDir()}
			if strings.Contains(tt.incremental, "window:") {
				s.definition = strings.Replace(s.definition, "params: {", `params: {until: "{{ window.end }}", `, 1)
			}
			r := s.must(t)
			n := strings.Count(r.log, "records of the listing have no replication key")
			if tt.want == "" && n != 0 || tt.want != "" && (n != 1 || !strings.Contains(r.log, tt.want)) {
				t.Errorf("%d warnings, want %q\n%s", n, tt.want, r.log)
			}
		})
	}
}

// TestFilesMessages: what is said of files speaks of files and of their listing, and not
// of the stream and the partitions that they are inside.
func TestFilesMessages(t *testing.T) {
	for _, tt := range []struct {
		name, files, want string
		broken            bool // the listing's second page
	}{
		{"no link", `{link: "{{ record.nope }}"}`, "files: a record of the listing: the link to its file: it has none: where that is right, files.when leaves such records out", false},
		{"a link that is null", `{link: "{{ none if record.url else 'x' }}"}`, "the link to its file: it has none", false},
		{"no key", `{link: "{{ record.url }}", keys: {a: nope}}`, "files: a record of the listing: the record has no nope (keys.a)", false},
		{"no when", `{link: "{{ record.url }}", when: "{{ record.nope }}"}`, "files.when: {{ record.nope }} is true for none of the 4 records of the listing that came", false},
		{"a listing that breaks off", `"{{ record.url }}"`, "the listing of its files was not read to its end", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			api := &dayFiles{files: days("01", "02", "03", "04"), broken: tt.broken}
			s := setup{definition: strings.Replace(dayStream("", ""), `{link: "{{ record.url }}", keys: {etag: etag}}`, tt.files, 1), api: api, workDir: t.TempDir()}
			s.head = strings.Replace(head, "attempts: 2", "attempts: 1, cool_downs: 0", 1)
			r := s.run(t)
			text := r.log + r.account.String()
			if !strings.Contains(text, tt.want) || strings.Contains(text, "partition_by") || strings.Contains(text, "parent") || strings.Contains(text, "children") {
				t.Errorf("want %q, got\n%s", tt.want, text)
			}
		})
	}
}

// TestFilesIsOneStream: nobody knows the listing as a stream.
func TestFilesIsOneStream(t *testing.T) {
	s := setup{definition: dayStream("", ""), api: &dayFiles{files: days("01")}, workDir: t.TempDir()}
	o := s.options(t, io.Discard, io.Discard)
	if got := o.Definition.Names(); !slices.Equal(got, []string{"rows"}) {
		t.Errorf("streams %v", got)
	}
	if _, err := tap.Preview(t.Context(), o, "rows (listing)", 1); err == nil || !strings.Contains(err.Error(), `has no stream "rows (listing)"; it has rows`) {
		t.Errorf("preview: %v", err)
	}
	if look, err := tap.Preview(t.Context(), o, "rows", 1); err != nil || len(look.Records) != 1 {
		t.Errorf("preview of the stream: %v %v", look, err)
	}
}

// foreignListing answers with the listing of dayFiles as S3 has it, or as GraphQL.
type foreignListing struct {
	dayFiles
	xml bool
}

func (a *foreignListing) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasPrefix(r.URL.Path, "/get/") {
		return a.dayFiles.RoundTrip(r)
	}
	var asked struct {
		Variables struct{ Since, After string }
	}
	if !a.xml {
		if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
			return nil, err
		}
	} else {
		asked.Variables.After = r.URL.Query().Get("continuation-token")
	}
	var from int
	_, _ = fmt.Sscanf(asked.Variables.After, "after-%d", &from)
	var nodes, contents []string
	for i, f := range a.files {
		if i < from || i >= from+3 || f.day < asked.Variables.Since {
			continue
		}
		nodes = append(nodes, fmt.Sprintf(`{"day":%q,"etag":"1","url":"/get/%s"}`, f.day, f.name))
		contents = append(contents, fmt.Sprintf("<Contents><Key>get/%s</Key><LastModified>%sT00:00:00.000Z</LastModified><ETag>&quot;1&quot;</ETag></Contents>", f.name, f.day))
	}
	more, kind := from+3 < len(a.files), "application/json"
	body := fmt.Sprintf(`{"data":{"files":{"nodes":[%s],"pageInfo":{"hasNextPage":%v,"endCursor":"after-%d"}}}}`, strings.Join(nodes, ","), more, from+3)
	if a.xml {
		next := ""
		if more {
			next = fmt.Sprintf("<NextContinuationToken>after-%d</NextContinuationToken>", from+3)
		}
		kind, body = "application/xml", "<ListBucketResult>"+strings.Join(contents, "")+next+"</ListBucketResult>"
	}
	return testrig.Answer(r, 200, body, "Content-Type", kind), nil
}

// TestFilesOfForeignListings: the listing is that of S3, in XML, which cannot say what is
// new, or it is asked for by GraphQL.
func TestFilesOfForeignListings(t *testing.T) {
	for name, stream := range map[string]string{
		"S3": `streams:
  - name: rows
    path: /
    params: {list-type: 2}
    records: ListBucketResult.Contents
    pagination: {type: cursor, next: ListBucketResult.NextContinuationToken, param: continuation-token}
    replication_key: LastModified
    incremental: {client_filter: true}
    files: {link: "/{{ record.Key | urlencode }}", keys: {etag: ETag}, listing_decode: xml}
    primary_key: [name]
    schema: {type: object}
`,
		"GraphQL": `streams:
  - name: rows
    path: /graphql
    body: {graphql: {query: "query($since: String, $after: String) { files(since: $since, after: $after) { nodes { url day etag } pageInfo { hasNextPage endCursor } } }", variables: {since: "{{ window.start }}"}}}
    records: data.files.nodes
    pagination: {type: relay, connection: data.files}
    replication_key: day
    incremental: {start: "2024-01-01", format: date}
    files: {link: "{{ record.url }}", keys: {etag: etag}}
    primary_key: [name]
    schema: {type: object}
`} {
		t.Run(name, func(t *testing.T) {
			api := &foreignListing{dayFiles: dayFiles{files: days("01", "02", "03", "04")}, xml: name == "S3"}
			s := setup{definition: stream, api: api, workDir: t.TempDir()}
			for i, want := range []string{"01 02 03 04", "04b 05", ""} {
				if i == 1 {
					api.files = append(api.files, days("04b", "05")...)
				}
				r := s.must(t)
				s.state = r.state()
				if got := strings.Join(api.took(), " "); got != want {
					t.Fatalf("run %d read %q, want %q\n%s\n%s", i+1, got, want, r.log, s.state)
				}
			}
		})
	}
}
