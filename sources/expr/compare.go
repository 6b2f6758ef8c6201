package expr

import (
	"cmp"
	"fmt"
	"strings"
)

// maxNesting bounds how deep two values are compared. JSON nested deeper is compared as text.
const maxNesting = 200

// Equal reports whether a and b are the same: numbers by what they count (1 is 1.0, and, as in
// Python, true), times as instants, dicts whatever the order of their keys.
func Equal(a, b Value) bool { return equalValues(a, b, 0) }

func equalValues(a, b Value, depth int) bool {
	if x, ok := a.number(); ok {
		y, ok := b.number()
		return ok && x.compare(y) == equal
	}
	if a.kind != b.kind {
		return false
	}
	switch a.kind {
	case KindString:
		return a.str() == b.str()
	case KindTime, KindDuration:
		return a.num == b.num && a.part == b.part
	case KindList:
		return a.flags&flagTuple == b.flags&flagTuple && equalNested(a, b, depth, equalLists)
	case KindDict:
		return equalNested(a, b, depth, equalDicts)
	}
	return a.Missing()
}

func equalNested(a, b Value, depth int, compare func(a, b Value, depth int) bool) bool {
	if a.ref == nil && b.ref == nil && a.text == b.text {
		return true
	}
	return depth < maxNesting && compare(a, b, depth+1)
}

func equalLists(a, b Value, depth int) bool {
	if a.Len() != b.Len() {
		return false
	}
	others := b.items()
	i := 0
	same := true
	a.Each(func(_ string, item Value) bool {
		same = equalValues(item, others[i], depth)
		i++
		return same
	})
	return same
}

func equalDicts(a, b Value, depth int) bool {
	mine, theirs := a.members(), b.members()
	if len(mine) != len(theirs) {
		return false
	}
	for key, item := range mine {
		other, ok := theirs[key]
		if !ok || !equalValues(item, other, depth) {
			return false
		}
	}
	return true
}

// items returns the items of a list. They must not be changed.
func (v Value) items() []Value {
	if l, ok := v.ref.(*list); ok {
		return l.items
	}
	var items []Value
	v.Each(func(_ string, item Value) bool {
		items = append(items, item)
		return true
	})
	return items
}

func (v Value) members() map[string]Value {
	members := map[string]Value{}
	v.Each(func(key string, item Value) bool {
		members[key] = item
		return true
	})
	return members
}

// compareValues orders a and b as Python does. Beyond Python, a time may be compared with a
// string that is one, unless in Jinja's mode.
func (r *run) compareValues(a, b Value) (ordering, error) {
	if x, ok := a.number(); ok {
		if y, ok := b.number(); ok {
			return x.compare(y), nil
		}
	}
	switch {
	case a.kind == KindString && b.kind == KindString:
		return ordering(strings.Compare(a.str(), b.str())), nil
	case a.kind == KindList && b.kind == KindList:
		return r.compareLists(a, b)
	case a.kind == KindDuration && b.kind == KindDuration && a.part == 0 && b.part == 0:
		return ordering(cmp.Compare(a.num, b.num)), nil
	case a.kind == KindTime && b.kind == KindTime, !r.jinja && (a.kind == KindTime || b.kind == KindTime):
		x, xok := a.Instant()
		y, yok := b.Instant()
		if xok && yok {
			return ordering(x.Compare(y)), nil
		}
	}
	return 0, fmt.Errorf("cannot compare %s with %s", a.kind, b.kind)
}

func (r *run) compareLists(a, b Value) (ordering, error) {
	if err := r.spend(a.weight() + b.weight()); err != nil {
		return 0, err
	}
	x, y := a.items(), b.items()
	for i := range min(len(x), len(y)) {
		if Equal(x[i], y[i]) {
			continue
		}
		return r.compareValues(x[i], y[i])
	}
	return ordering(cmp.Compare(len(x), len(y))), nil
}
