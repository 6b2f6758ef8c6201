package expr

import (
	"errors"
	"fmt"
	"math"
	"unicode/utf8"
)

// attribute makes a node of x.name, and of x['name'].
func (p *parser) attribute(x node, name string) node {
	n := p.unary(func(r *run, v Value) (Value, error) { return r.attribute(v, name) }, x)
	if x.read > 0 {
		keys := &p.reads[x.read-1].keys
		*keys, n.read = append(*keys, name), x.read
	}
	return n
}

// attribute returns what a dict holds under name, or a part of a time or duration.
func (r *run) attribute(v Value, name string) (Value, error) {
	switch v.kind {
	case KindDict:
		return v.Get(name), r.spend(weightOf(v.text))
	case KindTime:
		return timePart(v.time(), name), nil
	case KindDuration:
		return durationPart(v.span(), name), nil
	case KindUndefined:
		if r.jinja {
			return Value{}, fmt.Errorf("%q is asked of an undefined value", name)
		}
	}
	return Undefined(), nil
}

// subscript makes a node of x[index].
func (p *parser) subscript(x, index node) node {
	if index.constant && index.value.kind == KindString {
		return p.attribute(x, index.value.str())
	}
	return p.binary((*run).subscript, x, index)
}

func (r *run) subscript(v, index Value) (Value, error) {
	if index.kind == KindString {
		return r.attribute(v, index.str())
	}
	if v.kind == KindDict {
		key, err := keyText(index)
		if err != nil {
			return Undefined(), nil
		}
		return r.attribute(v, key)
	}
	n, ok := index.number()
	switch {
	case v.kind == KindUndefined && r.jinja:
		return Value{}, errors.New("an index is asked of an undefined value")
	case !ok || n.float || n.big || n.i != int64(int32(n.i)):
		return Undefined(), nil
	case v.kind == KindString:
		return character(v.str(), int(n.i)), r.spend(weightOf(v.text))
	}
	return v.Index(int(n.i)), r.spend(weightOf(v.text))
}

// character returns character i of s.
func character(s string, i int) Value {
	if i < 0 {
		i += utf8.RuneCountInString(s)
	}
	if i < 0 {
		return Undefined()
	}
	for at := range s {
		if i == 0 {
			_, size := utf8.DecodeRuneInString(s[at:])
			return String(s[at : at+size])
		}
		i--
	}
	return Undefined()
}

// slice makes a node of x[from:to:step].
func (p *parser) slice(x, from, to, step node) node {
	bounds := []node{from, to, step}
	return p.pure(func(r *run) (Value, error) {
		v, err := x.eval(r)
		if err != nil {
			return Value{}, err
		}
		values, err := r.all(bounds)
		if err != nil {
			return Value{}, err
		}
		return r.slice(v, values)
	}, x, from, to, step)
}

func (r *run) slice(v Value, values []Value) (Value, error) {
	switch v.kind {
	case KindString:
		return r.sliceText(v.str(), values)
	case KindList:
		items, err := r.items(v)
		if err != nil {
			return Value{}, err
		}
		places, err := r.places(values, len(items))
		if err != nil {
			return Value{}, err
		}
		taken := make([]Value, len(places))
		for i, place := range places {
			taken[i] = items[place]
		}
		return r.list(taken)
	case KindUndefined:
		if r.jinja {
			return Value{}, errors.New("a slice is asked of an undefined value")
		}
		return Undefined(), nil
	}
	return Value{}, fmt.Errorf("%s has no slices", v.kind)
}

func (r *run) sliceText(s string, values []Value) (Value, error) {
	if len(s) > maxText {
		return Value{}, errText
	}
	characters := []rune(s)
	places, err := r.places(values, len(characters))
	if err != nil {
		return Value{}, err
	}
	taken := make([]rune, len(places))
	for i, place := range places {
		taken[i] = characters[place]
	}
	return r.string(string(taken))
}

// places returns which of n items the slice [from:to:step] takes.
func (r *run) places(bounds []Value, n int) ([]int, error) {
	var numbers [3]*int
	for i, bound := range bounds {
		if bound.Missing() {
			continue
		}
		index, ok := bound.number()
		if !ok || index.float || index.big {
			return nil, fmt.Errorf("the bound of a slice is %s, not an integer", bound.kind)
		}
		place := int(max(min(index.i, math.MaxInt32), math.MinInt32))
		numbers[i] = &place
	}
	step := 1
	if numbers[2] != nil {
		step = *numbers[2]
	}
	if step == 0 {
		return nil, errors.New("the step of a slice is 0")
	}
	low, high, from, to := 0, n, 0, n
	if step < 0 {
		low, high, from, to = -1, n-1, n-1, -1
	}
	if numbers[0] != nil {
		from = bound(*numbers[0], n, low, high)
	}
	if numbers[1] != nil {
		to = bound(*numbers[1], n, low, high)
	}
	var places []int
	for i := from; step > 0 && i < to || step < 0 && i > to; i += step {
		places = append(places, i)
	}
	return places, r.spend(len(places))
}

// bound returns the place that an end of a slice means, counted from the end where negative.
func bound(i, n, low, high int) int {
	if i < 0 {
		i += n
	}
	return max(low, min(i, high))
}
