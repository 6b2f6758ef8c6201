package catalog

import (
	"encoding/json"

	"github.com/tap-rest/tap-rest/catalog/raw"
)

// CutSchema returns schema without the properties that the mask drops: in
// properties and required, through items, anyOf, oneOf and allOf. A list of
// required names that comes out empty goes too, since draft 4 forbids one.
// Order and all other bytes stay. A $ref is not followed. With a nil Mask, and
// for what is not JSON, it returns schema itself.
func (m *Mask) CutSchema(schema json.RawMessage) json.RawMessage {
	if m == nil || !json.Valid(schema) {
		return schema
	}
	cut, _ := m.appendSchema(make([]byte, 0, len(schema)), raw.Text(schema), raw.Text(schema).AfterSpace(0))
	return cut
}

// appendSchema copies the schema that starts at b[i], cut. It returns dst and
// the index behind the schema; so do the functions below.
func (m *Mask) appendSchema(dst []byte, b raw.Text, i int) ([]byte, int) {
	return appendMembers(dst, b, i, func(dst []byte, key raw.Text, i int) ([]byte, int, bool) {
		keep := true
		switch key.Unquote() {
		case "properties":
			dst, i = m.appendProperties(dst, b, i)
		case "required":
			dst, i, keep = m.appendRequired(dst, b, i)
		case "items", "anyOf", "oneOf", "allOf":
			dst, i = m.appendSchemas(dst, b, i)
		default:
			dst, i = appendRaw(dst, b, i)
		}
		return dst, i, keep
	})
}

func (m *Mask) appendProperties(dst []byte, b raw.Text, i int) ([]byte, int) {
	return appendMembers(dst, b, i, func(dst []byte, key raw.Text, i int) ([]byte, int, bool) {
		sub, found := m.lookup(key)
		if found && sub != nil {
			dst, i = sub.appendSchema(dst, b, i)
		} else {
			dst, i = appendRaw(dst, b, i)
		}
		return dst, i, !found || sub != nil
	})
}

// appendRequired copies a list of names without those that are dropped. keep is
// false if none is left of it.
func (m *Mask) appendRequired(dst []byte, b raw.Text, i int) (_ []byte, end int, keep bool) {
	list := valueAt(b, i, 0)
	if list.kind() != array {
		return append(dst, list.json()...), list.end, true // draft 3 has true here
	}
	before, after := 0, 0
	dst = append(dst, '[')
	for _, name := range list.elements() {
		before++
		if name.kind() == text {
			if sub, found := m.lookup(name.json()); found && sub == nil {
				continue
			}
		}
		if after > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, name.json()...)
		after++
	}
	return append(dst, ']'), list.end, after > 0 || before == 0
}

// appendSchemas copies one schema, or a list of them.
func (m *Mask) appendSchemas(dst []byte, b raw.Text, i int) ([]byte, int) {
	if i >= len(b) || b[i] != '[' {
		return m.appendSchema(dst, b, i)
	}
	from := i
	for more := true; more; {
		i = b.AfterSpace(i + 1)
		if i >= len(b) || b[i] == ']' {
			break
		}
		dst = append(dst, b[from:i]...)
		dst, from = m.appendSchema(dst, b, i)
		i = b.AfterSpace(from)
		more = i < len(b) && b[i] == ','
	}
	end := min(i+1, len(b))
	return append(dst, b[from:end]...), end
}

// appendRaw copies a value as it is.
func appendRaw(dst []byte, b raw.Text, i int) ([]byte, int) {
	end := b.AfterValue(i)
	return append(dst, b[i:end]...), end
}

// appendMembers copies the object that starts at b[i] member by member, and
// anything else as it is. edit appends what becomes of the value at b[i] to dst,
// and returns dst, the index behind the value, and whether the member stays.
func appendMembers(dst []byte, b raw.Text, i int, edit func(dst []byte, key raw.Text, i int) ([]byte, int, bool)) ([]byte, int) {
	if i >= len(b) || b[i] != '{' {
		return appendRaw(dst, b, i)
	}
	dst = append(dst, '{')
	kept := false
	for {
		i++ // the brace or comma
		key, value, ok := b.Member(i)
		if !ok {
			break
		}
		member := len(dst)
		if kept {
			dst = append(dst, ',')
		}
		dst = append(dst, b[i:value]...)
		var keep bool
		dst, i, keep = edit(dst, key, value)
		kept = kept || keep
		end := b.AfterSpace(i)
		dst = append(dst, b[i:end]...)
		if i = end; !keep {
			dst = dst[:member]
		}
		if i >= len(b) || b[i] != ',' {
			break
		}
	}
	return append(dst, '}'), min(b.AfterSpace(i)+1, len(b))
}
