package plan_test

import (
	"strings"
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/tap/plan"
)

// sending is a stream whose requests send window.end, in a format.
func sending(t *testing.T, format string) *plan.Stream {
	t.Helper()
	scope := expr.NewScope("config", "window")
	compile := func(text string) *expr.Template {
		template, err := scope.Compile(text)
		if err != nil {
			t.Fatal(err)
		}
		return template
	}
	s, err := plan.NewStream(&sources.Stream{
		Name: "orders", ReplicationKey: "updated_at",
		Client:  &sources.Client{},
		Request: sources.Request{Params: []sources.Param{{Name: "to", Value: sources.Tree{Leaf: compile("{{ window.end }}")}}}},
		Incremental: &sources.Incremental{
			Start: compile("2025-01-01"), Lookback: span("3h"), RecordTimes: sources.RecordTimes{Timezone: time.UTC},
			Windows: sources.Windows{Format: format, Timezone: time.UTC, Length: span("1d")},
		},
	}, nil, shape, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var march = plan.Range{Start: "2025-03-01", End: "2025-04-01"}

// backfilled is a pass of the journal that reads a range again.
func backfilled(change ...func(*plan.Recorded)) plan.Recorded {
	p := killed(append([]func(*plan.Recorded){unstored, func(p *plan.Recorded) {
		p.Layout = plan.Layout{Lookback: "0s", Partition: "p", Range: march.String(), Window: "168h0m0s"}
	}}, change...)...)
	return p
}

// TestBackfill: a range is read again whatever the state says, and goes on from
// the journal where it was killed.
func TestBackfill(t *testing.T) {
	for _, tt := range []struct {
		name   string
		passes []plan.Recorded
		replay bool
		way    plan.Way
		id     string
		length string
	}{
		{name: "nothing is recorded", way: plan.Anew, id: "new", length: "1d"},
		{name: "it was killed", passes: []plan.Recorded{backfilled()}, way: plan.FromJournal, id: "killed", length: "1w"},
		{name: "it was read to its end before", passes: []plan.Recorded{backfilled(finished)}, way: plan.Anew, id: "new", length: "1d"},
		{name: "it is replayed", passes: []plan.Recorded{backfilled(finished)}, replay: true, way: plan.Replay, id: "killed", length: "1w"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := sending(t, "rfc3339")
			if ok, err := s.Within(march); !ok || err != nil {
				t.Fatal(ok, err)
			}
			d, err := plan.Decide(s, plan.Known{Bookmark: open(), Passes: tt.passes, Now: now, ID: "new", Replay: tt.replay})
			if err != nil {
				t.Fatal(err)
			}
			if d.Way != tt.way || d.Pass.ID != tt.id || !d.Backfill || d.Bookmark != nil || d.From != nil || d.Lookback != span("0s") || d.Length != span(tt.length) {
				t.Errorf("%+v", d)
			}
			cut, err := s.Clock.Cut(d.From, d.Lookback, span("0s"), d.Pass.AsOf, make(expr.Vars, sources.VarCount))
			if err != nil {
				t.Fatal(err)
			}
			start, end, _ := cut.First()
			if got := start.Format(time.DateOnly) + "/" + end.Format(time.DateOnly); got != march.String() {
				t.Errorf("it reads %s", got)
			}
		})
	}
	s := sending(t, "rfc3339")
	if _, err := s.Within(plan.Range{Start: "2026-01-01"}); err != nil {
		t.Fatal(err)
	}
	if _, err := plan.Decide(s, plan.Known{Now: now, ID: "new"}); err == nil || !strings.Contains(err.Error(), "lies in the future") {
		t.Errorf("a range of the future: %v", err)
	}
	if s, _ := orders(t, true).Within(march); s {
		t.Error("a full table is read by time")
	}
}

// TestInRange: passes that read a range again and those that go on from a
// bookmark do not see each other.
func TestInRange(t *testing.T) {
	ids := func(r plan.Range) (all string) {
		for _, p := range plan.InRange([]plan.Recorded{killed(), backfilled(named("march"))}, r) {
			all += p.ID
		}
		return all
	}
	for want, r := range map[string]plan.Range{"killed": {}, "march": march, "": {Start: "2025-03-02"}} {
		if got := ids(r); got != want {
			t.Errorf("%s: %s, want %s", r, got, want)
		}
	}
}

// TestRunWindow: the length of windows is that of the run, where requests can
// write them.
func TestRunWindow(t *testing.T) {
	for _, tt := range []struct {
		format, length string
		want           string // length, or a part of the error
	}{
		{"rfc3339", "6h", "6h"},
		{"rfc3339", "1mo", "1mo"},
		{"rfc3339", "0", "0"},
		{"rfc3339", "1ms", "is no multiple of 1s"},
		{"date", "36h", "is no multiple of 24h"},
		{"%Y-%m", "1d", "is less than format %Y-%m can say"},
		{"%Y-%m", "1mo", "1mo"},
		{"%Y", "3mo", "is less than format %Y can say"},
		{"date", "1mo2d", "months or years alone"},
	} {
		length := span(tt.length)
		d, err := plan.Decide(sending(t, tt.format), plan.Known{Now: now, ID: "new", Window: &length})
		switch {
		case err != nil && !strings.Contains(err.Error(), tt.want):
			t.Errorf("%s of %s: %v, want %s", tt.length, tt.format, err, tt.want)
		case err == nil && d.Length != span(tt.want):
			t.Errorf("%s of %s: %v, want %s", tt.length, tt.format, d.Length, tt.want)
		}
	}
	length := span("6h")
	if d, err := plan.Decide(orders(t, false), plan.Known{Now: now, ID: "new", Window: &length}); err != nil || d.Length != span("0") {
		t.Errorf("a stream that sends no window.end is cut into %v, error %v", d.Length, err)
	}
}
