package schema

import (
	"encoding/json"
	"slices"
	"strconv"

	"github.com/tap-rest/tap-rest/catalog/raw"
)

// node is one value of a schema document. Objects and arrays are taken apart
// when they are first looked into and keep the order of their keys; what was
// never looked into is written as it came.
type node struct {
	at  string   // JSON pointer within the document
	raw raw.Text // as it stands in the document, compact

	taken    bool
	members  []member         // of an object
	index    map[string]*node // of an object; of equal names the last one, as in encoding/json
	elements []*node          // of an array

	// seen is set for a schema that is being made: what its values look like.
	seen *shape
}

type member struct {
	key   raw.Text // as written, with quotes
	name  string
	value *node
}

func (n *node) isObject() bool { return len(n.raw) > 0 && n.raw[0] == '{' }
func (n *node) isArray() bool  { return len(n.raw) > 0 && n.raw[0] == '[' }
func (n *node) isString() bool { return len(n.raw) > 0 && n.raw[0] == '"' }

// isSchema reports whether n can be a schema: an object, true or false.
func (n *node) isSchema() bool {
	return n.isObject() || string(n.raw) == "true" || string(n.raw) == "false"
}

// take reads the members or elements of n.
func (n *node) take() {
	if n.taken {
		return
	}
	n.taken = true
	n.index = map[string]*node{}
	for c := n.raw.Items(0); c.Next(); {
		child := &node{raw: c.Value()}
		if !c.Keyed {
			child.at = n.at + "/" + strconv.Itoa(c.Index)
			n.elements = append(n.elements, child)
			continue
		}
		name := c.Key.Unquote()
		child.at = n.at + raw.Step(name)
		n.members = append(n.members, member{c.Key, name, child})
		n.index[name] = child
	}
}

// get returns the member of that name, or nil.
func (n *node) get(name string) *node {
	n.take()
	return n.index[name]
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
	value.at = n.at + raw.Step(name)
	n.members = append(n.members, member{quote(name), name, value})
	n.index[name] = value
}

// replace gives the member of that name new text, in its place.
func (n *node) replace(name string, text []byte) {
	n.take()
	for i, m := range n.members {
		if m.name == name {
			n.members[i].value = &node{at: m.value.at, raw: text}
			n.index[name] = n.members[i].value
		}
	}
}

// remove takes the member of that name out.
func (n *node) remove(name string) {
	n.take()
	delete(n.index, name)
	n.members = slices.DeleteFunc(n.members, func(m member) bool { return m.name == name })
}

// append appends the JSON of n.
func (n *node) append(dst []byte) []byte {
	switch {
	case n.seen != nil:
		return n.seen.appendSchema(dst, kindNull)
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
	for i, m := range n.members {
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
	for i, e := range n.elements {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = e.append(dst)
	}
	return append(dst, ']')
}

// typeNames returns what the keyword type lists: names, in a valid schema.
func (n *node) typeNames() []*node {
	list := n.get("type")
	if list == nil {
		return nil
	}
	if !list.isArray() {
		return []*node{list}
	}
	list.take()
	return list.elements
}

// types returns the kinds that the keyword type allows; 0 if it is not there,
// which allows all.
func (n *node) types() kinds {
	var all kinds
	for _, t := range n.typeNames() {
		all |= kindNamed(t.raw.Unquote())
	}
	return all
}

// quote returns s as a JSON string.
func quote(s string) []byte {
	// A string always marshals: what is not UTF-8 in it becomes U+FFFD.
	quoted, _ := json.Marshal(s)
	return quoted
}
