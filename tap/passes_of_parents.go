package tap

import (
	"crypto/rand"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/tap/plan"
)

// isLess reports whether children may have read, in this pass, what a pass that
// begins now would not lead to.
func (p *pass) isLess() bool {
	return p.less || p.track.parts != nil && p.track.parts.gone || slices.ContainsFunc(p.feeds, (*pass).isLess)
}

// feedNamed returns the pass of a parent by which the pass is fed already.
func (f *family) feedNamed(parent string) *pass {
	for _, one := range f.feeds {
		if one.stream.Name == parent {
			return one
		}
	}
	return nil
}

// ledBy are the parents of a pass, and what it is to each: the child whose contexts the
// parent's records are. One that two axes name comes twice.
func (p *pass) ledBy() iter.Seq2[*pass, *child] {
	return func(yield func(*pass, *child) bool) {
		for _, f := range p.feeds {
			for _, c := range f.children {
				if c.pass == p && !yield(f, c) {
					return
				}
			}
		}
	}
}

// generations is how many parents stand above the pass.
func (f *family) generations() (n int) {
	for _, one := range f.feeds {
		n = max(n, 1+one.generations())
	}
	return n
}

// withParents returns the passes and those of the parents that are read for
// their sake.
func (r planner) withParents(all []*pass) ([]*pass, error) {
	for i := 0; i < len(all); i++ { // it grows
		p := all[i]
		if r.Share.LeadsTo(p.stream.Name) {
			p.parted.ofPlan = true
			continue
		}
		for _, axis := range p.stream.Definition.PartitionBy {
			if axis.Parent == "" {
				continue
			}
			f := p.feedNamed(axis.Parent)
			var fed *need
			if f == nil {
				var err error
				fed = newNeed(p, r.Definition.Stream(axis.Parent), axis)
				if f, all, err = r.feedOf(all, fed); err != nil {
					return nil, inputError(err)
				}
				p.feeds = append(p.feeds, f)
			}
			f.children = append(f.children, &child{pass: p, of: plan.NewChildren(p.stream.Definition, axis), when: axis.When, files: newFiles(p, f, axis, fed)})
		}
	}
	for _, p := range all {
		p.depth, p.supply.Fed = p.generations(), len(p.feeds) > 0
	}
	return all, nil
}

// feedOf returns the pass of a parent that meets a child's need: one of those
// that are read anyway, or one more.
func (r planner) feedOf(all []*pass, n *need) (*pass, []*pass, error) {
	for _, q := range all {
		if n.metBy(q) {
			n.tell(q)
			return q, all, nil
		}
	}
	f, err := r.newFeed(n)
	return f, append(all, f), err
}

// newFeed returns a pass of a parent that is read for the sake of children.
func (r planner) newFeed(n *need) (*pass, error) {
	s, err := plan.NewStream(n.parent, nil, r.Config.Shape(n.parent), nil)
	if err != nil {
		return nil, err
	}
	if !n.known {
		n.fed.Pass = strings.ToLower(rand.Text())
	}
	d := plan.Feed(s, n.child.decision, n.fed, n.at, r.journal.PassesOf(n.parent.Name, true))
	if d.Way == plan.Replay && d.Recorded == nil {
		return nil, fmt.Errorf("stream %s: the journal has no pass of its parent %s: nothing can be replayed", n.child.stream.Name, n.parent.Name)
	}
	f, err := r.newPass(s, d)
	if err != nil {
		return nil, err
	}
	f.feed, f.over = true, n.at != nil && n.at.Over
	n.tell(f)
	return f, nil
}

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
