package rate

import "time"

// window remembers when the last requests of a declared limit started: in any
// span of per at most so many start. A token bucket (x/time/rate) would let nearly
// twice as many through, which an API that counts sharply answers with 429.
type window struct {
	most   int
	per    time.Duration
	match  string      // paths of requests that it counts
	starts []time.Time // within the last per, at most most; oldest first
}

func (w *window) start(now time.Time) { w.starts = append(w.starts, now) }

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
