package tap

import (
	"time"

	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/tap/plan"
)

// contexts are those of a pass: what its stream's own values make of the contexts
// that its parents' records are.
type contexts struct {
	axes  *plan.Axes
	begun map[uint64]struct{} // in this run
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
	at       time.Time      // up to where its windows came
	pieces   []state.Window // of a window: what is neither done nor open
}

func (e *parts) next() (*part, error) {
	for {
		switch {
		case len(e.pieces) > 0:
			w := e.pieces[0]
			e.pieces = e.pieces[1:]
			return e.supply.partOf(e.ctx, w)
		case e.within:
			e.nextWindow()
			continue
		}
		ctx, ok := e.contexts()
		if !ok {
			return nil, nil
		}
		if len(e.supply.pass.feeds) > 0 && e.supply.contexts.begins(ctx) || e.supply.known.Is(ctx.Hash) {
			continue
		}
		e.supply.leftovers[ctx.Hash].holds(e.lane)
		if err := e.begin(ctx); err != nil {
			return nil, err
		}
	}
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
