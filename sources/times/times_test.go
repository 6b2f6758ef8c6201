package times_test

import (
	"strings"
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/sources/times"
)

func TestParse(t *testing.T) {
	at := time.Date(2024, 3, 5, 1, 2, 3, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"2024-03-05T01:02:03Z":           at,
		"2024-03-05t01:02:03z":           at,
		"2024-03-05 01:02:03":            at,
		"2024-03-05 01:02:03 +0000":      at,
		"2024-03-05T02:02:03+01:00":      at,
		"2024-03-04T15:32:03-0930":       at,
		"2024-03-05T02:02:03+01":         at,
		"2024-03-05T01:02:03.5Z":         at.Add(500 * time.Millisecond),
		"2024-03-05T01:02:03.123456789":  at.Add(123456789),
		"2024-03-05T01:02:03,120+00:00":  at.Add(120 * time.Millisecond),
		"2024-03-05T01:02Z":              time.Date(2024, 3, 5, 1, 2, 0, 0, time.UTC),
		"2024-02-29":                     time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC),
		"2016-12-31T23:59:60Z":           time.Date(2017, 1, 1, 0, 0, 0, 0, time.UTC),
		"0001-01-01T00:00:00Z":           {},
		"9999-12-31T23:59:59.999999999Z": time.Date(9999, 12, 31, 23, 59, 59, 999999999, time.UTC),
	} {
		got, err := times.Parse(text)
		if err != nil || !got.Equal(want) || got.Location() != time.UTC {
			t.Errorf("%s: got %v, error %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", "2024-3-5", "2023-02-29", "2024-13-01", "2024-00-01", "2024-01-00", "2024-01-01T", "2024-01-01T24:00:00Z",
		"2024-01-01T00:60:00Z", "2024-01-01T00:00:61Z", "2024-01-01T00:00:00.Z", "2024-01-01T00:00:00+1",
		"2024-01-01T00:00:00+24:00", "2024-01-01x", "2024-01-01T00:00:00ZZ", "-024-01-01", "0000-01-01", "1e400", "9223372036854775808", "NaN", "0x10",
	} {
		if got, err := times.Parse(text); err == nil {
			t.Errorf("%s: got %v, want an error", text, got)
		}
	}
}

func TestParseDuration(t *testing.T) {
	const day = 24 * time.Hour
	for text, want := range map[string]time.Duration{
		"0": 0, "90s": 90 * time.Second, "1h30m": 90 * time.Minute, "3d": 3 * day, "2w": 14 * day, "1d12h": 36 * time.Hour,
		"1.5h": 90 * time.Minute, ".5s": 500 * time.Millisecond, "-10ms": -10 * time.Millisecond, "+1ns": 1, "1us": 1000, "1µs": 1000,
		"P1D": day, "PT1H": time.Hour, "P1W": 7 * day, "P1DT2H3M4.5S": day + 2*time.Hour + 3*time.Minute + 4500*time.Millisecond,
		"-PT36H": -36 * time.Hour, "PT0S": 0, "PT0,5M": 30 * time.Second, "106751d": 106751 * day,
	} {
		if got, err := times.ParseDuration(text); err != nil || got != want {
			t.Errorf("%s: got %v, error %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", "1", "d", "1x", "1.d.", "1h-5m", "--1h", "P", "PT", "P1", "P1H", "PT1D", "P1DT", "PD", "P1D1D", "PT1S1H", "P1Y", "P1M",
		"106752d", "99999999999999999999h", "292y", "1 h", "1hP1D", ".s",
	} {
		if got, err := times.ParseDuration(text); err == nil {
			t.Errorf("%s: got %v, want an error", text, got)
		}
	}
}

func TestStrftime(t *testing.T) {
	at := time.Date(2024, 3, 5, 13, 2, 3, 45_678_901, time.UTC)
	for layout, want := range map[string]string{
		"%Y-%m-%dT%H:%M:%S.%f%z": "2024-03-05T13:02:03.045678+0000",
		"%y %j %b %B %a %A":      "24 065 Mar March Tue Tuesday",
		"%I:%M %p, %l %P":        "01:02 PM,  1 pm",
		"%e|%-d|%-m|%_d|%k":      " 5|5|3| 5|13",
		"%s %ms %_ms":            "1709643723 1709643723045 045",
		"%s_as_float":            "1709643723.045678",
		"%epoch_microseconds":    "1709643723045678",
		"%Z %:z %%":              "UTC +00:00 %",
		"%F %T %R %D":            "2024-03-05 13:02:03 13:02 03/05/24",
		"%c":                     "Tue Mar  5 13:02:03 2024",
		"%G-W%V-%u %U %W %w %C":  "2024-W10-2 09 10 2 20",
		"plain":                  "plain",
	} {
		if got, err := times.Strftime(at, layout); err != nil || got != want {
			t.Errorf("%s: got %q, error %v, want %q", layout, got, err, want)
		}
	}
	zoned := at.In(time.FixedZone("", -5*3600-1800))
	if got, _ := times.Strftime(zoned, "%H%z %Z %s"); got != "07-0530 UTC-05:30 1709643723" {
		t.Errorf("in another zone: got %q", got)
	}
	for _, layout := range []string{"%Q", "%", "%-", "%Y%"} {
		if got, err := times.Strftime(at, layout); err == nil {
			t.Errorf("%s: got %q, want an error", layout, got)
		}
	}
}

func TestStrptime(t *testing.T) {
	at := time.Date(2024, 3, 5, 13, 2, 3, 0, time.UTC)
	for _, c := range []struct {
		layout, text string
		want         time.Time
	}{
		{"%Y-%m-%dT%H:%M:%S%z", "2024-03-05T14:02:03+0100", at},
		{"%Y-%m-%dT%H:%M:%S%z", "2024-03-05T13:02:03Z", at},
		{"%Y-%m-%dT%H:%M:%S.%fZ", "2024-03-05T13:02:03.25Z", at.Add(250 * time.Millisecond)},
		{"%Y-%m-%dT%H:%M:%S.%_ms", "2024-03-05T13:02:03.250", at.Add(250 * time.Millisecond)},
		{"%d/%m/%y %I:%M:%S %p", "5/3/24 1:02:03 pm", at},
		{"%A, %d %B %Y %T %Z", "Tuesday, 05 march 2024 13:02:03 GMT", at},
		{"%a %b %e %H:%M:%S %Y", "Tue Mar  5 13:02:03 2024", at},
		{"%Y%m%d", "20240305", time.Date(2024, 3, 5, 0, 0, 0, 0, time.UTC)},
		{"%Y%j", "2024065", time.Date(2024, 3, 5, 0, 0, 0, 0, time.UTC)},
		{"%Y", "2024", time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)},
		{"%H", "7", time.Date(1900, 1, 1, 7, 0, 0, 0, time.UTC)},
		{"%s", "1709643723", at},
		{"%ms", "1709643723250", at.Add(250 * time.Millisecond)},
		{"%epoch_microseconds", "1709643723000001", at.Add(time.Microsecond)},
		{"%s_as_float", "1709643723.5", at.Add(500 * time.Millisecond)},
	} {
		got, err := times.Strptime(c.layout, c.text)
		if err != nil || !got.Equal(c.want) || got.Location() != time.UTC {
			t.Errorf("%s by %s: got %v, error %v, want %v", c.text, c.layout, got, err, c.want)
		}
	}
	for _, c := range [][2]string{
		{"%Y-%m-%d", "2024-02-30"}, {"%Y-%m-%d", "2024-03-05x"}, {"%Y-%m-%d", "2024-03"}, {"%m", "13"}, {"%s", "x"}, {"%s_as_float", "1e300"},
		{"%G", "2024"}, {"%B", "Mai"}, {"%z", "+1"}, {"%p", "x"}, {"%", ""}, {"%Y %m", "202403"},
	} {
		if got, err := times.Strptime(c[0], c[1]); err == nil {
			t.Errorf("%s by %s: got %v, want an error", c[1], c[0], got)
		}
	}
}

func TestParseSpan(t *testing.T) {
	const day = 24 * time.Hour
	at := time.Date(2024, 1, 31, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]struct {
		span  times.Span
		after string // the time that lies the span after at
	}{
		"1mo":      {times.Span{Months: 1}, "2024-02-29T12:00:00Z"},
		"1y":       {times.Span{Months: 12}, "2025-01-31T12:00:00Z"},
		"P1M":      {times.Span{Months: 1}, "2024-02-29T12:00:00Z"},
		"P1Y":      {times.Span{Months: 12}, "2025-01-31T12:00:00Z"},
		"1y2mo3d":  {times.Span{Months: 14, Nanos: 3 * day}, "2025-04-03T12:00:00Z"},
		"P1Y2MT3M": {times.Span{Months: 14, Nanos: 3 * time.Minute}, "2025-03-31T12:03:00Z"},
		"-1mo":     {times.Span{Months: -1}, "2023-12-31T12:00:00Z"},
		"1m":       {times.Span{Nanos: time.Minute}, "2024-01-31T12:01:00Z"},
		"72h0m0s":  {times.Span{Nanos: 3 * day}, "2024-02-03T12:00:00Z"}, // as states have it
	} {
		got, err := times.ParseSpan(text)
		if err != nil || got != want.span {
			t.Errorf("%s: got %+v, error %v, want %+v", text, got, err, want.span)
			continue
		}
		if after, err := got.AddTo(at); err != nil || after.Format(time.RFC3339) != want.after {
			t.Errorf("%s after %v: got %v, error %v, want %s", text, at, after, err, want.after)
		}
		if again, err := times.ParseSpan(got.String()); err != nil || again != got {
			t.Errorf("%s is written %s, which is read as %+v, error %v", text, got, again, err)
		}
	}
	for _, text := range []string{"1.5mo", "P0.5Y", "mo", "1M", "1Y", "120001mo", "10001y", strings.Repeat("10000y", 400)} {
		if got, err := times.ParseSpan(text); err == nil {
			t.Errorf("%s: got %+v, want an error", text, got)
		}
	}
	if _, err := times.ParseDuration("1mo"); err == nil || !strings.Contains(err.Error(), "months and years have no fixed length") {
		t.Errorf("1mo as a fixed duration: got %v", err)
	}
}

func TestLayoutUnit(t *testing.T) {
	for layout, want := range map[string]time.Duration{
		"%Y-%m-%d": 24 * time.Hour, "%F": 24 * time.Hour, "%Y%m%d%H": time.Hour, "%d.%m.%Y %H:%M": time.Minute, "%R": time.Minute, "%F %T": time.Second,
		"%c": time.Second, "%s": time.Second, "%I %p": time.Hour, "%FT%T.%_ms": time.Millisecond, "%ms": time.Millisecond, "%FT%T.%f%z": time.Microsecond,
		"%epoch_microseconds": time.Microsecond, "%s_as_float": time.Microsecond, "": 24 * time.Hour, "%": 24 * time.Hour, "M%%S": 24 * time.Hour,
	} {
		if got := times.LayoutUnit(layout); got != want {
			t.Errorf("%s: got %v, want %v", layout, got, want)
		}
	}
}
