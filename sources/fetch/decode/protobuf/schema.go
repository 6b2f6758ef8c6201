//go:build !small

package protobuf

import (
	"encoding/json"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// maxProperties is how many a schema has; messages behind them are objects of which it
// says nothing more. Few messages that hold each other often have billions.
const maxProperties = 10_000

// schemaWriter writes the JSON Schema of a message.
type schemaWriter struct {
	out        []byte
	within     map[*message]bool // the messages around
	properties int
}

func schemaOf(m *message) json.RawMessage {
	w := schemaWriter{within: map[*message]bool{}}
	w.message(m, false)
	return w.out
}

func (w *schemaWriter) put(text string) { w.out = append(w.out, text...) }

// types writes the key type.
func (w *schemaWriter) types(null bool, name string) {
	if null {
		w.put(`{"type":["` + name + `","null"]`)
	} else {
		w.put(`{"type":"` + name + `"`)
	}
}

// typed writes a schema of a type, and nothing more.
func (w *schemaWriter) typed(null bool, name, more string) {
	w.types(null, name)
	w.put(more + `}`)
}

func (w *schemaWriter) message(m *message, null bool) {
	switch m.known {
	case timestamp:
		w.typed(null, "string", `,"format":"date-time"`)
	case duration, fieldMask:
		w.typed(null, "string", "")
	case wrapper:
		w.scalar(&m.fields[0], true)
	case value:
		w.put(`{}`)
	case listValue:
		w.typed(null, "array", `,"items":{}`)
	case anyMessage, structMessage, empty:
		w.typed(null, "object", "")
	default:
		w.object(m, null)
	}
}

func (w *schemaWriter) object(m *message, null bool) {
	if w.within[m] || w.properties >= maxProperties {
		w.typed(null, "object", "")
		return
	}
	w.within[m] = true
	w.properties += len(m.fields)
	w.types(null, "object")
	w.put(`,"properties":{`)
	for i := range m.fields {
		f := &m.fields[i]
		key := f.key
		if i == 0 {
			key = key[1:] // no comma before the first one
		}
		w.out = append(w.out, key...)
		w.field(f)
	}
	w.put(`}}`)
	delete(w.within, m)
}

// field writes the schema of a field.
func (w *schemaWriter) field(f *field) {
	null := f.absent == nil || string(f.absent) == "null"
	switch {
	case f.shape == several:
		w.types(null, "array")
		w.put(`,"items":`)
		w.one(f, false)
		w.put(`}`)
	case f.shape == mapping:
		w.types(null, "object")
		w.put(`,"additionalProperties":`)
		w.one(f.message.field(2), false)
		w.put(`}`)
	default:
		w.one(f, null)
	}
}

// one writes the schema of one value of a field.
func (w *schemaWriter) one(f *field, null bool) {
	if f.message != nil {
		w.message(f.message, null)
		return
	}
	w.scalar(f, null)
}

func (w *schemaWriter) scalar(f *field, null bool) {
	switch f.kind {
	case protoreflect.BoolKind:
		w.typed(null, "boolean", "")
	case protoreflect.StringKind:
		w.typed(null, "string", "")
	case protoreflect.BytesKind:
		w.typed(null, "string", `,"contentEncoding":"base64"`)
	case protoreflect.FloatKind, protoreflect.DoubleKind:
		w.typed(true, "number", "") // NaN is null
	case protoreflect.EnumKind:
		w.enum(f, null)
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		w.typed(null, "integer", `,"minimum":0,"maximum":18446744073709551615`)
	default:
		w.typed(null, "integer", "")
	}
}

// enum writes that a value is a name, or a number that has none.
func (w *schemaWriter) enum(f *field, null bool) {
	switch {
	case f.desc.Enum().FullName() == "google.protobuf.NullValue":
		w.put(`{"type":["null","integer"]}`)
	case null:
		w.put(`{"type":["string","integer","null"]}`)
	default:
		w.put(`{"type":["string","integer"]}`)
	}
}
