package catalog

import (
	"encoding/json"
	"slices"
)

// Choose makes the fields of a known schema that the entry's own schema does
// not name be cut: whoever configures a stream leaves those out that nobody
// wants. A schema that names no field chooses none.
func (s *Stream) Choose(known json.RawMessage) {
	chosen := rootOf(s.Schema)
	if !namesFields(chosen) {
		return
	}
	s.Mask = unnamed(rootOf(known), chosen).Keep(s.KeyProperties...)
}

func namesFields(schema value) bool {
	found := false
	eachField(schema, 0, func(int, string, value) { found = true })
	return found
}

// unnamed returns the mask of the fields that known names and chosen does not.
// A field of which chosen says nothing but that it is there is whole.
func unnamed(known, chosen value) *Mask {
	in := map[string]value{}
	eachField(chosen, 0, func(_ int, name string, field value) { in[name] = field })
	m := &Mask{}
	eachField(known, 0, func(_ int, name string, field value) {
		inner, named := in[name]
		if !named {
			m.set(name, nil)
			return
		}
		if !namesFields(inner) {
			return
		}
		if sub := unnamed(field, inner); sub != nil {
			m.set(name, sub)
		}
	})
	return m.orNil()
}

// OpenInside returns a schema that takes more fields than it names in every
// object but the record itself.
func OpenInside(schema json.RawMessage) json.RawMessage {
	var at []int // behind the braces of schemas to be opened
	eachField(rootOf(schema), 0, func(_ int, _ string, field value) { at = closedIn(at, field) })
	slices.Sort(at)
	var open json.RawMessage
	from := 0
	for _, i := range slices.Compact(at) {
		open = append(append(open, schema[from:i]...), `"additionalProperties":true,`...)
		from = i
	}
	return append(open, schema[from:]...)
}

// closedIn appends where the schemas begin, in one and in the fields of it, that
// name fields and do not say what others are.
func closedIn(at []int, schema value) []int {
	named, more := false, false
	for key, v := range schema.members() {
		switch key {
		case "properties":
			named = true
		case "additionalProperties":
			more = true
		case "items", "anyOf", "oneOf", "allOf":
			at = closedIn(at, v)
			for _, each := range v.elements() {
				at = closedIn(at, each)
			}
		}
	}
	if named && !more {
		at = append(at, schema.at+1)
	}
	for name, v := range schema.members() {
		if name == "properties" {
			for _, field := range v.members() {
				at = closedIn(at, field)
			}
		}
	}
	return at
}
