package vigil

import (
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch/advice"
	"github.com/tap-rest/tap-rest/sources/fetch/auth"
)

// Vigil is what shows of a client's login that it still held when walks ended: some
// APIs answer one that has expired with 200 and an empty list, which looks like an
// end. A later answer with records proves it; where neither the login nor the
// definition says when it ends, nothing else does.
type Vigil struct {
	mu      sync.Mutex
	refuses bool // the API has refused a login that had held, or a rule or auth.expired said so: it says so when one has expired
	ends    []End
}

// End is of walks that ended with answers without records, and of which nothing
// shows yet that the login held.
type End struct {
	Stream  string
	Request string     // the last one, as it is shown
	Proof   auth.Proof // that it bore
	At      time.Time  // of the last answer
	Walks   int64
	Count   *atomic.Int64   // of such walks of the stream
	Blind   *advice.Missing // what auth.expired looks for and the answer does not have; nil: there is no auth.expired
}

// mostEnds is how many ends are remembered apart.
const mostEnds = 1000

// Ended takes note of such a walk.
func (v *Vigil) Ended(e End) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.refuses {
		return
	}
	e.Count.Add(e.Walks)
	if n := len(v.ends) - 1; n >= mostEnds && v.ends[n].Count == e.Count && v.ends[n].Proof == e.Proof {
		v.ends[n].At, v.ends[n].Walks = e.At, v.ends[n].Walks+e.Walks
		return
	}
	v.ends = append(v.ends, e)
}

// Alive takes note of an answer with records to a request that was sent at a time.
func (v *Vigil) Alive(p auth.Proof, sent time.Time) {
	v.clear(func(e End) bool { return e.Proof == p && !e.At.After(sent) })
}

// Refused takes note that the API says by itself when a login has expired.
func (v *Vigil) Refused() {
	v.clear(func(End) bool { return true })
	v.mu.Lock()
	defer v.mu.Unlock()
	v.refuses = true
}

// clear forgets ends that are proven.
func (v *Vigil) clear(proven func(End) bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	left := v.ends[:0]
	for _, e := range v.ends {
		if proven(e) {
			e.Count.Add(-e.Walks)
		} else {
			left = append(left, e)
		}
	}
	v.ends = left
}

// NotWitnessed is what a walk may mean that ended with an answer without records where
// nothing shows that the login still held, and what to write.
const NotWitnessed = "an API that answers a login which has expired with an empty list looks the same. " +
	"If this one does, write auth: {expired: …}, a template that is true of such an answer and looks at what each answer has, or ttl; if it answers 401, say so by expired: \"{{ false }}\""

// Tell warns of the ends of which nothing shows that the login held.
func (v *Vigil) Tell(log *slog.Logger, expired *expr.Template) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.ends) == 0 {
		return
	}
	var streams []string
	var walks int64
	for _, e := range v.ends {
		if walks += e.Walks; !slices.Contains(streams, e.Stream) {
			streams = append(streams, e.Stream)
		}
	}
	first := v.ends[0]
	args := []any{"streams", strings.Join(streams, ", "), "walks", walks, "request", first.Request}
	text := "nothing shows that the login still held when walks ended with an answer without records: " + NotWitnessed
	if first.Blind != nil {
		text = "nothing shows that the login still held when walks ended with an answer without records: auth.expired looks at what the answer does not have, so that it is not true of one for a login that has expired"
		args = append(args, "auth.expired", expired.Source(), "came", first.Blind.Came, "write", first.Blind.WriteExpired())
	}
	log.Warn(text, args...)
}
