package tap

import (
	"context"

	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/tap/plan"
)

// sampleParts is how many partitions of a stream are asked, at most, by whoever
// wants to see some of its records.
const sampleParts = 5

// samples returns partitions in which there may be records: of the first
// contexts, the newest windows. It returns nil after the last.
func (p *pass) samples(ctx context.Context) func() (*part, error) {
	if !p.many {
		return once(p.supply.first)
	}
	var contexts func() (plan.Context, bool)
	var windows []state.Window // of the context under way, the newest last
	var at plan.Context
	left := sampleParts
	return func() (*part, error) {
		if contexts == nil {
			parents, err := p.sampleParents(ctx)
			if err != nil {
				return nil, err
			}
			contexts = p.supply.Of(parents)
		}
		for len(windows) == 0 && left > 0 {
			one, ok := contexts()
			if !ok {
				return nil, nil
			}
			var err error
			if windows, err = p.supply.NewestWindows(one); err != nil {
				return nil, err
			}
			at = one
		}
		if left--; left < 0 {
			return nil, nil
		}
		last := windows[len(windows)-1]
		windows = windows[:len(windows)-1]
		return p.supply.partOf(at, last)
	}
}

// sampleParents returns the first contexts that parents' records are; the empty
// one for a stream without a parent.
func (p *pass) sampleParents(ctx context.Context) ([]plan.Context, error) {
	if len(p.feeds) == 0 {
		return []plan.Context{{}}, nil
	}
	var found []plan.Context
	var lost []astray
	for _, f := range p.feeds {
		w := newProbe(f)
		err := w.firstPages(ctx, func(page *fetch.Page) (bool, error) {
			l := w.lead()
			if _, err := w.renderer.Follow(page); err != nil {
				return false, err
			}
			lost = append(lost, l.lost()...)
			for i, c := range f.children {
				if c.pass == p {
					found = append(found, c.of.Batches(l.found[i], w.part.Part.Context)...)
				}
			}
			return len(found) < sampleParts, nil
		})
		if err != nil {
			return nil, err
		}
	}
	if len(found) == 0 && len(lost) > 0 {
		return nil, lost[0].err
	}
	if len(found) == 0 {
		tellPassed(p, func(string) {})
	}
	return found[:min(len(found), sampleParts)], nil
}
