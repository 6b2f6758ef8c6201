package schema

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
	for _, m := range more.members() {
		if fields.get(m.name) == nil {
			fields.set(m.name, m.value)
		}
	}
	for _, name := range required {
		field, was := fields.object(name), more.object(name)
		if field != nil && was != nil && was.types().kinds() != 0 && was.types().kinds()&kindNull == 0 {
			if listed := field.get("type"); listed != nil && listed.isArray() {
				field.types().set(field.types().without("null"))
			}
		}
	}
	return d.root.append(nil), nil
}
