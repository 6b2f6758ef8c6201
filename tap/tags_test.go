package tap_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	disk "github.com/tap-rest/tap-rest/sources/fetch/recorded"
	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/state/journal"
	"github.com/tap-rest/tap-rest/tap"
	"github.com/tap-rest/tap-rest/tap/certificate"
	"github.com/tap-rest/tap-rest/testrig"
)

// tagging is an API of a list that says which of its pages have changed: by ETag,
// or with dated by Last-Modified.
type tagging struct {
	mu      sync.Mutex
	rows    []string // of each, what it is
	changed []int    // of each page, when it last did
	clock   int
	dated   bool
	asked   []string // URLs, with what the answer was
}

const taggedSize = 3

// set makes a row another one, or a new one.
func (a *tagging) set(i int, text string) {
	a.clock++
	for len(a.rows) <= i {
		a.rows = append(a.rows, "")
	}
	for a.rows[i] = text; len(a.changed) <= len(a.rows)/taggedSize; {
		a.changed = append(a.changed, a.clock)
	}
	for page := max(0, i/taggedSize-1); page < len(a.changed); page++ { // the page before may name a next one now
		if page == i/taggedSize || page+1 == i/taggedSize && i%taggedSize == 0 || i == len(a.rows)-1 {
			a.changed[page] = a.clock
		}
	}
}

func (a *tagging) RoundTrip(r *http.Request) (*http.Response, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	page, _ := strconv.Atoi(r.URL.Query().Get("page"))
	var rows []string
	for i := page * taggedSize; i < min(len(a.rows), (page+1)*taggedSize); i++ {
		rows = append(rows, fmt.Sprintf(`{"id":%d,"is":%q}`, i, a.rows[i]))
	}
	next := "null"
	if (page+1)*taggedSize < len(a.rows) {
		next = fmt.Sprintf(`"%d"`, page+1)
	}
	body := fmt.Sprintf(`{"data":[%s],"next":%s,"pages":%d}`, strings.Join(rows, ","), next, (len(a.rows)+taggedSize-1)/taggedSize)
	res := &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, Request: r, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}
	name, value, condition := "Etag", fmt.Sprintf(`"%x"`, sha256.Sum256([]byte(body))), "If-None-Match"
	if a.dated {
		name, condition = "Last-Modified", "If-Modified-Since"
		value = time.Unix(0, 0).UTC().Add(time.Duration(a.changed[min(page, len(a.changed)-1)]) * time.Second).Format(http.TimeFormat)
	}
	res.Header.Set(name, value)
	if r.Header.Get(condition) == value {
		res.StatusCode, body = 304, ""
		res.Header.Del("Content-Type")
	}
	a.asked = append(a.asked, fmt.Sprint(page, " ", res.StatusCode))
	res.Body, res.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
	return res, nil
}

// took returns what was asked since the last call.
func (a *tagging) took() string {
	asked := strings.Join(a.asked, ", ")
	a.asked = nil
	return asked
}

func newTagging(rows int) *tagging {
	a := &tagging{}
	for i := range rows {
		a.set(i, "first")
	}
	return a
}

const tagged = `streams: [{name: x, path: /x, records: data, primary_key: [id], etag: true, pagination: {type: cursor, next: next, param: page}, schema: {type: object}}]`

// TestETag: pages that did not change are not sent again, and lead on to the next.
func TestETag(t *testing.T) {
	for _, dated := range []bool{false, true} {
		api := newTagging(8)
		api.dated = dated
		s := setup{workDir: memoryFolder(t), api: api, definition: tagged}
		step := func(name, asked string, records int) result {
			t.Helper()
			r := s.must(t)
			if got := api.took(); got != asked || len(r.records("x")) != records {
				t.Errorf("dated %v: %s: asked %s, want %s; %d records, want %d", dated, name, got, asked, len(r.records("x")), records)
			}
			return r
		}
		s.state = step("the first pass", "0 200, 1 200, 2 200", 8).state()
		r := step("nothing has changed", "0 304, 1 304, 2 304", 0)
		if text := r.account.String(); !strings.Contains(text, "8 records are of answers that did not change, and did not come again (etag)") || !strings.Contains(text, "complete") {
			t.Errorf("the account says\n%s", text)
		}
		s.state = r.state()
		api.set(4, "other")
		s.state = step("one page has changed", "0 304, 1 200, 2 304", 3).state()
		s.state = step("and is known", "0 304, 1 304, 2 304", 0).state()
		for i := 8; i < 10; i++ {
			api.set(i, "new")
		}
		if dated { // the date of a page is that of its rows, and of whether there is a next one
			step("the list has grown", "0 304, 1 200, 2 200, 3 200", 7)
		} else {
			step("the list has grown", "0 200, 1 200, 2 200, 3 200", 10) // each page says how many there are
		}
	}
}

// TestETagAsksForEverything: where the records would be missing.
func TestETagAsksForEverything(t *testing.T) {
	const all, none = "0 200, 1 200", "0 304, 1 304"
	for _, tt := range []struct {
		name, want string
		change     func(s *setup, api *tagging)
	}{
		{"nothing is different", none, func(*setup, *tagging) {}},
		{"the state is lost", all, func(s *setup, _ *tagging) { s.state = "" }},
		{"the store is lost", all, func(s *setup, _ *tagging) { s.workDir = memoryFolder(t) }},
		{"the store is damaged", all, func(s *setup, _ *tagging) {
			files, _ := filepath.Glob(filepath.Join(s.workDir, "*", "tags", "*", "*", "*.tags"))
			for _, name := range files {
				text, _ := os.ReadFile(name)
				text[len(text)/2] ^= 1
				testrig.Write(t, name, text)
			}
			if len(files) != 1 {
				t.Fatalf("files: %v", files)
			}
		}},
		{"a page left that is what it was again, and the state is lost", all, func(s *setup, api *tagging) {
			s.config = `{"run": {"journal": {"off": true}}}`
			api.set(4, "other")
			s.must(t)
			api.set(4, "first")
			api.took()
		}},
		{"nothing left, and the state is lost", none, func(s *setup, api *tagging) {
			s.config = `{"run": {"journal": {"off": true}}}`
			s.must(t)
			api.took()
		}},
		{"records leave otherwise", all, func(s *setup, _ *tagging) {
			s.definition = strings.Replace(s.definition, "etag: true", "etag: true, add: {more: 1}", 1)
		}},
		{"the definition does not say so", all, func(s *setup, _ *tagging) {
			s.definition = strings.Replace(s.definition, "etag: true", "etag: false", 1)
		}},
		{"tables are activated", all, func(s *setup, _ *tagging) { s.config = `{"run": {"activate_version": true}}` }},
		{"children need the records", all + ", 0 200", func(s *setup, _ *tagging) {
			s.definition = strings.TrimSuffix(s.definition, "]") + `, {name: y, path: /y, params: {page: "{{ 9 + 0 * partition.x }}"}, records: data, primary_key: [id], schema: {type: object}, partition_by: [{parent: x, keys: {x: id}, when: "{{ record.id == 1 }}"}]}]`
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			api := newTagging(6)
			s := setup{workDir: memoryFolder(t), api: api, definition: tagged}
			s.state = s.must(t).state()
			api.took()
			tt.change(&s, api)
			r := s.run(t)
			if got := api.took(); strings.Contains(got, "304") != (tt.want == none) || strings.Count(got, ",") != strings.Count(tt.want, ",") || r.err != nil { // children begin before the second page
				t.Errorf("asked %s, want %s; %v", got, tt.want, r.err)
			}
		})
	}
}

// TestETagLives: runs over an API whose rows change, of which some are cut, and whose
// states are lost now and then: once a pass is over, the target has what the API has.
func TestETagLives(t *testing.T) {
	ways := []string{`{type: cursor, next: next, param: page}`, `{type: page, param: page, start: 0, total_pages: pages}`, `{type: page, param: page, start: 0}`}
	saved, lives := 0, 10
	if os.Getenv("TAP_REST_FULL_TESTS") != "" {
		lives = 300
	}
	for seed := range uint64(lives) {
		rnd := rand.New(rand.NewPCG(seed, 6))
		api := newTagging(1 + rnd.IntN(20))
		api.dated = seed%3 == 0
		s := setup{workDir: memoryFolder(t), api: api, definition: strings.Replace(tagged, ways[0], ways[rnd.IntN(len(ways))], 1)}
		target, states := map[int]string{}, []string{""}
		for range 25 {
			for range rnd.IntN(3) {
				api.set(rnd.IntN(len(api.rows)+1), fmt.Sprint("now ", rnd.IntN(3))) // or what it was before
			}
			s.state = states[len(states)-1]
			if rnd.IntN(6) == 0 { // the target has lost what came since
				s.state = states[rnd.IntN(len(states))]
			}
			s.config = fmt.Sprintf(`{"run": {"flush": {"responses": 1}, "journal": {"off": %v}}}`, rnd.IntN(2) == 0)
			cut := rnd.IntN(3) == 0
			if cut {
				s.config = fmt.Sprintf(`{"run": {"flush": {"responses": 1}, "max_requests": %d, "journal": {"off": %v}}}`, 1+rnd.IntN(4), rnd.IntN(2) == 0)
			}
			r := s.run(t)
			if r.err != nil {
				t.Fatalf("seed %d: %v\n%s", seed, r.err, r.log)
			}
			// The target stores what lies before one of the states, and that.
			upTo := len(r.lines)
			if rnd.IntN(4) == 0 {
				upTo = rnd.IntN(len(r.lines) + 1)
			}
			last := ""
			for _, l := range r.lines[:upTo] {
				switch l.Type {
				case "RECORD":
					var row struct {
						ID int
						Is string
					}
					if err := json.Unmarshal(l.Record, &row); err != nil {
						t.Fatal(err)
					}
					target[row.ID] = row.Is
				case "STATE":
					last = string(l.Value)
				}
			}
			if last != "" {
				states = append(states, last)
			}
			saved += strings.Count(api.took(), "304")
			// Passes that went on read some pages as they were before.
			if r.account.Streams[0].Status() != "complete" || upTo < len(r.lines) || strings.Contains(s.state, `"open"`) || strings.Contains(r.log, "from the journal") {
				continue
			}
			for i, want := range api.rows {
				if target[i] != want {
					t.Fatalf("seed %d: row %d is %q at the API, and %q at the target\n%s", seed, i, want, target[i], r.log)
				}
			}
		}
	}
	if saved < 5*lives {
		t.Errorf("only %d pages did not come again", saved)
	}
}

// TestETagOfNoAnswer: where the API says nothing by which to ask only for what has
// changed, the account says that etag is of no use; where it does, it says nothing.
func TestETagOfNoAnswer(t *testing.T) {
	for _, silent := range []bool{true, false} {
		api := newTagging(8)
		s := setup{workDir: memoryFolder(t), definition: tagged, api: transport(func(r *http.Request) (*http.Response, error) {
			resp, err := api.RoundTrip(r)
			if silent {
				resp.Header.Del("Etag")
			}
			return resp, err
		})}
		for range 2 {
			r := s.must(t)
			s.state = r.state()
			const want = "x: 3 pages have neither ETag nor Last-Modified: they come again in each run, as without etag\n"
			if text := r.account.String(); strings.Contains(text, want) != silent || strings.Contains(text, "Last-Modified") != silent {
				t.Errorf("silent %v:\n%s", silent, text)
			}
		}
	}
}

// TestETagInReplay: the journal has that pages did not change, and shows it; a replay
// emits what came.
func TestETagInReplay(t *testing.T) {
	api := newTagging(8)
	s := setup{workDir: memoryFolder(t), api: api, definition: tagged}
	s.state = s.must(t).state()
	api.set(4, "other")
	s.must(t)
	var out, logged bytes.Buffer
	o := s.options(t, &out, &logged)
	o.Replay, o.State = true, &state.State{}
	account, err := tap.Sync(t.Context(), o)
	if got := testrig.ReadLines(t, out.Bytes()).Records("x"); err != nil || len(got) != 3 {
		t.Fatalf("got %v, %v\n%s", got, err, &logged)
	}
	if c := account.Streams[0].Certificate; c.Records != 8 || c.Keys.Came != 3 || c.Held[certificate.CheckKeys] != 0 {
		t.Errorf("got the certificate %+v", c)
	}
	dir, err := tap.FindSource(o)
	if err != nil {
		t.Fatal(err)
	}
	j, err := journal.OpenReadOnly(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	same := 0
	if err := j.Each(func(e *journal.Exchange) error {
		if shown, err := disk.Show(e); e.Status == 304 && err == nil && strings.Contains(shown.LeftOut, "did not change") {
			same++
		}
		return nil
	}); err != nil || same != 2 {
		t.Errorf("%d exchanges are shown as unchanged, %v", same, err)
	}
}

// TestETagKeepsNoSecret: of an answer that echoes a secret no tag is kept, so it
// comes again.
func TestETagKeepsNoSecret(t *testing.T) {
	const token = "s3cr3t-token-of-shop"
	calls := 0
	s := setup{
		workDir: memoryFolder(t), definition: tagged, config: `{"token": "` + token + `"}`,
		head: strings.Replace(head, "start: {type: string}", "token: {type: string, secret: true}", 1),
		api: transport(func(r *http.Request) (*http.Response, error) {
			if calls++; r.Header.Get("If-None-Match") != "" {
				t.Error("an answer with a secret is asked for by its tag")
			}
			a := replies{answers: []endAnswer{{Status: 200, Headers: map[string]string{"Etag": `"1"`}, Body: json.RawMessage(`{"data":[{"id":1}],"self":"/x?token=` + token + `"}`)}}}
			return a.RoundTrip(r)
		}),
	}
	s.state = s.must(t).state()
	s.must(t)
	err := filepath.WalkDir(s.workDir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			if text, _ := os.ReadFile(path); bytes.Contains(text, []byte(token)) {
				t.Errorf("%s holds the secret", path)
			}
		}
		return err
	})
	if err != nil || calls != 2 {
		t.Errorf("%d calls, %v", calls, err)
	}
}
