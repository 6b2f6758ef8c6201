package plan

import (
	"fmt"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
)

// Axes are the values that a stream's own definition gives its contexts, besides
// those of its parents.
type Axes struct {
	names  []string
	values [][]expr.Value
	hashes []map[uint64]bool // of values
	sum    uint64            // of those
}

// NewAxes evaluates them, once for a run. Its error is that of values which are
// no list, or none, or without what the stream's templates look for.
func NewAxes(s *sources.Stream, vars expr.Vars) (*Axes, error) {
	a := &Axes{}
	looked := lookedAt{any: s.ContextPaths(), asked: s.AskedPaths()}
	for _, axis := range s.PartitionBy {
		if axis.Parent != "" {
			continue
		}
		place := fmt.Sprintf("stream %s: line %d: partition_by: values of %s", s.Name, axis.Line, axis.Name)
		values, hashes, err := valuesOf(axis, vars)
		if err == nil {
			err = looked.inAll(axis.Name, values)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", place, err)
		}
		for hash := range hashes {
			a.sum += hash
		}
		a.names, a.values, a.hashes = append(a.names, axis.Name), append(a.values, values), append(a.hashes, hashes)
	}
	return a, nil
}

// Sum tells the values apart from others; 0 is that of none.
func (a *Axes) Sum() uint64 { return a.sum }

// Has reports whether a context is one that the values make.
func (a *Axes) Has(ctx Context) bool {
	for i, name := range a.names {
		if !a.hashes[i][hashOf(name, ctx.Value.Get(name))] {
			return false
		}
	}
	return true
}

func hashOf(name string, v expr.Value) uint64 {
	return NewContext([]string{name}, []expr.Value{v}).Hash
}

// valuesOf evaluates the values of an axis. One that is there twice is taken once.
func valuesOf(axis sources.PartitionSource, vars expr.Vars) (values []expr.Value, seen map[uint64]bool, err error) {
	v, err := axis.Values.Eval(vars)
	switch {
	case err != nil:
		return nil, nil, err
	case v.Missing():
		return nil, nil, fmt.Errorf("the template gives nothing: set what it names in the config, or write default in the settings")
	case v.Kind() != expr.KindList:
		return nil, nil, fmt.Errorf("expected a list, got %s: write a list, or a template of one", v.Kind())
	}
	n := 0
	seen = map[uint64]bool{}
	v.Each(func(_ string, item expr.Value) bool {
		if n++; item.Missing() {
			err = fmt.Errorf("value %d is %s: it would ask for everything", n, item.Kind())
			return false
		}
		if hash := hashOf(axis.Name, item); !seen[hash] {
			seen[hash] = true
			values = append(values, item)
		}
		return true
	})
	if err == nil && len(values) == 0 {
		err = fmt.Errorf("the list is empty, so there is nothing to read: give it a value, or deselect the stream")
	}
	return values, seen, err
}

// Within returns the contexts that the values make of one that is inherited.
func (a *Axes) Within(inherited Context) *Contexts {
	return &Contexts{axes: a, inherited: inherited, at: make([]int, len(a.names))}
}

// Contexts are every combination of the values of axes, the last axis fastest.
type Contexts struct {
	axes      *Axes
	inherited Context
	at        []int
	over      bool
}

// Next returns the next context, false after the last.
func (c *Contexts) Next() (Context, bool) {
	if c.over {
		return Context{}, false
	}
	values := make([]expr.Value, len(c.at))
	for i, of := range c.axes.values {
		values[i] = of[c.at[i]]
	}
	c.over = true
	for i := len(c.at) - 1; i >= 0 && c.over; i-- {
		c.at[i]++
		if c.over = c.at[i] == len(c.axes.values[i]); c.over {
			c.at[i] = 0
		}
	}
	if len(values) == 0 {
		return c.inherited, true
	}
	return c.inherited.with(c.axes.names, values), true
}
