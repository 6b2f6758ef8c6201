package tap_test

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/sources/apitest/coding"
	"github.com/tap-rest/tap-rest/sources/fetch/body"
	"github.com/tap-rest/tap-rest/state/journal"
	"github.com/tap-rest/tap-rest/tap"
	"github.com/tap-rest/tap-rest/tap/report"
	"github.com/tap-rest/tap-rest/testrig"
	"github.com/tap-rest/tap-rest/testshare"
)

const (
	longRecords = 40 // on a long page and a short one
	longPage    = 36
	longText    = body.Max / 35
)

// longAPI has pages over 8 MiB, which take little room compressed.
func longAPI(options ...apitest.Option) *apitest.API {
	return apitest.New(options...).Add(longCollection())
}

func longCollection() apitest.Collection {
	text := strings.Repeat("x", longText)
	return apitest.Collection{
		Path: "/items", Style: apitest.Cursor, Size: longPage, Encoding: coding.Named("gzip"), Total: true,
		Made: apitest.Made{Count: longRecords, Record: func(i int) []byte {
			return fmt.Appendf(nil, `{"id":%d,"updated_at":"%s","text":"%s"}`, i+1, june.Add(time.Duration(i)*time.Minute).Format(time.RFC3339), text)
		}},
	}
}

const longItems = "streams:\n  - {name: items, path: /items, records: data, primary_key: [id], replication_key: updated_at, schema: {type: object}, " +
	"incremental: {client_filter: true}, pagination: {type: cursor, next: next_page, param: cursor, total: meta.total}"

func longSetup(t *testing.T, api http.RoundTripper, more, run string) setup {
	return setup{definition: longItems + more + "}\n", api: api, workDir: memoryFolder(t), config: `{"run": {` + run + `}}`}
}

func longIDs() []string {
	all := make([]string, longRecords)
	for i := range all {
		all[i] = fmt.Sprint(i + 1)
	}
	return all
}

// TestLongPage: the records of a long page leave in flushes of a megabyte. Each
// ends with the STATE of before; only the last moves it.
func TestLongPage(t *testing.T) {
	for _, off := range []string{"true", "false"} {
		r := longSetup(t, longAPI(), `, add: {n: "{{ page.records }}", total: "{{ response.meta.total }}"}`, `"journal": {"off": `+off+`}`).must(t)
		if got := r.lines.IDs("items"); !slices.Equal(got, longIDs()) {
			t.Fatalf("got records %v", got)
		}
		for i, record := range r.records("items") {
			n := longPage
			if i >= longPage {
				n = longRecords - longPage
			}
			if want := fmt.Sprintf(`"n":%d,"total":%d}`, n, longRecords); !strings.HasSuffix(record, want) {
				t.Errorf("record %d ends with %s, want %s", i+1, record[len(record)-40:], want)
			}
		}
		pages, flushed, states := 0, 0, 0
		for _, l := range r.lines {
			switch l.Type {
			case "RECORD":
				flushed++
			case "STATE":
				b := bookmarkOf(t, string(l.Value), "items")
				switch {
				case len(b.Resume) > 0:
					pages = 1
				case b.Pass != nil:
					pages = 2
				}
				if want := flushed / longPage; pages > want && flushed < longRecords {
					t.Errorf("after %d records the state is at page %d", flushed, pages)
				}
				states++
			}
		}
		if states < 8 || pages != 2 {
			t.Errorf("%d states, the last at page %d", states, pages)
		}
		s := r.account.Streams[0]
		if s.Pages != 2 || s.Written != longRecords {
			t.Errorf("the account has %d pages, %d records", s.Pages, s.Written)
		}
	}
}

// TestLongPageCut kills runs while every request is under way and at every
// write, and goes on: nothing is missing, and no call is paid twice.
func TestLongPageCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sleepUntil(june.Add(24 * time.Hour))
		api := longAPI()
		s := longSetup(t, api, "", "")
		seen := newCrashes(t, api, s.workDir)
		s.api, s.out = seen, seen
		s.must(t)
		pages := api.Count()
		for i, at := range seen.all {
			if (i%5 > 0 || !testshare.Takes(i/5, len(seen.all)/5)) && len(at.lines) > 0 {
				continue // one record after another: some will do
			}
			lines := testrig.ReadLines(t, at.lines)
			for _, state := range slices.Compact([]string{"", lines.State()}) {
				if state != "" && (done(t, state, "items") || testshare.Race) {
					continue // the detector takes minutes to read lines of so many bytes
				}
				api.Reset()
				next := longSetup(t, api, "", "")
				next.workDir, next.state = at.again(t), state
				r := next.must(t)
				all := append(lines, r.lines...).IDs("items")
				slices.SortFunc(all, func(a, b string) int { return cmp.Or(len(a)-len(b), strings.Compare(a, b)) })
				if got := slices.Compact(all); !slices.Equal(got, longIDs()) {
					t.Fatalf("%s: got records %v", at.what, got)
				}
				if got := at.calls + api.Count(); got > pages+1 {
					t.Errorf("%s: %d calls in all, want at most %d", at.what, got, pages+1)
				}
			}
		}
	})
}

// TestLongPageStopped stops a run in the middle of a long page: what is written
// ends with the STATE of before, and the next run begins the page again.
func TestLongPageStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sleepUntil(june.Add(24 * time.Hour))
		api := longAPI()
		s := longSetup(t, api, "", "")
		stop, cancel := context.WithCancelCause(t.Context())
		told := errors.New("told to stop")
		s.stop, s.out = stop, writer(func(p []byte) (int, error) {
			if bytes.Contains(p, []byte(`{"id":20,`)) {
				cancel(told)
				time.Sleep(7 * time.Second)
			}
			return len(p), nil
		})
		r := s.run(t)
		if !errors.Is(r.err, told) {
			t.Errorf("got %v", r.err)
		}
		synctest.Wait()
		s.stop, s.out, s.state = nil, nil, r.state()
		next := s.must(t)
		if got := next.lines.IDs("items"); !slices.Equal(got, longIDs()) {
			t.Errorf("the next run has records %v", got)
		}
		if api.Count() != 2 {
			t.Errorf("%d calls in all, want 2", api.Count())
		}
	})
}

// TestLongPageSpooled: while stdout is blocked, long pages are fetched as far as
// run.spool goes, and wait in the journal.
func TestLongPageSpooled(t *testing.T) {
	for _, tt := range []struct {
		spool string
		calls int // while stdout is blocked
	}{{"1GiB", 6}, {"1B", 3}} {
		if testshare.Race && tt.spool != "1B" {
			continue
		}
		synctest.Test(t, func(t *testing.T) {
			sleepUntil(june.Add(24 * time.Hour))
			api := longAPI()
			s := longSetup(t, api, "", fmt.Sprintf(`"spool": %q, "memory": "64kB"`, tt.spool))
			s.definition = strings.Replace(s.definition, "path: /items,", "path: /items, params: {limit: 36},", 1)
			c := longCollection()
			c.Made.Count = 5*longPage + 1
			api.Add(c)
			blocked := -1
			s.out = writer(func(p []byte) (int, error) {
				if blocked < 0 {
					time.Sleep(time.Minute)
					blocked = api.Count()
				}
				return len(p), nil
			})
			r := s.must(t)
			if got := len(r.lines.IDs("items")); got != c.Made.Count || blocked != tt.calls {
				t.Errorf("spool %s: got %d records, want %d; %d calls while stdout was blocked, want %d", tt.spool, got, c.Made.Count, blocked, tt.calls)
			}
		})
	}
}

// writer is a function as an io.Writer.
type writer func(p []byte) (int, error)

func (f writer) Write(p []byte) (int, error) { return f(p) }

// TestLongPageFails: a record that its stream does not let pass ends the stream;
// what came before it has left, and the bookmark does not pass the page.
func TestLongPageFails(t *testing.T) {
	r := longSetup(t, longAPI(), `, keep: "{{ 1 // (record.id - 30) or true }}"`, "").run(t)
	var failures tap.Failures
	if !errors.As(r.err, &failures) {
		t.Fatalf("got %v", r.err)
	}
	if got := r.lines.IDs("items"); len(got) == 0 || len(got) > 29 || !slices.Equal(got, longIDs()[:len(got)]) {
		t.Errorf("got records %v, want some of those before 30", got)
	}
	if r.mark(t, "items") != "null" {
		t.Errorf("the bookmark is %s", r.mark(t, "items"))
	}
}

// TestLongPageProbes: long pages are looked at as others are.
func TestLongPageProbes(t *testing.T) {
	s := longSetup(t, longAPI(), "", "")
	s.definition = strings.Replace(s.definition, "schema: {type: object}, ", "", 1)
	all, err := discover(t, s)
	if err != nil || !strings.Contains(string(all[0].Schema), `"text"`) {
		t.Errorf("discover: got %v, %v", all, err)
	}
	if err := tap.Test(t.Context(), s.options(t, io.Discard, io.Discard)); err != nil {
		t.Errorf("test: %v", err)
	}
	look, err := tap.Preview(t.Context(), s.options(t, io.Discard, io.Discard), "items", 40)
	records := look.Records
	if err != nil || len(records) != 40 || !bytes.HasPrefix(records[39], []byte(`{"id":40,`)) {
		t.Errorf("preview: got %d records, %v", len(records), err)
	}
}

// TestLongPageReplay replays long pages from the journal.
func TestLongPageReplay(t *testing.T) {
	s := longSetup(t, longAPI(), "", "")
	first := s.must(t)
	s.api = transport(func(*http.Request) (*http.Response, error) { return nil, errors.New("a replay asks nobody") })
	again, _ := s.replay(t)
	if got, want := again.records("items"), first.records("items"); again.err != nil || !slices.Equal(got, want) {
		t.Errorf("replayed %d records, %v, want %d", len(got), again.err, len(want))
	}
}

// TestLongPageHAR: a body that is too long is left out of an archive, which says
// so and how long it is.
func TestLongPageHAR(t *testing.T) {
	for _, test := range []struct {
		name string
		e    journal.Exchange
		want []string
	}{
		{"left out by the journal", journal.Exchange{LeftOut: 1 << 30},
			[]string{`"size":1073741824,`, `"text":""`, `"bodySize":1073741824`, "a body of 1073741824 bytes is left out"}},
		{"too long", journal.Exchange{Body: make([]byte, body.Max+1)},
			[]string{`"size":8388609,`, `"text":""`, `"bodySize":8388609`, "a body of 8388609 bytes is left out"}},
		{"encoded", journal.Exchange{LeftOut: 1 << 30, Header: http.Header{"Content-Encoding": {"gzip"}}},
			[]string{`"size":-1,`, `"text":""`, `"bodySize":1073741824`, "a body of 1073741824 bytes is left out"}},
		{"too long decoded", journal.Exchange{Body: zipped(t, body.Max+1), Header: http.Header{"Content-Encoding": {"gzip"}}},
			[]string{`"size":-1,`, `"text":""`, "bytes is left out, which are more than 8 MiB decoded"}},
	} {
		var out bytes.Buffer
		h, err := report.NewHAR(&out, "test")
		if err == nil {
			err = h.Add(&test.e, "items")
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range test.want {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%s: there is no %s in %.1000s", test.name, want, out.String())
			}
		}
	}
}

func zipped(t *testing.T, size int) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(bytes.Repeat([]byte(" "), size)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
