package simulation

import (
	"encoding/json"
	"time"

	"github.com/tap-rest/tap-rest/tap/fleet/budget/ledger"
)

// server is the NATS server: a queue of parts, and a bucket with a ledger.
type server struct {
	world *world

	parts   []part
	next    int   // the first part that nobody has had
	again   []int // parts that are to be handed out again: these come first
	waiting []*worker
	left    int // parts that are not done

	ledger   *ledger.Ledger
	revision int
	raced    int // how often somebody was too late
	biggest  int // bytes of the ledger, so far
	bytes    int // it has now, about
}

// part is what is known of a part.
type part struct {
	context  int32
	window   int32
	delivery int32 // how often it was handed out
	pages    uint8 // that it has
	came     uint8 // of them, into the journal
	tries    uint8 // that failed
	busy     uint8 // tries that found the journal locked
	done     bool
	locks    bool // a worker has the journal open
}

const (
	// lease is after which time a part is handed out again of which its worker says nothing.
	lease = 30 * time.Second
	// away and jitter are how long an answer of the server takes.
	away, jitter = 900 * time.Microsecond, 200 * time.Microsecond
	// perSecond is how many bytes come through in a second.
	perSecond = 100 << 20
	// examined is how often the size of the ledger is looked at: at one of so many changes.
	examined = 200
)

// answers is how long so many answers take, one after the other.
func (s *server) answers(n int) time.Duration {
	return time.Duration(n) * (away + s.world.upTo(jitter))
}

// carry is how long the ledger is on its way.
func (s *server) carry() time.Duration {
	return s.answers(1)/2 + time.Duration(s.bytes)*time.Second/perSecond
}

// take hands a part to a worker, or lets it wait.
func (s *server) take(w *worker) {
	n := s.next
	switch {
	case len(s.again) > 0:
		n = s.again[0]
		s.again = s.again[1:]
	case s.next < len(s.parts):
		s.next++
	default:
		s.waiting = append(s.waiting, w)
		return
	}
	s.parts[n].delivery++
	w.gets(n, s.parts[n].delivery)
}

// comesAgain hands a part out after a time, unless it was handed out or is done by then.
func (s *server) comesAgain(n int, after time.Duration) {
	delivery := s.parts[n].delivery
	s.world.in(after, &timer{do: func() {
		if p := &s.parts[n]; p.delivery != delivery || p.done {
			return
		}
		s.again = append(s.again, n)
		if len(s.waiting) > 0 {
			w := s.waiting[0]
			s.waiting = s.waiting[1:]
			s.take(w)
		}
	}})
}

// write makes another ledger the one that counts.
func (s *server) write(changed *ledger.Ledger) {
	s.ledger = changed
	if s.revision++; s.revision%examined == 1 {
		text, _ := json.Marshal(changed)
		s.bytes, s.biggest = len(text), max(s.biggest, len(text))
	}
}
