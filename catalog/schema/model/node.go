package model

import (
	"encoding/json"
	"iter"
	"slices"
	"strconv"

	"github.com/tap-rest/tap-rest/catalog/raw"
)

// Node is one value of a schema document. Objects and arrays are taken apart
// when they are first looked into and keep the order of their keys; what was
// never looked into is written as it came.
type Node struct {
	around *Node    // the object or array that holds it; nil: none does
	name   string   // in there, or its number in an array
	Raw    raw.Text // as it stands in the document, compact, which is never written to

	taken  bool
	named  []member         // of an object
	index  map[string]*Node // of an object with more than fewMembers; of equal names the last one
	listed []*Node          // of an array

	Writer Writer // of a schema that is being made; nil of any other
}

// Writer writes a schema that is being made.
type Writer interface {
	AppendTo(dst []byte) []byte
}

type member struct {
	key   raw.Text // as written, with quotes
	Name  string
	Value *Node
}

// fewMembers is how many members are looked through without an index.
const fewMembers = 12

// IsObject reports whether the value is an object.
func (n *Node) IsObject() bool { return len(n.Raw) > 0 && n.Raw[0] == '{' }

// IsArray reports whether the value is an array.
func (n *Node) IsArray() bool { return len(n.Raw) > 0 && n.Raw[0] == '[' }

func (n *Node) isString() bool { return len(n.Raw) > 0 && n.Raw[0] == '"' }

// isSchema reports whether n can be a schema: an object, true or false.
func (n *Node) isSchema() bool {
	return n.IsObject() || string(n.Raw) == "true" || string(n.Raw) == "false"
}

// Is reports whether n, which may be nil, is written so.
func (n *Node) Is(text string) bool { return n != nil && string(n.Raw) == text }

// At returns the JSON pointer of n within the document.
func (n *Node) At() string {
	if n.around == nil {
		return ""
	}
	return n.around.At() + raw.Step(n.name)
}

// take reads the members or elements of n.
func (n *Node) take() {
	if n.taken {
		return
	}
	n.taken = true
	for c := n.Raw.Items(0); c.Next(); {
		child := &Node{around: n, Raw: c.Value()}
		if !c.Keyed {
			child.name = strconv.Itoa(c.Index)
			n.listed = append(n.listed, child)
			continue
		}
		child.name = c.Key.Unquote()
		n.named = append(n.named, member{c.Key, child.name, child})
	}
	n.indexMembers()
}

// indexMembers makes the index, where there are members enough for one.
func (n *Node) indexMembers() {
	if len(n.named) <= fewMembers {
		return
	}
	n.index = make(map[string]*Node, len(n.named))
	for _, m := range n.named {
		n.index[m.Name] = m.Value
	}
}

// Members returns the members of an object in their order, of equal names each.
func (n *Node) Members() []member {
	n.take()
	return n.named
}

// Elements returns the elements of an array.
func (n *Node) Elements() []*Node {
	n.take()
	return n.listed
}

// Get returns the member of that name, or nil; of equal names the last one, as
// encoding/json does.
func (n *Node) Get(name string) *Node {
	n.take()
	if n.index != nil {
		return n.index[name]
	}
	for i := len(n.named) - 1; i >= 0; i-- {
		if n.named[i].Name == name {
			return n.named[i].Value
		}
	}
	return nil
}

// Fields yields the members that get returns, by their names.
func (n *Node) Fields() iter.Seq2[string, *Node] {
	return func(yield func(string, *Node) bool) {
		for _, m := range n.Members() {
			if n.Get(m.Name) == m.Value && !yield(m.Name, m.Value) {
				return
			}
		}
	}
}

// Object returns the member of that name if it is an object, or nil.
func (n *Node) Object(name string) *Node {
	if v := n.Get(name); v != nil && v.IsObject() {
		return v
	}
	return nil
}

// Text returns the member of that name if it is a string.
func (n *Node) Text(name string) (string, bool) {
	if v := n.Get(name); v != nil && v.isString() {
		return v.Raw.Unquote(), true
	}
	return "", false
}

// Set gives the member of that name a new value, last if it is a new one.
func (n *Node) Set(name string, value *Node) {
	n.Remove(name)
	value.around, value.name = n, name
	n.named = append(n.named, member{Quote(name), name, value})
	if n.index == nil {
		n.indexMembers()
	} else {
		n.index[name] = value
	}
}

// Replace gives the member of that name new text, in its place.
func (n *Node) Replace(name string, text []byte) {
	for i, m := range n.Members() {
		if m.Name != name {
			continue
		}
		n.named[i].Value = &Node{around: n, name: name, Raw: text}
		if n.index != nil {
			n.index[name] = n.named[i].Value
		}
	}
}

// Remove takes the member of that name out.
func (n *Node) Remove(name string) {
	if n.Get(name) == nil {
		return
	}
	delete(n.index, name)
	n.named = slices.DeleteFunc(n.named, func(m member) bool { return m.Name == name })
}

// Append appends the JSON of n.
func (n *Node) Append(dst []byte) []byte {
	switch {
	case n.Writer != nil:
		return n.Writer.AppendTo(dst)
	case !n.taken:
		return append(dst, n.Raw...)
	case n.IsObject():
		return n.appendObject(dst)
	case n.IsArray():
		return n.appendArray(dst)
	default:
		return append(dst, n.Raw...)
	}
}

func (n *Node) appendObject(dst []byte) []byte {
	dst = append(dst, '{')
	for i, m := range n.named {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(append(dst, m.key...), ':')
		dst = m.Value.Append(dst)
	}
	return append(dst, '}')
}

func (n *Node) appendArray(dst []byte) []byte {
	dst = append(dst, '[')
	for i, e := range n.listed {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = e.Append(dst)
	}
	return append(dst, ']')
}

// Types returns what the keyword type of n allows.
func (n *Node) Types() typeList {
	list := n.Get("type")
	switch {
	case list == nil:
		return typeList{of: n}
	case list.IsArray():
		return typeList{n, list.Elements()}
	}
	return typeList{n, []*Node{list}}
}

// Properties returns the keyword properties of n, or nil.
func (n *Node) Properties() *Node {
	if !n.IsObject() {
		return nil
	}
	return n.Object("properties")
}

// HasPatterns reports whether n names members by patterns.
func (n *Node) HasPatterns() bool {
	p := n.Object("patternProperties")
	return p != nil && string(p.Raw) != "{}"
}

// Quote returns s as a JSON string.
func Quote(s string) []byte {
	// A string always marshals: what is not UTF-8 in it becomes U+FFFD.
	quoted, _ := json.Marshal(s)
	return quoted
}
