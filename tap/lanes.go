package tap

import (
	"errors"

	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/tap/plan"
)

// top is the lane of what no page of a parent leads to: what the state owes or
// left open, and what the stream's own values and windows make. What failed for
// now in the run before comes last.
func (p *pass) top() *lane {
	if !p.many {
		one, n := p.first, 1
		if p.over {
			one, n = nil, 0
		}
		return &lane{pass: p, next: once(one), issued: n, complete: n > 0}
	}
	var before state.Resume
	p.known.Save(&before)
	var all []func() (*part, error)
	for i := range before.Owed {
		all = append(all, p.owes(&before.Owed[i]))
	}
	var open, late []state.Open
	for _, o := range before.Open {
		if o.Deferred {
			late = append(late, o)
		} else {
			open = append(open, o)
		}
	}
	all = append(all, p.each(open))
	if len(p.feeds) == 0 && !p.over {
		all = append(all, (&parts{pass: p, contexts: p.contexts.within([]plan.Context{{}})}).next)
	}
	return &lane{pass: p, next: oneAfterTheOther(append(all, p.each(late)))}
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

// each returns partitions of the state. Those that the stream no longer has are
// left out, with a warning.
func (p *pass) each(all []state.Open) func() (*part, error) {
	return func() (*part, error) {
		for len(all) > 0 {
			o := all[0]
			all = all[1:]
			one, err := p.left(&o)
			if err == nil {
				return one, nil
			}
			p.known.Drop(p.keyOf(&o))
			p.run.tell(&batch{track: p.track, gone: &o})
			why := []any{"stream", p.stream.Name, "partition", o.Partition}
			if !errors.Is(err, errDropped) {
				why = append(why, "why", err.Error())
			}
			p.run.Log.Warn(errDropped.Error(), why...)
		}
		return nil, nil
	}
}
