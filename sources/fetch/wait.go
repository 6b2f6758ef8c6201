package fetch

import (
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch/rate"
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
	if d, ok := rate.Wait(ex.Header.Get("Retry-After"), serverTime(ex)); ok && d > 0 {
		return d
	}
	quotas := rate.Quotas(ex.Header, serverTime(ex))
	if !rate.UsedUp(quotas) && (ex.Status != http.StatusTooManyRequests || rate.Remain(quotas)) {
		return -1
	}
	if d := rate.Back(quotas); d > 0 {
		return d
	}
	return -1
}

// serverTime is the time by the API's own clock.
func serverTime(ex *Exchange) time.Time {
	if t, err := times.Parse(ex.Header.Get("Date")); err == nil {
		return t
	}
	return ex.At
}

// HeaderValue is what templates see as headers: lower-case names, in their order.
func HeaderValue(h http.Header) expr.Value {
	keys := make([]string, 0, len(h))
	values := make([]expr.Value, 0, len(h))
	for _, name := range slices.Sorted(maps.Keys(h)) {
		keys, values = append(keys, strings.ToLower(name)), append(values, expr.String(strings.Join(h[name], ", ")))
	}
	return expr.Dict(keys, values)
}

// waitOf is how long a template's value says to wait.
func waitOf(v expr.Value, now time.Time) (time.Duration, bool) {
	if t, ok := v.Instant(); ok && v.Kind() == expr.KindTime {
		return max(0, t.Sub(now)), true
	}
	return rate.Wait(v.Text(), now)
}
