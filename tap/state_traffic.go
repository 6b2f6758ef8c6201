package tap

import (
	"time"

	"github.com/tap-rest/tap-rest/state"
)

const (
	// stateShare is the least that is written in all, as a multiple of STATE lines,
	// where a run has many partitions: their state may be large.
	stateShare = 20
	// stateEvery is how often there is a STATE at least.
	stateEvery = 5 * time.Minute
)

// stateTraffic says when a flush ends with a STATE: each does, unless there are
// many partitions, and STATE lines would be more than a twentieth of what is
// written, the one that will be the last among them.
type stateTraffic struct {
	many   bool  // some pass has many partitions
	last   bool  // what is written now is the last
	all    int64 // bytes that were written
	states int64 // of them, those of STATE lines
	rest   int64 // of the last STATE line, what was not contexts
	since  time.Time
}

func (s *stateTraffic) wrote(bytes int) { s.all += int64(bytes) }

// said takes note of a STATE line, which says so much of contexts.
func (s *stateTraffic) said(bytes int, now contextsText) {
	s.all, s.states, s.rest, s.since = s.all+int64(bytes), s.states+int64(bytes), max(0, int64(bytes)-now.done), time.Now()
}

// due reports whether the flush ends with a STATE; ended says that with it a
// stream has come to its end.
func (s *stateTraffic) due(ended bool, now contextsText) bool {
	if !s.many || s.last || ended || s.since.IsZero() || time.Since(s.since) >= stateEvery {
		return true
	}
	next, last := s.rest+now.done, s.rest+now.stay
	return (s.states+next+last)*stateShare <= s.all+next+last
}

// contextsText is about how many bytes contexts take in a STATE line.
type contextsText struct {
	done int64 // now
	stay int64 // of them, those that do when all passes are over
}

// contexts says what the contexts of all streams take.
func (h *herald) contexts() (sum contextsText) {
	for _, t := range h.tracks {
		if t.parts == nil {
			continue
		}
		sum.done += t.doneContexts()
		if t.stream.HasContexts() && !t.stream.FullTable() {
			sum.stay += state.TextOfContexts(t.parts.done.Contexts())
		}
	}
	return sum
}

// doneContexts is what the contexts that are done of a pass take, and of its
// parents, which stand in its bookmark.
func (t *track) doneContexts() (sum int64) {
	if t.parts != nil {
		sum = state.TextOfContexts(t.parts.done.Contexts())
	}
	for _, f := range t.pass.feeds {
		sum += f.track.doneContexts()
	}
	return sum
}
