package catalog

import (
	"bytes"
	"encoding/json"
)

// schema reads the schema of an entry, and what older catalogs mark in it.
func (r *reader) schema(e *entry, v value) {
	switch v.kind() {
	case null:
	case object:
		e.stream.Schema = json.RawMessage(bytes.Clone(v.json()))
		r.schemaMarks(&e.rule, v)
	default:
		r.fail(v, "must be a JSON Schema, which is an object, not %s", v.kind())
	}
}

// schemaMarks reads the marks of a schema and of the fields in it.
func (r *reader) schemaMarks(to *rule, schema value) {
	for key, v := range schema.members() {
		r.mark(&to.schema, key, v)
	}
	eachField(schema, 0, func(arrays int, name string, field value) {
		to.array = to.array || arrays > 0
		r.schemaMarks(to.field(name), field)
	})
}

// eachField calls visit for each property of a schema: through arrays, which it
// counts, and through anyOf, oneOf and allOf. A $ref is not followed.
func eachField(schema value, arrays int, visit func(arrays int, name string, field value)) {
	for key, v := range schema.members() {
		switch key {
		case "properties":
			for name, field := range v.members() {
				visit(arrays, name, field)
			}
		case "items":
			eachField(v, arrays+1, visit)
			for _, each := range v.elements() {
				eachField(each, arrays+1, visit)
			}
		case "anyOf", "oneOf", "allOf":
			for _, each := range v.elements() {
				eachField(each, arrays, visit)
			}
		}
	}
}

// metadata reads the list of metadata of an entry.
func (r *reader) metadata(e *entry, list value) {
	if k := list.kind(); k != array && k != null {
		r.fail(list, `must be a list of {"breadcrumb": […], "metadata": {…}}, not %s`, k)
	}
	for _, v := range list.elements() {
		if v.kind() != object {
			r.fail(v, `must be an object like {"breadcrumb": […], "metadata": {…}}, not %s`, v.kind())
			continue
		}
		r.metadatum(e, v)
	}
}

func (r *reader) metadatum(e *entry, v value) {
	var said value
	var of *rule
	found := false
	for key, member := range v.members() {
		switch key {
		case "breadcrumb":
			of, found = r.follow(&e.rule, member), true
		case "metadata":
			said = member
			if k := member.kind(); k != object && k != null {
				r.fail(member, `must be an object like {"selected": true}, not %s`, k)
			}
		}
	}
	if !found {
		r.fail(v, `has no "breadcrumb": [] is the stream, ["properties", "id"] its field id`)
	}
	if of == nil {
		return
	}
	of.metadata = r.marks(said)
	if of == &e.rule {
		e.metadata = r.streamMetadata(said)
	}
}

// follow returns the rule that a breadcrumb leads to from the stream's, and nil
// for one that leads to no field: to the elements of an array as such, say.
func (r *reader) follow(stream *rule, breadcrumb value) *rule {
	if breadcrumb.kind() != array {
		r.fail(breadcrumb, `must be a list like ["properties", "id"], not %s`, breadcrumb.kind())
		return nil
	}
	crumbs := r.texts(breadcrumb)
	if len(crumbs) > 2*maxDepth {
		r.fail(breadcrumb, "is %d steps deep: records nest no deeper than %d", len(crumbs), maxDepth)
		return nil
	}
	of := stream
	for len(crumbs) >= 2 && crumbs[0] == "properties" {
		of, crumbs = of.field(crumbs[1]), crumbs[2:]
		for len(crumbs) > 1 && crumbs[0] == "items" {
			of.array, crumbs = true, crumbs[1:]
		}
	}
	if len(crumbs) > 0 {
		return nil
	}
	return of
}

// marks reads the metadata of a stream or field.
func (r *reader) marks(v value) marks {
	var m marks
	for key, member := range v.members() {
		r.mark(&m, key, member)
	}
	return m
}

// mark reads one key of a stream's or field's metadata or schema, if it is one
// of those that select.
func (r *reader) mark(m *marks, key string, v value) {
	switch key {
	case "inclusion":
		m.inclusion = r.text(v)
	case "selected":
		m.selected = r.choice(v)
	case "selected-by-default":
		m.byDefault = r.choice(v)
	}
}

func (r *reader) streamMetadata(v value) *streamMetadata {
	md := &streamMetadata{}
	for key, member := range v.members() {
		switch key {
		case "table-key-properties":
			md.keys = r.texts(member)
		case "view-key-properties":
			md.viewKeys = r.texts(member)
		case "replication-key":
			md.replicationKey = r.text(member)
		case "replication-method":
			md.method = r.method(member)
		case "forced-replication-method":
			md.forced = r.method(member)
		}
	}
	return md
}

func (r *reader) method(v value) string {
	switch method := r.text(v); method {
	case "", FullTable, Incremental, LogBased:
		return method
	default:
		r.fail(v, "%q is no replication method: use %s, %s or %s", method, FullTable, Incremental, LogBased)
		return ""
	}
}

// name is text that says which stream is meant.
func (r *reader) name(v value) string {
	if v.kind() == object {
		r.fail(v, "must be text, not an object: a catalog of Airbyte's goes to tap-rest read")
		return ""
	}
	return r.text(v)
}

// text reads text; null is none.
func (r *reader) text(v value) string {
	switch v.kind() {
	case text:
		return v.json().Unquote()
	case null:
	default:
		r.fail(v, `must be text in quotes, or null, not %s`, v.kind())
	}
	return ""
}

// texts reads a list of texts; null is an empty one.
func (r *reader) texts(list value) []string {
	if k := list.kind(); k != array && k != null {
		r.fail(list, `must be a list like ["id"], or null, not %s`, k)
	}
	var texts []string
	for _, v := range list.elements() {
		if v.kind() != text {
			r.fail(v, "must be text in quotes, not %s", v.kind())
		}
		texts = append(texts, v.json().Unquote())
	}
	return texts
}

// choice reads true or false; null is neither.
func (r *reader) choice(v value) choice {
	switch v.kind() {
	case boolean:
		if v.doc[v.at] == 't' {
			return yes
		}
		return no
	case null:
	case text:
		r.fail(v, "must be true or false, not the text %s: take the quotes away", v.json())
	default:
		r.fail(v, "must be true, false or null, not %s", v.kind())
	}
	return unsaid
}
