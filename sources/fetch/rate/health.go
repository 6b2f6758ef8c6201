package rate

import (
	"sync"
	"time"

	"github.com/tap-rest/tap-rest/sources"
)

// Health is how an API does, as far as a client can tell: streams that used up
// their attempts since its last good answer, and how often the client rested
// for them.
type Health struct {
	mu    sync.Mutex
	ill   map[*sources.Stream]bool
	rests int
	until time.Time // the last rest
}

// Well takes note of a good answer.
func (h *Health) Well() {
	h.mu.Lock()
	defer h.mu.Unlock()
	clear(h.ill)
}

// Rest reports whether a stream that used up its attempts should try again
// after a rest of the client, and when that ends: one that is under way, or
// another, at most so many times, where the stream is not the only one or a
// rule says so.
func (h *Health) Rest(s *sources.Stream, told bool, pause time.Duration, most int) (until time.Time, rests bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ill == nil {
		h.ill = map[*sources.Stream]bool{}
	}
	h.ill[s] = true
	now := time.Now()
	switch {
	case now.Before(h.until):
		return h.until, true
	case !told && len(h.ill) < 2 || h.rests >= most:
		return time.Time{}, false
	}
	h.rests++
	h.until = now.Add(pause)
	return h.until, true
}
