package tap

import (
	"encoding/json"
	"slices"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/tap/plan"
)

// parentsRead is from when on the next pass asks the parents for what changed;
// before is what this one went by. It stays where a parent was not read whole: what
// is missing of it would not be asked for again.
func (all *partitions) parentsRead(before map[string]state.Since) map[string]state.Since {
	p := all.pass
	if !p.stream.ChangedOnly() {
		return nil
	}
	now := map[string]state.Since{}
	for _, axis := range p.stream.Definition.PartitionBy {
		f := p.feedNamed(axis.Parent)
		if !axis.ChangedOnly || f == nil {
			continue
		}
		one := state.Since{Shape: p.stream.Shape + f.stream.Shape}
		if axis.File != nil {
			now[axis.Parent] = all.filesRead(f, before[axis.Parent], one)
			continue
		}
		if fed := f.track.asFeed(); !fed.Owes {
			at := p.track.settles.readOf(f).UTC()
			one.At, one.Contexts = &at, fed.Contexts.Sum()
		} else if was := before[axis.Parent]; was.Shape == one.Shape {
			one = was
		}
		now[axis.Parent] = one
	}
	return now
}

// keepsUnvisited reports whether contexts that the pass did not visit are as they
// were: each parent was asked for what changed, and answered. Of a parent that was
// read whole, they are gone, and where something failed, it may be theirs: when
// they come again, they are read from the stream's start; so is what belongs to a
// context of the parent that nothing led to this time, since it may have changed.
func (all *partitions) keepsUnvisited() bool {
	p := all.pass
	for _, axis := range p.stream.Definition.PartitionBy {
		f := p.feedNamed(axis.Parent)
		if axis.ChangedOnly && f != nil && (f.decision.From == nil || f.track.asFeed().Owes || !f.track.parts.cameToAll()) {
			return false
		}
	}
	return p.stream.ChangedOnly()
}

// cameToAll reports whether a pass came to all contexts that were read before. One
// that does not know them reads each from its start: what did not come of it is gone.
func (all *partitions) cameToAll() bool {
	if all == nil || !all.pass.stream.HasContexts() {
		return true
	}
	b := all.pass.decision.Bookmark
	return b != nil && len(b.Contexts) > 0 &&
		!slices.ContainsFunc(b.Contexts, func(hash uint64) bool { return !all.done.Is(hash) })
}

// from is from where on a parent is read for a pass that begins: from its start,
// or with changed_only from where the pass before had read it.
func (n *need) from(axis sources.PartitionSource) (from json.RawMessage) {
	for _, one := range n.child.stream.Definition.PartitionBy {
		if !one.ChangedOnly {
			continue
		}
		at, ok := n.since(n.child.run.Definition.Stream(one.Parent))
		if !ok { // contexts may be missing of all, so all parents are read whole
			return nil
		}
		if one.Parent == axis.Parent {
			from = at
		}
	}
	return from
}

// since is from where on the state says that a parent is asked for what changed.
func (n *need) since(parent *sources.Stream) (json.RawMessage, bool) {
	b := n.child.decision.Bookmark
	if b == nil || parent.Incremental == nil {
		return nil, false
	}
	clock := plan.NewClock(parent.Incremental)
	since := b.Parents[parent.Name]
	if !clock.Timed() || since.At == nil || since.Shape != n.child.stream.Shape+n.child.run.Config.Shape(parent) {
		return nil, false
	}
	at, err := clock.Lookback.Negate().AddTo(since.At.In(clock.Windows.Timezone))
	return clock.Order.Times.Like(at, nil), err == nil
}

// missesNothingOf reports whether a pass of the parent that goes on from its bookmark
// leads to all that changed since one: what the child did not come to of contexts
// that the parent's own pass before had read would not come again.
func (n *need) missesNothingOf(p *pass, since json.RawMessage) bool {
	if p.stream.HasContexts() && n.child.decision.Bookmark.Parents[p.stream.Name].Contexts != p.decision.Bookmark.Contexts.Sum() {
		return false
	}
	return p.beginsBefore(since)
}

// beginsBefore reports whether a pass asks for all that changed since a bookmark.
func (p *pass) beginsBefore(from json.RawMessage) bool {
	at, known := p.stream.Clock.Order.Instant(from)
	cut, err := p.supply.FromMark()
	if !known || err != nil || !p.stream.Clock.Timed() {
		return false
	}
	start, _, ok := cut.First()
	return ok && !start.After(at)
}
