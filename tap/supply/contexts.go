package supply

import (
	"slices"
	"sync"

	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/tap/plan"
)

// Contexts are those of a pass: what its stream's own values make of the contexts
// that its parents' records are.
type Contexts struct {
	axes  *plan.Axes
	begun map[uint64]struct{} // in this run

	mu   sync.Mutex
	idle state.Contexts // which the pass came to, and of which nothing was left to be made
}

// rests notes that nothing of a context was left to be made into partitions. Lanes of
// several pages may say so at a time.
func (c *Contexts) rests(ctx plan.Context) {
	if ctx.Hash == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.idle = append(c.idle, ctx.Hash)
}

// Resting are the contexts of which nothing was left to be made, among those that some
// say holds for.
func (c *Contexts) Resting(holds func(hash uint64) bool) state.Contexts {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := slices.DeleteFunc(slices.Clone(c.idle), func(hash uint64) bool { return !holds(hash) })
	slices.Sort(all)
	return slices.Compact(all)
}

// Of returns the contexts that the stream's own values make of those of its parents.
func (c *Contexts) Of(parents []plan.Context) func() (plan.Context, bool) {
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
func (c *Contexts) begins(ctx plan.Context) (again bool) {
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

// Sum tells sets of the stream's own values apart.
func (c *Contexts) Sum() uint64 { return c.axes.Sum() }

// Began reports whether anything led to a context in this run.
func (c *Contexts) Began(hash uint64) bool {
	_, ok := c.begun[hash]
	return ok
}
