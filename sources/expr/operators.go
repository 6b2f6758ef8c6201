package expr

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/tap-rest/tap-rest/sources/times"
)

// operate makes a node of an arithmetic operator.
func (p *parser) operate(op operator, x, y node) node {
	return p.binary(func(r *run, a, b Value) (Value, error) { return r.operate(op, a, b) }, x, y)
}

// operate computes a op b: numbers, texts, lists, times and durations, as Python does.
func (r *run) operate(op operator, a, b Value) (Value, error) {
	x, xok := a.number()
	y, yok := b.number()
	if xok && yok {
		n, err := arithmetic(op, x, y)
		return n.value(), err
	}
	switch {
	case op == opModulo && a.kind == KindString:
		return r.formatOperator(a.str(), b)
	case op == opAdd && a.kind == KindString && b.kind == KindString:
		return r.concatenate(a.str(), b.str())
	case op == opAdd && a.kind == KindList && b.kind == KindList && a.flags&flagTuple == b.flags&flagTuple:
		return r.join(a, b)
	case op == opMultiply && yok && (a.kind == KindString || a.kind == KindList):
		return r.repeat(a, y)
	case op == opMultiply && xok && (b.kind == KindString || b.kind == KindList):
		return r.repeat(b, x)
	case a.kind == KindTime || a.kind == KindDuration || b.kind == KindDuration:
		if v, ok, err := calendar(op, a, b); ok {
			return v, err
		}
	}
	return Value{}, fmt.Errorf("%s is not for %s and %s", op, a.kind, b.kind)
}

func (r *run) concatenate(a, b string) (Value, error) {
	if len(a)+len(b) > maxText {
		return Value{}, errText
	}
	return r.string(a + b)
}

func (r *run) join(a, b Value) (Value, error) {
	x, err := r.items(a)
	if err != nil {
		return Value{}, err
	}
	y, err := r.items(b)
	if err != nil {
		return Value{}, err
	}
	items := append(append(make([]Value, 0, len(x)+len(y)), x...), y...)
	v, err := r.list(items)
	v.flags |= a.flags & flagTuple
	return v, err
}

// repeat is 'ab' * 3 and [1] * 3.
func (r *run) repeat(v Value, times number) (Value, error) {
	if times.float || times.big {
		return Value{}, fmt.Errorf("%s can be repeated an integer number of times only", v.kind)
	}
	count := max(times.i, 0)
	if v.kind == KindString {
		s := v.str()
		if s != "" && count > int64(maxText/len(s)) {
			return Value{}, errText
		}
		if s == "" {
			return v, nil
		}
		return r.string(strings.Repeat(s, int(count)))
	}
	items, err := r.items(v)
	if err != nil || len(items) == 0 {
		return v, err
	}
	if count > int64(maxWeight/len(items)) {
		return Value{}, errWork
	}
	var repeated []Value
	for range count {
		if err := r.spend(len(items)); err != nil {
			return Value{}, err
		}
		repeated = append(repeated, items...)
	}
	return r.list(repeated)
}

// calendar computes with times and durations; false if that is not done.
func calendar(op operator, a, b Value) (v Value, ok bool, err error) {
	switch {
	case a.kind == KindTime && b.kind == KindDuration && op <= opSubtract:
		s := b.span()
		if op == opSubtract {
			s = s.Negate()
		}
		v, err = shift(a, s)
	case a.kind == KindDuration && b.kind == KindTime && op == opAdd:
		v, err = shift(b, a.span())
	case a.kind == KindTime && b.kind == KindTime && op == opSubtract:
		v, err = between(b.time(), a.time())
	case a.kind == KindDuration && b.kind == KindDuration:
		return combine(op, a.span(), b.span())
	case a.kind == KindDuration && op >= opMultiply && op <= opFloor:
		return scale(op, a.span(), b)
	case b.kind == KindDuration && op == opMultiply:
		return scale(op, b.span(), a)
	default:
		return Value{}, false, nil
	}
	return v, true, err
}

// shift returns the time, or the day, that lies s after v.
func shift(v Value, s times.Span) (Value, error) {
	t, err := s.AddTo(v.time())
	if err != nil {
		return Value{}, err
	}
	if v.flags&flagDate != 0 {
		return date(t), nil
	}
	return Time(t), nil
}

func between(from, to time.Time) (Value, error) {
	d := to.Sub(from)
	if !from.Add(d).Equal(to) {
		return Value{}, errors.New("the times are more than 292 years apart")
	}
	return Duration(d), nil
}

// combine adds and subtracts durations, or divides them by each other.
func combine(op operator, a, b times.Span) (Value, bool, error) {
	if op == opSubtract {
		b = b.Negate()
	}
	switch {
	case op <= opSubtract:
		months := int64(a.Months) + int64(b.Months)
		nanos, err := arithmetic(opAdd, number{i: int64(a.Nanos)}, number{i: int64(b.Nanos)})
		if err != nil || nanos.big || nanos.i == math.MinInt64 || months != int64(int32(months)) {
			return Value{}, true, errors.New("the duration is too long")
		}
		return spanValue(times.Span{Months: int32(months), Nanos: time.Duration(nanos.i)}), true, nil
	case op >= opDivide && op <= opModulo && a.Months == 0 && b.Months == 0:
		n, err := arithmetic(op, number{i: int64(a.Nanos)}, number{i: int64(b.Nanos)})
		if op == opModulo {
			return Duration(time.Duration(n.i)), true, err
		}
		return n.value(), true, err
	}
	return Value{}, false, nil
}

// scale multiplies a duration by a number, or divides it.
func scale(op operator, s times.Span, by Value) (Value, bool, error) {
	n, ok := by.number()
	if !ok {
		return Value{}, false, nil
	}
	nanos, err := arithmetic(op, number{i: int64(s.Nanos)}, n)
	if err != nil {
		return Value{}, true, err
	}
	months, err := arithmetic(op, number{i: int64(s.Months)}, n)
	if err != nil {
		return Value{}, true, err
	}
	d, dok := nanos.value().rounded() // MinInt64 has no opposite
	m, mok := months.value().rounded()
	if !dok || !mok || d == math.MinInt64 || m != int64(int32(m)) || months.float && s.Months != 0 {
		return Value{}, true, errors.New("the duration is too long, or has a part of a month")
	}
	return spanValue(times.Span{Months: int32(m), Nanos: time.Duration(d)}), true, nil
}

// tilde is a ~ b: the texts of both.
func (r *run) tilde(a, b Value) (Value, error) {
	dst, err := r.appendText(nil, a)
	if err != nil {
		return Value{}, err
	}
	if dst, err = r.appendText(dst, b); err != nil {
		return Value{}, err
	}
	return r.string(string(dst))
}

// comparator returns what the operators ==, !=, <, <=, >, >= compute; nil for any other.
func comparator(operator string) func(r *run, a, b Value) (Value, error) {
	switch operator {
	case "==", "!=":
		want := operator == "=="
		return func(r *run, a, b Value) (Value, error) {
			same, err := r.equal(a, b)
			return Bool(same == want), err
		}
	case "<":
		return ordered(func(o ordering) bool { return o == less })
	case "<=":
		return ordered(func(o ordering) bool { return o == less || o == equal })
	case ">":
		return ordered(func(o ordering) bool { return o == greater })
	case ">=":
		return ordered(func(o ordering) bool { return o == greater || o == equal })
	}
	return nil
}

// ordered compares; an undefined value is neither less nor greater, in Jinja an error.
func ordered(holds func(ordering) bool) func(r *run, a, b Value) (Value, error) {
	return func(r *run, a, b Value) (Value, error) {
		if !r.jinja && (a.kind == KindUndefined || b.kind == KindUndefined) {
			return Bool(false), nil
		}
		o, err := r.compareValues(a, b)
		return Bool(holds(o)), err
	}
}

// in reports whether a is an item of b, a key of it, or a part of its text.
func (r *run) in(a, b Value) (Value, error) {
	if err := r.spend(b.weight()); err != nil {
		return Value{}, err
	}
	switch b.kind {
	case KindUndefined:
		return Bool(false), nil
	case KindString:
		if a.kind != KindString {
			return Value{}, fmt.Errorf("%s cannot be part of a string", a.kind)
		}
		return Bool(strings.Contains(b.str(), a.str())), nil
	case KindDict:
		key, err := keyText(a)
		return Bool(err == nil && b.Get(key).kind != KindUndefined), nil
	case KindList:
		return r.inList(a, b)
	}
	return Value{}, fmt.Errorf("%s has no items", b.kind)
}

func (r *run) inList(a, b Value) (Value, error) {
	if err := r.spend(a.weight() + b.weight()); err != nil { // every item is decoded and compared
		return Value{}, err
	}
	found := false
	b.Each(func(_ string, item Value) bool {
		found = Equal(a, item)
		return !found
	})
	return Bool(found), nil
}

// notIn is the opposite of in.
func (r *run) notIn(a, b Value) (Value, error) {
	v, err := r.in(a, b)
	return Bool(!v.Truth()), err
}
