package plan

import (
	"time"

	"github.com/tap-rest/tap-rest/sources/times"
	"github.com/tap-rest/tap-rest/state"
)

// inZone returns a bookmark that says its zone, where it names none and was
// written when records were read in another zone than now: before there was
// record_timezone, in UTC. It then stands at the earlier of what it says in
// both: some rows come twice, none is left out.
func (s *Stream) inZone(b *state.Bookmark) (*state.Bookmark, error) {
	if b == nil || !s.Clock.Timed() {
		return b, nil
	}
	was := time.UTC
	if b.Zone != "" {
		var err error
		if was, err = times.Zone(b.Zone); err != nil {
			return nil, &state.Error{Place: "zone", Msg: err.Error()}
		}
	}
	if was.String() == s.Clock.RecordTimes.Timezone.String() {
		return b, nil
	}
	moved := *b
	moved.Value = s.Clock.Earlier(b.Value, was)
	if b.Resume != nil {
		resume := *b.Resume
		resume.From = s.Clock.Earlier(resume.From, was)
		moved.Resume = &resume
	}
	return &moved, nil
}

// Zone is what a bookmark says of the zone of its value: nothing in UTC, unless
// something was said before, which a state that is merged key by key would
// keep.
func (s *Stream) Zone(before *state.Bookmark) string {
	if s.FullTable() || s.Clock.Windows.Format == "integer" {
		return ""
	}
	name := s.Clock.RecordTimes.Timezone.String()
	if name == "UTC" && (before == nil || before.Zone == "") {
		return ""
	}
	return name
}
