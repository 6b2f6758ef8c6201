package supply

import (
	"encoding/json"
	"sync"

	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/tap/plan"
)

// cutting cuts the time of contexts into windows.
type cutting struct {
	clock     plan.Clock
	decision  *plan.Decision
	fromStart func() (*plan.Cut, error) // how the time of a context is cut that was not read yet,
	fromMark  func() (*plan.Cut, error) // and of one that was
}

func newCutting(clock plan.Clock, d *plan.Decision, vars func() expr.Vars) cutting {
	from := func(mark json.RawMessage) func() (*plan.Cut, error) {
		return sync.OnceValues(func() (*plan.Cut, error) {
			cut, err := clock.Cut(mark, d.Lookback, d.Length, d.Pass.AsOf, vars())
			return &cut, err
		})
	}
	return cutting{clock, d, from(nil), from(d.From)}
}

// from is the bookmark that a context is read from: none, where it was not read
// yet.
func (c *cutting) from(ctx plan.Context) json.RawMessage {
	d := c.decision
	if ctx.Text != nil && (d.Bookmark == nil || !d.Bookmark.Contexts.Has(ctx.Hash)) {
		return nil
	}
	return d.From
}

// Cut cuts the time of a context: nil where time is no measure.
func (c *cutting) Cut(ctx plan.Context) (*plan.Cut, error) {
	if !c.clock.Timed() {
		return nil, nil
	}
	if c.from(ctx) == nil {
		return c.fromStart()
	}
	return c.fromMark()
}

// FromMark cuts the time of a context that was read before.
func (c *cutting) FromMark() (*plan.Cut, error) { return c.fromMark() }
