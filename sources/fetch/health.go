package fetch

import (
	"sync"
	"time"

	"github.com/tap-rest/tap-rest/sources"
)

// health is how an API does, as far as a client can tell: streams that used up
// their attempts since its last good answer, and how often the client rested
// for them.
type health struct {
	mu    sync.Mutex
	ill   map[*sources.Stream]bool
	rests int
}

// well takes note of a good answer.
func (h *health) well() {
	h.mu.Lock()
	defer h.mu.Unlock()
	clear(h.ill)
}

// rest reports whether the client should rest, at most so many times: a stream
// has used up its attempts, and it is not the only one, or a rule says so.
func (h *health) rest(w *Walk, told bool, most int) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ill == nil {
		h.ill = map[*sources.Stream]bool{}
	}
	h.ill[w.stream] = true
	if !told && len(h.ill) < 2 || h.rests >= most {
		return false
	}
	h.rests++
	clear(h.ill)
	return true
}

// coolDown rests the client, where that may help: no stream of it makes a
// request meanwhile, those of other clients go on.
func (w *Walk) coolDown(out *outgoing, v verdict) bool {
	retry := w.stream.Retry
	if retry.CoolDown <= 0 || !w.client.health.rest(w, v.rest, retry.Rests) {
		return false
	}
	pause := retry.CoolDown
	if v.rest && v.wait > 0 {
		pause = v.wait
	}
	w.client.Log.Warn("the API is not well: the client rests", "stream", w.stream.Name, "request", out.shown,
		"why", w.hide(v.err).Error(), "for", pause.String())
	w.client.pace.rest(time.Now().Add(pause))
	return true
}
