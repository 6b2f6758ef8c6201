package sources

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// shape says what a node is.
type shape uint8

const (
	isNull shape = iota
	isText
	isNumber // text is JSON's
	isBool
	isList
	isMap
)

// String returns how messages call the shape.
func (s shape) String() string {
	return [...]string{"null", "text", "a number", "true or false", "a list", "a map"}[s]
}

// node is a value of a definition or a config, and where it stands. Aliases
// and merge keys are expanded in it.
type node struct {
	shape  shape
	line   int // from 1
	column int // from 1, in characters
	parent *node
	step   string // from parent: a key, or "[1] (orders)"
	text   string // of a scalar
	items  []*node
	fields []member
	read   any // what its key's kind made of it; nil: nothing, or a problem
}

// member is a key of a map and its value.
type member struct {
	name   string
	line   int
	column int
	value  *node
}

// get returns the value of a key; nil where the key is absent or null.
func (n *node) get(name string) *node {
	if n == nil {
		return nil
	}
	for _, m := range n.fields {
		if m.name == name && m.value.shape != isNull {
			return m.value
		}
	}
	return nil
}

// has reports whether the key is there and not null.
func (n *node) has(name string) bool { return n.get(name) != nil }

// value returns what was read from the key, the zero value where that is
// nothing.
func value[T any](n *node, name string) T {
	var read any
	if v := n.get(name); v != nil {
		read = v.read
	}
	typed, _ := read.(T)
	return typed
}

// valueOr is value with a default.
func valueOr[T any](n *node, name string, absent T) T {
	if n.has(name) {
		return value[T](n, name)
	}
	return absent
}

// place returns the keys that lead to the node.
func (n *node) place() string {
	var steps []string
	for ; n != nil && n.parent != nil; n = n.parent {
		steps = append(steps, n.step)
	}
	slices.Reverse(steps)
	var b strings.Builder
	for _, step := range steps {
		if b.Len() > 0 && !strings.HasPrefix(step, "[") {
			b.WriteByte('.')
		}
		b.WriteString(step)
	}
	return b.String()
}

// pointer returns the place as a JSON pointer.
func (n *node) pointer() string {
	var steps []string
	for ; n != nil && n.parent != nil; n = n.parent {
		step := n.step
		if n.parent.shape == isList {
			step = strings.Trim(step, "[]")
		}
		steps = append(steps, escapePointer(step))
	}
	slices.Reverse(steps)
	return "/" + strings.Join(steps, "/")
}

func escapePointer(step string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(step)
}

// at returns the node that the steps lead to, as far as they lead.
func (n *node) at(steps []string) *node {
	for _, step := range steps {
		next := n.get(step)
		if n.shape == isList {
			if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(n.items) {
				next = n.items[i]
			}
		}
		if next == nil {
			return n
		}
		n = next
	}
	return n
}

// scalar reports whether the node is text, a number or a boolean.
func (n *node) scalar() bool { return n.shape == isText || n.shape == isNumber || n.shape == isBool }

// appendJSON appends the node as JSON: its keys in the order of the file, or
// sorted, so that the same values are the same bytes.
func (n *node) appendJSON(dst []byte, sorted bool) []byte {
	switch n.shape {
	case isNull:
		return append(dst, "null"...)
	case isText:
		return appendText(dst, n.text)
	case isNumber, isBool:
		return append(dst, n.text...)
	case isList:
		dst = append(dst, '[')
		for i, item := range n.items {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = item.appendJSON(dst, sorted)
		}
		return append(dst, ']')
	}
	fields := n.fields
	if sorted {
		fields = n.sorted()
	}
	dst = append(dst, '{')
	for i, m := range fields {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendText(dst, m.name), ':')
		dst = m.value.appendJSON(dst, sorted)
	}
	return append(dst, '}')
}

// sorted returns the fields in the order of their names.
func (n *node) sorted() []member {
	return slices.SortedFunc(slices.Values(n.fields), func(a, b member) int { return strings.Compare(a.name, b.name) })
}

func appendText(dst []byte, text string) []byte {
	quoted, err := json.Marshal(text)
	if err != nil {
		panic(fmt.Sprintf("sources: a string that is not JSON: %v", err)) // cannot be
	}
	return append(dst, quoted...)
}

// without returns the map without the keys.
func (n *node) without(names ...string) *node {
	rest := *n
	rest.fields = nil
	for _, m := range n.fields {
		if !slices.Contains(names, m.name) {
			rest.fields = append(rest.fields, m)
		}
	}
	return &rest
}

// size returns how many values there are in a node, itself included.
func (n *node) size() int {
	if n == nil {
		return 0
	}
	size := 1
	for _, item := range n.items {
		size += item.size()
	}
	for _, m := range n.fields {
		size += m.value.size()
	}
	return size
}
