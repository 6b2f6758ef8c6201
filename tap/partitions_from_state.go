package tap

import (
	"errors"

	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/tap/plan"
)

// top is the lane of what no page of a parent leads to: what the state owes or
// left open, and what the stream's own values and windows make. What failed for
// now in the run before comes last.
func (s *supply) top() *lane {
	if s.pass.many && s.pass.parted.share != nil {
		return s.shared()
	}
	if !s.pass.many {
		one, n := s.first, 1
		if s.pass.over {
			one, n = nil, 0
		}
		return &lane{pass: s.pass, next: once(one), issued: n, complete: n > 0}
	}
	var before state.Resume
	s.known.Save(&before)
	var all []func() (*part, error)
	for i := range before.Owed {
		all = append(all, s.owes(&before.Owed[i]))
	}
	var open, late []state.Open
	for _, o := range before.Open {
		if o.Deferred {
			late = append(late, o)
		} else {
			open = append(open, o)
		}
	}
	if len(s.pass.feeds) > 0 {
		for i := range open {
			s.leftovers.add(s.keyOf(&open[i]).Context)
		}
	}
	all = append(all, s.each(open, s.leftovers))
	switch {
	case s.pass.parted.ofPlan:
		all = append(all, s.inPlan(s.pass.run.Share.PartitionsOf(s.pass.stream.Name)))
	case len(s.pass.feeds) == 0 && !s.pass.over:
		all = append(all, (&parts{supply: s, contexts: s.contexts.within([]plan.Context{{}})}).next)
	}
	return &lane{pass: s.pass, next: oneAfterTheOther(append(all, s.each(late, nil)))}
}

func once(p *part) func() (*part, error) {
	return func() (*part, error) {
		one := p
		p = nil
		return one, nil
	}
}

// oneAfterTheOther returns all parts of the first, then those of the second, and
// so on.
func oneAfterTheOther(all []func() (*part, error)) func() (*part, error) {
	return func() (*part, error) {
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

// each returns partitions of the state, each one of these leftovers. Those that the
// stream no longer has are left out, with a warning.
func (s *supply) each(all []state.Open, of leftovers) func() (*part, error) {
	return func() (*part, error) {
		for len(all) > 0 {
			o := all[0]
			all = all[1:]
			among := of[s.keyOf(&o).Context]
			one, err := s.left(&o)
			if err == nil {
				one.leftover = among
				return one, nil
			}
			s.drop(&o, among, err)
			among.walked(1)
		}
		return nil, nil
	}
}

// drop forgets a partition of the state.
func (s *supply) drop(o *state.Open, among *leftover, err error) {
	s.known.Drop(s.keyOf(o))
	s.pass.run.flow.tell(&batch{track: s.pass.track, gone: o, among: among})
	why := []any{"stream", s.pass.stream.Name, "partition", o.Partition, "context", string(o.Context)}
	if !errors.Is(err, errDropped) {
		why = append(why, "why", err.Error())
	}
	s.pass.run.Log.Warn(errDropped.Error(), why...)
}

// errDropped says that a partition of the state is no longer one of the stream.
var errDropped = errors.New("the state left a partition open that the stream no longer has: what the state says of that partition is dropped")

// left returns a partition that the state left open, or owes.
func (s *supply) left(o *state.Open) (*part, error) {
	ctx, err := s.isOf(o)
	if err != nil {
		return nil, err
	}
	var w state.Window
	if o.Window != nil {
		w = *o.Window
	}
	one, err := s.partOf(ctx, w)
	if err != nil {
		return nil, err
	}
	if one.Part.Key != o.Partition {
		return nil, errDropped
	}
	if one.Start, err = plan.StandingOf(o); err != nil {
		return nil, err
	}
	one.at, one.known = one.Start, true
	return one, nil
}

// owes returns the partitions that are owed, of a range of time its windows.
func (s *supply) owes(o *state.Open) func() (*part, error) {
	var next func() (*part, error)
	if o.Window == nil || !s.pass.stream.Clock.Timed() {
		next = s.each([]state.Open{*o}, nil)
	} else {
		next = s.windowsOf(o)
	}
	return func() (*part, error) {
		one, err := next()
		if one != nil {
			one.owed = true
		}
		return one, err
	}
}

// windowsOf returns the windows of a range of time that is owed.
func (s *supply) windowsOf(o *state.Open) func() (*part, error) {
	cut := s.pass.stream.Clock.Range(*o.Window, s.pass.decision.Length)
	ctx, err := s.isOf(o)
	start, end, ok := cut.First()
	return func() (*part, error) {
		if ok && err != nil {
			s.drop(o, nil, err)
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
		return s.partOf(ctx, w)
	}
}
