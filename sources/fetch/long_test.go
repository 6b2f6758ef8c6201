package fetch_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/sources/apitest/coding"
	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/body"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/state/journal"
	"github.com/tap-rest/tap-rest/testrig"
)

// longer makes every page of an API longer than what is read into memory.
var longer = apitest.From(1, apitest.BigBody(body.Max+1))

// TestLongPages reads long pages in every style, with a journal and from it
// alone: records and positions are those of short ones. Under -short one page of
// each style is long.
func TestLongPages(t *testing.T) {
	everyStyle(t, func(t *testing.T, s style, stream *sources.Stream, want []string) {
		if stream.LooksAtRecords() != "" {
			t.Fatal("it looks at the records")
		}
		_, transport := s.api()
		short := newRig(t, stream, transport).run(stream, paging.Position{})

		pages := longer
		if testing.Short() { // one of the first three, another one in the next style
			at := slices.IndexFunc(styles, func(other style) bool { return other.name == s.name })
			pages = apitest.On(1+at%3, apitest.BigBody(body.Max+1))
		}
		api, transport := s.api(pages)
		check := func(what string, got seen) {
			t.Helper()
			if got.err != nil {
				t.Fatalf("%s: %v", what, got.err)
			}
			wantIDs(t, got.ids, want)
			if !slices.EqualFunc(got.nexts, short.nexts, samePosition) {
				t.Errorf("%s: positions differ: %v, want %v", what, got.nexts, short.nexts)
			}
		}
		dir := testrig.Folder(t)
		j := openJournal(t, dir)
		w := newRig(t, stream, transport).walk(stream, paging.Position{})
		record(t, w, j)
		check("with a journal", drain(t, w))
		checkEmpty(t, dir, "*.draft")

		j = reopened(t, dir, j)
		calls := api.Count()
		w = newRig(t, stream, transport).walk(stream, paging.Position{})
		record(t, w, j).Only = true
		check("from the journal", drain(t, w))
		if api.Count() != calls {
			t.Errorf("%d requests were made again", api.Count()-calls)
		}
	})
}

// checkEmpty checks that a folder has no such file.
func checkEmpty(t *testing.T, dir, pattern string) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil || len(names) > 0 {
		t.Errorf("left behind: %v, %v", names, err)
	}
}

// weighty are orders with so many bytes each: of noise, which stays long when
// it is compressed, or of nothing.
func weighty(count, size int, noise bool) apitest.Collection {
	return orders(count, func(c *apitest.Collection) {
		c.Made.Record = func(i int) []byte {
			text := bytes.Repeat([]byte("x"), size)
			if noise {
				r := rand.New(rand.NewPCG(uint64(i), 1))
				for n, bits := 0, uint64(0); n < size; n++ {
					if n%10 == 0 {
						bits = r.Uint64()
					}
					text[n] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_"[bits&63]
					bits >>= 6
				}
			}
			return fmt.Appendf(nil, `{"id":%d,"text":"%s"}`, i+1, text)
		}
	})
}

const longStream = `path: /orders, pagination: {type: cursor, next: next_page, param: cursor}`

// TestLongEncodings: bodies that are long on the wire, and those that are long
// only decoded.
func TestLongEncodings(t *testing.T) {
	for _, encoding := range []string{"", "gzip", "zstd", "br"} {
		for _, noise := range []bool{false, true} {
			if noise && (encoding == "zstd" || encoding == "br") {
				continue // which take long to make it
			}
			t.Run(fmt.Sprintf("%s noise=%v", encoding, noise), func(t *testing.T) {
				c := weighty(12, 900_000, noise)
				c.Encoding = coding.Named(encoding)
				stream := define(t, "", longStream)[0]
				dir := testrig.Folder(t)
				j := openJournal(t, dir)
				r := newRig(t, stream, apitest.New().Add(c))
				w := r.walk(stream, paging.Position{})
				record(t, w, j)
				got := drain(t, w)
				if got.err != nil {
					t.Fatal(got.err)
				}
				wantIDs(t, got.ids, upTo(12))
				w = newRig(t, stream, nil).walk(stream, paging.Position{})
				record(t, w, reopened(t, dir, j)).Only = true
				if got = drain(t, w); got.err != nil {
					t.Fatal(got.err)
				}
				wantIDs(t, got.ids, upTo(12))
			})
		}
	}
}

// TestLongCut cuts long answers everywhere: each is asked for again, and no
// record of it is left.
func TestLongCut(t *testing.T) {
	const size = body.Max + 1000
	faults := map[string]apitest.Fault{
		"gzip checksum": apitest.All(apitest.BigBody(size), apitest.BrokenGzip(coding.Named("gzip"))),
		"truncated":     apitest.All(apitest.TruncateJSON(-1), apitest.BigBody(size)),
		"UTF-8":         apitest.All(apitest.InvalidUTF8(), apitest.BigBody(size)),
	}
	for _, at := range []int64{0, 100, body.Max, body.Max + 1, size - 1} {
		if testing.Short() && (at == 100 || at == body.Max+1) {
			continue
		}
		faults[fmt.Sprintf("reset at %d", at)] = apitest.All(apitest.BigBody(size), apitest.ResetBody(at))
		faults[fmt.Sprintf("content length %d", at)] = apitest.All(apitest.BigBody(size), apitest.CutBody(at))
		faults[fmt.Sprintf("chunk %d", at)] = apitest.All(apitest.BigBody(size), apitest.CutChunked(at))
	}
	for name, fault := range faults {
		for _, kept := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s journal=%v", name, kept), func(t *testing.T) {
				t.Setenv("TMPDIR", testrig.Folder(t))
				stream := define(t, "retry: {min_wait: 1ms}", longStream)[0]
				api := apitest.New(apitest.On(2, fault), apitest.On(3, apitest.BigBody(size))).Add(orders(25, nil))
				r := newRig(t, stream, api)
				w := r.walk(stream, paging.Position{})
				dir := testrig.Folder(t)
				if kept {
					record(t, w, openJournal(t, dir))
				}
				got := drain(t, w)
				if got.err != nil || r.counters.Retries.Load() != 1 {
					t.Fatalf("got %v after %d retries, want one", got.err, r.counters.Retries.Load())
				}
				wantIDs(t, got.ids, upTo(25))
				checkEmpty(t, os.Getenv("TMPDIR"), "*")
				checkEmpty(t, dir, "*.draft")
			})
		}
	}
}

// TestLongest: what is longer than the longest answer is refused, as it comes
// and as it is decoded, and is not asked for again.
func TestLongest(t *testing.T) {
	const most = body.Max + 1<<20
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	if _, err := io.WriteString(z, `{"data":[]`+strings.Repeat(" ", 64<<20)+`}`); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		body string
		gzip bool
		want bool // it is taken
	}{
		{"as long as may be", `{"data":[]` + strings.Repeat(" ", most-11) + `}`, false, true},
		{"longer", `{"data":[]` + strings.Repeat(" ", most-10) + `}`, false, false},
		{"a bomb", bomb.String(), true, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			stream := define(t, "", `path: /orders`)[0]
			a := answer{status: 200, body: test.body}
			if test.gzip {
				a.header = http.Header{"Content-Encoding": {"gzip"}}
			}
			api := &script{answers: []answer{a}}
			r := newRig(t, stream, api)
			r.client.SetLongest(most)
			got := r.run(stream, paging.Position{})
			if test.want {
				if got.err != nil {
					t.Fatal(got.err)
				}
				return
			}
			e := failure(t, got.err)
			if e.Class != fetch.Permanent || !strings.Contains(e.Error(), "larger than 4 GiB; ask for smaller pages") || len(api.requests) != 1 {
				t.Errorf("got %v: %v after %d requests", e.Class, e, len(api.requests))
			}
		})
	}
}

// TestLongIsNotWhatItShouldBe: a long answer is refused for what a short one is.
func TestLongIsNotWhatItShouldBe(t *testing.T) {
	spaces := strings.Repeat(" ", body.Max)
	for _, test := range []struct{ name, stream, body, want string }{
		{"no records", `path: /orders`, `{"other":[]` + spaces + `}`, `expected something at "data", found nothing in an object`},
		{"an object", `path: /orders`, `{"data":{}` + spaces + `}`, `expected an array at "data", found an object`},
		{"a rule", `path: /orders, errors: [{when: "{{ response.error }}", do: fail, message: "{{ response.error }}"}]`,
			`{"data":[],"error":"out of stock"` + spaces + `}`, "out of stock"},
		{"a rule about one without records", `path: /orders, errors: [{when: "{{ response.error }}", do: fail, message: "{{ response.error }}"}]`,
			`{"error":"out of stock"` + spaces + `}`, "out of stock"},
		{"too much beside", `path: /orders`, `{"data":[],"x":[` + strings.Repeat(`"0123456789",`, body.Max/12) + `1]}`,
			"the answer is larger than 8 MiB: records: what stands beside the records is larger than 8388608 bytes"},
		{"fewer than the total", `path: /orders, pagination: {type: page, param: page, total: total, stop: "{{ response.total }}"}`,
			`{"data":[],"total":3` + spaces + `}`, "pagination.total is 3, but the walk ends here with 0 records"},
	} {
		t.Run(test.name, func(t *testing.T) {
			stream := define(t, "", test.stream)[0]
			api := &script{answers: []answer{{status: 200, body: test.body}}}
			e := failure(t, newRig(t, stream, api).run(stream, paging.Position{}).err)
			if e.Class != fetch.Permanent || !strings.Contains(e.Error(), test.want) || len(api.requests) != 1 {
				t.Errorf("got %v: %v after %d requests, want %q", e.Class, e, len(api.requests), test.want)
			}
		})
	}
}

// TestLongRefusals: of an answer that says no, the beginning is enough, however
// long it is and whatever it is encoded in.
func TestLongRefusals(t *testing.T) {
	page := "<html>not now" + strings.Repeat(" ", 2*body.Max)
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	if _, err := io.WriteString(z, page); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	for _, a := range []answer{
		{status: 403, body: page}, {status: 403, body: zipped.String(), header: http.Header{"Content-Encoding": {"gzip"}}},
	} {
		stream := define(t, "", longStream)[0]
		e := failure(t, newRig(t, stream, &script{answers: []answer{a}}).run(stream, paging.Position{}).err)
		if e.Status != 403 || e.Class != fetch.Permanent || !strings.HasPrefix(e.Excerpt, "<html>not now") {
			t.Errorf("got %v", e)
		}
	}
}

// TestLongSecrets: a long answer that echoes a secret is read, and not kept.
func TestLongSecrets(t *testing.T) {
	const secret = "s3cr3t-t0ken"
	for _, at := range []int{0, 64<<10 - 3, 256<<10 - 5, body.Max - 4} {
		stream := define(t, "", `path: /orders`)[0]
		text := `{"data":[{"id":1}],"x":"` + strings.Repeat("a", at) + secret + `"` + strings.Repeat(" ", body.Max) + `}`
		if at == body.Max-4 { // among the records, where it is not in memory
			text = `{"data":[{"id":1,"x":"` + strings.Repeat("a", at) + secret + `"}]}`
		}
		dir := testrig.Folder(t)
		j := openJournal(t, dir)
		w := newRig(t, stream, &script{answers: []answer{{status: 200, body: text}}}, "token", secret).walk(stream, paging.Position{})
		record(t, w, j)
		got := drain(t, w)
		if got.err != nil || len(got.ids) != 1 || got.last.Recorded() {
			t.Errorf("at %d: got %v, %d records, recorded: %v", at, got.err, len(got.ids), got.last.Recorded())
		}
		checkEmpty(t, dir, "*.draft")
		for _, text := range folder(t, dir) {
			if strings.Contains(text, secret) {
				t.Errorf("at %d: the secret is on disk", at)
			}
		}
	}
}

// folder are the contents of the files in a folder.
func folder(t *testing.T, dir string) (texts []string) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		text := testrig.Read(t, name)
		texts = append(texts, string(text))
	}
	return texts
}

// TestLongReload spools a long page and reads it back.
func TestLongReload(t *testing.T) {
	stream := define(t, "", longStream)[0]
	r := newRig(t, stream, apitest.New(longer).Add(orders(25, nil)))
	j := openJournal(t, testrig.Folder(t))
	w := r.walk(stream, paging.Position{})
	record(t, w, j)
	page, err := w.Next(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if page.Held() < body.Max || page.Count() != 10 || page.Size() != body.Max+1 {
		t.Errorf("the page holds %d bytes and %d records of %d bytes", page.Held(), page.Count(), page.Size())
	}
	page.Spool()
	if !page.Spooled() || page.Held() > fetch.PlaceSize || page.Long() {
		t.Errorf("the spooled page holds %d bytes", page.Held())
	}
	if err := r.client.Reload(context.Background(), j, page, w.Splitter()); err != nil {
		t.Fatal(err)
	}
	var got seen
	got.take(t, page, w)
	wantIDs(t, got.ids, upTo(10))
	if !bytes.Contains(page.Body.Text, []byte(`"next_page":`)) || bytes.Contains(page.Body.Text, []byte(`"id"`)) {
		t.Errorf("beside the records stands %s", page.Body.Text)
	}
	page.Release()
}

// TestLongDamage: a long answer that is damaged in the journal is asked for
// again.
func TestLongDamage(t *testing.T) {
	stream := define(t, "", longStream)[0]
	api := apitest.New(longer).Add(orders(25, nil))
	dir := testrig.Folder(t)
	j := openJournal(t, dir)
	w := newRig(t, stream, api).walk(stream, paging.Position{})
	record(t, w, j)
	drain(t, w)
	j = reopened(t, dir, j)
	names, err := filepath.Glob(filepath.Join(dir, "*.journal"))
	if err != nil || len(names) < 3 {
		t.Fatalf("segments %v, %v", names, err)
	}
	f, err := os.OpenFile(names[2], os.O_RDWR, 0)
	if err == nil {
		_, err = f.WriteAt([]byte("\n"), 64<<10+100) // in the body
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	calls := api.Count()
	r := newRig(t, stream, api)
	w = r.walk(stream, paging.Position{})
	record(t, w, j)
	got := drain(t, w)
	if got.err != nil || api.Count() == calls || r.counters.Saved.Exchanges.Load() == 0 {
		t.Errorf("got %v, %d requests and %d from the journal", got.err, api.Count()-calls, r.counters.Saved.Exchanges.Load())
	}
	wantIDs(t, got.ids, upTo(25))
}

// TestLongWithoutRoom: where a long answer cannot be written, it is not asked
// for again and again.
func TestLongWithoutRoom(t *testing.T) {
	stream := define(t, "", longStream)[0]
	api := apitest.New(longer).Add(orders(25, nil))
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "gone"))
	e := failure(t, newRig(t, stream, api).run(stream, paging.Position{}).err)
	if e.Class != fetch.Transient || !errors.Is(e, os.ErrNotExist) || api.Count() != 1 {
		t.Errorf("got %v: %v after %d requests", e.Class, e, api.Count())
	}

	dir := filepath.Join(t.TempDir(), "journal")
	j := openJournal(t, dir)
	w := newRig(t, stream, api).walk(stream, paging.Position{})
	record(t, w, j)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	e = failure(t, drain(t, w).err)
	if e.Class != fetch.Transient || !errors.Is(e, fetch.ErrJournal) || !errors.Is(e, journal.ErrGone) || api.Count() != 2 {
		t.Errorf("got %v: %v after %d requests", e.Class, e, api.Count())
	}
}

// TestInDoubt: answers that do not say how long they are, or are encoded, go by
// way of a file, and are in memory in the end where they are short. Where there
// is no file they are read all the same.
func TestInDoubt(t *testing.T) {
	for _, encoding := range []string{"", "gzip"} {
		for _, size := range []int{100, 300_000, 1_300_000, 1_500_000} { // of a record, six on a page
			for _, where := range []string{"journal", "temporary file", "nowhere"} {
				t.Run(fmt.Sprintf("%q %d %s", encoding, size, where), func(t *testing.T) {
					c := weighty(8, size, encoding != "")
					c.Size, c.Encoding = 6, coding.Named(encoding)
					api := apitest.New().Add(c)
					unsized := transport(func(q *http.Request) (*http.Response, error) {
						resp, err := api.RoundTrip(q)
						if err == nil {
							resp.ContentLength = -1
						}
						return resp, err
					})
					stream := define(t, "retry: {min_wait: 1ms}", longStream)[0]
					w := newRig(t, stream, unsized).walk(stream, paging.Position{})
					dir := testrig.Folder(t)
					t.Setenv("TMPDIR", dir)
					switch where {
					case "journal":
						record(t, w, openJournal(t, dir))
					case "nowhere":
						t.Setenv("TMPDIR", filepath.Join(dir, "gone"))
					}
					page, err := w.Next(context.Background())
					if where == "nowhere" && 6*size > body.Max {
						if e := failure(t, err); e.Class != fetch.Transient || api.Count() != 1 {
							t.Errorf("got %v: %v after %d requests", e.Class, e, api.Count())
						}
						return
					}
					if err != nil {
						t.Fatal(err)
					}
					if want := 6*size > body.Max; page.Long() != want || page.Recorded() != (where == "journal") {
						t.Errorf("long: %v, recorded: %v, with %d bytes", page.Long(), page.Recorded(), page.Size())
					}
					var got seen
					got.take(t, page, w)
					page.Release()
					wantIDs(t, got.ids, upTo(6))
					checkEmpty(t, dir, "*.draft")
					checkEmpty(t, dir, "tap-rest-*")
				})
			}
		}
	}
}
