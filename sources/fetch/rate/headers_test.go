package rate

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/sources/times"
)

func TestWait(t *testing.T) {
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
		if got, ok := Wait(text, now); !ok || got != want {
			t.Errorf("Wait(%q) = %v, %v, want %v", text, got, ok, want)
		}
	}
	for _, text := range []string{"", " ", "-1", "-5s", "soon", "NaN", "Inf", "1e300", "12 monkeys", "Wed, 99 Mar 2026",
		"Wed, 04 Mar 2026 05:07:07 JST", "Wednesday, 04-Mar-26 05:07:07 EST", "1mo", "P1Y"} {
		if got, ok := Wait(text, now); ok {
			t.Errorf("Wait(%q) = %v, want none", text, got)
		}
	}
}

func FuzzWait(f *testing.F) {
	for _, seed := range []string{"7", "1772600777", "1772600768250", "90s", "Wed, 04 Mar 2026 05:07:07 GMT", "2026-03-04T05:06:08.5Z", "1e99", "-0", "0x1p60", "Wed, 04 Mar 2026 05:07:07 JST", "1772600777000000000"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, ok := Wait(text, now)
		if d < 0 || !ok && d != 0 {
			t.Errorf("Wait(%q) = %v, %v", text, d, ok)
		}
		// What is no number of seconds is read as everywhere else.
		if n, err := strconv.ParseFloat(strings.TrimSpace(text), 64); err != nil || n > longestSeconds {
			at, err := times.Parse(strings.TrimSpace(text))
			if err == nil && (!ok || d != max(0, at.Sub(now))) {
				t.Errorf("Wait(%q) = %v, %v, but it is the time %v", text, d, ok, at)
			}
			if _, noDuration := times.ParseDuration(strings.TrimSpace(text)); err != nil && noDuration != nil && ok {
				t.Errorf("Wait(%q) = %v, but it is neither time nor duration", text, d)
			}
		}
	})
}

// TestQuotas reads the dialects that are in use.
func TestQuotas(t *testing.T) {
	tests := []struct {
		name   string
		header []string
		want   []Quota
	}{
		{"none", []string{"Content-Length", "7"}, nil},
		{"GitHub", []string{"X-RateLimit-Limit", "5000", "X-RateLimit-Remaining", "4999", "X-RateLimit-Reset", "1772600777", "X-RateLimit-Used", "1", "X-RateLimit-Resource", "core"},
			[]Quota{{"x-ratelimit-core", 5000, 4999, 10 * time.Second}}},
		{"Okta", []string{"X-Rate-Limit-Limit", "600", "X-Rate-Limit-Remaining", "0", "X-Rate-Limit-Reset", "1772600777"}, []Quota{{"x-rate-limit-", 600, 0, 10 * time.Second}}},
		{"Discord", []string{"X-RateLimit-Limit", "5", "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "1772600777.5", "X-RateLimit-Reset-After", "1.5", "X-RateLimit-Bucket", "ab"},
			[]Quota{{"x-ratelimit-ab", 5, 0, 1500 * time.Millisecond}}},
		{"HubSpot", []string{"X-HubSpot-RateLimit-Max", "190", "X-HubSpot-RateLimit-Remaining", "7", "X-HubSpot-RateLimit-Interval-Milliseconds", "10000"},
			[]Quota{{"x-hubspot-ratelimit-", -1, 7, 10 * time.Second}}},
		{"Linear", []string{"X-RateLimit-Requests-Limit", "1500", "X-RateLimit-Requests-Remaining", "3", "X-RateLimit-Requests-Reset", "1772600777000"},
			[]Quota{{"x-ratelimit-requests-", 1500, 3, 10 * time.Second}}},
		{"Shopify", []string{"X-Shopify-Shop-Api-Call-Limit", "39/40"}, []Quota{{"x-shopify-shop-api-call-limit", 40, 1, time.Second}}},
		{"a reset alone", []string{"RateLimit-Reset", "7"}, []Quota{{"ratelimit-", -1, -1, 7 * time.Second}}},
		{"an earlier draft", []string{"RateLimit", "limit=10, remaining=4, reset=7"}, []Quota{{"ratelimit", 10, 4, 7 * time.Second}}},
		{"a later draft", []string{"RateLimit", `"day";r=50;t=900, "minute";r=0;t=7`}, []Quota{{`ratelimit"day"`, -1, 50, 900 * time.Second}, {`ratelimit"minute"`, -1, 0, 7 * time.Second}}},
		{"names with commas and quotes", []string{"RateLimit", `"a,b;r=9";r=3;t=4, "c\"d";r=0;t=5;pk=:cHsdsRa894==:`}, []Quota{{`ratelimit"a,b;r=9"`, -1, 3, 4 * time.Second}, {`ratelimit"c\"d"`, -1, 0, 5 * time.Second}}},
		{"names that are tokens", []string{"RateLimit", `default;r=50;t=30, burst;r=0`}, []Quota{{"ratelimitdefault", -1, 50, 30 * time.Second}, {"ratelimitburst", -1, 0, 0}}},
		{"an earlier draft with windows", []string{"RateLimit", "limit=100;w=60, remaining=0, reset=9"}, []Quota{{"ratelimit", 100, 0, 9 * time.Second}}},
		{"a quote that is not closed", []string{"RateLimit", `"day;r=5;t=6`}, nil},
		{"a policy is no quota", []string{"RateLimit-Policy", `"day";q=100;w=86400`}, nil},
		{"no numbers", []string{"RateLimit", `"day";r=many;t=-5`, "X-RateLimit-Remaining", "lots", "X-Api-Call-Limit", "many/few"}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			h := http.Header{}
			for i := 0; i < len(test.header); i += 2 {
				h.Set(test.header[i], test.header[i+1])
			}
			if got := Quotas(h, now); !slices.Equal(got, test.want) {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

func FuzzQuotas(f *testing.F) {
	f.Add("RateLimit", `"day";r=50;t=900, "minute";r=0;t=7`)
	f.Add("X-RateLimit-Reset", "1772600777")
	f.Add("X-RateLimit-Remaining", "0")
	f.Add("X-Shopify-Shop-Api-Call-Limit", "39/40")
	f.Fuzz(func(t *testing.T, name, value string) {
		h := http.Header{}
		h.Set(name, value)
		for _, q := range Quotas(h, now) {
			if q.Left < -1 || q.Most < -1 || q.Reset < 0 {
				t.Errorf("%+v", q)
			}
		}
		l := newTest()
		l.take("orders", "/", now)
		l.Answered("orders", h, now, now)
		l.done("orders")
		if d, _ := l.take("orders", "/", now); d < 0 || d > longestQuota {
			t.Errorf("waits %v", d)
		}
	})
}
