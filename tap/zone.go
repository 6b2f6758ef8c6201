package tap

import (
	"time"

	"github.com/tap-rest/tap-rest/sources/times"
	"github.com/tap-rest/tap-rest/state"
)

// inZone makes the bookmark of a stream say its zone where it names none and
// was written when records were read in another zone than now: before there
// was record_timezone, in UTC. It then stands at the earlier of what it says in
// both: some rows come twice, none is left out.
func (r *run) inZone(one *reading) error {
	b := one.before
	if b == nil || !one.clock.Timed() {
		return nil
	}
	was := time.UTC
	if b.Zone != "" {
		var err error
		if was, err = times.Zone(b.Zone); err != nil {
			return &state.Error{File: r.StateFile, Place: r.State.Place(one.Name) + ".zone", Msg: err.Error()}
		}
	}
	if was.String() == one.Incremental.RecordTimes.Timezone.String() {
		return nil
	}
	b.Value = one.clock.Earlier(b.Value, was)
	if b.Resume != nil {
		b.Resume.From = one.clock.Earlier(b.Resume.From, was)
	}
	return nil
}

// zone is what a bookmark says of the zone of its value: nothing in UTC, unless
// something was said before, which a state that is merged key by key would
// keep.
func (one *reading) zone() string {
	if !one.incremental || one.Incremental.Windows.Format == "integer" {
		return ""
	}
	name := one.Incremental.RecordTimes.Timezone.String()
	if name == "UTC" && (one.before == nil || one.before.Zone == "") {
		return ""
	}
	return name
}
