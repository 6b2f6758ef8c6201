package tap

import (
	"crypto/rand"
	"fmt"
	"slices"
	"strings"

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
