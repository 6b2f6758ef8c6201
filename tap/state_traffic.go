package tap

import "time"

const (
	// stateShare is the least that is written besides STATE lines, as a multiple
	// of them, where a run has many partitions: their state may be large.
	stateShare = 20
	// stateEvery is how often there is a STATE at least.
	stateEvery = 5 * time.Minute
)

// stateTraffic says when a flush ends with a STATE: each does, unless there are
// many partitions, and STATE lines would be more than a twentieth of what is
// written.
type stateTraffic struct {
	many    bool // some pass has many partitions
	last    bool // what is written now is the last
	lines   int64
	states  int64
	longest int64 // about as long is the next one
	since   time.Time
}

func (s *stateTraffic) wrote(bytes int) { s.lines += int64(bytes) }

func (s *stateTraffic) said(bytes int) {
	s.states, s.longest, s.since = s.states+int64(bytes), int64(bytes), time.Now()
}

// due reports whether the flush ends with a STATE; ended says that with it a
// stream has come to its end.
func (s *stateTraffic) due(ended bool) bool {
	return !s.many || s.last || ended || s.since.IsZero() || (s.states+s.longest)*stateShare <= s.lines || time.Since(s.since) >= stateEvery
}
