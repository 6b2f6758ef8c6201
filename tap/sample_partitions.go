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
func (s *supply) samples(ctx context.Context) func() (*part, error) {
	if !s.pass.many {
		return once(s.first)
	}
	var contexts func() (plan.Context, bool)
	var windows []state.Window // of the context under way, the newest last
	var at plan.Context
	left := sampleParts
	return func() (*part, error) {
		if contexts == nil {
			parents, err := s.sampleParents(ctx)
			if err != nil {
				return nil, err
			}
			contexts = s.contexts.within(parents)
		}
		for len(windows) == 0 && left > 0 {
			one, ok := contexts()
			if !ok {
				return nil, nil
			}
			var err error
			if windows, err = s.newestWindows(one); err != nil {
				return nil, err
			}
			at = one
		}
		if left--; left < 0 {
			return nil, nil
		}
		last := windows[len(windows)-1]
		windows = windows[:len(windows)-1]
		return s.partOf(at, last)
	}
}

// newestWindows returns the last windows of a context, in their order; the zero
// window where time is no measure.
func (s *supply) newestWindows(ctx plan.Context) (all []state.Window, err error) {
	cut, err := s.cut(ctx)
	if err != nil || cut == nil {
		return []state.Window{{}}, err
	}
	const newest = 2 // the last one may have begun just now
	for start, end, ok := cut.First(); ok; start, end, ok = cut.After(end) {
		if all = append(all, state.Window{Start: start, End: end}); len(all) > newest {
			all = all[1:]
		}
	}
	return all, nil
}

// sampleParents returns the first contexts that parents' records are; the empty
// one for a stream without a parent.
func (s *supply) sampleParents(ctx context.Context) ([]plan.Context, error) {
	if len(s.pass.feeds) == 0 {
		return []plan.Context{{}}, nil
	}
	var found []plan.Context
	var lost []astray
	for _, f := range s.pass.feeds {
		w := newProbe(f)
		err := w.firstPages(ctx, func(page *fetch.Page) (bool, error) {
			l := w.lead()
			if _, err := w.renderer.Follow(page); err != nil {
				return false, err
			}
			lost = append(lost, l.lost()...)
			for i, c := range f.children {
				if c.pass == s.pass {
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
		tellPassed(s.pass, func(string) {})
	}
	return found[:min(len(found), sampleParts)], nil
}
