package plan

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch/ref"
	"github.com/tap-rest/tap-rest/state"
)

// NewContext returns the context of values under names.
func NewContext(names []string, values []expr.Value) Context {
	ctx := Context{Value: expr.Dict(names, values)}
	ctx.Text = ctx.Value.AppendJSON(nil)
	ctx.Hash = state.HashContext(ctx.Text)
	return ctx
}

// with returns the context with further values.
func (c Context) with(names []string, values []expr.Value) Context {
	var all []string
	var of []expr.Value
	if c.Text != nil {
		c.Value.Each(func(name string, v expr.Value) bool {
			all, of = append(all, name), append(of, v)
			return true
		})
	}
	return NewContext(append(all, names...), append(of, values...))
}

// Seals makes texts with secrets fit for the state, and undoes that.
type Seals interface {
	InBody([]byte) bool
	SealValue(expr.Value) (json.RawMessage, error)
	OpenValue(expr.Value) (expr.Value, error)
}

// Sealed is the context as a state has it: its values, or where there is a secret
// among them, their text without it.
func (c Context) Sealed(secrets Seals) json.RawMessage {
	if !secrets.InBody(c.Text) {
		return c.Text
	}
	raw, err := secrets.SealValue(expr.String(string(c.Text)))
	if err != nil { // its partition starts over in the next run
		return json.RawMessage("null")
	}
	return raw
}

// OpenContext undoes Sealed.
func OpenContext(raw json.RawMessage, secrets Seals) (Context, error) {
	if bytes.HasPrefix(raw, []byte(`"`)) {
		v, err := secrets.OpenValue(expr.JSON(string(raw)))
		if err != nil {
			return Context{}, err
		}
		raw = json.RawMessage(v.Text())
	}
	if !json.Valid(raw) || !bytes.HasPrefix(raw, []byte("{")) {
		return Context{}, errors.New("a context is an object")
	}
	return Context{}.with(members(raw)), nil
}

func members(raw []byte) (names []string, values []expr.Value) {
	expr.JSON(string(raw)).Each(func(name string, v expr.Value) bool {
		names, values = append(names, name), append(values, v)
		return true
	})
	return names, values
}

// Contexts are those that the values of a stream's definition make of one that it
// inherits: every combination, the last axis fastest.
type Contexts struct {
	inherited Context
	names     []string
	axes      [][]expr.Value
	at        []int
	over      bool
}

// NewContexts returns them. Its error is that of values which are no list, or
// none.
func NewContexts(s *sources.Stream, inherited Context, vars expr.Vars) (*Contexts, error) {
	c := &Contexts{inherited: inherited}
	for _, axis := range s.PartitionBy {
		if axis.Parent != "" {
			continue
		}
		values, err := valuesOf(s, axis, vars)
		if err != nil {
			return nil, err
		}
		c.names, c.axes, c.at = append(c.names, axis.Name), append(c.axes, values), append(c.at, 0)
	}
	return c, nil
}

// valuesOf evaluates the values of an axis.
func valuesOf(s *sources.Stream, axis sources.PartitionSource, vars expr.Vars) (values []expr.Value, err error) {
	place := fmt.Sprintf("stream %s (line %d): partition_by %s: values", s.Name, s.Line, axis.Name)
	v, err := axis.Values.Eval(vars)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", place, err)
	case v.Kind() != expr.KindList:
		return nil, fmt.Errorf("%s: expected a list, got %s: write a list, or a template of one", place, v.Kind())
	}
	v.Each(func(_ string, item expr.Value) bool {
		if item.Missing() {
			err = fmt.Errorf("%s: value %d is %s: it would ask for everything", place, len(values)+1, item.Kind())
		}
		values = append(values, item)
		return err == nil
	})
	if err == nil && len(values) == 0 {
		err = fmt.Errorf("%s: the list is empty, so there is nothing to read: give it a value, or deselect the stream", place)
	}
	return values, err
}

// Next returns the next context, false after the last.
func (c *Contexts) Next() (Context, bool, error) {
	if c.over {
		return Context{}, false, nil
	}
	values := make([]expr.Value, len(c.axes))
	for i, axis := range c.axes {
		values[i] = axis[c.at[i]]
	}
	c.over = true
	for i := len(c.axes) - 1; i >= 0 && c.over; i-- {
		c.at[i]++
		if c.over = c.at[i] == len(c.axes[i]); c.over {
			c.at[i] = 0
		}
	}
	if len(values) == 0 {
		return c.inherited, true, nil
	}
	return c.inherited.with(c.names, values), true, nil
}

// Children makes contexts of the records of a parent.
type Children struct {
	stream string
	axis   sources.PartitionSource
	names  []string
	paths  []string
}

// NewChildren returns what an axis with a parent makes of its records.
func NewChildren(child *sources.Stream, axis sources.PartitionSource) *Children {
	c := &Children{stream: child.Name, axis: axis}
	for _, key := range axis.Keys {
		c.names, c.paths = append(c.names, key.Name), append(c.paths, key.Value.Const.Text())
	}
	return c
}

// Of returns the context that a parent's record leads to, on top of the one that
// the parent was read in. It reports false for a record for which "when" is not
// true.
func (c *Children) Of(record []byte, inherited Context, vars expr.Vars) (Context, bool, error) {
	if c.axis.When != nil {
		vars[sources.VarRecord], vars[sources.VarPartition] = expr.JSONBytes(record), inherited.Value
		v, err := c.axis.When.Eval(vars)
		if err != nil {
			return Context{}, false, fmt.Errorf("partition_by %s: when: %w", c.axis.Parent, err)
		}
		if !sources.Holds(v) {
			return Context{}, false, nil
		}
	}
	values := make([]expr.Value, len(c.paths))
	for i, path := range c.paths {
		v := ref.At(record, path)
		if v.Missing() {
			return Context{}, false, fmt.Errorf("partition_by %s: a record of %s has no %s (keys.%s), which would ask for everything: %s",
				c.axis.Parent, c.axis.Parent, path, c.names[i], clip(record))
		}
		values[i] = expr.JSON(string(v.AppendJSON(nil))) // the record's memory is not ours
	}
	return inherited.with(c.names, values), true, nil
}

// clip shortens what a message quotes.
func clip(raw []byte) []byte {
	const most = 120
	if len(raw) > most {
		return append(raw[:most:most], "…"...)
	}
	return raw
}
