package pace

import (
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch/rate"
	"github.com/tap-rest/tap-rest/sources/times"
)

// Longest is how long an API may ask a run to wait.
const Longest = time.Hour

// Answer is the head of an answer, as far as it speaks of waiting.
type Answer struct {
	Status int
	Header http.Header
	At     time.Time // when it came
}

// Backoff is how long to wait after the given attempt: twice as long each
// time, and by chance up to half of that shorter, so that those who failed
// together do not come back together.
func Backoff(r sources.Retry, attempt int) time.Duration {
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

// RetryAfter is how long an answer asks to wait, negative if it does not say.
// Headers about a quota count only where it is used up: many APIs send them
// with every answer.
func (a Answer) RetryAfter() time.Duration {
	if d, ok := rate.Wait(a.Header.Get("Retry-After"), a.ServerTime()); ok && d > 0 {
		return d
	}
	quotas := rate.Quotas(a.Header, a.ServerTime())
	if !rate.UsedUp(quotas) && (a.Status != http.StatusTooManyRequests || rate.Remain(quotas)) {
		return -1
	}
	if d := rate.Back(quotas); d > 0 {
		return d
	}
	return -1
}

// ServerTime is the time by the API's own clock.
func (a Answer) ServerTime() time.Time {
	if t, err := times.Parse(a.Header.Get("Date")); err == nil {
		return t
	}
	return a.At
}

// Throttles reports whether a status says to come again later. A 403 may be a
// rate limit in disguise, as GitHub's is.
func (a Answer) Throttles() bool {
	switch a.Status {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests,
		http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout,
		529, 598, 599: // the site is overloaded; a proxy waited too long for bytes, or for the connection
		return true
	case 520, 521, 522, 523, 524, 525, 526, 527: // Cloudflare got no answer from the API
		return true
	case http.StatusForbidden:
		return a.Header.Get("Retry-After") != "" || rate.UsedUp(rate.Quotas(a.Header, a.ServerTime()))
	}
	return false
}

// ThrottlesAsker reports whether an answer refuses who asks for the rate at which
// requests came.
func (a Answer) ThrottlesAsker() bool {
	return a.Status == http.StatusTooManyRequests || a.Status == http.StatusForbidden && a.Throttles()
}

// WaitOf is how long a template's value says to wait.
func WaitOf(v expr.Value, now time.Time) (time.Duration, bool) {
	if t, ok := v.Instant(); ok && v.Kind() == expr.KindTime {
		return max(0, t.Sub(now)), true
	}
	return rate.Wait(v.Text(), now)
}
