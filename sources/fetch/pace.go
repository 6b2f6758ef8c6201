package fetch

import (
	"sync"
	"time"

	"github.com/tap-rest/tap-rest/sources"
)

// pace says when the next request may start: when every rate limit allows it
// and no answer asked for a pause. In any span of a limit's Per at most its
// Requests start; a token bucket (x/time/rate) would let nearly twice as many
// through, which an API that counts sharply answers with 429.
type pace struct {
	mu     sync.Mutex
	limits []window
	pause  time.Time
}

// window remembers when the last requests of one limit started.
type window struct {
	most   int
	per    time.Duration
	starts []time.Time // within the last per, at most most; oldest first
}

func newPace(limits []sources.RateLimit) *pace {
	p := &pace{}
	for _, l := range limits {
		p.limits = append(p.limits, window{most: l.Requests, per: l.Per})
	}
	return p
}

// take starts a request now and returns 0, or returns how long to wait before
// asking again.
func (p *pace) take(now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	wait := p.pause.Sub(now)
	for i := range p.limits {
		wait = max(wait, p.limits[i].wait(now))
	}
	if wait > 0 {
		return wait
	}
	for i := range p.limits {
		w := &p.limits[i]
		w.starts = append(w.starts, now)
	}
	return 0
}

// wait returns how long the limit makes the next request wait.
func (w *window) wait(now time.Time) time.Duration {
	for len(w.starts) > 0 && now.Sub(w.starts[0]) >= w.per {
		w.starts = w.starts[1:]
	}
	if len(w.starts) < w.most {
		return 0
	}
	return w.starts[0].Add(w.per).Sub(now)
}

// rest lets no request start before the given time.
func (p *pace) rest(until time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if until.After(p.pause) {
		p.pause = until
	}
}
