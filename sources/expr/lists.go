package expr

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// length counts characters, items or members.
func length(r *run, a []Value) (Value, error) {
	switch a[0].kind {
	case KindUndefined, KindString, KindList, KindDict:
		return Int(int64(a[0].Len())), r.spend(weightOf(a[0].text))
	}
	return Value{}, fmt.Errorf("%s has no length", a[0].kind)
}

// defaultTo replaces an undefined value; with boolean, a false one too.
func defaultTo(_ *run, a []Value) (Value, error) {
	v := a[0]
	if v.kind != KindUndefined && (v.Truth() || !a[2].Truth()) {
		return v, nil
	}
	if a[1].flags&flagAbsent != 0 {
		return String(""), nil
	}
	return a[1], nil
}

// safe marks a value as one that needs no percent-encoding.
func safe(_ *run, a []Value) (Value, error) {
	v := a[0]
	v.flags |= flagSafe
	return v, nil
}

// get returns what a dict holds under a key; where it is not there a default, else null.
func get(r *run, a []Value) (Value, error) {
	v, err := Undefined(), error(nil)
	if a[0].kind == KindDict {
		v, err = r.subscript(a[0], a[1])
	}
	if err != nil || v.kind != KindUndefined {
		return v, err
	}
	if a[2].flags&flagAbsent != 0 {
		return Null(), nil
	}
	return a[2], nil
}

// pairs returns the members of a dict, each as a tuple of key and value.
func pairs(r *run, a []Value) (Value, error) {
	return r.eachMember(a[0], func(key string, item Value) Value { return tuple(String(key), item) })
}

func keys(r *run, a []Value) (Value, error) {
	return r.eachMember(a[0], func(key string, _ Value) Value { return String(key) })
}

func values(r *run, a []Value) (Value, error) {
	return r.eachMember(a[0], func(_ string, item Value) Value { return item })
}

func (r *run) eachMember(v Value, f func(key string, item Value) Value) (Value, error) {
	if v.kind != KindDict && v.kind != KindUndefined {
		return Value{}, fmt.Errorf("%s has no keys", v.kind)
	}
	err := r.spend(v.weight())
	var items []Value
	v.Each(func(key string, item Value) bool {
		if err == nil {
			err = r.spend(itemWork)
		}
		items = append(items, f(key, item))
		return err == nil
	})
	if err != nil {
		return Value{}, err
	}
	return r.list(items)
}

func first(r *run, a []Value) (Value, error) { return r.end(a[0], 0) }

func last(r *run, a []Value) (Value, error) { return r.end(a[0], -1) }

// end returns the first or last item, undefined if there is none.
func (r *run) end(v Value, i int) (Value, error) {
	switch v.kind {
	case KindList, KindString:
		return r.subscript(v, Int(int64(i)))
	}
	items, err := r.items(v)
	return List(items).Index(i), err
}

func toList(r *run, a []Value) (Value, error) {
	if a[0].kind == KindList && a[0].flags&flagTuple == 0 {
		return a[0], nil
	}
	items, err := r.items(a[0])
	if err != nil {
		return Value{}, err
	}
	return r.list(items)
}

// onItems makes a function of one that works on the items of its first argument, which it must not
// change.
func onItems(f func(r *run, items, a []Value) (Value, error)) function {
	return func(r *run, a []Value) (Value, error) {
		items, err := r.items(a[0])
		if err != nil {
			return Value{}, err
		}
		return f(r, items, a)
	}
}

// reverse turns a text or a list round.
func reverse(r *run, a []Value) (Value, error) {
	if a[0].kind == KindString {
		return r.sliceText(a[0].str(), []Value{Null(), Null(), Int(-1)})
	}
	items, err := r.items(a[0])
	if err != nil {
		return Value{}, err
	}
	items = slices.Clone(items)
	slices.Reverse(items)
	return r.list(items)
}

// A sortKey is how sort, unique, min and max look at an item: at an attribute of it, and at texts
// without regard to case.
type sortKey struct {
	attribute     Value
	caseSensitive bool
}

func (r *run) keysOf(items []Value, key sortKey) ([]Value, error) {
	found := make([]Value, len(items))
	for i, item := range items {
		v, err := r.follow(item, key.attribute)
		if err != nil {
			return nil, err
		}
		if v.kind == KindString && !key.caseSensitive {
			if v, err = r.string(strings.ToLower(v.str())); err != nil {
				return nil, err
			}
		}
		found[i] = v
	}
	return found, nil
}

// sortFilter takes value, reverse, case_sensitive and attribute.
func sortFilter(r *run, items, a []Value) (Value, error) {
	found, err := r.keysOf(items, sortKey{a[3], a[2].Truth()})
	if err != nil {
		return Value{}, err
	}
	order := make([]int, len(items))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int {
		if err != nil {
			return 0
		}
		var o ordering
		if o, err = r.compareValues(found[i], found[j]); o == unordered {
			o = equal
		}
		if err == nil {
			err = r.spend(2)
		}
		if a[1].Truth() {
			o = -o
		}
		return int(o)
	})
	if err != nil {
		return Value{}, err
	}
	sorted := make([]Value, len(items))
	for i, place := range order {
		sorted[i] = items[place]
	}
	return r.list(sorted)
}

// unique keeps the first of the items that are equal. It takes value, case_sensitive, attribute.
func unique(r *run, items, a []Value) (Value, error) {
	found, err := r.keysOf(items, sortKey{a[2], a[1].Truth()})
	if err != nil {
		return Value{}, err
	}
	var kept []Value
	seen := map[string][]Value{}
	for i, key := range found {
		hash := key.hashed()
		if err := r.spend(key.weight() * (1 + len(seen[hash]))); err != nil {
			return Value{}, err
		}
		known := slices.ContainsFunc(seen[hash], func(v Value) bool { return Equal(v, key) })
		if !known {
			seen[hash] = append(seen[hash], key)
			kept = append(kept, items[i])
		}
	}
	return r.list(kept)
}

// hashed returns a text that is the same for values that are equal, and mostly differs for others.
func (v Value) hashed() string {
	if n, ok := v.number(); ok {
		return string(appendFloat(nil, n.float64()+0)) // + 0: there is one zero
	}
	if v.kind == KindString {
		return v.str()
	}
	return v.kind.String()
}

// extreme returns the least or the greatest of the items, undefined if there are none.
func (r *run) extreme(items []Value, key sortKey, want ordering) (Value, error) {
	found, err := r.keysOf(items, key)
	if err != nil || len(items) == 0 {
		return Value{}, err
	}
	best := 0
	for i := range items {
		o, err := r.compareValues(found[i], found[best])
		if err != nil {
			return Value{}, err
		}
		if o == want {
			best = i
		}
	}
	return items[best], r.spend(len(items))
}

func extremeFilter(want ordering) function {
	return onItems(func(r *run, items, a []Value) (Value, error) {
		return r.extreme(items, sortKey{a[2], a[1].Truth()}, want)
	})
}

// extremeFunction takes several values, or one list of them.
func extremeFunction(want ordering) function {
	return func(r *run, a []Value) (Value, error) {
		if len(a) == 1 {
			items, err := r.items(a[0])
			if err != nil {
				return Value{}, err
			}
			a = items
		}
		if len(a) == 0 {
			return Value{}, errors.New("there are no values")
		}
		return r.extreme(a, sortKey{caseSensitive: true}, want)
	}
}

var (
	maxFilter   = extremeFilter(greater)
	minFilter   = extremeFilter(less)
	maxFunction = extremeFunction(greater)
	minFunction = extremeFunction(less)
)

// sum adds the items, or an attribute of them, to a start, which is 0.
func sum(r *run, items, a []Value) (Value, error) {
	total := a[2]
	if total.Missing() {
		total = Int(0)
	}
	var err error
	for _, item := range items {
		if item, err = r.follow(item, a[1]); err != nil {
			return Value{}, err
		}
		if total, err = r.operate(opAdd, total, item); err != nil {
			return Value{}, err
		}
	}
	return total, nil
}

// rangeFunction is range(stop), range(start, stop) or range(start, stop, step).
func rangeFunction(r *run, a []Value) (Value, error) {
	start, stop, step := a[0].num, a[1].num, a[2].num
	if a[1].Missing() {
		start, stop = 0, start
	}
	if step == 0 {
		return Value{}, errors.New("the step is 0")
	}
	var items []Value
	for i := start; step > 0 && i < stop || step < 0 && i > stop; i += step {
		items = append(items, Int(i))
		if err := r.spend(itemWork); err != nil {
			return Value{}, err
		}
	}
	return r.list(items)
}

// countMethod counts an item in a list, or a part in a text.
func countMethod(r *run, a []Value) (Value, error) {
	if a[0].kind == KindString {
		part, err := r.text(a[1])
		return Int(int64(strings.Count(a[0].str(), part))), err
	}
	n := 0
	items, err := r.items(a[0])
	for _, item := range items {
		if Equal(item, a[1]) {
			n++
		}
	}
	return Int(int64(n)), err
}

// indexMethod returns the place of an item in a list, or of a part in a text.
func indexMethod(r *run, a []Value) (Value, error) {
	found := -1
	if a[0].kind == KindString {
		part, err := r.text(a[1])
		if err != nil {
			return Value{}, err
		}
		found = place(a[0].str(), part)
	} else {
		items, err := r.items(a[0])
		if err != nil {
			return Value{}, err
		}
		found = slices.IndexFunc(items, func(item Value) bool { return Equal(item, a[1]) })
	}
	if found < 0 {
		return Value{}, errors.New("it is not there")
	}
	return Int(int64(found)), nil
}
