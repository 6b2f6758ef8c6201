package rate

import (
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/sources"
)

// lender lends so many requests, and takes note of what it hears.
type lender struct {
	left     int
	settled  sources.Cost
	done     int
	rest     time.Time
	refused  []string
	slower   func(string, bool)
	released bool
}

func (l *lender) Take(Ask, time.Time) (Lease, Hold) {
	if l.left == 0 {
		return nil, Hold{For: time.Second, Why: SharedBudget}
	}
	l.left--
	return lent{l}, Hold{}
}
func (l *lender) Rest(until time.Time)          { l.rest = until }
func (l *lender) Refused(stream string, _ bool) { l.refused = append(l.refused, stream) }
func (l *lender) Listen(slower func(string, bool)) func() {
	l.slower = slower
	return func() { l.released = true }
}

type lent struct{ *lender }

func (l lent) Settle(more sources.Cost) { l.settled += more }
func (l lent) Done()                    { l.done++ }

// TestLeases: where limits are shared with workers elsewhere, leases decide about what the
// definition declares, also what it shares on this machine; the process's other limits hold
// as before, and nothing is taken of the leases while they make a request wait.
func TestLeases(t *testing.T) {
	fleet := &lender{left: 3}
	l := New([]sources.RateLimit{{Points: points(1), Per: time.Hour, Shared: true}}, Sharing{Dir: t.TempDir(), Leases: fleet})
	for range 3 {
		s, wait := l.Take(Ask{Stream: "s", Cost: points(1)}, now)
		if s == nil {
			t.Fatalf("waits for %v", wait)
		}
		l.Settle(s, points(4))
		l.Granted("s", now, now)
		l.Done(s, now)
	}
	_, wait := l.Take(Ask{Stream: "s", Cost: points(1)}, now)
	if wait.Why != SharedBudget || !wait.Open() || wait.String() != "the budget that all workers share" {
		t.Errorf("waits for %v", wait)
	}
	if fleet.settled != points(9) || fleet.done != 3 {
		t.Errorf("settled %v, %d done", fleet.settled, fleet.done)
	}
	fleet.left = 1
	l.Rest(now.Add(time.Minute))
	if _, wait := l.Take(Ask{Stream: "s"}, now); wait.Why != AskedPause || fleet.left != 1 || fleet.rest != now.Add(time.Minute) {
		t.Errorf("waits for %v, %d left, rest %v", wait, fleet.left, fleet.rest)
	}
	for range 2 { // the second one tells nothing new
		l.Refused("s", now.Add(time.Minute), now.Add(time.Minute), false)
	}
	if len(fleet.refused) != 1 {
		t.Errorf("told of %v", fleet.refused)
	}
	l.Close(now)
	if !fleet.released {
		t.Error("it listens for ever")
	}
}

// TestSlowerForOthers: a stream is asked for more slowly when another worker was refused.
func TestSlowerForOthers(t *testing.T) {
	fleet := &lender{left: 100}
	l := New(nil, Sharing{Leases: fleet})
	at := time.Now().Add(-10 * time.Second)
	for range 20 {
		s, _ := l.Take(Ask{Stream: "s"}, at)
		l.Granted("s", at, at)
		l.Done(s, at)
	}
	fleet.slower("s", false)
	if _, wait := l.Take(Ask{Stream: "s"}, time.Now()); wait.Why != FoundPace {
		t.Errorf("waits for %v, want the pace", wait)
	}
	if len(fleet.refused) > 0 {
		t.Errorf("what others told is told again: %v", fleet.refused)
	}
}
