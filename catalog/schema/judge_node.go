package schema

import (
	"encoding/json"
	"iter"
	"slices"
	"strconv"

	"github.com/tap-rest/tap-rest/catalog/raw"
)

// node is one value of a schema document. Objects and arrays are taken apart
// when they are first looked into and keep the order of their keys; what was
// never looked into is written as it came.
type node struct {
	around *node    // the object or array that holds it; nil: none does
	name   string   // in there, or its number in an array
	raw    raw.Text // as it stands in the document, compact, which is never written to

	taken  bool
	named  []member         // of an object
	index  map[string]*node // of an object with more than fewMembers; of equal names the last one
	listed []*node          // of an array

	writer writer // of a schema that is being made; nil of any other
}

// writer writes a schema that is being made.
type writer interface {
	appendTo(dst []byte) []byte
}

type member struct {
	key   raw.Text // as written, with quotes
	name  string
	value *node
}

// fewMembers is how many members are looked through without an index.
const fewMembers = 12

func (n *node) isObject() bool { return len(n.raw) > 0 && n.raw[0] == '{' }
func (n *node) isArray() bool  { return len(n.raw) > 0 && n.raw[0] == '[' }
func (n *node) isString() bool { return len(n.raw) > 0 && n.raw[0] == '"' }

// isSchema reports whether n can be a schema: an object, true or false.
func (n *node) isSchema() bool {
	return n.isObject() || string(n.raw) == "true" || string(n.raw) == "false"
}

// is reports whether n, which may be nil, is written so.
func (n *node) is(text string) bool { return n != nil && string(n.raw) == text }

// at returns the JSON pointer of n within the document.
func (n *node) at() string {
	if n.around == nil {
		return ""
	}
	return n.around.at() + raw.Step(n.name)
}

// take reads the members or elements of n.
func (n *node) take() {
	if n.taken {
		return
	}
	n.taken = true
	for c := n.raw.Items(0); c.Next(); {
		child := &node{around: n, raw: c.Value()}
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
func (n *node) indexMembers() {
	if len(n.named) <= fewMembers {
		return
	}
	n.index = make(map[string]*node, len(n.named))
	for _, m := range n.named {
		n.index[m.name] = m.value
	}
}

// members returns the members of an object in their order, of equal names each.
func (n *node) members() []member {
	n.take()
	return n.named
}

// elements returns the elements of an array.
func (n *node) elements() []*node {
	n.take()
	return n.listed
}

// get returns the member of that name, or nil; of equal names the last one, as
// encoding/json does.
func (n *node) get(name string) *node {
	n.take()
	if n.index != nil {
		return n.index[name]
	}
	for i := len(n.named) - 1; i >= 0; i-- {
		if n.named[i].name == name {
			return n.named[i].value
		}
	}
	return nil
}

// fields yields the members that get returns, by their names.
func (n *node) fields() iter.Seq2[string, *node] {
	return func(yield func(string, *node) bool) {
		for _, m := range n.members() {
			if n.get(m.name) == m.value && !yield(m.name, m.value) {
				return
			}
		}
	}
}

// object returns the member of that name if it is an object, or nil.
func (n *node) object(name string) *node {
	if v := n.get(name); v != nil && v.isObject() {
		return v
	}
	return nil
}

// text returns the member of that name if it is a string.
func (n *node) text(name string) (string, bool) {
	if v := n.get(name); v != nil && v.isString() {
		return v.raw.Unquote(), true
	}
	return "", false
}

// set gives the member of that name a new value, last if it is a new one.
func (n *node) set(name string, value *node) {
	n.remove(name)
	value.around, value.name = n, name
	n.named = append(n.named, member{quote(name), name, value})
	if n.index == nil {
		n.indexMembers()
	} else {
		n.index[name] = value
	}
}

// replace gives the member of that name new text, in its place.
func (n *node) replace(name string, text []byte) {
	for i, m := range n.members() {
		if m.name != name {
			continue
		}
		n.named[i].value = &node{around: n, name: name, raw: text}
		if n.index != nil {
			n.index[name] = n.named[i].value
		}
	}
}

// remove takes the member of that name out.
func (n *node) remove(name string) {
	if n.get(name) == nil {
		return
	}
	delete(n.index, name)
	n.named = slices.DeleteFunc(n.named, func(m member) bool { return m.name == name })
}

// append appends the JSON of n.
func (n *node) append(dst []byte) []byte {
	switch {
	case n.writer != nil:
		return n.writer.appendTo(dst)
	case !n.taken:
		return append(dst, n.raw...)
	case n.isObject():
		return n.appendObject(dst)
	case n.isArray():
		return n.appendArray(dst)
	default:
		return append(dst, n.raw...)
	}
}

func (n *node) appendObject(dst []byte) []byte {
	dst = append(dst, '{')
	for i, m := range n.named {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(append(dst, m.key...), ':')
		dst = m.value.append(dst)
	}
	return append(dst, '}')
}

func (n *node) appendArray(dst []byte) []byte {
	dst = append(dst, '[')
	for i, e := range n.listed {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = e.append(dst)
	}
	return append(dst, ']')
}

// types returns what the keyword type of n allows.
func (n *node) types() typeList {
	list := n.get("type")
	switch {
	case list == nil:
		return typeList{of: n}
	case list.isArray():
		return typeList{n, list.elements()}
	}
	return typeList{n, []*node{list}}
}

// properties returns the keyword properties of n, or nil.
func (n *node) properties() *node {
	if !n.isObject() {
		return nil
	}
	return n.object("properties")
}

// hasPatterns reports whether n names members by patterns.
func (n *node) hasPatterns() bool {
	p := n.object("patternProperties")
	return p != nil && string(p.raw) != "{}"
}

// quote returns s as a JSON string.
func quote(s string) []byte {
	// A string always marshals: what is not UTF-8 in it becomes U+FFFD.
	quoted, _ := json.Marshal(s)
	return quoted
}
