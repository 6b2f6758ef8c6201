package tap

import (
	"encoding/json"
	"slices"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/tap/plan"
)

// changedOnly reports whether contexts that the pass does not visit are done all
// the same.
func (p *pass) changedOnly() bool {
	return slices.ContainsFunc(p.stream.Definition.PartitionBy, func(axis sources.PartitionSource) bool { return axis.ChangedOnly })
}

// parentsRead is from when on the next pass asks the parents for what changed;
// before is what this one went by. It stays where a parent was not read whole: what
// is missing of it would not be asked for again.
func (p *pass) parentsRead(before map[string]state.Since) map[string]state.Since {
	if !p.changedOnly() {
		return nil
	}
	now := map[string]state.Since{}
	for _, axis := range p.stream.Definition.PartitionBy {
		f := p.feedNamed(axis.Parent)
		if !axis.ChangedOnly || f == nil {
			continue
		}
		one := state.Since{Shape: p.stream.Shape + f.stream.Shape}
		if !f.track.asFeed().Owes {
			at := f.track.limit()
			if own := p.track.limit(); own.Before(at) { // what is newer was not asked for, of any context
				at = own
			}
			at = at.UTC()
			one.At = &at
		} else if was := before[axis.Parent]; was.Shape == one.Shape {
			one.At = was.At
		}
		now[axis.Parent] = one
	}
	return now
}

// from is from where on a parent is read for a pass that begins: from its start,
// or with changed_only from where the pass before had read it.
func (n *need) from(axis sources.PartitionSource) json.RawMessage {
	b := n.child.decision.Bookmark
	if !axis.ChangedOnly || b == nil || n.parent.Incremental == nil {
		return nil
	}
	clock := plan.NewClock(n.parent.Incremental)
	since := b.Parents[n.parent.Name]
	if !clock.Timed() || since.At == nil || since.Shape != n.child.stream.Shape+n.child.run.Config.Shape(n.parent) {
		return nil
	}
	at, err := clock.Lookback.Negate().AddTo(since.At.In(clock.Windows.Timezone))
	if err != nil {
		return nil
	}
	return clock.Order.Times.Like(at, nil)
}

// beginsBefore reports whether a pass asks for all that changed since a bookmark.
func (p *pass) beginsBefore(from json.RawMessage) bool {
	at, known := p.stream.Clock.Order.Instant(from)
	cut, err := p.supply.fromMark()
	if !known || err != nil || !p.stream.Clock.Timed() {
		return false
	}
	start, _, ok := cut.First()
	return ok && !start.After(at)
}
