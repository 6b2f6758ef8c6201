package tap

import (
	"encoding/json"
	"errors"
	"sync/atomic"
	"time"

	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/sources/times"
	"github.com/tap-rest/tap-rest/state"
)

// progress is how far a batch brings its partition.
type progress struct {
	next     paging.Position
	last     bool            // the walk has ended
	lost     bool            // the API forgot the walk: it must start over
	high     json.RawMessage // the highest replication value up to here
	mark     json.RawMessage // what incremental.bookmark says; nil: nothing
	keep     bool            // records may be missing: the bookmark stays
	restarts int             // of the walk, up to here
	refused  *state.Refusal  // because of which it was restarted; nil: none
	frozen   bool            // sorted, but a value descended
	date     string          // Date of the answer
}

// track is what the emitter knows of a stream: its bookmark as it stands. Only
// the emitter's goroutine uses it.
type track struct {
	*reading
	bookmark state.Bookmark
	apiClock *time.Time // of the pass's first answer; nil: unknown
	touched  bool
	emitted  int64 // records that left, with the states that cover them

	uncovered int64       // records that left since its last STATE
	begun     atomic.Bool // its walk is under way, set from there
	refused   error       // why it is not read at all; nil: it is
	told      told
}

func newTrack(one *reading) *track {
	t := &track{reading: one}
	t.bookmark.ReplicationKey = one.key
	t.apiClock = one.apiClock
	t.bookmark.Zone = one.zone()
	if one.before != nil {
		t.bookmark.Pass, t.bookmark.Sync = one.before.Pass, one.before.Sync
		if one.incremental {
			t.bookmark.Value = one.before.Value
		}
	}
	if one.resumed {
		pass := one.pass
		t.bookmark.Pass, t.bookmark.Sync = &pass, one.sync
		t.bookmark.Resume = t.unfinished(progress{next: one.position, high: one.high, mark: one.mark, restarts: one.restarts, refused: one.refused, frozen: one.frozen})
	}
	return t
}

// advance moves the bookmark by what a flush is about to write.
func (t *track) advance(p progress) {
	t.touched = true
	if t.apiClock == nil {
		if at, err := times.Parse(p.date); err == nil {
			t.apiClock = &at
		}
	}
	pass := t.pass
	t.bookmark.Pass, t.bookmark.Sync = &pass, t.sync
	t.bookmark.Resume = nil
	switch {
	case p.last && p.keep:
	case p.last && !t.clock.Mark().IsZero():
		if p.mark != nil { // else the walk began before bookmark_from was written
			t.bookmark.Value = p.mark
		}
	case p.last:
		t.raise(p.high)
	case !p.lost:
		if t.clock.Ascends() && !p.frozen {
			t.raise(p.high)
		}
		t.bookmark.Resume = t.unfinished(p)
	}
}

// fail notes on an unfinished walk how it failed, after so many restarts: what
// failed for now comes last in the next run, what failed for good comes first.
func (t *track) fail(err error, restarts int, refused *state.Refusal) {
	if t.replayed != nil {
		return // a replay's failure is not the pass's
	}
	r := t.bookmark.Resume
	switch {
	case r == nil && t.foreign():
		return
	case r == nil: // its first request failed: the pass before is still the last one
		r = t.unfinished(progress{restarts: restarts})
	case restarts > r.Open[0].Restarts: // what was flushed is of a walk that the API has lost
		r = t.unfinished(progress{high: r.Open[0].High, mark: r.Open[0].Mark, restarts: restarts, frozen: r.Open[0].Frozen})
	}
	r.Open[0].Refused = refused
	t.bookmark.Resume = r
	var e *fetch.Error
	if errors.As(err, &e) && e.Class == fetch.Transient {
		r.Open[0].Deferred = true
	} else {
		r.Owed = []string{t.partition}
	}
	t.touched = true
}

// foreign reports whether the bookmark that came in is of another replication
// method or key: until a page has come, it stays.
func (t *track) foreign() bool {
	return t.replaces || !t.incremental && t.before != nil && t.before.Value != nil
}

// unfinished is how the pass goes on.
func (t *track) unfinished(p progress) *state.Resume {
	next, err := state.Marshal(p.next)
	if err != nil {
		panic("a position is always JSON: " + err.Error())
	}
	return &state.Resume{
		Version: state.Version, AsOf: t.pass.AsOf, From: t.from, Lookback: t.lookback.String(), Clock: t.apiClock, Shape: t.shape,
		Open: []state.Open{{Partition: t.partition, Next: next, High: p.high, Mark: p.mark, Restarts: p.restarts, Refused: p.refused, Frozen: p.frozen}},
	}
}

// raise moves the bookmark up to a replication value, but never past what is
// settled, and never back.
func (t *track) raise(high json.RawMessage) {
	if !t.incremental || high == nil {
		return
	}
	high = t.settled(high)
	if floor := t.window.Floor; floor != nil {
		if c, err := t.clock.Compare(high, floor); err == nil && c < 0 {
			return // it would ask for more than this pass did
		}
	}
	if t.bookmark.Value != nil {
		c, err := t.clock.Compare(high, t.bookmark.Value)
		if err != nil || c <= 0 {
			return // without an order, nothing says that it is later
		}
	}
	t.bookmark.Value = high
}

// settled is the value, or the latest one that rows can still not come in
// behind: settle before as_of and before the API's own clock, and the end of
// the window.
func (t *track) settled(high json.RawMessage) json.RawMessage {
	at, ok := t.clock.Instant(high)
	if !ok || t.Incremental.Windows.Format == "integer" {
		return high
	}
	limit := t.pass.AsOf
	if t.apiClock != nil && t.apiClock.Before(limit) {
		limit = *t.apiClock
	}
	limit = limit.Add(-t.Incremental.Settle)
	if !t.window.Until.IsZero() && t.window.Until.Before(limit) {
		limit = t.window.Until
	}
	if !at.After(limit) {
		return high
	}
	return t.clock.LikeRecords(limit, high)
}
