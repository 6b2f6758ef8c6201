package schema

import "slices"

// WithInferred returns a schema that somebody says of records, with those fields of an
// inferred one besides that it does not name. Fields named in required may not be null,
// unless they were when the other one was inferred.
func WithInferred(doc, inferred []byte, required []string) ([]byte, error) {
	d, err := parseDocument(doc)
	if err != nil {
		return nil, err
	}
	seen, err := parseDocument(inferred)
	if err != nil {
		return nil, err
	}
	fields, more := d.root.object("properties"), seen.root.object("properties")
	if fields == nil {
		return inferred, nil
	}
	if more == nil {
		more = &node{raw: []byte("{}")}
	}
	more.take()
	fields.take()
	for _, m := range more.members {
		if fields.get(m.name) == nil {
			fields.set(m.name, m.value)
		}
	}
	for _, name := range required {
		field, was := fields.object(name), more.object(name)
		if field != nil && was != nil && was.types() != 0 && was.types()&kindNull == 0 {
			field.forbidNull()
		}
	}
	return d.root.append(nil), nil
}

// forbidNull takes null out of the types of a schema that lists others.
func (n *node) forbidNull() {
	types := n.get("type")
	if types == nil || !types.isArray() {
		return
	}
	types.take()
	types.elements = slices.DeleteFunc(types.elements, func(one *node) bool { return string(one.raw) == `"null"` })
	if len(types.elements) == 1 {
		n.replace("type", types.elements[0].raw)
	}
}
