package expr

import (
	"errors"
	"fmt"
)

// An evaluator computes the value of an expression.
type evaluator func(*run) (Value, error)

// A node is a compiled expression.
type node struct {
	eval     evaluator
	depth    int   // of the calls that eval leads to
	constant bool  // eval returns value
	value    Value // where constant
	err      error // eval is certain to fail so
	read     int   // of the parser's reads, the one whose value this is, from 1; 0: none
	needs    uint64
	cell     *cell // nil: its value is at hand
}

func constant(v Value) node {
	return node{constant: true, value: v, eval: func(*run) (Value, error) { return v, nil }}
}

// pure makes a node whose value depends on its parts alone: where they are constant it is
// computed now.
func (p *parser) pure(eval evaluator, parts ...node) node {
	n := p.impure(eval, 0, parts...)
	if p.err != nil {
		return n
	}
	for _, part := range parts {
		if !part.constant && part.err == nil {
			return n
		}
	}
	v, err := eval(p.fold)
	switch {
	case err == nil:
		return constant(v)
	case !errors.Is(err, errWork): // which may have been spent on other expressions
		n.err = err
	}
	return n
}

// impure makes a node whose value may differ from one evaluation to the next. It needs what its
// parts need, and more.
func (p *parser) impure(eval evaluator, more uint64, parts ...node) node {
	depth, needs := 0, more
	for _, part := range parts {
		depth, needs = max(depth, part.depth), needs|part.needs
	}
	for _, part := range parts {
		if part.needs != needs {
			p.keep(part)
		}
	}
	if depth++; depth > maxChain {
		p.fail(p.tok.at, "the expression is too long")
	}
	c := &cell{needs: needs}
	return node{eval: c.guard(eval), depth: depth, needs: needs, cell: c}
}

// variable is the node of the value in a slot.
func variable(slot int) node {
	return node{depth: 1, needs: need(slot), eval: func(r *run) (Value, error) {
		if slot < len(r.vars) {
			return r.vars[slot], nil
		}
		return Undefined(), nil
	}}
}

// unary makes a node of one operand.
func (p *parser) unary(compute func(r *run, v Value) (Value, error), x node) node {
	return p.pure(func(r *run) (Value, error) {
		v, err := x.eval(r)
		if err != nil {
			return Value{}, err
		}
		return compute(r, v)
	}, x)
}

func (r *run) negate(v Value) (Value, error) {
	if n, ok := v.number(); ok {
		result, err := arithmetic(opSubtract, number{}, n)
		if n.float {
			result.f = -n.f // 0 - 0.0 has lost the sign
		}
		return result.value(), err
	}
	if v.kind == KindDuration {
		return spanValue(v.span().Negate()), nil
	}
	return Value{}, fmt.Errorf("- is not for %s", v.kind)
}

func (r *run) plus(v Value) (Value, error) {
	if n, ok := v.number(); ok {
		return n.value(), nil
	}
	if v.kind != KindDuration {
		return Value{}, fmt.Errorf("+ is not for %s", v.kind)
	}
	return v, nil
}

func (r *run) not(v Value) (Value, error) { return Bool(!v.Truth()), nil }

// either is or and and: it evaluates y only where the truth of x is not the one that decides. Its
// value is that of the last one evaluated.
func (p *parser) either(decides bool, x, y node) node {
	return p.pure(func(r *run) (Value, error) {
		v, err := x.eval(r)
		if err != nil || v.Truth() == decides {
			return v, err
		}
		return y.eval(r)
	}, x, y)
}

// choose is the inline if.
func (p *parser) choose(condition, yes, no node) node {
	return p.pure(func(r *run) (Value, error) {
		v, err := condition.eval(r)
		if err != nil {
			return Value{}, err
		}
		if v.Truth() {
			return yes.eval(r)
		}
		return no.eval(r)
	}, condition, yes, no)
}

// binary makes a node of two operands that are always evaluated both.
func (p *parser) binary(compute func(r *run, x, y Value) (Value, error), x, y node) node {
	return p.pure(func(r *run) (Value, error) {
		a, err := x.eval(r)
		if err != nil {
			return Value{}, err
		}
		b, err := y.eval(r)
		if err != nil {
			return Value{}, err
		}
		return compute(r, a, b)
	}, x, y)
}

// compare makes a node of a comparison, which may be a chain: a < b < c.
func (p *parser) compare(first node, rest []comparison) node {
	if len(rest) == 1 {
		return p.binary(rest[0].compute, first, rest[0].operand)
	}
	parts := []node{first}
	for _, c := range rest {
		parts = append(parts, c.operand)
	}
	return p.pure(func(r *run) (Value, error) {
		left, err := first.eval(r)
		if err != nil {
			return Value{}, err
		}
		var result Value
		for _, c := range rest {
			right, err := c.operand.eval(r)
			if err != nil {
				return Value{}, err
			}
			result, err = c.compute(r, left, right)
			if err != nil || !result.Truth() {
				return result, err
			}
			left = right
		}
		return result, nil
	}, parts...)
}

// A comparison is an operator of a comparison and what stands on its right.
type comparison struct {
	compute func(r *run, x, y Value) (Value, error)
	operand node
}

// listOf makes a node of the items of a literal.
func (p *parser) listOf(items []node, mark flags) node {
	return p.pure(func(r *run) (Value, error) {
		values, err := r.all(items)
		if err != nil {
			return Value{}, err
		}
		v, err := r.list(values)
		v.flags |= mark
		return v, err
	}, items...)
}

// dictOf makes a node of the members of a literal. Keys are text: numbers become it.
func (p *parser) dictOf(keys, values []node) node {
	return p.pure(func(r *run) (Value, error) {
		names, err := r.all(keys)
		if err != nil {
			return Value{}, err
		}
		items, err := r.all(values)
		if err != nil {
			return Value{}, err
		}
		texts := make([]string, len(names))
		for i, name := range names {
			if texts[i], err = keyText(name); err != nil {
				return Value{}, err
			}
		}
		return r.made(Dict(texts, items), len(items))
	}, append(append([]node(nil), keys...), values...)...)
}

// keyText returns the key of a dict that v stands for.
func keyText(v Value) (string, error) {
	switch v.kind {
	case KindString, KindInt, KindNumber:
		return v.Text(), nil
	}
	return "", fmt.Errorf("%s cannot be the key of a dict", v.kind)
}

// all evaluates the nodes.
func (r *run) all(nodes []node) ([]Value, error) {
	values := make([]Value, len(nodes))
	for i, n := range nodes {
		v, err := n.eval(r)
		if err != nil {
			return nil, err
		}
		values[i] = v
	}
	return values, nil
}

// call evaluates the arguments and calls f with them. They lie on a stack, so that a call does
// not allocate; f does not keep them.
func (r *run) call(f function, args []node) (Value, error) {
	base := len(r.args)
	defer func() {
		clear(r.args[base:])
		r.args = r.args[:base]
	}()
	for _, arg := range args {
		v, err := arg.eval(r)
		if err != nil {
			return Value{}, err
		}
		r.args = append(r.args, v)
	}
	v, err := f(r, r.args[base:])
	v.flags &^= flagAbsent
	return v, err
}
