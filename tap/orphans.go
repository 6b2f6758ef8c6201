package tap

import (
	"slices"

	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/tap/plan"
	"github.com/tap-rest/tap-rest/tap/report"
)

// dropOrphans forgets what is owed of contexts to which nothing leads any more: the
// parents were read whole in this run, and their records are not there, or not such
// that they have children. Nobody would ever answer for them, and they would be
// asked for in each run. Should one come back, it is read from its start.
func (t *track) dropOrphans() {
	p := t.pass
	if t.parts == nil || len(p.feeds) == 0 || slices.ContainsFunc(p.feeds, func(f *pass) bool { return !f.wasReadWhole() }) {
		return
	}
	dropped := t.parts.done.DropOwed(func(context uint64) bool { return !p.supply.Began(context) })
	if len(dropped) == 0 {
		return
	}
	t.forgetContexts(func(hash uint64) bool {
		return slices.ContainsFunc(dropped, func(o state.Open) bool { return p.supply.KeyOf(&o).Context == hash })
	})
	n := int64(len(dropped))
	t.account.Note(report.Numbered(n, "%s [partition|partitions] that [was|were] owed [is|are] dropped, and asked for no more: nothing in the parent leads to [it|them]"))
	p.run.Log.Warn("nothing leads to a part of the stream that is owed: its parent was read whole in this run and does not have it any more; what is owed of it is dropped, and asked for no more, though the log may say of it that it failed in this run",
		"stream", p.stream.Name, "partitions", n, "context", string(dropped[0].Context))
}

// wasReadWhole reports whether all that an API has of a stream that is a full table
// came in this run, of its parents too.
func (p *pass) wasReadWhole() bool {
	t, d := p.track, p.decision
	return t.ended && t.failure == nil && t.table.lacks == "" && !p.owes && p.stream.FullTable() && !p.readsChanges() &&
		(d.Way == plan.Anew || d.Way == plan.FromJournal) && !d.Backfill && (t.parts == nil || !t.parts.kept && !t.parts.broken) &&
		!slices.ContainsFunc(p.feeds, func(f *pass) bool { return !f.wasReadWhole() })
}
