package tap

import (
	"encoding/json"
	"errors"
	"sync/atomic"
	"time"

	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/times"
	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/state/journal"
	"github.com/tap-rest/tap-rest/tap/message"
	"github.com/tap-rest/tap-rest/tap/plan"
	"github.com/tap-rest/tap-rest/tap/render"
)

// batch is a page, or a part of one, on its way to stdout.
type batch struct {
	track    *track
	lines    render.Lines
	progress progress
	key      *journal.Key // where the journal has the page; nil: nowhere
	failure  error        // no page, but the end of the walk, for this reason
}

// progress is how far a batch brings its partition.
type progress struct {
	at   plan.Standing
	last bool   // the walk has ended
	lost bool   // the API forgot the walk: it must start over
	keep bool   // records may be missing: the bookmark stays
	date string // Date of the answer
}

// track is what the emitter knows of a stream: its bookmark as it stands. Only
// the emitter's goroutine uses it, but for what is said of its fields.
type track struct {
	stream   *plan.Stream
	pass     *plan.Decision
	part     plan.Partition
	start    plan.Standing // of its walk in this run
	recorded string        // id of the pass in the journal; "": there is none
	bookmark state.Bookmark
	apiClock *time.Time // of the pass's first answer; nil: unknown
	touched  bool
	emitted  int64 // records that left, with the states that cover them

	uncovered int64          // records that left since its last STATE
	begun     atomic.Bool    // its walk is under way, set from there
	counters  fetch.Counters // of its requests, set from the walk
	refused   error          // why it is not read at all; nil: it is
	announced announced
}

// announced is what was said of a stream on stdout besides its records.
type announced struct {
	last      message.Event
	estimated int64 // records to come, as was said last
}

// newTrack returns the track of a reading, which is recorded where rec is not nil.
func newTrack(one *plan.Reading, rec *fetch.Recording) *track {
	t := &track{stream: one.Stream, pass: one.Pass, part: one.Part, start: one.Start, apiClock: one.Pass.APIClock}
	if rec != nil {
		t.recorded = rec.Pass
	}
	t.bookmark.ReplicationKey = one.Stream.ReplicationKey
	before := one.Pass.Bookmark
	t.bookmark.Zone = one.Stream.Zone(before)
	if before != nil {
		t.bookmark.Pass, t.bookmark.Sync = before.Pass, before.Sync
		if !one.Stream.FullTable() {
			t.bookmark.Value = before.Value
		}
	}
	if one.Pass.Way == plan.FromState {
		t.bookmark.Pass, t.bookmark.Sync = &one.Pass.Pass, one.Pass.Sync
		t.bookmark.Resume = t.unfinished(one.Start)
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
	t.bookmark.Pass, t.bookmark.Sync = &t.pass.Pass, t.pass.Sync
	t.bookmark.Resume = nil
	switch {
	case p.last && p.keep:
	case p.last && !t.stream.Clock.Mark().IsZero():
		if p.at.Mark != nil { // else the walk began before bookmark_from was written
			t.bookmark.Value = p.at.Mark
		}
	case p.last:
		t.raise(p.at.High)
	case !p.lost:
		if t.stream.Clock.Ascends() && !p.at.Frozen {
			t.raise(p.at.High)
		}
		t.bookmark.Resume = t.unfinished(p.at)
	}
}

// fail notes on an unfinished walk how it failed, after so many restarts: what
// failed for now comes last in the next run, what failed for good comes first.
func (t *track) fail(err error, restarts int, refused *state.Refusal) {
	if t.pass.Way == plan.Replay {
		return // a replay's failure is not the pass's
	}
	r := t.bookmark.Resume
	switch {
	case r == nil && t.pass.Foreign:
		return
	case r == nil: // its first request failed: the pass before is still the last one
		r = t.unfinished(plan.Standing{Restarts: restarts})
	case restarts > r.Open[0].Restarts: // what was flushed is of a walk that the API has lost
		r = t.unfinished(plan.Standing{High: r.Open[0].High, Mark: r.Open[0].Mark, Restarts: restarts, Frozen: r.Open[0].Frozen})
	}
	r.Open[0].Refused = refused
	t.bookmark.Resume = r
	var e *fetch.Error
	if errors.As(err, &e) && e.Class == fetch.Transient {
		r.Open[0].Deferred = true
	} else {
		r.Owed = state.Owed{{Partition: t.part.Key}}
	}
	t.touched = true
}

// unfinished is how the pass goes on.
func (t *track) unfinished(at plan.Standing) *state.Resume {
	return &state.Resume{
		Version: state.Version, AsOf: t.pass.Pass.AsOf, From: t.pass.From, Lookback: t.pass.Lookback.String(), Clock: t.apiClock, Shape: t.stream.Shape,
		Open: []state.Open{at.Open(t.part.Key)},
	}
}

// raise moves the bookmark up to a replication value, but never past what is
// settled, and never back.
func (t *track) raise(high json.RawMessage) {
	if t.stream.FullTable() || high == nil {
		return
	}
	high = t.settled(high)
	if floor := t.part.Window.Floor; floor != nil {
		if c, err := t.stream.Clock.Order.CompareTimes(high, floor); err == nil && c < 0 {
			return // it would ask for more than this pass did
		}
	}
	if t.bookmark.Value != nil {
		c, err := t.stream.Clock.Order.CompareTimes(high, t.bookmark.Value)
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
	at, ok := t.stream.Clock.Order.Instant(high)
	if !ok || t.stream.Clock.Windows.Format == "integer" {
		return high
	}
	limit := t.pass.Pass.AsOf
	if t.apiClock != nil && t.apiClock.Before(limit) {
		limit = *t.apiClock
	}
	limit = limit.Add(-t.stream.Clock.Settle)
	if !t.part.Window.Until.IsZero() && t.part.Window.Until.Before(limit) {
		limit = t.part.Window.Until
	}
	if !at.After(limit) {
		return high
	}
	return t.stream.Clock.Order.Times.Like(limit, high)
}
