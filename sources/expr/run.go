package expr

import (
	"errors"
	"fmt"
	"time"
)

const (
	// maxText bounds the text that one operation, or a whole template, makes.
	maxText = 1 << 20
	// maxWork bounds one evaluation. A unit is about the time to look at one value, or at 64 bytes.
	maxWork = 1 << 24
	// itemWork is the work of making an item of a list. It bounds the memory of an evaluation.
	itemWork = 32
	// maxWeight bounds a list or dict that is made, everything inside it included.
	maxWeight = 1 << 22
)

var (
	errWork = errors.New("it takes too much work: too many items, or too much text")
	errText = errors.New("the text would be longer than 1 MiB")
)

// A run is one evaluation of a template.
type run struct {
	jinja   bool
	nowSlot int // -1: none
	vars    Vars
	clock   time.Time // set when first asked for, so that an evaluation sees one time
	work    int
	args    []Value // of the calls under way, innermost last
	item    Value   // what map, select and their like are looking at
	loop    *Loop   // whose evaluation this is; nil: none's
	kept    []kept  // of the template, by the loop
}

// reset makes r ready for the next evaluation, without holding on to values.
func (r *run) reset(vars Vars) {
	clear(r.args)
	*r = run{jinja: r.jinja, nowSlot: r.nowSlot, vars: vars, args: r.args[:0]}
}

// spend counts work, and says when it is too much.
func (r *run) spend(work int) error {
	if r.work += work; r.work > maxWork {
		return errWork
	}
	return nil
}

// now returns the value of the name now, where the scope has one and it is a time; else the
// machine's clock.
func (r *run) now() time.Time {
	if r.clock.IsZero() {
		r.clock = time.Now().UTC()
		if r.nowSlot >= 0 && r.nowSlot < len(r.vars) && r.vars[r.nowSlot].kind == KindTime {
			r.clock = r.vars[r.nowSlot].time()
		}
	}
	return r.clock
}

// appendText appends what v prints.
func (r *run) appendText(dst []byte, v Value) ([]byte, error) {
	if len(dst)+len(v.text) > maxText {
		return nil, errText
	}
	if err := r.spend(v.weight()); err != nil {
		return nil, err
	}
	dst = printer{jinja: r.jinja}.text(dst, v)
	if len(dst) > maxText {
		return nil, errText
	}
	return dst, nil
}

// text returns what v prints.
func (r *run) text(v Value) (string, error) {
	if v.kind == KindString {
		return v.str(), nil
	}
	dst, err := r.appendText(nil, v)
	return string(dst), err
}

// string returns a string that was made.
func (r *run) string(s string) (Value, error) {
	if len(s) > maxText {
		return Value{}, errText
	}
	return String(s), r.spend(len(s) / 4)
}

// list returns a list that was made.
func (r *run) list(items []Value) (Value, error) {
	return r.made(List(items), len(items))
}

// made accounts for a list or dict of n items.
func (r *run) made(v Value, n int) (Value, error) {
	if v.weight() > maxWeight {
		return Value{}, errWork
	}
	return v, r.spend(n * itemWork)
}

// items returns what v iterates over: the items of a list, the keys of a dict, the characters of
// a string, nothing where v is undefined. They must not be changed.
func (r *run) items(v Value) ([]Value, error) {
	if l, ok := v.ref.(*list); ok {
		return l.items, r.spend(len(l.items))
	}
	if v.kind == KindUndefined {
		return nil, nil
	}
	var items []Value
	switch v.kind {
	case KindString:
		for _, c := range v.str() {
			if err := r.spend(itemWork); err != nil {
				return nil, err
			}
			items = append(items, String(string(c)))
		}
		return items, nil
	case KindList, KindDict:
		return r.members(v)
	}
	return nil, fmt.Errorf("%s has no items", v.kind)
}

// members returns the items of a list, or the keys of a dict.
func (r *run) members(v Value) (items []Value, err error) {
	if err := r.spend(v.weight()); err != nil {
		return nil, err
	}
	v.Each(func(key string, item Value) bool {
		if v.kind == KindDict {
			item = String(key)
		}
		items = append(items, item)
		err = r.spend(itemWork)
		return err == nil
	})
	return items, err
}

// equal reports whether a and b are the same.
func (r *run) equal(a, b Value) (bool, error) {
	if a.kind != b.kind || a.kind < KindString {
		return Equal(a, b), nil
	}
	if err := r.spend(a.weight() + b.weight()); err != nil {
		return false, err
	}
	return Equal(a, b), nil
}
