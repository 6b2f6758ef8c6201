package fetch_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/tidwall/gjson"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/sources/apitest/coding"
	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/state/journal"
)

// record makes a walk keep its exchanges in a journal, in a pass of its own.
func record(t testing.TB, w *fetch.Walk, j *journal.Journal) *fetch.Recording {
	t.Helper()
	if err := j.Passes.Begin(journal.Pass{ID: "pass", Stream: "s0", Begun: time.Now()}); err != nil {
		t.Fatal(err)
	}
	rec := &fetch.Recording{Journal: j, Pass: "pass", Partition: "all"}
	w.Record(rec)
	return rec
}

func openJournal(t testing.TB, dir string) *journal.Journal {
	t.Helper()
	j, err := journal.Open(dir, journal.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	return j
}

// reopened is the journal as another run finds it.
func reopened(t testing.TB, dir string, j *journal.Journal) *journal.Journal {
	t.Helper()
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	return openJournal(t, dir)
}

// TestWalkIsServed: another walk gets every page from the journal, and makes no
// request; what it hands out is the same.
func TestWalkIsServed(t *testing.T) {
	everyStyle(t, func(t *testing.T, s style, stream *sources.Stream, want []string) {
		dir := t.TempDir()
		j := openJournal(t, dir)
		api, transport := s.api()
		first := newRig(t, stream, transport)
		w := first.walk(stream, paging.Position{})
		record(t, w, j)
		live := drain(t, w)
		j = reopened(t, dir, j)
		calls := api.Count()

		r := newRig(t, stream, transport)
		w = r.walk(stream, paging.Position{})
		record(t, w, j).Only = true
		got := drain(t, w)
		if got.err != nil || api.Count() != calls {
			t.Errorf("got %v and %d requests, want none", got.err, api.Count()-calls)
		}
		wantIDs(t, got.ids, want)
		if !slices.EqualFunc(got.nexts, live.nexts, samePosition) {
			t.Errorf("positions differ: %v, want %v", got.nexts, live.nexts)
		}
		if n := r.counters.Saved.Exchanges.Load(); n != int64(calls) {
			t.Errorf("%d were recalled, want %d", n, calls)
		}
		if a, b := got.last.Exchange, live.last.Exchange; !a.At.Equal(b.At) || a.RequestID != b.RequestID || a.Attempts != b.Attempts || a.Status != b.Status || a.Took != b.Took {
			t.Errorf("the last page came as\n%+v, want\n%+v", a, b)
		}
	})
}

// TestReload reads spooled pages back.
func TestReload(t *testing.T) {
	for _, encoding := range []string{"", "gzip", "zstd", "br"} {
		c := orders(25, func(c *apitest.Collection) { c.Encoding = coding.Named(encoding) })
		stream := define(t, "", `path: /orders, pagination: {type: cursor, next: next_page, param: cursor}`)[0]
		r := newRig(t, stream, apitest.New().Add(c))
		j := openJournal(t, t.TempDir())
		w := r.walk(stream, paging.Position{})
		record(t, w, j)
		var pages []*fetch.Page
		var want []string
		for {
			page, err := w.Next(context.Background())
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			for i := range page.Records.Len() {
				want = append(want, string(page.Records.Record(i)))
			}
			full := page.Held()
			if page.Spool(); !page.Spooled() || page.Held() >= full {
				t.Errorf("%s: a spooled page holds %d bytes, a whole one %d", encoding, page.Held(), full)
			}
			pages = append(pages, page)
		}
		var got []string
		for _, page := range pages {
			if err := r.client.Reload(context.Background(), j, page, newSplitter(t, stream.Records)); err != nil {
				t.Fatal(err)
			}
			for i := range page.Records.Len() {
				got = append(got, string(page.Records.Record(i)))
			}
			if page.Header.Get("Date") == "" {
				t.Errorf("%s: a page that was read back has no headers", encoding)
			}
			page.Release()
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %d records, want the %d that came", encoding, len(got), len(want))
		}
	}
}

// TestServedOnlyForTheSameRequest: what makes a request another one, and what
// does not.
func TestServedOnlyForTheSameRequest(t *testing.T) {
	const base = `path: /orders, params: {a: "1"}, headers: {X-A: "1"}, body: {json: {a: 1}}, method: POST`
	for _, test := range []struct {
		name, stream string
		served       bool
	}{
		{"the same", base, true},
		{"another schema", base + `, schema: {type: object}`, true},
		{"a param", strings.Replace(base, `params: {a: "1"`, `params: {a: "2"`, 1), false},
		{"a header", strings.Replace(base, `X-A: "1"`, `X-A: "2"`, 1), false},
		{"a header more", strings.Replace(base, `X-A: "1"`, `X-A: "1", X-B: "1"`, 1), false},
		{"a body", strings.Replace(base, `{json: {a: 1}}`, `{json: {a: 2}}`, 1), false},
		{"a path", strings.Replace(base, `/orders`, `/orders/`, 1), false},
		{"a method", strings.Replace(base, `POST`, `PUT`, 1), false},
	} {
		t.Run(test.name, func(t *testing.T) {
			answers := &script{answers: []answer{{200, `{"data":[{"id":1}]}`, nil}}}
			j := openJournal(t, t.TempDir())
			for i, text := range []string{base, test.stream} {
				stream := define(t, "", text)[0]
				w := newRig(t, stream, answers).walk(stream, paging.Position{})
				record(t, w, j)
				wantIDs(t, drain(t, w).ids, []string{"1"})
				if want := 1 + i; i > 0 && !test.served && len(answers.requests) != want || test.served && len(answers.requests) != 1 {
					t.Errorf("%d requests were made", len(answers.requests))
				}
			}
		})
	}
}

// TestRecordedButNotWhatItShouldBe: an exchange whose proof fails today is asked
// for again, once, and what is behind it with it.
func TestRecordedButNotWhatItShouldBe(t *testing.T) {
	api, transport := styles[1].api()
	stream := define(t, "", styles[1].stream)[0]
	dir := t.TempDir()
	j := openJournal(t, dir)
	w := newRig(t, stream, transport).walk(stream, paging.Position{})
	record(t, w, j)
	drain(t, w)
	// Another program, or another definition, found records where today's does not.
	place, digest, _ := j.Lookup(journal.Key{Pass: "pass", Partition: "all", N: 1})
	kept, in, err := j.Stream(place)
	if err != nil {
		t.Fatal(err)
	}
	_ = in.Close() // only its head is gone on with
	kept.Body, kept.Digest = []byte(`{"other":[]}`), digest
	kept.Header = http.Header{}
	if _, err := j.Append(kept); err != nil {
		t.Fatal(err)
	}
	for _, want := range []int{2, 0} { // and then it is there
		before := api.Count()
		w := newRig(t, stream, transport).walk(stream, paging.Position{})
		record(t, w, j)
		wantIDs(t, drain(t, w).ids, upTo(25))
		if got := api.Count() - before; got != want {
			t.Errorf("%d requests, want %d", got, want)
		}
	}
}

// TestStrangersHeadersAreNotOurs: an answer whose headers look like the
// journal's own does not get at secrets, nor elsewhere.
func TestStrangersHeadersAreNotOurs(t *testing.T) {
	stream := define(t, `auth: {type: bearer, token: "{{ config.token }}"}`, `path: /orders`)[0]
	header := http.Header{"Tap-Rest-Sealed": {"1"}, "Tap-Rest-Url": {"http://evil.test/"}}
	answers := &script{answers: []answer{{200, `{"data":[{"id":"{secret:0}"}]}`, header}}}
	j := openJournal(t, t.TempDir())
	for range 2 {
		w := newRig(t, stream, answers, "token", "hunter2hunter2").walk(stream, paging.Position{})
		record(t, w, j)
		if got := drain(t, w); got.err != nil || !slices.Equal(got.ids, []string{`"{secret:0}"`}) {
			t.Errorf("got %v, %v", got.ids, got.err)
		}
	}
	if len(answers.requests) != 1 {
		t.Errorf("%d requests, want 1", len(answers.requests))
	}
}

// TestUnkept: an answer that cannot be kept without its secrets is handed out
// all the same, and asked for again.
func TestUnkept(t *testing.T) {
	stream := define(t, `auth: {type: bearer, token: "{{ config.token }}"}`, `path: /orders`)[0]
	answers := &script{answers: []answer{{200, `{"data":[{"id":"{secret:0} hunter2hunter2"}]}`, nil}}}
	j := openJournal(t, t.TempDir())
	for n := range 2 {
		w := newRig(t, stream, answers, "token", "hunter2hunter2").walk(stream, paging.Position{})
		record(t, w, j)
		page, err := w.Next(context.Background())
		if err != nil || page.Unrecorded != nil || page.Recorded() {
			t.Fatalf("got %v, %v, recorded: %v", err, page.Unrecorded, page.Recorded())
		}
		if len(answers.requests) != n+1 {
			t.Errorf("%d requests, want %d", len(answers.requests), n+1)
		}
	}
}

// TestNoSecretOnDisk records answers that echo secrets in every spelling.
func TestNoSecretOnDisk(t *testing.T) {
	const secret = `s3 cr/et+"é&%`
	const password = "p:w d/2"
	auths := map[string]string{
		"bearer":            `auth: {type: bearer, token: "{{ config.key }}"}`,
		"basic":             `auth: {type: basic, username: user, password: "{{ config.password }}"}`,
		"api_key, query":    `auth: {type: api_key, in: query, name: api_key, value: "{{ config.key }}"}`,
		"api_key, a header": `auth: {type: api_key, in: header, name: X-Key, value: "{{ config.password }}"}`,
	}
	var common []string
	for _, s := range []string{secret, password} {
		common = append(common, s, url.QueryEscape(s), url.PathEscape(s), strings.ReplaceAll(url.QueryEscape(s), "+", "%20"),
			strings.ToLower(url.QueryEscape(s)))
	}
	written := slices.Concat(common, []string{`s3 cr/et+\"\u00e9\u0026%`, `s3 cr/et+\"é\u0026%`, `s3 cr/et+\"\u00e9&%`, `s3 cr\/et+\"é&%`})
	for name, auth := range auths {
		for _, encoding := range []string{"", "gzip"} {
			t.Run(name+" "+encoding, func(t *testing.T) {
				dir := t.TempDir()
				stream := define(t, auth, `path: /orders, pagination: {type: next_url, next: next}`)[0]
				spellings := common
				if name == "basic" {
					spellings = append(slices.Clip(spellings), base64.StdEncoding.EncodeToString([]byte("user:"+password)))
				}
				n := 0
				echo := transport(func(r *http.Request) (*http.Response, error) {
					n++
					all, _ := json.Marshal(spellings)
					next := fmt.Sprintf(`"http://api.test/orders?n=%d&echo=%s&echo=%s"`, n, url.QueryEscape(secret), strings.ReplaceAll(url.QueryEscape(password), "+", "%20"))
					if n == 3 {
						next = "null"
					}
					body := fmt.Sprintf(`{"data":[{"id":%d,"echo":%s,"more":["%s"]}],"next":%s}`, n, all, strings.Join(written[len(common):], `","`), next)
					h := http.Header{"X-Echo": {url.QueryEscape(secret)}, "Link": {"<" + r.URL.String() + ">; rel=self"}, "X-Auth": {r.Header.Get("Authorization")}}
					if encoding == "gzip" {
						var b bytes.Buffer
						z := gzip.NewWriter(&b)
						_, _ = z.Write([]byte(body))
						_ = z.Close()
						body = b.String()
						h.Set("Content-Encoding", "gzip")
					}
					return answer{200, body, h}.response(r), nil
				})
				j := openJournal(t, dir)
				var live, again [][]byte
				for _, records := range []*[][]byte{&live, &again} {
					w := newRig(t, stream, echo, "key", secret, "password", password).walk(stream, paging.Position{})
					record(t, w, j)
					for {
						page, err := w.Next(context.Background())
						if errors.Is(err, io.EOF) {
							break
						}
						if err != nil {
							t.Fatal(err)
						}
						*records = append(*records, bytes.Clone(page.Records.Record(0)))
					}
				}
				if n != 3 || !slices.EqualFunc(live, again, bytes.Equal) {
					t.Errorf("%d requests; served\n%s, want\n%s", n, again, live)
				}
				if gjson.GetBytes(live[0], "echo.#").Int() != int64(len(spellings)) {
					t.Errorf("a record has %s", live[0])
				}
				checkNoSecret(t, dir, append(spellings, written...))
			})
		}
	}
}

// checkNoSecret looks for secrets in all files of a folder.
func checkNoSecret(t *testing.T, dir string, spellings []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(name string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(name)
		for _, s := range spellings {
			if bytes.Contains(data, []byte(s)) {
				t.Errorf("%s holds %q", filepath.Base(name), s)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
