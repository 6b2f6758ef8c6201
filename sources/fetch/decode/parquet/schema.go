//go:build !small

package parquet

import (
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"
)

const (
	required = 0
	optional = 1
	repeated = 2
)

// shape is what a node becomes in JSON.
type shape uint8

const (
	shapeValue shape = iota
	shapeObject
	shapeList    // an array; its one field is its element
	shapeEntries // a map whose keys are no text: an array of objects of its two fields
	shapeMap     // an object; its fields are its key and its value
)

// node is a place in a record: a column, or what columns are put together to. Levels
// are those of the format: a value is there if its definition level reaches that of
// the node, and another element begins where the repetition level is that of the list.
type node struct {
	shape       shape
	nullable    bool
	definition  uint8
	name        string
	key         []byte  // the name as JSON text, with the colon, and the comma before it if there is a field before
	fields      []*node // of an object, list or map
	first, last int     // columns that are in it: from the first to before the last
	// Of a list or map: levels at which it has an element.
	elementDefinition, elementRepetition uint8
}

// leaf is a column: its type and its highest levels.
type leaf struct {
	path                         string
	physical                     int32
	width                        int // of a value in bytes; 0: values have different ones
	maxDefinition, maxRepetition uint8
	kind                         kind
	scale                        int
	unit                         unit
}

// loader makes nodes of the elements of a schema, which are in the order of their
// depth-first walk.
type loader struct {
	elements []element
	leaves   []leaf
}

// loadSchema returns the record that a schema describes, and its columns.
func loadSchema(elements []element) (*node, []leaf, error) {
	if len(elements) == 0 || elements[0].physical >= 0 {
		return nil, nil, errors.New("the schema has no root group")
	}
	l := loader{elements: elements[1:]}
	root := &node{shape: shapeObject}
	if err := l.fields(root, elements[0].children, "", levels{}); err != nil {
		return nil, nil, err
	}
	if len(l.elements) > 0 {
		return nil, nil, fmt.Errorf("the schema has %d columns that no group claims", len(l.elements))
	}
	return root, l.leaves, nil
}

// levels are those of the place where a node is, with its depth in the schema.
type levels struct {
	definition, repetition uint8
	depth                  int
}

func (v levels) below(repetition int32) (levels, error) {
	if v.depth++; v.depth > deepest {
		return v, fmt.Errorf("the schema has more than %d groups in each other", deepest)
	}
	if repetition != required {
		v.definition++
	}
	if repetition == repeated {
		v.repetition++
	}
	return v, nil
}

func (l *loader) take() (element, error) {
	if len(l.elements) == 0 {
		return element{}, errors.New("the schema has fewer columns than its groups claim")
	}
	e := l.elements[0]
	l.elements = l.elements[1:]
	if !utf8.ValidString(e.name) {
		return e, fmt.Errorf("the name of column %q is not UTF-8", e.name)
	}
	if e.repetition < required || e.repetition > repeated {
		return e, fmt.Errorf("column %q has the repetition %d; there are 0, 1 and 2", e.name, e.repetition)
	}
	return e, nil
}

// fields loads n fields of a group into a node.
func (l *loader) fields(into *node, n int32, path string, v levels) error {
	into.first = len(l.leaves)
	names := make(map[string]bool)
	for range n {
		e, err := l.take()
		if err != nil {
			return err
		}
		if names[e.name] {
			return fmt.Errorf("column %q is there twice", join(path, e.name))
		}
		names[e.name] = true
		field, err := l.node(e, join(path, e.name), v)
		if err != nil {
			return err
		}
		if len(into.fields) > 0 {
			field.key = append([]byte{','}, field.key...)
		}
		into.fields = append(into.fields, field)
	}
	into.last = len(l.leaves)
	return nil
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// node loads an element and all below it; v are the levels around it.
func (l *loader) node(e element, path string, v levels) (*node, error) {
	v, err := v.below(e.repetition)
	if err != nil {
		return nil, err
	}
	inner, err := l.inner(e, path, v)
	if err != nil {
		return nil, err
	}
	inner.nullable, inner.definition = e.repetition == optional, v.definition
	if e.repetition == repeated {
		inner = listOf(inner, v, v.definition-1)
	}
	inner.name, inner.key = e.name, append(appendQuoted(nil, e.name), ':')
	return inner, nil
}

// listOf returns a list of what a repeated element is.
func listOf(element *node, v levels, definition uint8) *node {
	return &node{
		shape: shapeList, fields: []*node{element}, first: element.first, last: element.last,
		definition: definition, elementDefinition: v.definition, elementRepetition: v.repetition,
	}
}

// inner loads what an element is, its repetition aside.
func (l *loader) inner(e element, path string, v levels) (*node, error) {
	if e.physical >= 0 {
		return l.leaf(e, path, v)
	}
	if e.children < 1 {
		return nil, fmt.Errorf("the group %q has %d columns", path, e.children)
	}
	if e.children == 1 && len(l.elements) > 0 && l.elements[0].repetition == repeated {
		if e.isList() {
			return l.list(e, path, v)
		}
		if e.isMap() && l.elements[0].children == 2 {
			return l.entries(path, v)
		}
	}
	n := &node{shape: shapeObject}
	return n, l.fields(n, e.children, path, v)
}

func (e *element) isList() bool { return e.logical.kind == logicalList || e.converted == convertedList }

func (e *element) isMap() bool {
	return e.logical.kind == logicalMap || e.converted == convertedMap || e.converted == convertedMapKeyValue
}

// list loads the repeated field of a LIST. By the format's rules for old writers that
// field is the element itself where it is no group, has several fields or one that is
// repeated, is a list or map, or has one of two names.
func (l *loader) list(outer element, path string, v levels) (*node, error) {
	e, err := l.take()
	if err != nil {
		return nil, err
	}
	path = join(path, e.name)
	if v, err = v.below(repeated); err != nil {
		return nil, err
	}
	var n *node
	if e.physical < 0 && e.children == 1 && !e.isList() && !e.isMap() && e.name != "array" && e.name != outer.name+"_tuple" &&
		len(l.elements) > 0 && l.elements[0].repetition != repeated {
		field, err := l.take()
		if err != nil {
			return nil, err
		}
		n, err = l.node(field, join(path, field.name), v)
		if err != nil {
			return nil, err
		}
	} else {
		if n, err = l.inner(e, path, v); err != nil {
			return nil, err
		}
		n.definition = v.definition
	}
	return listOf(n, v, 0), nil
}

// entries loads the repeated field of a MAP, which has a key and a value.
func (l *loader) entries(path string, v levels) (*node, error) {
	e, err := l.take()
	if err != nil {
		return nil, err
	}
	v, err = v.below(repeated)
	if err != nil {
		return nil, err
	}
	n := &node{shape: shapeEntries, elementDefinition: v.definition, elementRepetition: v.repetition}
	if err := l.fields(n, e.children, join(path, e.name), v); err != nil {
		return nil, err
	}
	if key := n.fields[0]; key.shape == shapeValue && l.leaves[key.first].kind == kindText {
		n.shape = shapeMap
	}
	for i, key := range []string{`"key":`, `,"value":`} {
		n.fields[i].key = []byte(key)
	}
	return n, nil
}

func (l *loader) leaf(e element, path string, v levels) (*node, error) {
	if e.children > 0 {
		return nil, fmt.Errorf("column %q has a type and %d columns of its own", path, e.children)
	}
	c := leaf{path: path, physical: e.physical, maxDefinition: v.definition, maxRepetition: v.repetition}
	if err := c.setType(&e); err != nil {
		return nil, fmt.Errorf("column %s: %w", strconv.Quote(path), err)
	}
	l.leaves = append(l.leaves, c)
	return &node{shape: shapeValue, first: len(l.leaves) - 1, last: len(l.leaves)}, nil
}
