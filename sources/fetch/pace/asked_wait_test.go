package pace

import (
	"net/http"
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/sources"
)

var now = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

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
			ex := Answer{Status: test.status, Header: http.Header{}, At: now}
			for i := 0; i < len(test.header); i += 2 {
				ex.Header.Set(test.header[i], test.header[i+1])
			}
			if got := ex.RetryAfter(); got != test.want {
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
			d := Backoff(r, attempt)
			if d < longest/2 || d > longest {
				t.Errorf("attempt %d: %v, want %v to %v", attempt, d, longest/2, longest)
			}
			different[d] = true
		}
		if len(different) < 50 {
			t.Errorf("attempt %d: %d different waits of 100", attempt, len(different))
		}
	}
	if d := Backoff(sources.Retry{MaxWait: time.Second}, 3); d != 0 {
		t.Errorf("without min_wait: %v", d)
	}
}
