package supply

import (
	"errors"

	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/tap/plan"
)

// Top makes what no page of a parent leads to: what the state owes or left open, and then
// more. What failed for now in the run before comes last. Where more is nil, there is none.
func (s *Supply) Top(more Next) Next {
	before := s.Before()
	var all []Next
	for i := range before.Owed {
		all = append(all, s.owes(&before.Owed[i]))
	}
	open, late := apart(before.Open)
	all = append(all, s.each(open, s.Fed))
	if more != nil {
		all = append(all, more)
	}
	return oneAfterTheOther(append(all, s.each(late, false)))
}

// Waiting are the contexts of partitions that pages of parents wait for, once for each.
func (s *Supply) Waiting() (all []uint64) {
	if !s.Fed {
		return nil
	}
	open, _ := apart(s.Before().Open)
	for i := range open {
		all = append(all, s.KeyOf(&open[i]).Context)
	}
	return all
}

// apart takes what failed for now in the run before apart from what was left open.
func apart(all []state.Open) (open, late []state.Open) {
	for _, o := range all {
		if o.Deferred {
			late = append(late, o)
		} else {
			open = append(open, o)
		}
	}
	return open, late
}

// oneAfterTheOther returns all parts of the first, then those of the second, and
// so on.
func oneAfterTheOther(all []Next) Next {
	return func() (*Part, error) {
		for len(all) > 0 {
			p, err := all[0]()
			if p != nil || err != nil {
				return p, err
			}
			all = all[1:]
		}
		return nil, nil
	}
}

// each returns partitions of the state. Where waits says so, pages of parents wait for
// them. Those that the stream no longer has are left out, with a warning.
func (s *Supply) each(all []state.Open, waits bool) Next {
	return func() (*Part, error) {
		for len(all) > 0 {
			o := all[0]
			all = all[1:]
			one, err := s.left(&o)
			if err == nil {
				one.Waits = waits
				return one, nil
			}
			s.drop(&o, waits, err)
		}
		return nil, nil
	}
}

// drop forgets a partition of the state.
func (s *Supply) drop(o *state.Open, waits bool, err error) {
	s.known.Drop(s.KeyOf(o))
	if errors.Is(err, ErrDropped) {
		err = nil
	}
	s.Dropped(o, waits, err)
}

// ErrDropped says that a partition of the state is no longer one of the stream.
var ErrDropped = errors.New("the state left a partition open that the stream no longer has: what the state says of that partition is dropped")

// left returns a partition that the state left open, or owes.
func (s *Supply) left(o *state.Open) (*Part, error) {
	ctx, err := s.isOf(o)
	if err != nil {
		return nil, err
	}
	var w state.Window
	if o.Window != nil {
		w = *o.Window
	}
	one, err := s.PartOf(ctx, w)
	if err != nil {
		return nil, err
	}
	if one.Part.Key != o.Partition {
		return nil, ErrDropped
	}
	if one.Start, err = plan.StandingOf(o); err != nil {
		return nil, err
	}
	one.Known = true
	return one, nil
}

// owes returns the partitions that are owed, of a range of time its windows.
func (s *Supply) owes(o *state.Open) Next {
	var next Next
	if o.Window == nil || !s.Stream.Clock.Timed() {
		next = s.each([]state.Open{*o}, false)
	} else {
		next = s.windowsOf(o)
	}
	return func() (*Part, error) {
		one, err := next()
		if one != nil {
			one.Owed = true
		}
		return one, err
	}
}

// windowsOf returns the windows of a range of time that is owed.
func (s *Supply) windowsOf(o *state.Open) Next {
	cut := s.Stream.Clock.Range(*o.Window, s.Decision.Length)
	ctx, err := s.isOf(o)
	start, end, ok := cut.First()
	return func() (*Part, error) {
		if ok && err != nil {
			s.drop(o, false, err)
			ok = false
		}
		if !ok {
			return nil, nil
		}
		w := state.Window{Start: start, End: end}
		start, end, ok = cut.After(end)
		if w == *o.Window {
			if one, err := s.left(o); err == nil {
				return one, nil
			}
		}
		return s.PartOf(ctx, w)
	}
}
