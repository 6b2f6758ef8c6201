package plan

import (
	"bytes"
	"encoding/json"
	"errors"

	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/state"
)

// NewContext returns the context of values under names. Its text and its hash do
// not depend on the order of names, or of keys in the values.
func NewContext(names []string, values []expr.Value) Context {
	ctx := Context{Value: expr.Dict(names, values)}
	ctx.Text = ctx.Value.AppendSortedJSON(nil)
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
