package pace

import (
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
func (s seats) choose(p *Passage) (wait rate.Hold) {
	if s.pool == nil || p.Login {
		return wait
	}
	p.Seat, wait.For = s.pool.Choose(time.Now())
	wait.Why = poolQuota
	return wait
}

// stand gives a request's credential back.
func (s seats) stand(p *Passage) {
	if p.Seat > 0 {
		s.pool.Leave(p.Seat)
		p.Seat = 0
	}
}

// unsaidRest is how long a credential is not asked with that the API refused for its
// rate, without saying for how long.
const unsaidRest = 10 * time.Second

// answered gives what an answer says of quotas to the credential that asked. It
// reports whether the client's own limits are not concerned.
func (s seats) answered(a Answer, proof *auth.Proof) bool {
	if s.pool == nil || proof == nil {
		return false
	}
	var left []auth.Left
	for _, q := range rate.Quotas(a.Header, a.ServerTime()) {
		if q.Left >= 0 {
			one := auth.Left{Requests: q.Left, Reset: q.Reset}
			if one.Reset > Longest {
				one.Reset = 0 // the API is asked, and its refusal says how long that takes
			}
			left = append(left, one)
		}
	}
	spent := time.Duration(0)
	if a.ThrottlesAsker() {
		if spent = a.RetryAfter(); spent <= 0 {
			spent = unsaidRest
		}
	}
	s.pool.Answered(*proof, left, spent, a.At)
	return true
}
