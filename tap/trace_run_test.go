package tap_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/tap"
	"github.com/tap-rest/tap-rest/tap/report"
	"github.com/tap-rest/tap-rest/tap/tracing"
)

// tracer notes what it hears.
type tracer struct {
	mu    sync.Mutex
	lines []string
	open  int // that have begun and not ended
}

func (tr *tracer) note(opens int, format string, args ...any) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.open += opens
	tr.lines = append(tr.lines, fmt.Sprintf(format, args...))
}

func (tr *tracer) Stream(name string) tracing.StreamTracer {
	tr.note(1, "%s begins", name)
	return streamTracer{tr, name}
}

type walkKey struct{}

func (tr *tracer) Request(ctx context.Context, t *fetch.Trail) {
	tr.note(0, "%s: %s %d %s", ctx.Value(walkKey{}), t.Stream, t.Status, strings.TrimPrefix(t.URL, "http://api.test"))
}

type streamTracer struct {
	*tracer
	name string
}

func (s streamTracer) Partition(ctx context.Context, p tracing.Partition) (context.Context, func(error)) {
	if p.Key == "" {
		s.note(0, "a partition of %s without a key", s.name)
	}
	s.note(1, "%s %s begins", s.name, p.Context)
	return context.WithValue(ctx, walkKey{}, s.name+p.Context), func(err error) { s.note(-1, "%s %s ends: %v", s.name, p.Context, err != nil) }
}

func (s streamTracer) End(status string, records int64, failure error) {
	s.note(-1, "%s ends: %s, %d, %v", s.name, status, records, failure != nil)
}

// TestTracer: who follows a run hears of each stream, partition and request once, in an
// order in which what is within another thing lies within it.
func TestTracer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := setup{definition: shopDetails, workDir: memoryFolder(t), api: detailed()}
		var out, logged bytes.Buffer
		o := s.options(t, &out, &logged)
		tr := &tracer{}
		o.Tracer = tr
		if _, err := tap.Sync(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		if tr.open != 0 {
			t.Errorf("%d things have not ended:\n%s", tr.open, strings.Join(tr.lines, "\n"))
		}
		for _, want := range []string{
			"shops begins", "shops  begins", "shops  ends: false", "shops ends: complete, 9, false", "details begins", "details ends: complete, 8, false",
			`details {"ids":[1,2]} begins`, `details{"ids":[1,2]}: details 200 /details?ids=1%2C2`, `details {"ids":[1,2]} ends: false`,
		} {
			if n := len(slices.DeleteFunc(slices.Clone(tr.lines), func(line string) bool { return line != want })); n != 1 {
				t.Errorf("%q is told %d times:\n%s", want, n, strings.Join(tr.lines, "\n"))
			}
		}
	})
}

// TestTracerOfFailures: what fails ends too, and says so.
func TestTracerOfFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := setup{definition: strings.Replace(twoStreams, "path: /things", "path: /nothing", 1), config: eachAnswer, api: twoAPI()}
		var out, logged bytes.Buffer
		o := s.options(t, &out, &logged)
		tr := &tracer{}
		o.Tracer = tr
		if _, err := tap.Sync(t.Context(), o); err == nil {
			t.Fatal("nothing failed")
		}
		if tr.open != 0 || !slices.Contains(tr.lines, "things  ends: true") || !slices.Contains(tr.lines, "things ends: failed (permanent), 0, true") ||
			!slices.Contains(tr.lines, "things: things 404 /nothing") {
			t.Errorf("%d are open:\n%s", tr.open, strings.Join(tr.lines, "\n"))
		}
	})
}

// TestSnapshot: it says how far the run is: what the API says that there is, and how many
// partitions there are.
func TestSnapshot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := setup{definition: twoStreams + "  - name: parts\n    path: /things\n    records: data\n    partition_by: [{name: a, values: [x, y, z]}]\n    params: {a: \"{{ partition.a }}\"}\n", config: eachAnswer, api: twoAPI()}
		var out, logged bytes.Buffer
		o := s.options(t, &out, &logged)
		var all []*report.Snapshot
		o.Watch = func(a *report.Account) { all = append(all, a.Snapshot()) }
		if _, err := tap.Sync(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		last := all[len(all)-1]
		for i, want := range []string{"items 7 7/7 0/0 map[200:4]", "things 3 0/0 0/0 map[200:1]", "parts 9 0/0 3/3 map[200:3]"} {
			one := last.Streams[i]
			if got := fmt.Sprint(one.Name, " ", one.Records, " ", one.Reached, "/", one.Total, " ", one.Partitions, "/", one.All, " ", one.Answers); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		}
		if first := all[0].Streams[2]; first.All != 3 {
			t.Errorf("at first, parts has %d partitions", first.All)
		}
	})
}
