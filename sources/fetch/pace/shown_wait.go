package pace

import (
	"fmt"
	"time"

	"github.com/tap-rest/tap-rest/sources/fetch/rate"
)

// Wait is a request that waits for a rate.
type Wait struct {
	Since, Until time.Time // of a wait of which nobody knows how long it takes, Until is when it is looked at again
	hold         rate.Hold
}

// Long reports whether people should know what the request waits for: requests that
// follow each other evenly wait as well.
func (w *Wait) Long() bool { return w.Until.Sub(w.Since) >= shortPause }

// String says what the request waits for, and until when, in few words.
func (w *Wait) String() string {
	if w.hold.Open() {
		return fmt.Sprintf("has waited %v for %s", w.Until.Sub(w.Since).Round(time.Second), w.hold.Brief())
	}
	return fmt.Sprintf("waits until %s for %s", w.Until.UTC().Format("15:04:05Z"), w.hold.Brief())
}

const (
	// shortPause is how long requests may follow each other, or nobody may know when the
	// next one starts, without a word.
	shortPause = 5 * time.Second
	// longHold is from when on it is told that a request waits.
	longHold = 30 * time.Second
)

// teller tells what one request waits for: whoever looks at the counters, and the log
// once it is long. The zero value is of a request that has not waited yet.
type teller struct {
	since time.Time
	shown *Wait
	told  bool // the log says so
}

// waits tells that a request waits, perhaps once more.
func (t *teller) waits(a *Admission, stream string, wait rate.Hold, n *Spent) {
	now := time.Now()
	if t.since.IsZero() {
		t.since = now
	}
	wait.Limit = a.secrets.Redact(wait.Limit)
	if wait.Why != rate.FoundPace || wait.For >= shortPause {
		t.shows(wait, n)
	}
	waited := now.Sub(t.since)
	if long := waited >= longHold || wait.Open() && waited >= shortPause; wait.For >= longHold || long && !t.told {
		t.told = true
		a.log.Info("the client waits before its next request", "stream", stream, "for", wait.String(), "until", wait.Until(now))
	}
}

// shows makes the counters say what the request waits for.
func (t *teller) shows(wait rate.Hold, n *Spent) {
	now := time.Now()
	if t.since.IsZero() {
		t.since = now
	}
	w := &Wait{t.since, now.Add(wait.For), wait}
	n.Limited.Store(w)
	t.shown = w
}

// over ends what the counters say, unless another request of the stream waits.
func (t *teller) over(n *Spent) {
	if t.shown != nil {
		n.Limited.CompareAndSwap(t.shown, nil)
	}
}
