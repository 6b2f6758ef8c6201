package tap

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/tap/plan"
)

// begins notes where the walk of the one partition begins.
func (t *track) begins(at plan.Standing) {
	t.start = at
	if t.decision.Way == plan.FromState {
		t.bookmark.Resume = t.unfinished(at)
	}
}

// take moves the bookmark by what a flush is about to write.
func (t *track) take(p *part, s step) {
	t.touched = true
	t.settles.hears(s.date, s.came)
	switch {
	case t.parts != nil:
		t.parts.take(p, s)
	case s.failure == nil || s.lost:
		t.advance(s)
	default:
		t.fail(s.failure, s.at.Losses)
	}
}

// advance moves the bookmark by a page of the one partition.
func (t *track) advance(p step) {
	t.bookmark.Pass, t.bookmark.Sync = &t.decision.Pass, t.decision.Sync
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

// fail notes on an unfinished walk how it failed, after it was lost so often: what
// failed for now comes last in the next run, what failed for good comes first.
func (t *track) fail(err error, lost state.Losses) {
	if t.decision.Way == plan.Replay {
		return // a replay's failure is not the pass's
	}
	r := t.bookmark.Resume
	switch {
	case r == nil && t.decision.Foreign:
		return
	case r == nil: // its first request failed: the pass before is still the last one
		r = t.unfinished(plan.Standing{Losses: lost})
	case lost.Restarts > r.Open[0].Restarts: // what was flushed is of a walk that the API has lost
		r = t.unfinished(plan.Standing{High: r.Open[0].High, Mark: r.Open[0].Mark, Losses: lost, Frozen: r.Open[0].Frozen})
	}
	r.Open[0].Refused = lost.Refused
	t.bookmark.Resume = r
	var e *fetch.Error
	if errors.As(err, &e) && e.Class == fetch.Transient {
		r.Open[0].Deferred = true
	} else {
		r.Owed = state.Owed{{Partition: t.pass.supply.first.Part.Key}}
	}
}

// unfinished is how the pass goes on.
func (t *track) unfinished(at plan.Standing) *state.Resume {
	return &state.Resume{
		Version: state.Version, AsOf: t.decision.Pass.AsOf, From: t.decision.From, Lookback: t.decision.Lookback.String(), Clock: t.settles.apiClock, Shape: t.stream.Shape, Activate: t.table.whole(),
		Open: []state.Open{at.Open(t.pass.supply.first.Part.Key)},
	}
}

// raise moves the bookmark up to a replication value, but never past what is
// settled, and never back.
func (t *track) raise(high json.RawMessage) {
	if t.stream.FullTable() || high == nil {
		return
	}
	high = t.settles.upTo(high)
	if floor := t.floor(); floor != nil {
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

// bookmarkTime is the bookmark as a time; zero where it is none. A number of before 1990 is
// taken for another count.
func (t *track) bookmarkTime() time.Time {
	order := t.stream.Clock.Order
	if order.Numbers || !t.stream.Clock.Mark().IsZero() {
		return time.Time{}
	}
	at, ok := order.Instant(t.bookmark.Value)
	if !ok || at.Year() < 1990 {
		return time.Time{}
	}
	return at
}

// floor is where the time of the one partition begins, as records write it.
func (t *track) floor() json.RawMessage {
	if t.parts != nil {
		return nil
	}
	return t.pass.supply.first.Part.Window.Floor
}
