package tap

import "github.com/tap-rest/tap-rest/tap/plan"

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
