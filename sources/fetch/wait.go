package fetch

import (
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/times"
)

// longestWait is how long an API may ask a run to wait.
const longestWait = time.Hour

// backoff is how long to wait after the given attempt: twice as long each
// time, and by chance up to half of that shorter, so that those who failed
// together do not come back together.
func backoff(r sources.Retry, attempt int) time.Duration {
	d := r.MinWait
	for i := 1; i < attempt && d < r.MaxWait; i++ {
		d *= 2
	}
	d = min(d, r.MaxWait)
	if d <= 0 {
		return 0
	}
	return d - rand.N(d/2+1)
}

// retryAfter is how long an answer asks to wait, negative if it does not say.
// Headers about a quota count only where it is used up: many APIs send them
// with every answer.
func retryAfter(ex *Exchange) time.Duration {
	if d, ok := parseWait(ex.Header.Get("Retry-After"), serverTime(ex)); ok && d > 0 {
		return d
	}
	if !exhausted(ex.Header) && (ex.Status != http.StatusTooManyRequests || remains(ex.Header)) {
		return -1
	}
	for _, name := range []string{"RateLimit-Reset", "X-RateLimit-Reset", "X-Rate-Limit-Reset"} {
		if d, ok := parseWait(ex.Header.Get(name), serverTime(ex)); ok && d > 0 {
			return d
		}
	}
	if _, d := rateLimit(ex.Header.Get("RateLimit")); d > 0 {
		return d
	}
	return -1
}

// remaining are the headers that say how much of a quota is left.
var remaining = [...]string{"X-RateLimit-Remaining", "RateLimit-Remaining", "X-Rate-Limit-Remaining"}

// exhausted reports whether an answer's headers say that a quota is used up.
func exhausted(h http.Header) bool {
	for _, name := range remaining {
		if h.Get(name) == "0" {
			return true
		}
	}
	used, _ := rateLimit(h.Get("RateLimit"))
	return used
}

// remains reports whether they say that some of it is left.
func remains(h http.Header) bool {
	for _, name := range remaining {
		if h.Get(name) != "" {
			return !exhausted(h)
		}
	}
	return false
}

// serverTime is the time by the API's own clock.
func serverTime(ex *Exchange) time.Time {
	if t, err := times.Parse(ex.Header.Get("Date")); err == nil {
		return t
	}
	return ex.At
}

// parseWait reads how long to wait: seconds, a duration, a count from 1970 or
// a date. What lies in the past is no wait.
func parseWait(text string, now time.Time) (time.Duration, bool) {
	text = strings.TrimSpace(text)
	if n, err := strconv.ParseFloat(text, 64); err == nil && n >= 0 && n <= longestSeconds {
		return time.Duration(n * float64(time.Second)), true
	} else if err == nil && !(n > 0) { // NaN too
		return 0, false
	}
	if t, err := times.Parse(text); err == nil {
		return untilTime(t, now), true
	}
	if d, err := times.ParseDuration(text); err == nil && d >= 0 {
		return d, true
	}
	return 0, false
}

// longestSeconds is the longest wait that a number says. A larger number is a
// count from 1970: as seconds it would be three years.
const longestSeconds = 1e8

func untilTime(t, now time.Time) time.Duration { return max(0, t.Sub(now)) }

// rateLimit reads a RateLimit header in the form of either draft:
// "limit=10, remaining=0, reset=7", or `"default";r=0;t=7`, where a comma
// separates several quotas. It returns whether one is used up, and how long
// until all that are, or are not said to have anything left, are back.
func rateLimit(text string) (used bool, wait time.Duration) {
	left := int64(-1) // not said
	for item := range strings.SplitSeq(text, ",") {
		if strings.Contains(item, `"`) {
			left = -1 // another quota
		}
		for part := range strings.SplitSeq(item, ";") {
			name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
			n, err := strconv.ParseUint(value, 10, 31)
			switch {
			case err != nil:
			case name == "remaining" || name == "r":
				left = int64(n)
				used = used || n == 0
			case (name == "reset" || name == "t") && left <= 0:
				wait = max(wait, time.Duration(n)*time.Second)
			}
		}
	}
	return used, wait
}

// HeaderValue is what templates see as headers: lower-case names.
func HeaderValue(h http.Header) expr.Value {
	keys := make([]string, 0, len(h))
	values := make([]expr.Value, 0, len(h))
	for name, v := range h {
		keys, values = append(keys, strings.ToLower(name)), append(values, expr.String(strings.Join(v, ", ")))
	}
	return expr.Dict(keys, values)
}
