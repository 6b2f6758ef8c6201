//go:build !small

package avro

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/tap-rest/tap-rest/catalog/raw"
)

// kind is how a value is coded and what it becomes.
type kind uint8

const (
	kindNull kind = iota
	kindBoolean
	kindInt
	kindLong
	kindFloat
	kindDouble
	kindBytes
	kindString
	kindRecord
	kindEnum
	kindArray
	kindMap
	kindUnion
	kindFixed
	// Logical types.
	kindDecimal      // of bytes
	kindFixedDecimal // of fixed
	kindBigDecimal   // of bytes
	kindUUID         // of string
	kindFixedUUID    // of fixed
	kindDate
	kindTimeMillis
	kindTimeMicros
	kindTimestamp
	kindLocalTimestamp
	kindDuration
)

var primitives = map[string]kind{
	"null": kindNull, "boolean": kindBoolean, "int": kindInt, "long": kindLong, "float": kindFloat,
	"double": kindDouble, "bytes": kindBytes, "string": kindString,
}

// valueType is a type of the schema, as a step of decoding.
type valueType struct {
	kind     kind
	digits   int          // timestamps: those of the fraction of a second
	scale    int          // decimals: how many digits stand behind the point
	size     int          // fixed: in bytes
	fields   []field      // of a record
	symbols  [][]byte     // of an enum, as JSON
	items    *valueType   // of an array or a map
	branches []*valueType // of a union
	least    int          // how many bytes a value takes at least
	visited  visit
}

// field is a field of a record.
type field struct {
	name string
	key  []byte // with what stands before it: {"name": or ,"name":
	of   *valueType
}

// parser is what a schema has defined so far.
type parser struct {
	named map[string]*valueType // by their full names
	lists []*valueType          // arrays and maps
}

// parseSchema reads the schema of a file. It is a reader's view: defaults, aliases
// and orders mean nothing where values are read as they were written, so nothing of
// them is wrong here.
func parseSchema(text []byte) (*valueType, error) {
	if !utf8.Valid(text) {
		return nil, errors.New("is not UTF-8")
	}
	var schema any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&schema); err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("JSON follows the schema")
	}
	p := parser{named: map[string]*valueType{}}
	t, err := p.parse(schema, "")
	if err != nil {
		return nil, err
	}
	if t.kind != kindRecord {
		t = &valueType{kind: kindRecord, fields: []field{newField("value", t, true)}}
	}
	if err := p.measure(); err != nil {
		return nil, err
	}
	_, err = t.measure()
	return t, err
}

// measure works out of all types how many bytes their values take.
func (p *parser) measure() error {
	for _, name := range slices.Sorted(maps.Keys(p.named)) {
		if _, err := p.named[name].measure(); err != nil {
			return fmt.Errorf("type %q: %w", name, err)
		}
	}
	for _, list := range p.lists {
		if _, err := list.items.measure(); err != nil {
			return err
		}
	}
	return nil
}

// parse reads a schema inside of a namespace.
func (p *parser) parse(schema any, space string) (*valueType, error) {
	switch schema := schema.(type) {
	case string:
		return p.find(schema, space)
	case []any:
		return p.parseUnion(schema, space)
	case map[string]any:
		return p.parseObject(schema, space)
	}
	return nil, fmt.Errorf("%v stands where a type is wanted: a name, an object or an array", schema)
}

// find returns the type that a name stands for. As in Java, a name that its
// namespace lacks is one without a namespace.
func (p *parser) find(name, space string) (*valueType, error) {
	if k, ok := primitives[name]; ok {
		return &valueType{kind: k}, nil
	}
	full := name
	if !strings.Contains(name, ".") && space != "" {
		full = space + "." + name
	}
	if t := p.named[full]; t != nil {
		return t, nil
	}
	if t := p.named[name]; t != nil {
		return t, nil
	}
	return nil, fmt.Errorf("type %q is not defined before its use", full)
}

func (p *parser) parseUnion(schemas []any, space string) (*valueType, error) {
	t := &valueType{kind: kindUnion}
	for _, schema := range schemas {
		branch, err := p.parse(schema, space)
		if err != nil {
			return nil, err
		}
		t.branches = append(t.branches, branch)
	}
	return t, nil
}

func (p *parser) parseObject(schema map[string]any, space string) (*valueType, error) {
	name, ok := schema["type"].(string)
	if !ok {
		return p.parse(schema["type"], space)
	}
	switch name {
	case "record", "error":
		return p.parseRecord(schema, space)
	case "enum":
		return p.parseEnum(schema, space)
	case "fixed":
		return p.parseFixed(schema, space)
	case "array", "map":
		return p.parseItems(schema, name, space)
	}
	t, err := p.find(name, space)
	if err == nil && t.kind <= kindString {
		t.takeLogicalType(schema)
	}
	return t, err
}

// define gives a type the name that its schema says, and returns the namespace of
// what stands inside of it.
func (p *parser) define(t *valueType, schema map[string]any, space string) (string, error) {
	name, ok := schema["name"].(string)
	if !ok || name == "" {
		return "", fmt.Errorf("type %v has no name", schema["type"])
	}
	if own, ok := schema["namespace"].(string); ok {
		space = own
	}
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		space = name[:i]
	} else if space != "" {
		name = space + "." + name
	}
	if p.named[name] != nil {
		return "", fmt.Errorf("type %q is defined twice", name)
	}
	p.named[name] = t
	return space, nil
}

func (p *parser) parseRecord(schema map[string]any, space string) (*valueType, error) {
	t := &valueType{kind: kindRecord}
	space, err := p.define(t, schema, space)
	if err != nil {
		return nil, err
	}
	fields, ok := schema["fields"].([]any)
	if !ok {
		return nil, fmt.Errorf("record %q has no fields", schema["name"])
	}
	seen := make(map[string]bool, len(fields))
	for i, text := range fields {
		declared, _ := text.(map[string]any)
		name, ok := declared["name"].(string)
		if !ok {
			return nil, fmt.Errorf("field %d of record %q has no name", i+1, schema["name"])
		}
		if seen[name] {
			return nil, fmt.Errorf("record %q has two fields %q", schema["name"], name)
		}
		seen[name] = true
		of, err := p.parse(declared["type"], space)
		if err != nil {
			return nil, fmt.Errorf("field %q: %w", name, err)
		}
		t.fields = append(t.fields, newField(name, of, i == 0))
	}
	return t, nil
}

func newField(name string, of *valueType, first bool) field {
	key := []byte{','}
	if first {
		key[0] = '{'
	}
	key = append(append(key, raw.Quote(name)...), ':')
	return field{name: name, key: key, of: of}
}

func (p *parser) parseEnum(schema map[string]any, space string) (*valueType, error) {
	t := &valueType{kind: kindEnum}
	if _, err := p.define(t, schema, space); err != nil {
		return nil, err
	}
	symbols, _ := schema["symbols"].([]any)
	for _, symbol := range symbols {
		text, ok := symbol.(string)
		if !ok {
			return nil, fmt.Errorf("enum %q has the symbol %v, which is no text", schema["name"], symbol)
		}
		t.symbols = append(t.symbols, raw.Quote(text))
	}
	return t, nil
}

func (p *parser) parseFixed(schema map[string]any, space string) (*valueType, error) {
	t := &valueType{kind: kindFixed}
	if _, err := p.define(t, schema, space); err != nil {
		return nil, err
	}
	size, ok := integer(schema["size"])
	if !ok || size < 0 {
		return nil, fmt.Errorf("fixed %q has the size %v", schema["name"], schema["size"])
	}
	t.size = size
	t.takeLogicalType(schema)
	return t, nil
}

func (p *parser) parseItems(schema map[string]any, name, space string) (*valueType, error) {
	t, of := &valueType{kind: kindArray}, "items"
	if name == "map" {
		t.kind, of = kindMap, "values"
	}
	items, ok := schema[of]
	if !ok {
		return nil, fmt.Errorf("type %s has no %s", name, of)
	}
	var err error
	if t.items, err = p.parse(items, space); err != nil {
		return nil, err
	}
	p.lists = append(p.lists, t)
	return t, nil
}

// integer returns a whole number of the schema.
func integer(v any) (int, bool) {
	number, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	n, err := number.Int64()
	return int(n), err == nil && int64(int(n)) == n
}
