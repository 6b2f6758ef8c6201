package fetch

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
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
func retryAfter(ex *Exchange) time.Duration {
	for _, name := range []string{"Retry-After", "RateLimit-Reset", "X-RateLimit-Reset", "X-Rate-Limit-Reset"} {
		if d, ok := parseWait(ex.Header.Get(name), serverTime(ex)); ok {
			return d
		}
	}
	if d, ok := rateLimitReset(ex.Header.Get("RateLimit")); ok {
		return d
	}
	return -1
}

// limited reports whether a 403 is a rate limit in disguise, as GitHub's is.
func limited(h http.Header) bool {
	return h.Get("Retry-After") != "" || h.Get("X-RateLimit-Remaining") == "0" || h.Get("RateLimit-Remaining") == "0"
}

// serverTime is the time by the API's own clock.
func serverTime(ex *Exchange) time.Time {
	if t, err := http.ParseTime(ex.Header.Get("Date")); err == nil {
		return t
	}
	return ex.At
}

// parseWait reads how long to wait: seconds, a duration, an epoch in seconds
// or milliseconds, or a date. What lies in the past is no wait.
func parseWait(text string, now time.Time) (time.Duration, bool) {
	text = strings.TrimSpace(text)
	if text == "" {
		return 0, false
	}
	if n, err := strconv.ParseFloat(text, 64); err == nil {
		switch {
		case !(n >= 0 && n < 1e15): // NaN too
			return 0, false
		case n > 1e11:
			return untilTime(time.UnixMilli(int64(n)), now), true
		case n > 1e9:
			return untilTime(time.Unix(int64(n), 0), now), true
		}
		return time.Duration(min(n, 1e8) * float64(time.Second)), true
	}
	if t, err := http.ParseTime(text); err == nil {
		return untilTime(t, now), true
	}
	if t, ok := expr.ParseTime(text); ok {
		return untilTime(t, now), true
	}
	if d, err := expr.ParseDuration(text); err == nil && d >= 0 {
		return d, true
	}
	return 0, false
}

func untilTime(t, now time.Time) time.Duration { return max(0, t.Sub(now)) }

// rateLimitReset reads the seconds until the quota is back from a RateLimit
// header, in the form of either draft: "limit=10, remaining=0, reset=7" or
// `"default";r=0;t=7`.
func rateLimitReset(text string) (time.Duration, bool) {
	for part := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ',' || r == ';' || r == ' ' }) {
		name, value, _ := strings.Cut(part, "=")
		if name == "reset" || name == "t" {
			if n, err := strconv.ParseUint(value, 10, 31); err == nil {
				return time.Duration(n) * time.Second, true
			}
		}
	}
	return 0, false
}

// ruleWait is how long a rule's wait says, negative if it does not.
func (w *Walk) ruleWait(rule *sources.ErrorRule, page *Page) (time.Duration, error) {
	if rule.Wait == nil {
		return retryAfter(&page.Exchange), nil
	}
	v, err := rule.Wait.Eval(w.vars)
	if err != nil {
		return 0, fmt.Errorf("errors.wait: %w", err)
	}
	if v.Missing() {
		return -1, nil
	}
	if t, ok := v.Instant(); ok && v.Kind() == expr.KindTime {
		return untilTime(t, serverTime(&page.Exchange)), nil
	}
	d, ok := parseWait(v.Text(), serverTime(&page.Exchange))
	if !ok {
		return 0, fmt.Errorf("errors.wait: %s is no duration, seconds, epoch or date", clip(v.Text()))
	}
	return d, nil
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
