package infer

import (
	"maps"
	"slices"

	"github.com/tap-rest/tap-rest/catalog/raw"
	"github.com/tap-rest/tap-rest/catalog/schema/formats"
	"github.com/tap-rest/tap-rest/catalog/schema/kinds"
	"github.com/tap-rest/tap-rest/catalog/schema/model"
)

// Limits of what inference names, so that any records cost bounded memory and
// a bounded schema. At them, objects that are maps lose their names; one that
// is none gets additionalProperties: true in place of further names, and an
// array says nothing of its items.
const (
	maxInferDepth  = 100    // objects and arrays inside each other that are looked into
	maxInferFields = 2_000  // names in one object
	maxInferTotal  = 20_000 // fields and kinds of items in all
	maxInferName   = 1_000  // bytes of a name
)

// Inference collects what the records of a stream look like. Its memory is
// bounded, whatever the records hold. It must not be used concurrently.
type Inference struct {
	root shape
	left int  // fields and kinds of items that may still be added
	full bool // folding maps has not made enough room
}

// shape is what the values at one place look like.
type shape struct {
	kinds   kinds.Set
	times   int               // values that were seen
	objects int               // of them, objects with members
	plain   bool              // a string was seen that is no date-time
	open    bool              // there are fields that are not named
	fields  map[string]*shape // nil where no object was looked into
	values  *shape            // of all members, of a map that was folded; nil: none was
	items   *shape            // nil where no array was looked into
}

// New returns an Inference that saw no record.
func New() *Inference { return &Inference{left: maxInferTotal} }

// Add takes in one record, a proven JSON object. Anything else is ignored.
func (in *Inference) Add(record []byte) {
	t := raw.Text(record)
	i := t.AfterSpace(0)
	if i < len(t) && t[i] == '{' {
		in.makeRoom()
		in.see(&in.root, t, i, 0)
	}
}

// Schema returns the JSON Schema that all records fit (but for those with a
// number that the judge refuses), on one line, names in sorted order: the same
// records in any order give the same bytes, while they keep within the limits.
//
// An object inside a record whose keys are data, as ids and dates are, is a
// map: it has additionalProperties in place of names.
//
// A field may be null, unless its name is in required (the primary key) and no
// null was seen. A string field is a date-time where every value is one by RFC
// 3339. Integers with other numbers are numbers; other mixtures list their
// types. A number with a fraction or exponent is no integer, 1.0 neither. What
// was only ever null is null, until [Widen] gives it the type that comes: see
// [NullsAsText] for what targets are told meanwhile. The items of arrays that were
// always empty may be anything.
//
// No field is marked as required, and further fields are not forbidden.
func (in *Inference) Schema(required []string) []byte {
	dst := []byte(`{"type":"object"`)
	dst = in.root.appendProperties(dst, required)
	return append(dst, '}')
}

// see takes in the value that begins at i, inside depth objects and arrays.
func (in *Inference) see(s *shape, t raw.Text, i, depth int) {
	kind := kinds.At(t, i)
	s.kinds |= kind
	s.times++
	switch {
	case kind == kinds.String:
		s.plain = s.plain || !formats.IsDateTime(t[i:t.AfterString(i)])
	case depth >= maxInferDepth:
	case kind == kinds.Object:
		in.seeFields(s, t, i, depth+1)
	case kind == kinds.Array:
		in.seeItems(s, t, i, depth+1)
	}
}

func (in *Inference) seeItems(s *shape, t raw.Text, i, depth int) {
	if s.items == nil {
		if !in.take() {
			return
		}
		s.items = &shape{}
	}
	for c := t.Items(i); c.Next(); {
		in.see(s.items, t, c.Start, depth)
	}
}

func (in *Inference) seeFields(s *shape, t raw.Text, i, depth int) {
	if s.fields == nil {
		s.fields = map[string]*shape{}
	}
	c := t.Items(i)
	for met := false; c.Next(); met = true {
		if !met {
			s.objects++
		}
		if f := in.field(s, c.Key); f != nil {
			in.see(f, t, c.Start, depth)
		}
	}
}

// field returns the shape of the field with that key, or nil where the limits
// leave it without a name.
func (in *Inference) field(s *shape, key raw.Text) *shape {
	name := key.Name()
	if f := s.fields[string(name)]; f != nil {
		return f
	}
	if s != &in.root && !s.open && len(s.fields) >= maxInferFields && s.isMap() {
		in.fold(s)
	}
	if s.values != nil {
		return s.values
	}
	if len(s.fields) >= maxInferFields || len(name) > maxInferName || !in.take() {
		s.open = true
		return nil
	}
	f := &shape{}
	s.fields[string(name)] = f
	return f
}

// take takes one more field or kind of items from what is left. It reports
// false where nothing is.
func (in *Inference) take() bool {
	if in.left <= 0 {
		return false
	}
	in.left--
	return true
}

// AppendTo appends the schema of the values seen, which may be null.
func (s *shape) AppendTo(dst []byte) []byte { return s.appendSchema(dst, kinds.Null) }

// appendSchema appends the schema of the values seen and those of the kinds in
// also.
func (s *shape) appendSchema(dst []byte, also kinds.Set) []byte {
	if s.kinds == 0 {
		return append(dst, "{}"...)
	}
	dst = append(dst, `{"type":`...)
	dst = appendTypes(dst, s.kinds|also)
	if s.kinds&^kinds.Null == kinds.String && !s.plain {
		dst = append(dst, `,"format":"date-time"`...)
	}
	switch {
	case s.fields != nil && s.isMap():
		dst = append(dst, `,"additionalProperties":`...)
		dst = s.anyMember().appendSchema(dst, kinds.Null)
	case s.fields != nil:
		dst = s.appendProperties(dst, nil)
	}
	if s.items != nil {
		dst = append(dst, `,"items":`...)
		dst = s.items.appendSchema(dst, kinds.Null)
	}
	return append(dst, '}')
}

// appendProperties appends the keywords that name the fields. Those in
// required may not be null, unless they were.
func (s *shape) appendProperties(dst []byte, required []string) []byte {
	dst = append(dst, `,"properties":{`...)
	for i, name := range slices.Sorted(maps.Keys(s.fields)) {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(append(dst, model.Quote(name)...), ':')
		also := kinds.Null
		if slices.Contains(required, name) {
			also = 0
		}
		dst = s.fields[name].appendSchema(dst, also)
	}
	dst = append(dst, '}')
	if s.open {
		dst = append(dst, `,"additionalProperties":true`...)
	}
	return dst
}

// appendTypes appends the value of the keyword type.
func appendTypes(dst []byte, k kinds.Set) []byte {
	if k&kinds.Number != 0 {
		k &^= kinds.Integer
	}
	if k&(k-1) == 0 {
		return append(dst, model.Quote(k.Name())...)
	}
	dst = append(dst, '[')
	for one := kinds.Null; one <= kinds.Number; one <<= 1 {
		if k&one != 0 {
			dst = append(append(dst, model.Quote(one.Name())...), ',')
		}
	}
	dst[len(dst)-1] = ']'
	return dst
}
