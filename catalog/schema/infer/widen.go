package infer

import (
	"errors"
	"math"
	"slices"

	"github.com/xeipuuv/gojsonschema"

	"github.com/tap-rest/tap-rest/catalog/raw"
	"github.com/tap-rest/tap-rest/catalog/schema/kinds"
	"github.com/tap-rest/tap-rest/catalog/schema/model"
)

// errNotObject says that a record is not what a record must be.
var errNotObject = errors.New("record is not a JSON object")

// Widen returns doc changed so that the record fits: its types are added
// (integer becomes number where it must), its new fields are added as
// [AddFields] does, the format date-time is dropped where a value is none.
// Nothing is narrowed or removed otherwise. It changes type, properties, items,
// format and, of maps, additionalProperties alone, at the top and through these:
// what a person wrote beside them, and types inside allOf, anyOf, oneOf and the
// like, stay, so a record may still not fit.
//
// changed false says that there was nothing to do; doc is returned as it is.
// An error is a *model.SchemaError, or says that the record is no object.
func Widen(doc, record []byte) (wider []byte, changed bool, err error) {
	return widen(doc, record, true)
}

// AddFields returns doc with exactly the fields of the record added that it
// does not name (as schema.Fields has it), with schemas inferred from all their values
// here; they may be null. An object that is a map is opened instead, and keeps
// the names it has: where it has at least 100 fields, all of one type, and the
// record's object at most an eighth as many, additionalProperties becomes what
// the new values are. Where an object already has 2,000 fields, or the document
// 20,000 schemas, it becomes true. An additionalProperties that is there stays.
// The rest is as in [Widen].
func AddFields(doc, record []byte) (wider []byte, changed bool, err error) {
	return widen(doc, record, false)
}

func widen(doc, record []byte, types bool) ([]byte, bool, error) {
	d, err := model.Parse(doc)
	if err != nil {
		return nil, false, err
	}
	w := widening{doc: d, text: record, types: types, infer: Inference{left: maxInferTotal - len(d.Schemas)}}
	i := w.text.AfterSpace(0)
	if kinds.At(w.text, i) != kinds.Object || i >= len(record) {
		return nil, false, errNotObject
	}
	w.value(model.Group{d.Root}, i, 0)
	if !w.changed {
		return doc, false, nil
	}
	return d.Root.Append(nil), true, nil
}

// widening is the change of one document to fit one record.
type widening struct {
	doc     *model.Document
	text    raw.Text
	types   bool // change types and formats too
	infer   Inference
	changed bool
}

// inMaking returns a schema that is what the shape has seen.
func inMaking(seen *shape) *model.Node { return &model.Node{Raw: raw.Text("{}"), Writer: seen} }

// seenIn returns what the values of a schema that is being made look like; nil
// for any other schema.
func seenIn(n *model.Node) *shape {
	seen, _ := n.Writer.(*shape)
	return seen
}

// value makes the value that begins at i fit the schemas that judge it.
func (w *widening) value(nodes model.Group, i, depth int) {
	var old model.Group
	for _, n := range nodes {
		if w.types && n.Writer == nil && n.Is(onlyNull) && kinds.At(w.text, i) != kinds.Null {
			n.Writer, w.changed = &shape{kinds: kinds.Null, plain: true}, true // targets were told of text: it stays what it is
		}
		if seen := seenIn(n); seen != nil {
			w.infer.see(seen, w.text, i, depth)
			continue
		}
		old = append(old, n)
		if w.types {
			w.admit(w.doc.Target(n), i)
		}
	}
	schemas := w.doc.Group(old)
	c := w.text.Items(i)
	if c.Keyed {
		w.members(schemas, c, depth+1)
		return
	}
	if items := schemas.Items(); len(items) > 0 {
		for c.Next() {
			w.value(items, c.Start, depth+1)
		}
	}
}

func (w *widening) members(schemas model.Group, c raw.Items, depth int) {
	closed, rest := schemas.IsClosed(), schemas.Rest()
	held := math.MaxInt // a record is no map
	if depth > 1 {
		held = count(c)
	}
	for c.Next() {
		name := c.Key.Unquote()
		nodes := schemas.Property(name)
		if len(nodes) == 0 && closed {
			nodes = w.add(schemas, name, held)
			closed, rest = schemas.IsClosed(), schemas.Rest()
		}
		if len(nodes) == 0 && !closed {
			nodes = rest
		}
		if len(nodes) > 0 {
			w.value(nodes, c.Start, depth)
		}
	}
}

// add names a new field in the first schema of the group that names any. The
// object holds so many members. It returns nothing where the limits forbid one
// more.
func (w *widening) add(schemas model.Group, name string, held int) model.Group {
	for _, n := range schemas {
		fields := n.Properties()
		if fields == nil {
			continue
		}
		switch {
		case w.isMap(n, fields, held):
			return w.open(n, inMaking(&shape{}))
		case w.infer.left <= 0 || len(fields.Members()) >= maxInferFields || len(name) > maxInferName:
			w.open(n, &model.Node{Raw: raw.Text("true")})
			return nil
		}
		w.infer.left--
		w.changed = true
		field := inMaking(&shape{})
		fields.Set(name, field)
		return model.Group{field}
	}
	return nil
}

func count(c raw.Items) (n int) {
	for c.Next() {
		n++
	}
	return n
}

// isMap reports whether n names fields that are data, so that it would grow for
// ever: it has many of one type, and the object that brings one more holds few
// of them.
func (w *widening) isMap(n, fields *model.Node, held int) bool {
	names := len(fields.Members())
	if names < mapGrown || held > names/mapRare || n.Get("additionalProperties") != nil {
		return false
	}
	var all kinds.Set
	for _, m := range fields.Members() {
		k := w.kindsOf(m.Value)
		if k == 0 {
			return false
		}
		all |= k
	}
	return all.IsOne() || (all &^ kinds.String).IsOne() // what was only ever null is called a string
}

// kindsOf returns the kinds that a schema allows, 0 where it does not say.
func (w *widening) kindsOf(n *model.Node) kinds.Set {
	if seen := seenIn(n); seen != nil {
		return seen.kinds
	}
	if n = w.doc.Target(n); !n.IsObject() {
		return 0
	}
	return n.Types().Kinds()
}

// open lets members in that n does not name, by the schema more, unless it
// says already what becomes of them.
func (w *widening) open(n, more *model.Node) model.Group {
	if n.Get("additionalProperties") != nil {
		return nil
	}
	w.changed = true
	n.Set("additionalProperties", more)
	return model.Group{more}
}

// admit makes n allow the type of the value that begins at i, and its text.
func (w *widening) admit(n *model.Node, i int) {
	if !n.IsObject() {
		return
	}
	kind := kinds.At(w.text, i)
	has := n.Types().Kinds()
	if has != 0 && !has.Allows(kind, w.text[i:w.text.AfterValue(i)]) {
		w.changed = true
		w.addType(n, kind)
		w.describeNew(n, kind)
	}
	if format, _ := n.Text("format"); format == "date-time" && !w.isDateTime(kind, i) {
		w.changed = true
		n.Remove("format")
	}
}

// addType adds a type to those of n: null first, number in place of integer,
// any other last, so that the first one stays what it was.
func (w *widening) addType(n *model.Node, kind kinds.Set) {
	narrower := ""
	if kind == kinds.Number {
		narrower = "integer"
	}
	types := n.Types()
	names := types.Without(narrower)
	if kind == kinds.Null {
		names = slices.Insert(names, 0, model.Quote("null"))
	} else {
		names = append(names, model.Quote(kind.Name()))
	}
	types.Set(names)
}

// describeNew lets a type that n has just got say what is inside it.
func (w *widening) describeNew(n *model.Node, kind kinds.Set) {
	switch {
	case kind == kinds.Object && n.Get("properties") == nil:
		n.Set("properties", &model.Node{Raw: raw.Text("{}")})
	case kind == kinds.Array && n.Get("items") == nil && w.infer.left > 0:
		w.infer.left--
		n.Set("items", inMaking(&shape{}))
	}
}

// isDateTime reports whether the judge lets the value pass as a date-time. It
// asks that of numbers too, and of nothing but numbers and strings.
func (w *widening) isDateTime(kind kinds.Set, i int) bool {
	switch kind {
	case kinds.Integer, kinds.Number:
		return false
	case kinds.String:
		text := w.text[i:w.text.AfterString(i)].Unquote()
		return gojsonschema.FormatCheckers.IsFormat("date-time", text)
	default:
		return true
	}
}
