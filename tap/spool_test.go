package tap_test

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/sources/apitest/coding"
)

const (
	spoolPages  = 80
	spoolRecord = 10_000 // bytes of a record, of which a page has two
)

// spoolAPI has pages of 20 kB whose sessions live for so long without a
// request.
func spoolAPI(pages int, ttl time.Duration, options ...apitest.Option) *apitest.API {
	text := strings.Repeat("x", spoolRecord-20)
	return apitest.New(options...).Add(apitest.Collection{Path: "/items", Style: apitest.Cursor, Size: 2, SessionTTL: ttl,
		Made: apitest.Made{Count: 2 * pages, Record: func(i int) []byte { return fmt.Appendf(nil, `{"id":%d,"text":"%s"}`, i, text) }}})
}

const spoolStream = "streams:\n  - {name: items, path: /items, records: data, primary_key: [id], schema: {type: object}, " +
	"pagination: {type: cursor, next: next_page, param: cursor}}\n"

// slow is a reader of stdout that takes its time for each write.
type slow struct {
	took   func(write int) time.Duration
	writes int
}

var _ io.Writer = (*slow)(nil)

func (w *slow) Write(p []byte) (int, error) {
	w.writes++
	time.Sleep(w.took(w.writes))
	return len(p), nil
}

// blockedOnce is a reader that reads nothing for a time, from one write on.
func blockedOnce(at int, d time.Duration) *slow {
	return &slow{took: func(write int) time.Duration {
		if write == at {
			return d
		}
		return 0
	}}
}

// TestSpool has a reader that is slower than the API's sessions live: all
// records arrive in their order, each with the time at which it was answered,
// and no session is lost.
func TestSpool(t *testing.T) {
	const latency = 900 * time.Millisecond
	for _, tt := range []struct {
		name string
		out  *slow
		ttl  time.Duration
	}{
		{"blocked for two minutes at the first line", blockedOnce(1, 2*time.Minute), 20 * time.Second},
		{"blocked for two minutes later", blockedOnce(9, 2*time.Minute), 20 * time.Second},
		{"never quite blocked", &slow{took: func(int) time.Duration { return 900 * time.Millisecond }}, 3 * time.Second},
		{"blocked again and again", &slow{took: func(n int) time.Duration { return time.Duration(n%5) * time.Second }}, 3 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				api := spoolAPI(spoolPages, tt.ttl, apitest.From(1, apitest.Latency(latency)))
				r := setup{definition: spoolStream, config: `{"run": {"memory": "1MiB", "flush": {"responses": 1}}}`, api: api, out: tt.out, workDir: memoryFolder(t)}.must(t)
				if got := api.Count(); got != spoolPages {
					t.Errorf("got %d calls, want %d", got, spoolPages)
				}
				requests := api.Requests()
				n := 0
				for _, l := range r.lines {
					if l.Type != "RECORD" {
						continue
					}
					if !strings.HasPrefix(string(l.Record), fmt.Sprintf(`{"id":%d,`, n)) {
						t.Fatalf("record %d is %.20s", n, l.Record)
					}
					want := requests[n/2].Time.Add(latency).UTC()
					if got, err := time.Parse(time.RFC3339Nano, l.Extracted); err != nil || want.Sub(got).Abs() > time.Millisecond {
						t.Fatalf("record %d was extracted at %s, want %s", n, l.Extracted, want)
					}
					n++
				}
				if n != 2*spoolPages {
					t.Errorf("got %d records, want %d", n, 2*spoolPages)
				}
			})
		})
	}
}

// TestSpoolLimits blocks stdout and counts how far ahead the API is asked.
func TestSpoolLimits(t *testing.T) {
	const page = 2 * spoolRecord
	for _, tt := range []struct {
		name       string
		run        string
		least, top int // calls while nothing is read
	}{
		// One flush, what is rendered behind it, a page that waits, one under way.
		{"no journal", `"journal": {"off": true}, "memory": "16MiB"`, 8, 2 + (16<<20/32)/page + 3},
		{"no journal, hardly any memory", `"journal": {"off": true}, "memory": 8`, 4, 6},
		{"no spool", `"spool": 1, "memory": 8`, 4, 6},
		{"a spool of ten pages", fmt.Sprintf(`"spool": %d, "memory": "16MiB"`, 10*page+page/2), 18, 2 + (16<<20/32)/page + 3 + 10},
		{"a large spool", `"memory": "16MiB"`, 2 * spoolPages, 2 * spoolPages},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				api := spoolAPI(2*spoolPages, 0)
				blocked := make(chan struct{})
				out := &slow{took: func(write int) time.Duration {
					if write == 4 {
						<-blocked
					}
					return 0
				}}
				ended := make(chan result)
				s := setup{definition: spoolStream, config: fmt.Sprintf(`{"run": {"flush": {"responses": 1}, %s}}`, tt.run), api: api, out: out, workDir: memoryFolder(t)}
				go func() { ended <- s.must(t) }()
				time.Sleep(time.Hour)
				if got := api.Count(); got < tt.least || got > tt.top {
					t.Errorf("got %d calls, want %d to %d", got, tt.least, tt.top)
				}
				close(blocked)
				r := <-ended
				if got := len(r.records("items")); got != 4*spoolPages {
					t.Errorf("got %d records, want %d", got, 4*spoolPages)
				}
			})
		})
	}
}

// TestSpoolOfManyStreams has limits that hold nothing: the page whose turn it
// is passes all the same, and nothing waits for ever.
func TestSpoolOfManyStreams(t *testing.T) {
	var definition strings.Builder
	definition.WriteString("defaults: {records: data, primary_key: [id], params: {limit: 2}, schema: {type: object}, pagination: {type: cursor, next: next_page, param: cursor}}\nstreams:\n")
	api := apitest.New()
	for i := range 8 {
		fmt.Fprintf(&definition, "  - {name: s%d, path: /s%[1]d}\n", i)
		api.Add(apitest.Collection{Path: fmt.Sprintf("/s%d", i), Style: apitest.Cursor, Encoding: coding.Named([]string{"", "gzip"}[i%2]), Rows: stamped(11+i, june)})
	}
	for _, run := range []string{
		`"memory": 8, "spool": 1`,
		`"memory": 8, "spool": 1, "journal": {"off": true}`,
		`"memory": "64KiB", "spool": "1kB"`,
		`"memory": "1MiB", "spool": 1, "concurrency": 8`,
		`"memory": "256KiB", "spool": "1GiB", "concurrency": 8, "flush": {"responses": 1}`,
	} {
		for _, took := range []time.Duration{0, 700 * time.Millisecond, 3 * time.Second} {
			synctest.Test(t, func(t *testing.T) {
				out := &slow{took: func(int) time.Duration { return took }}
				r := setup{definition: definition.String(), config: `{"run": {` + run + `}}`, api: api, out: out, workDir: memoryFolder(t)}.must(t)
				for i := range 8 {
					if got, want := r.records(fmt.Sprintf("s%d", i)), texts(stamped(11+i, june)); !slices.Equal(got, want) {
						t.Errorf("%s, %s a write: s%d: got %d records, want %d in their order", run, took, i, len(got), len(want))
					}
				}
			})
		}
	}
}

// TestSpoolDamaged: what went to disk and cannot be read back fails for now,
// after everything before it was written. The next run asks for it again.
func TestSpoolDamaged(t *testing.T) {
	dir := memoryFolder(t)
	var r result
	run := func(t *testing.T, s setup) {
		synctest.Test(t, func(t *testing.T) { r = s.run(t) })
	}
	out := &slow{took: func(write int) time.Duration {
		if write == 3 {
			time.Sleep(time.Minute)
			damage(t, dir)
		}
		return 0
	}}
	api := spoolAPI(spoolPages, 0)
	s := setup{definition: spoolStream, config: `{"run": {"memory": "1MiB", "flush": {"responses": 1}}}`, api: api, out: out, workDir: dir}
	run(t, s)
	checkFailure(t, r.err, "transient")
	first := r
	if n := len(r.lines); n == 0 || r.lines[n-1].Type != "STATE" {
		t.Errorf("the last line is no STATE")
	}
	s.out, s.state = nil, r.state()
	run(t, s)
	if r.err != nil {
		t.Fatal(r.err)
	}
	got := append(first.records("items"), r.records("items")...)
	if len(got) != 2*spoolPages {
		t.Errorf("got %d records, want %d", len(got), 2*spoolPages)
	}
}
