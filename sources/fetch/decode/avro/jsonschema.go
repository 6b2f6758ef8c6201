//go:build !small

package avro

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/tap-rest/tap-rest/catalog/raw"
)

// maxJSONSchema is how long a JSON Schema grows, in bytes. Records that come after
// that have no properties in it: types that name each other twice double by level.
const maxJSONSchema = 1 << 20

// jsonSchema returns the JSON Schema of a record.
func jsonSchema(t *valueType) json.RawMessage {
	w := schemaWriter{}
	w.add(t)
	return w.text
}

// schemaWriter writes the JSON Schema of one type.
type schemaWriter struct {
	text []byte
	open []*valueType // the records that the present type lies in
}

// words are those of a JSON Schema for values that hold no others: its type, and
// what follows that.
func words(k kind) (name, rest string) {
	switch k {
	case kindNull:
		return "null", ""
	case kindBoolean:
		return "boolean", ""
	case kindInt, kindLong:
		return "integer", ""
	case kindDecimal, kindFixedDecimal, kindBigDecimal:
		return "number", ""
	case kindBytes, kindFixed:
		return "string", `,"contentEncoding":"base64"`
	case kindUUID, kindFixedUUID:
		return "string", `,"format":"uuid"`
	case kindDate:
		return "string", `,"format":"date"`
	case kindTimestamp:
		return "string", `,"format":"date-time"`
	}
	return "string", "" // formats of times without a zone there are none in draft 7
}

// add writes the schema of t.
func (w *schemaWriter) add(t *valueType) { w.nullable(t, false) }

// nullable writes the schema of t, or of t and null.
func (w *schemaWriter) nullable(t *valueType, null bool) {
	switch t.kind {
	case kindUnion:
		w.union(t.branches, null)
	case kindRecord:
		w.begin("object", null)
		w.properties(t)
		w.write("}")
	case kindArray:
		w.begin("array", null)
		w.write(`,"items":`)
		w.add(t.items)
		w.write("}")
	case kindMap:
		w.begin("object", null)
		w.write(`,"additionalProperties":`)
		w.add(t.items)
		w.write("}")
	case kindFloat, kindDouble:
		w.begin("number", true) // what JSON has no number for is null
		w.write("}")
	case kindEnum:
		w.begin("string", null)
		w.symbols(t.symbols, null)
		w.write("}")
	default:
		name, rest := words(t.kind)
		w.begin(name, null && name != "null")
		w.write(rest)
		w.write("}")
	}
}

func (w *schemaWriter) write(s string) { w.text = append(w.text, s...) }

// begin writes the type.
func (w *schemaWriter) begin(name string, null bool) {
	if null {
		w.write(`{"type":["null","` + name + `"]`)
		return
	}
	w.write(`{"type":"` + name + `"`)
}

func (w *schemaWriter) symbols(symbols [][]byte, null bool) {
	if len(symbols) == 0 {
		return
	}
	w.write(`,"enum":[`)
	w.text = append(w.text, bytes.Join(symbols, []byte(","))...)
	if null {
		w.write(",null")
	}
	w.write("]")
}

// properties writes those of a record, unless it lies in itself.
func (w *schemaWriter) properties(t *valueType) {
	if slices.Contains(w.open, t) || len(w.text) > maxJSONSchema {
		return
	}
	w.open = append(w.open, t)
	w.write(`,"properties":{`)
	for i, f := range t.fields {
		if i > 0 {
			w.write(",")
		}
		w.text = append(append(w.text, raw.Quote(f.name)...), ':')
		w.add(f.of)
	}
	w.write("}")
	w.open = w.open[:len(w.open)-1]
}

// union writes the schema of a union: that of its one branch beside null, or all of
// them.
func (w *schemaWriter) union(branches []*valueType, null bool) {
	var others []*valueType
	for _, b := range branches {
		if b.kind == kindNull {
			null = true
		} else {
			others = append(others, b)
		}
	}
	switch len(others) {
	case 0:
		w.write(`{"type":"null"}`)
		return
	case 1:
		w.nullable(others[0], null)
		return
	}
	if names, ok := plainNames(others, null); ok {
		w.write(`{"type":[` + names + `]}`)
		return
	}
	w.write(`{"anyOf":[`)
	for i, b := range others {
		if i > 0 {
			w.write(",")
		}
		w.nullable(b, null)
	}
	w.write("]}")
}

// plainNames returns the types of branches, as JSON, if nothing but those is to be
// said of them.
func plainNames(branches []*valueType, null bool) (string, bool) {
	var names []string
	for _, b := range branches {
		name, rest := words(b.kind)
		switch {
		case b.kind == kindFloat || b.kind == kindDouble:
			name, null = "number", true
		case rest != "" || slices.Contains([]kind{kindRecord, kindArray, kindMap, kindEnum, kindUnion}, b.kind):
			return "", false
		}
		if name = `"` + name + `"`; !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if null {
		names = append([]string{`"null"`}, names...)
	}
	return strings.Join(names, ","), true
}
