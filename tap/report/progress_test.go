package report

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/sources/fetch/pace"
)

var began = time.Date(2025, 3, 1, 12, 0, 0, 0, time.UTC)

// at is a snapshot of some streams, so long after the run began.
func at(after time.Duration, streams ...StreamSnapshot) *Snapshot {
	return &Snapshot{Started: began, At: began.Add(after), Streams: streams}
}

func TestProgressLines(t *testing.T) {
	with := func(name string, change func(*StreamSnapshot)) StreamSnapshot {
		s := StreamSnapshot{Name: name, Walking: 1, Numbers: Numbers{Records: 1000, Pages: 10, Calls: 11, Bytes: 2_500_000}}
		if change != nil {
			change(&s)
		}
		return s
	}
	var forty []StreamSnapshot
	for i := range 40 {
		forty = append(forty, with(fmt.Sprint("s", i), nil))
	}
	wait := &pace.Wait{Since: began, Until: began.Add(time.Hour)}
	for _, tt := range []struct {
		name  string
		shown []*Snapshot
		most  int
		want  string
	}{
		{"nothing yet", nil, 10, ""},
		{"nothing has begun", []*Snapshot{at(0, StreamSnapshot{Name: "a"})}, 10, "0 records, 0 calls, 0 B, 0 of 1 streams done, since 12:00:00Z"},
		{"no total", []*Snapshot{at(0, with("a", nil))}, 10, "a  1,000 records, 10 pages, 11 calls\n1,000 records, 11 calls, 2.5 MB, 0 of 1 streams done, since 12:00:00Z"},
		{
			"a total", []*Snapshot{
				at(0, with("a", func(s *StreamSnapshot) { s.Total = 50_000 })),
				at(10*time.Second, with("a", func(s *StreamSnapshot) { s.Total, s.Reached, s.Records = 50_000, 5000, 6000 })),
			}, 2, "a  6,000 records, 10 pages, 11 calls, 500/s, 10%, 2m left\n…",
		},
		{
			"an earlier run came half the way", []*Snapshot{
				at(0, with("a", func(s *StreamSnapshot) { s.Total, s.Began, s.Reached = 1000, 500, 500 })),
				at(10*time.Second, with("a", func(s *StreamSnapshot) { s.Total, s.Began, s.Reached = 1000, 500, 600 })),
			}, 2, "a  1,000 records, 10 pages, 11 calls, 60%, 40s left\n…",
		},
		{
			"200 partitions", []*Snapshot{
				at(0, with("accounts", func(s *StreamSnapshot) { s.All = 200 })),
				at(time.Minute, with("accounts", func(s *StreamSnapshot) { s.All, s.Partitions, s.Failures, s.Walking = 200, 39, 1, 4 })),
			}, 12, "accounts  1,000 records, 10 pages, 11 calls, 39 of 200 partitions done, 1 failed, 4 under way, 20%, 4m left\n…",
		},
		{"children", []*Snapshot{at(0, with("a", func(s *StreamSnapshot) { s.Partitions, s.Walking = 1, 2 }))}, 9, "a  1,000 records, 10 pages, 11 calls, 1 partition done, 2 under way\n…"},
		{"a wait", []*Snapshot{at(0, with("a", func(s *StreamSnapshot) { s.Wait = wait }))}, 9, "a  waits until 13:00:00Z for , 1,000 records, 10 pages, 11 calls\n…"},
		{"what is over", []*Snapshot{at(0, with("a", func(s *StreamSnapshot) { s.Done, s.Over = true, true }), with("b", nil))}, 9, "b  1,000 records, 10 pages, 11 calls\n2,000 records, 22 calls, 5.0 MB, 1 of 2 streams done, since 12:00:00Z"},
		{"columns", []*Snapshot{at(0, with("注文", nil), with("orders", nil))}, 9, "注文    1,000 records, 10 pages, 11 calls\norders  1,000 records, 10 pages, 11 calls\n…"},
		{"a long name", []*Snapshot{at(0, with(strings.Repeat("n", 50), nil))}, 9, strings.Repeat("n", 23) + "…  1,000 records, 10 pages, 11 calls\n…"},
		{"one line", []*Snapshot{at(0, forty...)}, 1, "40,000 records, 440 calls, 100.0 MB, 0 of 40 streams done, since 12:00:00Z"},
		{"40 streams", []*Snapshot{at(0, forty...)}, 4, "s0  1,000 records, 10 pages, 11 calls\ns1  1,000 records, 10 pages, 11 calls\n38 more streams are under way\n40,000 records…"},
		{"those with walks come first", []*Snapshot{at(0, with("a", func(s *StreamSnapshot) { s.Walking = 0 }), with("b", nil))}, 9, "b  …"},
		{"the journal", []*Snapshot{at(0, with("a", func(s *StreamSnapshot) { s.Recalled = 7 }))}, 1, "1,000 records, 11 calls, 2.5 MB, 0 of 1 streams done, 7 from the journal, since 12:00:00Z"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var p Progress
			for _, s := range tt.shown {
				p.Saw(s)
			}
			got := strings.Join(p.Lines(tt.most), "\n")
			want, begins := strings.CutSuffix(tt.want, "…")
			if got != want && !(begins && strings.HasPrefix(got, want)) {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
			if n := strings.Count(got, "\n") + 1; n > tt.most {
				t.Errorf("%d lines, want %d at most", n, tt.most)
			}
		})
	}
}

// TestPace: it has two digits that count, so that it changes rarely.
func TestPace(t *testing.T) {
	for _, tt := range []struct {
		perSecond float64
		want      string
	}{{0.001, "1/min"}, {0.5, "30/min"}, {1, "1/s"}, {12.4, "12/s"}, {99.6, "100/s"}, {1234, "1,200/s"}, {98765, "99,000/s"}, {1_250_000, "1,300,000/s"}} {
		if got := perTime(tt.perSecond); got != tt.want {
			t.Errorf("%v: %s, want %s", tt.perSecond, got, tt.want)
		}
	}
	for _, tt := range []struct {
		left time.Duration
		want string
	}{{time.Second, "5s"}, {33 * time.Second, "35s"}, {61 * time.Second, "1m"}, {59*time.Minute + 40*time.Second, "60m"}, {125 * time.Minute, "2h10m"}, {49 * time.Hour, "2 days"}} {
		if got := roughly(tt.left); got != tt.want {
			t.Errorf("%v: %s, want %s", tt.left, got, tt.want)
		}
	}
}

func TestClip(t *testing.T) {
	for _, tt := range []struct {
		text    string
		columns int
		want    string
	}{{"orders", 6, "orders"}, {"orders", 5, "orde…"}, {"注文", 4, "注文"}, {"注文", 3, "注…"}, {"注文", 2, "…"}, {"e\u0301e\u0301", 2, "e\u0301e\u0301"}, {"orders", 0, ""}, {"🛒🛒", 3, "🛒…"}} {
		if got := Clip(tt.text, tt.columns); got != tt.want || Width(got) > tt.columns {
			t.Errorf("%q in %d columns: %q, want %q", tt.text, tt.columns, got, tt.want)
		}
	}
}
