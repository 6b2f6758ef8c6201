package tap

import (
	"errors"

	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/tap/plan"
)

// top is the lane of what no page of a parent leads to: what the state left open
// or owes, and what the stream's own values and windows make. What failed for
// now in the run before comes last.
func (p *pass) top() *lane {
	if !p.many {
		one, n := p.first, 1
		if p.over {
			one, n = nil, 0
		}
		return &lane{pass: p, next: once(one), issued: n, complete: n > 0}
	}
	first, late := p.leftovers()
	all := []func() (*part, error){first}
	if len(p.feeds) == 0 && !p.over {
		all = append(all, (&parts{pass: p, contexts: p.within([]plan.Context{{}})}).next)
	}
	return &lane{pass: p, next: oneAfterTheOther(append(all, late))}
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

// leftovers returns the partitions that the state left open or owes; late are
// those that failed for now.
func (p *pass) leftovers() (first, late func() (*part, error)) {
	var before state.Resume
	p.known.Save(&before)
	var soon, last []state.Open
	for _, o := range append(before.Owed, before.Open...) {
		if o.Deferred {
			last = append(last, o)
		} else {
			soon = append(soon, o)
		}
	}
	return p.each(soon), p.each(last)
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
			p.known.Split(p.keyOf(&o))
			p.run.flow.tell(&batch{track: p.track, gone: &o})
			why := []any{"stream", p.stream.Name, "partition", o.Partition}
			if !errors.Is(err, errDropped) {
				why = append(why, "why", err.Error())
			}
			p.run.Log.Warn(errDropped.Error(), why...)
		}
		return nil, nil
	}
}
