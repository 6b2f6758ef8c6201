package supply

import (
	"time"

	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/tap/plan"
)

// windows makes the partitions of contexts: of one context after the other the
// windows, in their order.
type windows struct {
	supply   *Supply
	comes    func(context uint64) // is told of each context that partitions come of; nil: nobody is
	contexts func() (plan.Context, bool)
	ctx      plan.Context
	within   bool // ctx is under way
	cut      *plan.Cut
	made     bool           // a partition of it
	at       time.Time      // up to where its windows came
	pieces   []state.Window // of a window: what is neither done nor open
	window   state.Window   // of the partition that it came to
	counts   bool           // it only counts: nothing is noted of what it comes to
}

func (e *windows) next() (*Part, error) {
	ok, err := e.more()
	if !ok {
		return nil, err
	}
	return e.supply.PartOf(e.ctx, e.window)
}

// more comes to the next partition, and reports false after the last.
func (e *windows) more() (bool, error) {
	for {
		switch {
		case len(e.pieces) > 0:
			e.window, e.pieces, e.made = e.pieces[0], e.pieces[1:], true
			return true, nil
		case e.within:
			e.nextWindow()
			continue
		}
		e.rest()
		ctx, ok := e.contexts()
		if !ok {
			return false, nil
		}
		if e.supply.Fed && e.supply.begins(ctx) || e.supply.known.Is(ctx.Hash) {
			continue
		}
		if e.comes != nil {
			e.comes(ctx.Hash)
		}
		if err := e.begin(ctx); err != nil {
			return false, err
		}
	}
}

// Within makes the partitions of the contexts that parents' records are; comes is told of
// each context before its first partition.
func (s *Supply) Within(parents []plan.Context, comes func(context uint64)) Next {
	return (&windows{supply: s, comes: comes, contexts: s.Of(parents)}).next
}

// All makes the partitions of the stream's own values and windows.
func (s *Supply) All() Next { return s.Within([]plan.Context{{}}, nil) }

// mostExpected is how many partitions are counted before the run begins.
const mostExpected = 100_000

// Expected is how many partitions the run is to read of the pass, 0 where nobody knows:
// records of parents lead to them, or they are too many to count.
func (s *Supply) Expected() int64 {
	if s.Fed {
		return 0
	}
	before := s.Before()
	n := int64(len(before.Owed) + len(before.Open))
	for all := (&windows{supply: s, contexts: s.Of([]plan.Context{{}}), counts: true}); ; n++ {
		more, err := all.more()
		switch {
		case err != nil || n > mostExpected:
			return 0
		case !more:
			return n
		}
	}
}

// rest notes of the context that was under way whether it had anything left.
func (e *windows) rest() {
	if !e.made && !e.counts {
		e.supply.rests(e.ctx)
	}
	e.ctx, e.made = plan.Context{}, false
}

// begin begins with a context.
func (e *windows) begin(ctx plan.Context) (err error) {
	e.ctx = ctx
	if e.cut, err = e.supply.Cut(ctx); err != nil {
		return err
	}
	if e.cut == nil {
		e.pieces = e.supply.known.Need(ctx.Hash, state.Window{})
		return nil
	}
	start, end, ok := e.cut.First()
	e.take(start, end, ok)
	return nil
}

func (e *windows) nextWindow() { e.take(e.cut.After(e.at)) }

func (e *windows) take(start, end time.Time, ok bool) {
	e.within, e.at = ok, end
	if ok {
		e.pieces = e.supply.known.Need(e.ctx.Hash, state.Window{Start: start, End: end})
	}
}

// NewestWindows returns the last windows of a context, in their order; the zero
// window where time is no measure.
func (s *Supply) NewestWindows(ctx plan.Context) (all []state.Window, err error) {
	cut, err := s.Cut(ctx)
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
