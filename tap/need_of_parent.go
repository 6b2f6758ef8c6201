package tap

import (
	"encoding/json"
	"slices"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/times"
	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/tap/listing"
	"github.com/tap-rest/tap-rest/tap/plan"
)

// need is what a pass needs of a parent of its stream: which pass of it, and how
// far that is.
type need struct {
	child  *pass
	parent *sources.Stream
	fed    plan.Fed
	at     *state.Feed // how far the state says that it is; nil: it does not
	known  bool        // it is one that has begun
}

// tell tells the pass that is taken of how much the state says of it.
func (n *need) tell(p *pass) {
	if at := n.at; at != nil {
		p.owes = p.owes || at.Owes
		p.less = p.less || at.Shape != p.stream.Shape || at.Values != 0 && at.Values != p.supply.Sum()
	}
}

// newNeed returns what an unfinished pass was fed by, or what one that begins will
// be.
func newNeed(child *pass, parent *sources.Stream, axis sources.PartitionSource) *need {
	n := &need{child: child, parent: parent}
	d := child.decision
	if d.Way == plan.FromState {
		for i := range d.Bookmark.Resume.Feeds {
			if at := &d.Bookmark.Resume.Feeds[i]; at.Stream == parent.Name && (len(at.For) == 0 || slices.Contains(at.For, d.Pass.ID)) {
				n.fed, n.at, n.known = plan.Fed{Pass: at.Pass, From: at.From}, at, true
				n.remember(axis)
				return n
			}
		}
	}
	if d.Recorded != nil && d.Way != plan.Anew {
		n.fed, n.known = d.Recorded.Layout.Feeds[parent.Name]
	}
	if !n.known {
		n.fed = plan.Fed{From: n.from(axis)}
		n.remember(axis)
	}
	return n
}

// metBy reports whether a pass reads all the records that are contexts of the
// child.
func (n *need) metBy(p *pass) bool {
	switch {
	case p.stream.Name != n.parent.Name:
		return false
	case n.known:
		return p.decision.Pass.ID == n.fed.Pass || n.beginsIn(p)
	}
	return n.leadIn(p)
}

// beginsIn reports whether a pass that begins anew reads all that one would of
// which nothing had come when the state was written.
func (n *need) beginsIn(p *pass) bool {
	at := n.at
	if at == nil || at.Over || len(at.Open)+len(at.Done)+len(at.Contexts) > 0 ||
		p.feed || p.decision.Way != plan.Anew || p.decision.Backfill || p.stream.ChangedOnly() {
		return false
	}
	return p.decision.From == nil || at.From != nil && n.missesNothingOf(p, at.From)
}

// leadIn reports whether a pass that begins anew reads all the records that are
// contexts of a child which begins, too, and may be fed from a bookmark.
func (n *need) leadIn(p *pass) bool {
	child, from := n.child.decision, n.fed.From
	switch {
	case p.decision.Way != plan.Anew || child.Way != plan.Anew || p.decision.Backfill || p.stream.ChangedOnly():
		return false
	case p.decision.Pass.AsOf.Before(child.Pass.AsOf): // it is read again for others, up to when theirs began
		return false
	case p.feed:
		return string(p.decision.From) == string(from)
	case p.decision.From == nil:
		return true
	case from == nil:
		return false
	}
	return n.missesNothingOf(p, from)
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

// remember takes from the state which files were read before.
func (n *need) remember(axis sources.PartitionSource) {
	b := n.child.decision.Bookmark
	if axis.File == nil || b == nil {
		return
	}
	if since, ok := b.Parents[axis.Parent]; ok && since.Shape == n.child.stream.Shape+n.child.run.Config.Shape(n.parent) {
		n.fed.Contexts, n.fed.Files = since.Known, since.Files
	}
}

// newFiles returns those of a listing that is read for a pass.
func newFiles(p, from *pass, axis sources.PartitionSource, n *need) *listing.Files {
	if axis.File == nil || !axis.ChangedOnly || n == nil {
		return nil
	}
	o := listing.Options{
		Clock: from.stream.Clock, AsOf: p.decision.Pass.AsOf, Contexts: n.fed.Contexts, Known: n.fed.Files,
		Cut: func(at json.RawMessage) (plan.Cut, error) {
			return from.stream.Clock.Cut(at, times.Span{}, from.decision.Length, p.decision.Pass.AsOf, from.vars())
		},
	}
	if n.at != nil {
		o.Listed = n.at.Listed
	}
	if d := p.decision; d.Way == plan.FromState && d.Bookmark.Resume != nil {
		o.Done = d.Bookmark.Resume.Contexts
	}
	return listing.New(o)
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
