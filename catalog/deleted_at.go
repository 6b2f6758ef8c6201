package catalog

import (
	"encoding/json"

	"github.com/tap-rest/tap-rest/catalog/raw"
)

// WithDeletedAt returns the schema of records of which some are nothing but a
// primary key and the time at which the record was missed, in a field of that
// name: it takes the field, and requires the key alone. What is not an object
// stays as it is.
func WithDeletedAt(schema json.RawMessage, field string, keys []string) json.RawMessage {
	b := raw.Text(schema)
	if !json.Valid(schema) || rootOf(schema).kind() != object {
		return schema
	}
	property := []byte(`{"type":["null","string"],"format":"date-time"}`)
	properties := raw.Text("{}")
	out, _ := appendMembers(nil, b, b.AfterSpace(0), func(dst []byte, key raw.Text, i int) ([]byte, int, bool) {
		value := b.Value(i)
		switch key.Unquote() {
		case "properties":
			properties = value
		case "required", "minProperties", "dependencies":
		default:
			return append(dst, value...), i + len(value), true
		}
		return dst, i + len(value), false
	})
	required, _ := json.Marshal(keys) // text
	if properties.Field(field) == nil {
		properties = appendMember(properties, field, property)
	}
	return appendMember(appendMember(out, "properties", properties), "required", required)
}

// appendMember returns an object with one member more.
func appendMember(whole []byte, name string, value []byte) []byte {
	end := len(whole) - 1
	all := append(make([]byte, 0, len(whole)+len(name)+len(value)+4), whole[:end]...)
	if raw.Text(whole).AfterSpace(1) < end {
		all = append(all, ',')
	}
	all = append(append(all, raw.Quote(name)...), ':')
	return append(append(all, value...), '}')
}
