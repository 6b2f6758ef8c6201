package schema

// What was only ever null has no type yet: inference writes it as onlyNull, and
// [Widen] gives it the type of the first value that comes, and no other.
const onlyNull = `{"type":"null"}`

// nullOrText is what targets are told of it meanwhile: of a bare null, or of no
// type at all, many cannot make a column, and none takes a field that no schema
// names. Text can hold whatever comes.
const nullOrText = `{"type":["null","string"]}`

// NullsAsText returns a schema in which what was only ever null may be text: as
// targets are told of it.
func NullsAsText(doc []byte) []byte {
	d, err := parseDocument(doc)
	if err != nil || !d.root.settle() {
		return doc // where it is no schema, who uses it says so
	}
	return d.root.append(nil)
}

// settle reports whether it changed anything.
func (n *node) settle() (changed bool) {
	if !n.isObject() {
		return false
	}
	if fields := n.object("properties"); fields != nil {
		fields.take()
		for _, m := range fields.members {
			changed = fields.settleMember(m.name) || changed
		}
	}
	for _, name := range []string{"items", "additionalProperties"} {
		changed = n.settleMember(name) || changed
	}
	return changed
}

func (n *node) settleMember(name string) bool {
	child := n.get(name)
	if child == nil || string(child.raw) != onlyNull {
		return child != nil && child.settle()
	}
	n.replace(name, []byte(nullOrText))
	return true
}
