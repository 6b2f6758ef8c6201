package expr

import (
	"unicode/utf8"

	"github.com/tap-rest/tap-rest/catalog/raw"
)

// Get returns what a dict holds under key; undefined for anything else.
func (v Value) Get(key string) Value {
	if v.kind != KindDict {
		return Undefined()
	}
	if d, ok := v.ref.(*dict); ok {
		for i := len(d.keys) - 1; i >= 0; i-- {
			if d.keys[i] == key {
				return d.values[i]
			}
		}
		return Undefined()
	}
	if found := raw.Of(v.text).LastField(key); found != nil {
		return decode(found.String())
	}
	return Undefined()
}

// Index returns item i of a list; a negative i counts from the end. Undefined if there is none.
func (v Value) Index(i int) Value {
	if v.kind != KindList {
		return Undefined()
	}
	if i < 0 {
		i += v.Len()
	}
	if i < 0 {
		return Undefined()
	}
	if l, ok := v.ref.(*list); ok {
		if i >= len(l.items) {
			return Undefined()
		}
		return l.items[i]
	}
	for c := itemsOf(v.text); c.Next(); {
		if c.Index == i {
			return decode(c.Value().String())
		}
	}
	return Undefined()
}

// Len returns how many items a list, members a dict or characters a string has; else 0.
func (v Value) Len() int {
	switch ref := v.ref.(type) {
	case *list:
		return len(ref.items)
	case *dict:
		return len(ref.keys)
	}
	n := 0
	switch v.kind {
	case KindString:
		n = utf8.RuneCountInString(v.str())
	case KindList, KindDict:
		for c := itemsOf(v.text); c.Next(); {
			n++
		}
	}
	return n
}

// empty reports whether a list or dict holds nothing.
func (v Value) empty() bool {
	switch ref := v.ref.(type) {
	case *list:
		return len(ref.items) == 0
	case *dict:
		return len(ref.keys) == 0
	}
	c := itemsOf(v.text)
	return !c.Next()
}

// Each calls f for every member of a dict, or item of a list (then key is ""), until f returns
// false.
func (v Value) Each(f func(key string, item Value) bool) {
	switch ref := v.ref.(type) {
	case *list:
		for _, item := range ref.items {
			if !f("", item) {
				return
			}
		}
	case *dict:
		for i, key := range ref.keys {
			if !f(key, ref.values[i]) {
				return
			}
		}
	default:
		if v.kind == KindList || v.kind == KindDict {
			eachRaw(v.text, f)
		}
	}
}
