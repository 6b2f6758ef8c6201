package document

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/tap-rest/tap-rest/catalog/raw"
)

// Shape says what a node is.
type Shape uint8

const (
	Null Shape = iota
	Text
	Number // text is JSON's
	Bool
	List
	Map
)

// String returns how messages call the shape.
func (s Shape) String() string {
	return [...]string{"null", "text", "a number", "true or false", "a list", "a map"}[s]
}

// Node is a value of a definition or a config, and where it stands. Aliases
// and merge keys are expanded in it.
type Node struct {
	Shape  Shape
	Line   int // from 1
	Column int // from 1, in characters
	Parent *Node
	Step   string // from parent: a key, or "[1] (orders)"
	Text   string // of a scalar
	Items  []*Node
	Fields []Member
	Read   any // what its key's kind made of it; nil: nothing, or a problem
}

// Member is a key of a map and its value.
type Member struct {
	Name   string
	Line   int
	Column int
	Value  *Node
}

// Get returns the value of a key; nil where the key is absent or null.
func (n *Node) Get(name string) *Node {
	if n == nil {
		return nil
	}
	for _, m := range n.Fields {
		if m.Name == name && m.Value.Shape != Null {
			return m.Value
		}
	}
	return nil
}

// Has reports whether the key is there and not null.
func (n *Node) Has(name string) bool { return n.Get(name) != nil }

// Members returns the fields of a map, none of what is absent.
func (n *Node) Members() []Member {
	if n == nil {
		return nil
	}
	return n.Fields
}

// List returns the items of a list, of another value itself, and none of what
// is absent.
func (n *Node) List() []*Node {
	switch {
	case n == nil:
		return nil
	case n.Shape == List:
		return n.Items
	}
	return []*Node{n}
}

// Value returns what was read from the key, the zero value where that is
// nothing.
func Value[T any](n *Node, name string) T {
	var read any
	if v := n.Get(name); v != nil {
		read = v.Read
	}
	typed, _ := read.(T)
	return typed
}

// ValueOr is value with a default.
func ValueOr[T any](n *Node, name string, absent T) T {
	if n.Has(name) {
		return Value[T](n, name)
	}
	return absent
}

// Place returns the keys that lead to the node.
func (n *Node) Place() string {
	var steps []string
	for ; n != nil && n.Parent != nil; n = n.Parent {
		steps = append(steps, n.Step)
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

// Pointer returns the place as a JSON pointer.
func (n *Node) Pointer() string {
	var steps []string
	for ; n != nil && n.Parent != nil; n = n.Parent {
		step := n.Step
		if n.Parent.Shape == List {
			step, _, _ = strings.Cut(step[1:], "]")
		}
		steps = append(steps, raw.Step(step))
	}
	slices.Reverse(steps)
	return cmp.Or(strings.Join(steps, ""), "/")
}

// At returns the node that the steps lead to, as far as they lead.
func (n *Node) At(steps []string) *Node {
	for _, step := range steps {
		next := n.Get(step)
		if n.Shape == List {
			if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(n.Items) {
				next = n.Items[i]
			}
		}
		if next == nil {
			return n
		}
		n = next
	}
	return n
}

// Scalar reports whether the node is text, a number or a boolean.
func (n *Node) Scalar() bool { return n.Shape == Text || n.Shape == Number || n.Shape == Bool }

// AppendJSON appends the node as JSON: its keys in the order of the file, or
// sorted, so that the same values are the same bytes.
func (n *Node) AppendJSON(dst []byte, sorted bool) []byte {
	switch n.Shape {
	case Null:
		return append(dst, "null"...)
	case Text:
		return AppendText(dst, n.Text)
	case Number, Bool:
		return append(dst, n.Text...)
	case List:
		dst = append(dst, '[')
		for i, item := range n.Items {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = item.AppendJSON(dst, sorted)
		}
		return append(dst, ']')
	}
	fields := n.Fields
	if sorted {
		fields = n.Sorted()
	}
	dst = append(dst, '{')
	for i, m := range fields {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(AppendText(dst, m.Name), ':')
		dst = m.Value.AppendJSON(dst, sorted)
	}
	return append(dst, '}')
}

// Sorted returns the fields in the order of their names.
func (n *Node) Sorted() []Member {
	return slices.SortedFunc(slices.Values(n.Fields), func(a, b Member) int { return strings.Compare(a.Name, b.Name) })
}

func AppendText(dst []byte, text string) []byte {
	quoted, err := json.Marshal(text)
	if err != nil {
		panic(fmt.Sprintf("sources: a string that is not JSON: %v", err)) // cannot be
	}
	return append(dst, quoted...)
}

// Size returns how many values there are in a node, itself included.
func (n *Node) Size() int {
	if n == nil {
		return 0
	}
	size := 1
	for _, item := range n.Items {
		size += item.Size()
	}
	for _, m := range n.Fields {
		size += m.Value.Size()
	}
	return size
}

// Mapped returns the map with what change makes of each of its fields; nil
// leaves one out.
func (n *Node) Mapped(change func(m Member) *Node) *Node {
	c := *n
	c.Fields = nil
	for _, m := range n.Fields {
		if m.Value = change(m); m.Value != nil {
			c.Fields = append(c.Fields, m)
		}
	}
	return &c
}

// Without returns the map without the keys.
func (n *Node) Without(names ...string) *Node {
	return n.Mapped(func(m Member) *Node {
		if slices.Contains(names, m.Name) {
			return nil
		}
		return m.Value
	})
}

// Over returns the fields of n over those of base, at the place of n. Keys are
// the same where same makes one text of them; join makes one value of two.
func (n *Node) Over(base *Node, same func(key string) string, join func(base *Node, over Member) *Node) *Node {
	merged := *n
	merged.Fields = slices.Clone(base.Fields)
	at := make(map[string]int, len(base.Fields))
	for i, m := range base.Fields {
		at[same(m.Name)] = i
	}
	for _, m := range n.Fields {
		if i, there := at[same(m.Name)]; there {
			m.Value = join(base.Fields[i].Value, m)
			merged.Fields[i] = m
		} else {
			merged.Fields = append(merged.Fields, m)
		}
	}
	return &merged
}

// Exactly makes keys the same that are spelled alike, see [Node.Over].
func Exactly(key string) string { return key }
