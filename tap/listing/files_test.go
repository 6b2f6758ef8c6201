package listing_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/times"
	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/tap/listing"
	"github.com/tap-rest/tap-rest/tap/plan"
)

var asOf = time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)

// pass returns the files of a pass that goes by what the one before kept.
func pass(before state.Since) *listing.Files {
	clock := plan.NewClock(&sources.Incremental{
		Windows: sources.Windows{Format: "rfc3339", Timezone: time.UTC}, RecordTimes: sources.RecordTimes{Timezone: time.UTC},
	})
	return listing.New(listing.Options{
		Clock: clock, AsOf: asOf, Known: before.Files,
		Cut: func(from json.RawMessage) (plan.Cut, error) {
			return clock.Cut(from, times.Span{}, times.Span{}, asOf, nil)
		},
	})
}

// named is the file of a context, by a replication value of that day.
func named(t *testing.T, f *listing.Files, name string, day int) listing.File {
	t.Helper()
	text := fmt.Appendf(nil, "{%q:1}", name)
	one, ok := f.Of(plan.Context{Text: text, Hash: state.HashContext(text)}, fmt.Appendf(nil, `"2026-01-%02dT00:00:00Z"`, day))
	if !ok {
		t.Fatalf("the value of day %d is no time", day)
	}
	return one
}

// TestFilesAreReadOnce: a version that was read is known to the next pass, another one of
// the same file is not; what failed is asked for again.
func TestFilesAreReadOnce(t *testing.T) {
	for _, tt := range []struct {
		name   string
		fails  string // this file fails
		owes   bool   // the listing was not read whole
		from   string // from when on the next pass asks; "": from the start
		known  []string
		others []string
	}{
		{"all are read", "", false, "2026-01-03", []string{"c"}, nil},
		{"the last one fails", "c", false, "2026-01-03", nil, []string{"c"}},
		{"an earlier one fails", "b", false, "2026-01-02", []string{"c"}, []string{"b"}},
		{"the listing was cut off", "", true, "", []string{"a", "b", "c"}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := pass(state.Since{})
			days := map[string]int{"a": 1, "b": 2, "c": 3}
			for name, day := range days {
				named(t, f, name, day).Take()
			}
			if tt.fails != "" {
				f.Missed(state.HashContext(fmt.Appendf(nil, "{%q:1}", tt.fails)))
			}
			since := f.Read(state.Since{}, state.Since{}, &state.Feed{Owes: tt.owes}, asOf)
			from := ""
			if since.At != nil {
				from = since.At.Format(time.DateOnly)
			}
			if from != tt.from {
				t.Errorf("the next pass asks from %q, want %q", from, tt.from)
			}
			next := pass(since)
			for _, name := range tt.known {
				if one := named(t, next, name, days[name]); !one.Known() {
					t.Errorf("file %s is not known, and was read", name)
				}
				if one := named(t, next, name, 20); one.Known() {
					t.Errorf("another version of file %s is known", name)
				}
			}
			for _, name := range tt.others {
				if one := named(t, next, name, days[name]); one.Known() {
					t.Errorf("file %s is known, and failed", name)
				}
			}
		})
	}
}

// TestMostFiles: a state has no more versions than Most, and it is known that some are
// missing.
func TestMostFiles(t *testing.T) {
	f := pass(state.Since{})
	for n := range 2 * listing.Most {
		named(t, f, fmt.Sprint(n), 3).Take()
	}
	since := f.Read(state.Since{}, state.Since{}, &state.Feed{}, asOf)
	if len(since.Files) != listing.Most || !f.Lacks() {
		t.Errorf("%d versions are kept, and lacks is %t; want %d, and true", len(since.Files), f.Lacks(), listing.Most)
	}
}
