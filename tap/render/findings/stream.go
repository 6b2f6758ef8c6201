package findings

import (
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/tap-rest/tap-rest/tap/plan"
	"github.com/tap-rest/tap-rest/tap/twins"
)

// Stream is what the records of a stream show, whichever of its partitions they are of:
// the log tells of each kind once. Its methods may be called from any goroutine.
type Stream struct {
	mu    sync.Mutex
	told  map[string][]string // kinds, by their family
	total Walk                // of the walks that are over, of a stream with many partitions
	began time.Time           // when the first page of its walks came
	keys  twins.Across
}

// DifferentKeys is how many different primary keys the partitions have, where the
// numbers of each add up to so many; false: at most.
func (f *Stream) DifferentKeys(together int64) (n int64, exactly bool) {
	return f.keys.Different(together)
}

// mostKinds is how many kinds of one family are told of.
const mostKinds = 10

// First reports whether a kind is told of for the first time, and whether it is
// one too many: that there are further ones is all that is said then.
func (f *Stream) First(family, kind string) (first, tooMany bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	before := f.told[family]
	if len(before) > mostKinds || slices.Contains(before, kind) {
		return false, false
	}
	if f.told == nil {
		f.told = map[string][]string{}
	}
	f.told[family] = append(before, kind)
	return true, len(before) == mostKinds
}

// Take moves what a walk came to here.
func (f *Stream) Take(walk *Walk) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.total.add(walk)
	*walk = Walk{}
}

// Tell warns of what all partitions of a stream came to, and returns what the
// account should have of it, "" for nothing.
func (f *Stream) Tell(log *slog.Logger, s *plan.Stream) (note string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.total.TellKey(log, s)
	f.total.TellFuture(log, s)
	f.total.TellMoves(log, s)
	if note = f.total.NoneKept(); note != "" {
		log.Warn(note, "stream", s.Name)
	}
	return note
}
