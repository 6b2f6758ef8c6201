package tap

import (
	"encoding/json"
	"time"

	"github.com/tap-rest/tap-rest/sources/times"
	"github.com/tap-rest/tap-rest/tap/plan"
)

// hears takes note of the Date of an answer, and of when that came by our clock.
func (s *settles) hears(date string, came time.Time) {
	if s.apiClock != nil || date == "" {
		return
	}
	if at, err := times.Parse(date); err == nil {
		at = clockAt(s.pass.decision.Pass.AsOf, at, came)
		s.apiClock = &at
	}
}

// clockAt is what the API's clock said when a pass began, whose first answer may have
// come in a later run: it was behind ours as it was behind it then.
func clockAt(asOf, date, came time.Time) time.Time {
	if behind := came.Sub(date); date.After(asOf) && behind > 0 && !came.IsZero() {
		return asOf.Add(-behind)
	}
	return date
}

// upTo is a replication value, or the latest one that rows can still not come in
// behind: settle before as_of and before the API's own clock, and the end of
// the window.
func (s *settles) upTo(high json.RawMessage) json.RawMessage {
	at, ok := s.pass.stream.Clock.Order.Instant(high)
	if !ok || s.pass.stream.Clock.Windows.Format == "integer" {
		return high
	}
	limit := s.limit()
	if !at.After(limit) {
		return high
	}
	return s.pass.stream.Clock.Order.Times.Like(limit, high)
}

// limit is up to when rows can no longer come in that the pass did not ask for.
func (s *settles) limit() time.Time {
	limit := s.clock()
	if s.pass.stream.FullTable() {
		return limit
	}
	limit = limit.Add(-s.pass.stream.Clock.Settle)
	if until := s.until(); !until.IsZero() && until.Before(limit) {
		limit = until
	}
	return limit
}

// clock is when the pass began, by our clock or by the API's, whichever is behind.
func (s *settles) clock() time.Time {
	if s.apiClock != nil && s.apiClock.Before(s.pass.decision.Pass.AsOf) {
		return *s.apiClock
	}
	return s.pass.decision.Pass.AsOf
}

// until is where the time of the pass ends, zero where it is no measure.
func (s *settles) until() time.Time {
	if !s.pass.many {
		return s.pass.supply.first.Part.Window.Until
	}
	if cut, err := s.pass.supply.Cut(plan.Context{}); err == nil && cut != nil {
		return cut.End()
	}
	return time.Time{}
}

// readOf is up to when a parent was read, and its children as they were then: the
// parent's pass may have begun after that of its children, and rows of either may
// come in late.
func (s *settles) readOf(parent *pass) time.Time {
	at := s.clock().Add(-parent.stream.Clock.Settle)
	for _, one := range []time.Time{s.limit(), parent.track.settles.limit()} {
		if one.Before(at) {
			at = one
		}
	}
	return at
}
