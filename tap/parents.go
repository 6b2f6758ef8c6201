package tap

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/tap/plan"
)

// withParents returns the passes and those of the parents that are read for
// their sake.
func (r *run) withParents(all []*pass) ([]*pass, error) {
	for i := 0; i < len(all); i++ { // it grows
		p := all[i]
		for _, axis := range p.stream.Definition.PartitionBy {
			if axis.Parent == "" {
				continue
			}
			f := p.feedNamed(axis.Parent)
			if f == nil {
				var err error
				if f, all, err = r.feedOf(all, p, axis); err != nil {
					return nil, inputError(err)
				}
				p.feeds = append(p.feeds, f)
			}
			f.children = append(f.children, &child{p, plan.NewChildren(p.stream.Definition, axis)})
		}
	}
	for _, p := range all {
		p.depth = p.generations()
	}
	return all, nil
}

// begin begins the passes in the journal.
func (r *run) begin(all []*pass) error {
	for _, p := range all {
		if err := r.journal.begin(p); err != nil {
			return err
		}
		if p.first == nil || p.over {
			continue
		}
		var err error
		if p.first.worker, err = newWorker(p.first); err != nil {
			return inputError(err)
		}
	}
	return nil
}

// feedNamed returns the pass of a parent by which the pass is fed already.
func (p *pass) feedNamed(parent string) *pass {
	for _, f := range p.feeds {
		if f.stream.Name == parent {
			return f
		}
	}
	return nil
}

// generations is how many parents stand above the pass.
func (p *pass) generations() (n int) {
	for _, f := range p.feeds {
		n = max(n, 1+f.generations())
	}
	return n
}

// feedOf returns the pass of a parent whose records are contexts of p: one of
// those that are read anyway, or one more.
func (r *run) feedOf(all []*pass, p *pass, axis sources.PartitionSource) (*pass, []*pass, error) {
	fed, at, known := p.fedBy(axis.Parent)
	if !known {
		fed = plan.Fed{From: p.feedFrom(r.Definition.Stream(axis.Parent), axis)}
	}
	for _, q := range all {
		if q.stream.Name == axis.Parent && (known && (q.decision.Pass.ID == fed.Pass || q.standsFor(at)) || !known && q.leadsAlso(p, fed.From)) {
			return q, all, nil
		}
	}
	if !known {
		fed.Pass = strings.ToLower(rand.Text())
	}
	f, err := r.newFeed(p, r.Definition.Stream(axis.Parent), fed, at)
	return f, append(all, f), err
}

// fedBy returns which pass of a parent the unfinished pass is fed by, and how far
// the state says that is.
func (p *pass) fedBy(parent string) (fed plan.Fed, at *state.Feed, known bool) {
	d := p.decision
	if d.Way == plan.FromState {
		for i := range d.Bookmark.Resume.Feeds {
			if at = &d.Bookmark.Resume.Feeds[i]; at.Stream == parent {
				return plan.Fed{Pass: at.Pass, From: at.From}, at, true
			}
		}
	}
	if d.Recorded != nil && d.Way != plan.Anew {
		fed, known = d.Recorded.Layout.Feeds[parent]
	}
	return fed, nil, known
}

// feedFrom is from where on a parent is read for a pass that begins: from its
// start, or with changed_only from where the pass before began.
func (p *pass) feedFrom(parent *sources.Stream, axis sources.PartitionSource) json.RawMessage {
	b := p.decision.Bookmark
	if !axis.ChangedOnly || b == nil || b.Pass == nil || b.Resume != nil && !b.Resume.Over || parent.Incremental == nil {
		return nil
	}
	clock := plan.NewClock(parent.Incremental)
	if !clock.Timed() {
		return nil
	}
	return clock.Order.Times.Like(b.Pass.AsOf.Add(-clock.Settle), nil)
}

// leadsAlso reports whether a pass that begins anew reads all the records that
// are contexts of a child, which is to read them from a bookmark.
func (p *pass) leadsAlso(child *pass, from json.RawMessage) bool {
	switch {
	case p.decision.Way != plan.Anew || child.decision.Way != plan.Anew || p.decision.Backfill:
		return false
	case p.feed:
		return string(p.decision.From) == string(from)
	case p.decision.From == nil:
		return true
	case from == nil:
		return false
	}
	own := p.decision.Bookmark
	return own != nil && own.Pass != nil && own.Pass.AsOf.Equal(child.decision.Bookmark.Pass.AsOf)
}

// standsFor reports whether a pass that begins anew reads all that a feed would of
// which nothing had come when the state was written.
func (p *pass) standsFor(at *state.Feed) bool {
	if at == nil || at.Over || len(at.Open)+len(at.Done)+len(at.Contexts) > 0 ||
		p.feed || p.decision.Way != plan.Anew || p.decision.Backfill {
		return false
	}
	return p.decision.From == nil || string(p.decision.From) == string(at.From)
}

// newFeed returns a pass of a parent that is read for the sake of children.
func (r *run) newFeed(p *pass, parent *sources.Stream, fed plan.Fed, at *state.Feed) (*pass, error) {
	s, err := plan.NewStream(parent, nil, r.Config.Shape(parent), nil)
	if err != nil {
		return nil, err
	}
	d := plan.Feed(s, p.decision, fed, at, r.journal.passesOf(parent.Name, true))
	if d.Way == plan.Replay && d.Recorded == nil {
		return nil, fmt.Errorf("stream %s: the journal has no pass of its parent %s: nothing can be replayed", p.stream.Name, parent.Name)
	}
	f, err := r.newPass(s, d)
	if err != nil {
		return nil, err
	}
	f.feed, f.over = true, at != nil && at.Over
	return f, nil
}

// changedOnly reports whether contexts that the pass does not visit are done all
// the same.
func (p *pass) changedOnly() bool {
	return slices.ContainsFunc(p.stream.Definition.PartitionBy, func(axis sources.PartitionSource) bool { return axis.ChangedOnly })
}
