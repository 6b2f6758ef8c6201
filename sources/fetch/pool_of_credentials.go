package fetch

import (
	"net/http"
	"time"

	"github.com/tap-rest/tap-rest/sources/fetch/auth"
	"github.com/tap-rest/tap-rest/sources/fetch/rate"
)

// poolQuota is what requests wait for of which no credential may ask.
const poolQuota rate.Why = "the quota of each credential of the pool"

// seats are the credentials of a client's pool.
type seats struct{ pool auth.Several } // nil: the client's auth is none

// choose picks the credential of a request, before the client's limits are asked: a
// pool's quotas are those of its credentials.
func (s seats) choose(out *outgoing) (wait rate.Hold) {
	if s.pool == nil || out.login {
		return wait
	}
	out.seat, wait.For = s.pool.Choose(time.Now())
	wait.Why = poolQuota
	return wait
}

// stand gives a request's credential back.
func (s seats) stand(out *outgoing) {
	if out.seat > 0 {
		s.pool.Leave(out.seat)
		out.seat = 0
	}
}

// unsaidRest is how long a credential is not asked with that the API refused for its
// rate, without saying for how long.
const unsaidRest = 10 * time.Second

// answered gives what an answer says of quotas to the credential that asked. It
// reports whether the client's own limits are not concerned.
func (s seats) answered(ex *Exchange) bool {
	if s.pool == nil || ex.proof == nil {
		return false
	}
	var left []auth.Left
	for _, q := range rate.Quotas(ex.Header, serverTime(ex)) {
		if q.Left >= 0 {
			one := auth.Left{Requests: q.Left, Reset: q.Reset}
			if one.Reset > longestWait {
				one.Reset = 0 // the API is asked, and its refusal says how long that takes
			}
			left = append(left, one)
		}
	}
	spent := time.Duration(0)
	if throttlesAsker(ex) {
		if spent = retryAfter(ex); spent <= 0 {
			spent = unsaidRest
		}
	}
	s.pool.Answered(*ex.proof, left, spent, ex.At)
	return true
}

// throttlesAsker reports whether an answer refuses who asks for the rate at which
// requests came.
func throttlesAsker(ex *Exchange) bool {
	return ex.Status == http.StatusTooManyRequests || ex.Status == http.StatusForbidden && throttles(ex)
}
