package schema

import (
	"encoding/binary"
	"fmt"

	"github.com/tap-rest/tap-rest/catalog/raw"
	"github.com/tap-rest/tap-rest/catalog/schema/model"
)

// Fields is what a schema names: the properties at the top and, through
// properties and items, further in. A local $ref is followed; the branches of
// allOf, anyOf, oneOf, if, then, else and dependencies are taken together.
//
// An object whose schema has properties is closed: a member that they do not
// name is a new field. It is open, and has no new fields, where the schema has
// no properties, or has patternProperties or an additionalProperties that is
// not false. What additionalProperties says of the values of a map is looked
// into; tuples (items as a list) and patternProperties are not.
//
// Fields is safe for concurrent use.
type Fields struct{ root *fieldSet }

// fieldSet is what a schema names at one place. A nil one names nothing.
type fieldSet struct {
	closed bool
	names  map[string]*fieldSet
	rest   *fieldSet // of members that are not named, where open
	items  *fieldSet
}

// NewFields compiles the names of a schema. An error is a *model.SchemaError.
func NewFields(doc []byte) (*Fields, error) {
	d, err := model.Parse(doc)
	if err != nil {
		return nil, err
	}
	c := fieldCompiler{doc: d, sets: map[string]*fieldSet{}, numbers: map[*model.Node]uint32{}}
	root, err := c.compile(model.Group{d.Root})
	if err != nil {
		return nil, err
	}
	return &Fields{root}, nil
}

// Unknown calls found for each field of the record that the schema does not
// name: its JSON pointer, with * in place of array indexes (/lines/*/x), and
// its value as written. It stops when found returns false. A field that
// several elements have is found in each. Nothing is allocated where nothing
// is found.
func (f *Fields) Unknown(record []byte, found func(pointer string, value []byte) bool) {
	var path [128]byte
	f.root.unknown(record, raw.Text(record).AfterSpace(0), path[:0], found)
}

// AppendWithout appends the record to dst without the fields that the schema
// does not name. All that stays is as it was, byte for byte.
func (f *Fields) AppendWithout(dst, record []byte) []byte {
	i := raw.Text(record).AfterSpace(0)
	return f.root.appendNamed(append(dst, record[:i]...), record, i, len(record))
}

// idle reports whether there is nothing to look for inside a value.
func (s *fieldSet) idle() bool {
	return s == nil || !s.closed && len(s.names) == 0 && s.rest == nil && s.items == nil
}

// named returns the set of the member or element where c stands, and whether
// it is named: false says it is a new field.
func (s *fieldSet) named(c *raw.Items) (*fieldSet, bool) {
	if !c.Keyed {
		return s.items, true
	}
	var sub *fieldSet
	var ok bool
	if name, plain := c.Key.Plain(); plain {
		sub, ok = s.names[string(name)]
	} else {
		sub, ok = s.names[c.Key.Unquote()]
	}
	if !ok && !s.closed {
		return s.rest, true
	}
	return sub, ok
}

// appendNamed appends t[i:end], one value, without unnamed fields.
func (s *fieldSet) appendNamed(dst []byte, t raw.Text, i, end int) []byte {
	c := t.Items(i)
	if s.idle() || c.Text == nil {
		return append(dst, t[i:end]...)
	}
	dst = append(dst, t[i])
	for kept := 0; c.Next(); {
		sub, named := s.named(&c)
		if !named {
			continue
		}
		if kept++; kept > 1 {
			dst = append(dst, ',')
		}
		dst = append(dst, t[c.From:c.Start]...)
		dst = sub.appendNamed(dst, t, c.Start, c.End)
		dst = append(dst, t[c.End:c.To]...)
	}
	return append(dst, t[min(c.At, end):end]...)
}

// unknown finds the unnamed fields of the value that begins at i, at path;
// false says stop. What it needs is passed rather than kept in a struct, so
// that path stays on the stack.
func (s *fieldSet) unknown(t raw.Text, i int, path []byte, found func(string, []byte) bool) bool {
	if s.idle() {
		return true
	}
	for c := t.Items(i); c.Next(); {
		sub, named := s.named(&c)
		if named && sub.idle() {
			continue
		}
		here := appendAnyStep(path, &c)
		if !named {
			if !found(string(here), t[c.Start:c.End]) {
				return false
			}
		} else if !sub.unknown(t, c.Start, here, found) {
			return false
		}
	}
	return true
}

// appendAnyStep appends the step of a JSON pointer to where c stands, with *
// for any element.
func appendAnyStep(path []byte, c *raw.Items) []byte {
	if !c.Keyed {
		return append(path, "/*"...)
	}
	return raw.AppendStep(path, c.Key.Name())
}

// fieldCompiler makes one set for each group of schemas that judge a value
// together.
type fieldCompiler struct {
	doc     *model.Document
	sets    map[string]*fieldSet // by the numbers of the group's schemas
	numbers map[*model.Node]uint32
}

func (c *fieldCompiler) compile(nodes model.Group) (*fieldSet, error) {
	schemas := c.doc.Group(nodes)
	key := c.key(schemas)
	if s, ok := c.sets[key]; ok {
		return s, nil
	}
	if len(c.sets) >= model.MaxSchemas {
		return nil, &model.SchemaError{Msg: fmt.Sprintf("branches name fields in more than %d ways", model.MaxSchemas)}
	}
	s := &fieldSet{closed: schemas.IsClosed(), names: map[string]*fieldSet{}}
	c.sets[key] = s
	var err error
	if items := schemas.Items(); len(items) > 0 {
		if s.items, err = c.compile(items); err != nil {
			return nil, err
		}
	}
	if rest := schemas.Rest(); len(rest) > 0 {
		if s.rest, err = c.compile(rest); err != nil {
			return nil, err
		}
	}
	return s, c.compileNames(s, schemas)
}

func (c *fieldCompiler) compileNames(s *fieldSet, schemas model.Group) error {
	for name, nodes := range schemas.Properties() {
		sub, err := c.compile(nodes)
		if err != nil {
			return err
		}
		s.names[name] = sub
	}
	return nil
}

// key returns a text that stands for the group.
func (c *fieldCompiler) key(schemas model.Group) string {
	var key []byte
	for _, n := range schemas {
		number, known := c.numbers[n]
		if !known {
			number = uint32(len(c.numbers))
			c.numbers[n] = number
		}
		key = binary.LittleEndian.AppendUint32(key, number)
	}
	return string(key)
}
