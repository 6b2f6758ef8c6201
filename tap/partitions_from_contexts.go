package tap

import (
	"slices"
	"sync"
	"time"

	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/tap/plan"
)

// contexts are those of a pass: what its stream's own values make of the contexts
// that its parents' records are.
type contexts struct {
	axes  *plan.Axes
	begun map[uint64]struct{} // in this run

	mu   sync.Mutex
	idle state.Contexts // which the pass came to, and of which nothing was left to be made
}

// rests notes that nothing of a context was left to be made into partitions. Lanes of
// several pages may say so at a time.
func (c *contexts) rests(ctx plan.Context) {
	if ctx.Hash == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.idle = append(c.idle, ctx.Hash)
}

// resting are the contexts of which nothing was left to be made, among those that some
// say holds for.
func (c *contexts) resting(holds func(hash uint64) bool) state.Contexts {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := slices.DeleteFunc(slices.Clone(c.idle), func(hash uint64) bool { return !holds(hash) })
	slices.Sort(all)
	return slices.Compact(all)
}

// within returns the contexts that the stream's own values make of those of its
// parents.
func (c *contexts) within(parents []plan.Context) func() (plan.Context, bool) {
	var own *plan.Contexts
	return func() (plan.Context, bool) {
		for {
			if own != nil {
				if ctx, ok := own.Next(); ok {
					return ctx, true
				}
			}
			if len(parents) == 0 {
				return plan.Context{}, false
			}
			own, parents = c.axes.Within(parents[0]), parents[1:]
		}
	}
}

// begins notes that a context is about to be walked, and reports whether it was
// before: records of a parent come twice where rows move between its pages, and
// several parents may lead to one context.
func (c *contexts) begins(ctx plan.Context) (again bool) {
	if ctx.Hash == 0 {
		return false
	}
	if c.begun == nil {
		c.begun = map[uint64]struct{}{}
	}
	_, again = c.begun[ctx.Hash]
	c.begun[ctx.Hash] = struct{}{}
	return again
}

// began reports whether anything led to a context in this run.
func (c *contexts) began(hash uint64) bool {
	_, ok := c.begun[hash]
	return ok
}

// parts makes the partitions of contexts: of one context after the other the
// windows, in their order.
type parts struct {
	supply   *supply
	lane     *lane // whose they are
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

func (e *parts) next() (*part, error) {
	ok, err := e.more()
	if !ok {
		return nil, err
	}
	return e.supply.partOf(e.ctx, e.window)
}

// more comes to the next partition, and reports false after the last.
func (e *parts) more() (bool, error) {
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
		if len(e.supply.pass.feeds) > 0 && e.supply.contexts.begins(ctx) || e.supply.known.Is(ctx.Hash) {
			continue
		}
		e.supply.leftovers[ctx.Hash].holds(e.lane)
		if err := e.begin(ctx); err != nil {
			return false, err
		}
	}
}

// mostExpected is how many partitions are counted before the run begins.
const mostExpected = 100_000

// expected is how many partitions the run is to read of the pass, 0 where nobody knows:
// records of parents lead to them, or they are too many to count.
func (s *supply) expected() int64 {
	if s.pass.parted.share != nil {
		return int64(len(s.pass.parted.share))
	}
	if len(s.pass.feeds) > 0 {
		return 0
	}
	var before state.Resume
	s.known.Save(&before)
	n := int64(len(before.Owed) + len(before.Open))
	for all := (&parts{supply: s, contexts: s.contexts.within([]plan.Context{{}}), counts: true}); ; n++ {
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
func (e *parts) rest() {
	if !e.made && !e.counts {
		e.supply.contexts.rests(e.ctx)
	}
	e.ctx, e.made = plan.Context{}, false
}

// begin begins with a context.
func (e *parts) begin(ctx plan.Context) (err error) {
	e.ctx = ctx
	if e.cut, err = e.supply.cut(ctx); err != nil {
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

func (e *parts) nextWindow() { e.take(e.cut.After(e.at)) }

func (e *parts) take(start, end time.Time, ok bool) {
	e.within, e.at = ok, end
	if ok {
		e.pieces = e.supply.known.Need(e.ctx.Hash, state.Window{Start: start, End: end})
	}
}
