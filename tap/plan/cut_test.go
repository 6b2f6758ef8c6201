package plan_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/tap/plan"
)

// clockIn is the clock of a stream in a zone, which begins at a time.
func clockIn(t *testing.T, zone, start, format string, whole bool) plan.Clock {
	t.Helper()
	at, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	template, err := expr.NewScope("config").Compile(start)
	if err != nil {
		t.Fatal(err)
	}
	return plan.NewClock(&sources.Incremental{
		Start: template, Windows: sources.Windows{Format: format, Timezone: at, Whole: whole},
		RecordTimes: sources.RecordTimes{Timezone: at}, Settle: 10 * time.Minute,
	})
}

// TestCut holds how time is cut into windows: days of 23 and 25 hours, one that
// has no midnight, weeks, months, leap years.
func TestCut(t *testing.T) {
	for _, tt := range []struct {
		name, zone, start, asOf, length string
		whole                           bool
		want                            string
	}{
		{"days", "UTC", "2025-01-01T06:00:00Z", "2025-01-03T12:00:00Z", "1d", false, "01-01T06:00 01-02T00:00 01-03T00:00 01-03T12:00"},
		{"whole days", "UTC", "2025-01-01T06:00:00Z", "2025-01-03T12:00:00Z", "1d", true, "01-01T00:00 01-02T00:00 01-03T00:00"},
		{"a day that is over, but not settled", "UTC", "2025-01-01T00:00:00Z", "2025-01-03T00:05:00Z", "1d", true, "01-01T00:00 01-02T00:00"},
		{"no whole day yet", "UTC", "2025-01-03T00:00:00Z", "2025-01-03T12:00:00Z", "1d", true, ""},
		{"23 hours", "Europe/Berlin", "2025-03-29T23:00:00Z", "2025-03-31T22:00:00Z", "1d", false, "03-30T00:00 03-31T00:00 04-01T00:00"},
		{"25 hours", "America/New_York", "2025-11-02T04:00:00Z", "2025-11-04T05:00:00Z", "1d", false, "11-02T00:00 11-03T00:00 11-04T00:00"},
		{"a day without midnight", "America/Sao_Paulo", "2018-11-03T03:00:00Z", "2018-11-05T12:00:00Z", "1d", false, "11-03T00:00 11-04T01:00 11-05T00:00 11-05T10:00"},
		{"a zone that skips a day", "Pacific/Apia", "2011-12-28T10:00:00Z", "2012-01-01T00:00:00Z", "1d", false, "12-28T00:00 12-29T00:00 12-31T00:00 01-01T00:00 01-01T14:00"},
		{"midnight twice", "America/Sao_Paulo", "2018-02-17T02:00:00Z", "2018-02-19T03:00:00Z", "1d", false, "02-17T00:00 02-18T00:00 02-19T00:00"},
		{"midnight twice, and a start between", "America/Goose_Bay", "2010-11-07T03:30:00Z", "2010-11-08T12:00:00Z", "1d", false, "11-06T23:30 11-08T00:00 11-08T08:00"},
		{"a leap year", "Europe/Berlin", "2024-01-31T23:00:00Z", "2024-03-31T22:00:00Z", "1mo", false, "02-01T00:00 03-01T00:00 04-01T00:00"},
		{"weeks", "UTC", "2025-01-01T00:00:00Z", "2025-01-15T00:00:00Z", "1w", false, "01-01T00:00 01-06T00:00 01-13T00:00 01-15T00:00"},
		{"months from the 31st", "UTC", "2024-01-31T00:00:00Z", "2024-04-02T00:00:00Z", "1mo", false, "01-31T00:00 02-01T00:00 03-01T00:00 04-01T00:00 04-02T00:00"},
		{"years", "UTC", "2023-06-01T00:00:00Z", "2025-02-01T00:00:00Z", "1y", false, "06-01T00:00 01-01T00:00 01-01T00:00 02-01T00:00"},
		{"hours", "UTC", "2025-01-01T01:30:00Z", "2025-01-01T14:00:00Z", "6h", false, "01-01T01:30 01-01T07:30 01-01T13:30 01-01T14:00"},
		{"one window", "UTC", "2025-01-01T00:00:00Z", "2025-01-03T00:00:00Z", "0s", false, "01-01T00:00 01-03T00:00"},
		{"nothing yet", "UTC", "2025-01-05T00:00:00Z", "2025-01-03T00:00:00Z", "1d", false, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := clockIn(t, tt.zone, tt.start, "rfc3339", tt.whole)
			asOf, err := time.Parse(time.RFC3339, tt.asOf)
			if err != nil {
				t.Fatal(err)
			}
			k, err := c.Cut(nil, span("0s"), span(tt.length), asOf, make(expr.Vars, sources.VarCount))
			if err != nil {
				t.Fatal(err)
			}
			var all []string
			for start, end, ok := k.First(); ok; start, end, ok = k.After(end) {
				if len(all) == 0 {
					all = append(all, start.In(c.Windows.Timezone).Format("01-02T15:04"))
				}
				all = append(all, end.In(c.Windows.Timezone).Format("01-02T15:04"))
			}
			if got := strings.Join(all, " "); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// TestWindowsCover proves of random ranges that their windows lie side by side and
// cover them, and that halves do.
func TestWindowsCover(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	zones := []string{"UTC", "Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Australia/Lord_Howe", "Asia/Beirut", "Pacific/Apia"}
	lengths := []string{"1d", "2d", "1w", "2w", "1mo", "3mo", "1y", "6h", "90m", "36h"}
	for range 500 {
		begin := time.Date(2015+r.IntN(10), 1, 1, 0, 0, r.IntN(365*24*3600), 0, time.UTC)
		asOf := begin.Add(time.Duration(r.IntN(400*24)) * time.Hour)
		c := clockIn(t, zones[r.IntN(len(zones))], begin.Format(time.RFC3339), "rfc3339", false)
		k, err := c.Cut(nil, span("0s"), span(lengths[r.IntN(len(lengths))]), asOf, make(expr.Vars, sources.VarCount))
		if err != nil {
			t.Fatal(err)
		}
		at := begin
		for start, end, ok := k.First(); ok; start, end, ok = k.After(end) {
			if !start.Equal(at) || !end.After(start) {
				t.Fatalf("%s: a window from %s to %s behind %s", fmt.Sprint(c.Windows.Timezone), start, end, at)
			}
			w := state.Window{Start: start, End: end}
			if middle, ok := c.Halve(w); ok && (!middle.After(start) || !middle.Before(end)) {
				t.Fatalf("%s to %s has its middle at %s", start, end, middle)
			}
			at = end
		}
		if asOf.After(begin) && !at.Equal(asOf) || !k.End().Equal(asOf) {
			t.Fatalf("the windows end at %s, and the time at %s (%s)", at, asOf, k.End())
		}
	}
}

// TestWholeWindowsStay proves that whole windows have the same borders in every
// sync, whatever the bookmark and the lookback that it begins with: rows of a
// report that come again take the place of those before.
func TestWholeWindowsStay(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	zones := []string{"UTC", "Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Goose_Bay", "Pacific/Apia"}
	lengths := []string{"1d", "2d", "3d", "10d", "1w", "2w", "1mo", "3mo", "1y", "1h", "6h", "90m", "36h", "5h", "25h", "50h"}
	for range 400 {
		zone, length, lookback := zones[r.IntN(len(zones))], lengths[r.IntN(len(lengths))], []string{"0s", "1h", "3d", "2w"}[r.IntN(4)]
		begin := time.Date(2009+r.IntN(12), 1, 1, 0, 0, r.IntN(365*24*3600), 0, time.UTC)
		last := begin.Add(time.Duration(100+r.IntN(200)) * 24 * time.Hour)
		c := clockIn(t, zone, begin.Format(time.RFC3339), "rfc3339", true)
		windows := func(from string, asOf time.Time) (all [][2]int64) {
			var mark json.RawMessage
			if from != "" {
				mark = json.RawMessage(from)
			}
			k, err := c.Cut(mark, span(lookback), span(length), asOf, make(expr.Vars, sources.VarCount))
			if err != nil {
				t.Fatal(err)
			}
			for start, end, ok := k.First(); ok; start, end, ok = k.After(end) {
				if len(all) > 0 && all[len(all)-1][1] != start.Unix() || !start.Before(end) || end.After(asOf.Add(-c.Settle)) {
					t.Fatalf("%s, %s: a window from %s to %s at %s", zone, length, start, end, asOf)
				}
				all = append(all, [2]int64{start.Unix(), end.Unix()})
			}
			return all
		}
		known := map[[2]int64]bool{}
		first := windows("", last)
		for _, w := range first {
			known[w] = true
		}
		if len(first) > 0 && first[0][0] > begin.Unix() {
			t.Fatalf("%s, %s: the first window begins at %d, behind %s", zone, length, first[0][0], begin)
		}
		for range 5 {
			mark := begin.Add(time.Duration(r.Int64N(int64(last.Sub(begin)))))
			for _, w := range windows(mark.Format(`"`+time.RFC3339+`"`), last.Add(-time.Duration(r.Int64N(int64(last.Sub(mark))+1)))) {
				if !known[w] {
					t.Fatalf("%s, %s: from %s with lookback %s there is a window from %s to %s, which a sync from %s did not have",
						zone, length, mark, lookback, time.Unix(w[0], 0).In(c.Windows.Timezone), time.Unix(w[1], 0).In(c.Windows.Timezone), begin)
				}
			}
		}
	}
}

// TestHalve parts windows down to what requests can say.
func TestHalve(t *testing.T) {
	for format, want := range map[string]int{"date": 3, "rfc3339": 19} {
		c := clockIn(t, "UTC", "2025-01-01", format, false)
		w := state.Window{Start: time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC), End: time.Date(2025, 1, 7, 0, 0, 0, 0, time.UTC)}
		n := 0
		for middle, ok := c.Halve(w); ok; middle, ok = c.Halve(w) {
			w.Start = middle
			n++
		}
		if n != want {
			t.Errorf("%s: %d halves, want %d", format, n, want)
		}
	}
}

// TestHalveOddTimes parts windows where a day has 23 or 25 hours, and where requests
// write less than a day.
func TestHalveOddTimes(t *testing.T) {
	at := func(text string) time.Time {
		when, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return when
	}
	for _, tt := range []struct{ zone, format, start, end, want string }{
		{"Europe/Berlin", "date", "2025-03-30T00:00:00+01:00", "2025-04-01T00:00:00+02:00", "2025-03-31T00:00"},
		{"Europe/Berlin", "date", "2025-03-30T00:00:00+01:00", "2025-03-31T00:00:00+02:00", ""},
		{"America/New_York", "date", "2025-11-02T00:00:00-04:00", "2025-11-04T00:00:00-05:00", "2025-11-03T00:00"},
		{"UTC", "%Y-%m", "2025-01-01T00:00:00Z", "2025-02-01T00:00:00Z", ""},
		{"UTC", "%Y-%m", "2025-01-01T00:00:00Z", "2025-12-01T00:00:00Z", "2025-06-17T00:00"},
		{"Europe/Berlin", "%Y-%m-%dT%H", "2025-10-26T02:00:00+02:00", "2025-10-26T03:00:00+01:00", ""},
	} {
		c := clockIn(t, tt.zone, "2025-01-01", tt.format, false)
		got := ""
		if middle, ok := c.Halve(state.Window{Start: at(tt.start), End: at(tt.end)}); ok {
			got = middle.In(c.Windows.Timezone).Format("2006-01-02T15:04")
		}
		if got != tt.want {
			t.Errorf("%s in %s, %s to %s: %q, want %q", tt.format, tt.zone, tt.start, tt.end, got, tt.want)
		}
	}
}
