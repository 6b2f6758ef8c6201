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
	if err != nil {
		return doc // where it is no schema, who uses it says so
	}
	var t textsForNulls
	if t.settle(d.root); !t.changed {
		return doc
	}
	return d.root.append(nil)
}

// textsForNulls is the change of one document to nullOrText.
type textsForNulls struct{ changed bool }

func (t *textsForNulls) settle(n *node) {
	if fields := n.properties(); fields != nil {
		for _, m := range fields.members() {
			t.settleMember(fields, m.name)
		}
	}
	for _, name := range []string{"items", "additionalProperties"} {
		t.settleMember(n, name)
	}
}

func (t *textsForNulls) settleMember(n *node, name string) {
	switch child := n.get(name); {
	case child.is(onlyNull):
		n.replace(name, []byte(nullOrText))
		t.changed = true
	case child != nil && child.isObject():
		t.settle(child)
	}
}
