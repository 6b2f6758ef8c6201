package infer

import "github.com/tap-rest/tap-rest/catalog/schema/model"

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
	d, err := model.Parse(doc)
	if err != nil {
		return doc // where it is no schema, who uses it says so
	}
	var t textsForNulls
	if t.settle(d.Root); !t.changed {
		return doc
	}
	return d.Root.Append(nil)
}

// textsForNulls is the change of one document to nullOrText.
type textsForNulls struct{ changed bool }

func (t *textsForNulls) settle(n *model.Node) {
	if fields := n.Properties(); fields != nil {
		for _, m := range fields.Members() {
			t.settleMember(fields, m.Name)
		}
	}
	for _, name := range []string{"items", "additionalProperties"} {
		t.settleMember(n, name)
	}
}

func (t *textsForNulls) settleMember(n *model.Node, name string) {
	switch child := n.Get(name); {
	case child.Is(onlyNull):
		n.Replace(name, []byte(nullOrText))
		t.changed = true
	case child != nil && child.IsObject():
		t.settle(child)
	}
}
