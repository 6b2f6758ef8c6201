package fetch

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/times"
)

var now = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

func TestParseWait(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"0": 0, "7": 7 * time.Second, " 1.5 ": 1500 * time.Millisecond, "1e2": 100 * time.Second,
		"90s": 90 * time.Second, "1d": 24 * time.Hour, "PT2M": 2 * time.Minute,
		"1772600777":                        10 * time.Second,
		"1772600777.9":                      10900 * time.Millisecond,
		"1772600768250":                     1250 * time.Millisecond,
		"1000000000":                        0,
		"Wed, 04 Mar 2026 05:07:07 GMT":     time.Minute,
		"Wednesday, 04-Mar-26 05:07:07 GMT": time.Minute,
		"Wed, 04 Mar 2026 05:00:00 GMT":     0,
		"2026-03-04T05:06:08.5Z":            1500 * time.Millisecond,
		"2026-03-04 06:06:17+01:00":         10 * time.Second,
		"Wed, 04 Mar 2026 14:06:17 +0900":   10 * time.Second,
		"1772600777000000":                  10 * time.Second,
		"1772600777000000000":               10 * time.Second,
	} {
		if got, ok := parseWait(text, now); !ok || got != want {
			t.Errorf("parseWait(%q) = %v, %v, want %v", text, got, ok, want)
		}
	}
	for _, text := range []string{"", " ", "-1", "-5s", "soon", "NaN", "Inf", "1e300", "12 monkeys", "Wed, 99 Mar 2026",
		"Wed, 04 Mar 2026 05:07:07 JST", "Wednesday, 04-Mar-26 05:07:07 EST", "1mo", "P1Y"} {
		if got, ok := parseWait(text, now); ok {
			t.Errorf("parseWait(%q) = %v, want none", text, got)
		}
	}
}

func FuzzParseWait(f *testing.F) {
	for _, seed := range []string{"7", "1772600777", "1772600768250", "90s", "Wed, 04 Mar 2026 05:07:07 GMT", "2026-03-04T05:06:08.5Z", "1e99", "-0", "0x1p60", "Wed, 04 Mar 2026 05:07:07 JST", "1772600777000000000"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, ok := parseWait(text, now)
		if d < 0 || !ok && d != 0 {
			t.Errorf("parseWait(%q) = %v, %v", text, d, ok)
		}
		// What is no number of seconds is read as everywhere else.
		if n, err := strconv.ParseFloat(strings.TrimSpace(text), 64); err != nil || n > longestSeconds {
			at, err := times.Parse(strings.TrimSpace(text))
			if err == nil && (!ok || d != untilTime(at, now)) {
				t.Errorf("parseWait(%q) = %v, %v, but it is the time %v", text, d, ok, at)
			}
			if _, noDuration := times.ParseDuration(strings.TrimSpace(text)); err != nil && noDuration != nil && ok {
				t.Errorf("parseWait(%q) = %v, but it is neither time nor duration", text, d)
			}
		}
		if _, d := rateLimit(text); d < 0 {
			t.Errorf("rateLimit(%q) = %v", text, d)
		}
	})
}

func TestRetryAfter(t *testing.T) {
	tests := []struct {
		name   string
		status int
		header []string
		want   time.Duration // -1: not said
	}{
		{"nothing", 429, nil, -1},
		{"seconds", 503, []string{"Retry-After", "5"}, 5 * time.Second},
		{"date", 503, []string{"Retry-After", "Wed, 04 Mar 2026 05:06:17 GMT"}, 10 * time.Second},
		{"date by the API's clock", 503, []string{"Retry-After", "Wed, 04 Mar 2026 09:00:10 GMT", "Date", "Wed, 04 Mar 2026 09:00:00 GMT"}, 10 * time.Second},
		{"past", 503, []string{"Retry-After", "Wed, 04 Mar 2020 05:06:17 GMT"}, -1},
		{"zero", 503, []string{"Retry-After", "0"}, -1},
		{"garbage, then a reset", 429, []string{"Retry-After", "later", "RateLimit-Reset", "7"}, 7 * time.Second},
		{"Retry-After goes first", 429, []string{"Retry-After", "5", "RateLimit-Reset", "7"}, 5 * time.Second},
		{"reset in seconds", 429, []string{"RateLimit-Reset", "7"}, 7 * time.Second},
		{"reset as an epoch", 429, []string{"X-Ratelimit-Reset", "1772600777"}, 10 * time.Second},
		{"reset, quota left", 429, []string{"X-Ratelimit-Remaining", "3", "X-Ratelimit-Reset", "7"}, -1},
		{"reset of a 502", 502, []string{"X-Ratelimit-Reset", "7"}, -1},
		{"reset of a 503, quota used up", 503, []string{"X-Ratelimit-Remaining", "0", "X-Ratelimit-Reset", "7"}, 7 * time.Second},
		{"draft 3", 429, []string{"RateLimit", "limit=10, remaining=0, reset=7"}, 7 * time.Second},
		{"draft 3, quota left", 503, []string{"RateLimit", "limit=10, remaining=4, reset=7"}, -1},
		{"draft 9", 429, []string{"RateLimit", `"default";r=0;t=7`}, 7 * time.Second},
		{"draft 9, several", 503, []string{"RateLimit", `"day";r=50;t=900, "minute";r=0;t=7`}, 7 * time.Second},
		{"draft 9, without r", 429, []string{"RateLimit", `"default";t=7`}, 7 * time.Second},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			ex := &Exchange{Status: test.status, Header: http.Header{}, At: now}
			for i := 0; i < len(test.header); i += 2 {
				ex.Header.Set(test.header[i], test.header[i+1])
			}
			if got := retryAfter(ex); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestBackoff(t *testing.T) {
	r := sources.Retry{MinWait: time.Second, MaxWait: 10 * time.Second}
	for attempt, longest := range map[int]time.Duration{1: 1, 2: 2, 3: 4, 4: 8, 5: 10, 6: 10, 1000: 10} {
		longest *= time.Second
		different := map[time.Duration]bool{}
		for range 100 {
			d := backoff(r, attempt)
			if d < longest/2 || d > longest {
				t.Errorf("attempt %d: %v, want %v to %v", attempt, d, longest/2, longest)
			}
			different[d] = true
		}
		if len(different) < 50 {
			t.Errorf("attempt %d: %d different waits of 100", attempt, len(different))
		}
	}
	if d := backoff(sources.Retry{MaxWait: time.Second}, 3); d != 0 {
		t.Errorf("without min_wait: %v", d)
	}
}

func TestPauseIsNotCutShort(t *testing.T) {
	p := newPace(nil)
	p.rest(now.Add(10 * time.Second))
	p.rest(now.Add(5 * time.Second))
	if got := p.take(now); got != 10*time.Second {
		t.Errorf("got %v, want 10s", got)
	}
}
