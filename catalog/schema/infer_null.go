package schema

import "slices"

// What was only ever null has no type yet: inference writes it as onlyNull, and
// [Widen] gives it the type of the first value that comes. No target can make a
// column of that, so that it stands in what is kept, and not in what is sent.
const onlyNull = `{"type":"null"}`

// nullOrText is what stands where a target must be told of a field that was only
// ever null: text can hold whatever comes.
const nullOrText = `{"type":["null","string"]}`

// WithoutNulls returns a schema without the fields that were only ever null: a
// protocol that can send a schema anew names them when they have a type. Those in
// keep, at the top, are text.
func WithoutNulls(doc []byte, keep ...string) []byte {
	return settled(doc, func(name string, top bool) bool { return !top || !slices.Contains(keep, name) })
}

// NullsAsText returns a schema in which the fields that were only ever null are
// text, for a protocol in which a schema holds for a whole run.
func NullsAsText(doc []byte) []byte {
	return settled(doc, func(string, bool) bool { return false })
}

func settled(doc []byte, leaveOut func(name string, top bool) bool) []byte {
	d, err := parseDocument(doc)
	if err != nil {
		return doc // it is no schema, and who uses it says so
	}
	if !d.root.settle(leaveOut, true) {
		return doc
	}
	return d.root.append(nil)
}

// settle reports whether it changed anything.
func (n *node) settle(leaveOut func(name string, top bool) bool, top bool) (changed bool) {
	if !n.isObject() {
		return false
	}
	if fields := n.object("properties"); fields != nil {
		fields.take()
		for _, m := range slices.Clone(fields.members) {
			switch {
			case string(m.value.raw) != onlyNull:
				changed = m.value.settle(leaveOut, false) || changed
			case leaveOut(m.name, top):
				fields.remove(m.name)
				changed = true
			default:
				fields.replace(m.name, []byte(nullOrText))
				changed = true
			}
		}
	}
	for _, key := range []string{"items", "additionalProperties"} {
		child := n.get(key)
		switch {
		case child == nil:
		case string(child.raw) == onlyNull:
			n.replace(key, []byte(nullOrText))
			changed = true
		default:
			changed = child.settle(leaveOut, false) || changed
		}
	}
	return changed
}
