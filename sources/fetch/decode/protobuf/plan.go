//go:build !small

package protobuf

import (
	"encoding/base64"
	"fmt"
	"math"
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
)

// message is the plan by which a message is read. It is not changed any more once the
// first file is open.
type message struct {
	desc   protoreflect.MessageDescriptor
	known  wellKnown
	fields []field // in the order in which they are written
	near   []int32 // index of a field by its number, -1: none
	far    map[protowire.Number]int32
	oneofs int
	any    map[string]*message // of an Any: all types by their full names
}

// field is the plan of a field.
type field struct {
	name     string
	key      []byte // the name as it is written before the value, with a comma before and a colon behind
	absent   []byte // the value where the field is not set; nil: the field is left out
	number   protowire.Number
	kind     protoreflect.Kind
	shape    shape
	packable bool
	required bool
	oneof    int      // counted from 1 in its message; 0: in none
	message  *message // of a message or a group; of a map its entries
	names    *names   // of an enum
	desc     protoreflect.FieldDescriptor
}

// shape is how many values a field has.
type shape uint8

const (
	single  shape = iota // one scalar: the last one counts
	merged               // one message: all that come are merged
	several              // a list
	mapping
)

// wellKnown says which messages are not written as objects of their fields.
type wellKnown uint8

const (
	ordinary wellKnown = iota
	anyMessage
	timestamp
	duration
	wrapper
	structMessage
	value
	listValue
	fieldMask
	empty
)

// wellKnowns are the messages of google.protobuf that are written as what they stand for.
var wellKnowns = map[protoreflect.FullName]wellKnown{
	"google.protobuf.Any":         anyMessage,
	"google.protobuf.Timestamp":   timestamp,
	"google.protobuf.Duration":    duration,
	"google.protobuf.BoolValue":   wrapper,
	"google.protobuf.Int32Value":  wrapper,
	"google.protobuf.Int64Value":  wrapper,
	"google.protobuf.UInt32Value": wrapper,
	"google.protobuf.UInt64Value": wrapper,
	"google.protobuf.FloatValue":  wrapper,
	"google.protobuf.DoubleValue": wrapper,
	"google.protobuf.StringValue": wrapper,
	"google.protobuf.BytesValue":  wrapper,
	"google.protobuf.Struct":      structMessage,
	"google.protobuf.Value":       value,
	"google.protobuf.ListValue":   listValue,
	"google.protobuf.FieldMask":   fieldMask,
	"google.protobuf.Empty":       empty,
}

// object reports whether a message is written as a JSON object.
func (k wellKnown) object() bool {
	return k == ordinary || k == anyMessage || k == structMessage || k == empty
}

// wants are the shapes and kinds of the fields 1, 2, … that the code for a known
// message counts on.
var wants = map[wellKnown]struct {
	shape shape
	kinds []protoreflect.Kind // 0: any
}{
	anyMessage:    {single, []protoreflect.Kind{protoreflect.StringKind, protoreflect.BytesKind}},
	timestamp:     {single, []protoreflect.Kind{protoreflect.Int64Kind, protoreflect.Int32Kind}},
	duration:      {single, []protoreflect.Kind{protoreflect.Int64Kind, protoreflect.Int32Kind}},
	wrapper:       {single, []protoreflect.Kind{0}},
	structMessage: {mapping, []protoreflect.Kind{protoreflect.MessageKind}},
	listValue:     {several, []protoreflect.Kind{protoreflect.MessageKind}},
	fieldMask:     {several, []protoreflect.Kind{protoreflect.StringKind}},
}

// root makes the plan of the message that records are.
func (t *types) root(d protoreflect.MessageDescriptor) (*message, error) {
	m, err := t.plan(d)
	if err != nil {
		return nil, err
	}
	if !m.known.object() {
		return nil, fmt.Errorf("the message %s is written as a bare value: a record has to be an object, so name a message that holds it", d.FullName())
	}
	for _, d := range t.messages {
		if t.any == nil {
			break
		}
		if t.any[string(d.FullName())], err = t.plan(d); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// plan returns the plan of a message, and makes it with those it holds.
func (t *types) plan(d protoreflect.MessageDescriptor) (*message, error) {
	if m, ok := t.plans[d.FullName()]; ok {
		return m, nil
	}
	m := &message{desc: d, known: wellKnowns[d.FullName()]}
	t.plans[d.FullName()] = m
	if o, ok := d.Options().(*descriptorpb.MessageOptions); ok && o.GetMessageSetWireFormat() {
		return nil, fmt.Errorf("the message %s has the option message_set_wire_format, which is not supported", d.FullName())
	}
	if m.known == anyMessage {
		if t.any == nil {
			t.any = map[string]*message{}
		}
		m.any = t.any
	}
	for i := range d.Oneofs().Len() {
		if !d.Oneofs().Get(i).IsSynthetic() {
			m.oneofs++
		}
	}
	for i := range d.Fields().Len() {
		if err := t.add(m, d.Fields().Get(i)); err != nil {
			return nil, err
		}
	}
	for _, e := range t.extensions[d.FullName()] {
		if err := t.add(m, e); err != nil {
			return nil, err
		}
	}
	m.index()
	return m, m.usual()
}

// usual says whether a message of google.protobuf is the one that everybody knows.
func (m *message) usual() error {
	want := wants[m.known]
	for i, kind := range want.kinds {
		f := m.field(protowire.Number(i + 1))
		if f == nil || f.shape != want.shape || f.absent == nil || kind != 0 && f.kind != kind {
			return fmt.Errorf("the message %s has other fields than Google's: take the file of google/protobuf as protoc has it", m.desc.FullName())
		}
	}
	return nil
}

// add plans a field.
func (t *types) add(m *message, d protoreflect.FieldDescriptor) (err error) {
	f := field{
		name: string(d.Name()), number: d.Number(), kind: d.Kind(), desc: d,
		packable: d.IsList() && packable(d.Kind()),
		required: d.Cardinality() == protoreflect.Required,
	}
	if d.IsExtension() {
		f.name = "[" + string(d.FullName()) + "]"
	}
	f.key = append(appendText([]byte{','}, []byte(f.name)), ':')
	if o := d.ContainingOneof(); o != nil && !o.IsSynthetic() {
		f.oneof = o.Index() + 1 // synthetic ones stand behind the others
	}
	switch {
	case d.IsMap():
		f.shape = mapping
	case d.IsList():
		f.shape = several
	case d.Message() != nil:
		f.shape = merged
	}
	if d.Message() != nil {
		if f.message, err = t.plan(d.Message()); err != nil {
			return err
		}
	}
	if d.Enum() != nil {
		f.names = namesOf(d.Enum())
	}
	f.absent = f.absence(m.desc.IsMapEntry())
	m.fields = append(m.fields, f)
	return nil
}

func packable(k protoreflect.Kind) bool {
	switch k {
	case protoreflect.StringKind, protoreflect.BytesKind, protoreflect.MessageKind, protoreflect.GroupKind:
		return false
	}
	return true
}

// absence returns what is written where a field is not set.
func (f *field) absence(inEntry bool) []byte {
	switch {
	case f.desc.IsExtension() || f.oneof > 0:
		return nil
	case f.shape == mapping:
		return []byte("{}")
	case f.shape == several:
		return []byte("[]")
	case f.shape == merged:
		return []byte("null")
	case f.desc.HasPresence() && !inEntry:
		return []byte("null")
	}
	return f.defaultValue()
}

// defaultValue is that of a scalar.
func (f *field) defaultValue() []byte {
	v := f.desc.Default()
	switch f.kind {
	case protoreflect.BoolKind:
		return strconv.AppendBool(nil, v.Bool())
	case protoreflect.EnumKind:
		return f.names.append(nil, int32(v.Enum()))
	case protoreflect.StringKind:
		return appendText(nil, []byte(v.String()))
	case protoreflect.BytesKind:
		return []byte(`"` + base64.StdEncoding.EncodeToString(v.Bytes()) + `"`)
	case protoreflect.FloatKind:
		return appendFloat(nil, v.Float(), 32)
	case protoreflect.DoubleKind:
		return appendFloat(nil, v.Float(), 64)
	case protoreflect.Uint32Kind, protoreflect.Uint64Kind, protoreflect.Fixed32Kind, protoreflect.Fixed64Kind:
		return strconv.AppendUint(nil, v.Uint(), 10)
	}
	return strconv.AppendInt(nil, v.Int(), 10)
}

// index makes fields to be found by their numbers.
func (m *message) index() {
	const most = 1 << 10 // numbers above lie in a map
	m.far = map[protowire.Number]int32{}
	for i, f := range m.fields {
		if f.number >= most {
			m.far[f.number] = int32(i)
			continue
		}
		for len(m.near) <= int(f.number) {
			m.near = append(m.near, -1)
		}
		m.near[f.number] = int32(i)
	}
}

// at returns the index of the field with a number, -1: there is none.
func (m *message) at(n protowire.Number) int {
	if int(n) < len(m.near) {
		return int(m.near[n])
	}
	if len(m.far) > 0 {
		if i, ok := m.far[n]; ok {
			return int(i)
		}
	}
	return -1
}

func (m *message) field(n protowire.Number) *field {
	if i := m.at(n); i >= 0 {
		return &m.fields[i]
	}
	return nil
}

// names are those of an enum's numbers, as they are written.
type names struct {
	near []string
	far  map[int32]string
}

func namesOf(d protoreflect.EnumDescriptor) *names {
	const most = 256
	e := &names{far: map[int32]string{}}
	null := d.FullName() == "google.protobuf.NullValue"
	for i := d.Values().Len() - 1; i >= 0; i-- { // of several names of a number the first one remains
		v := d.Values().Get(i)
		name := `"` + string(v.Name()) + `"`
		if null {
			name = "null"
		}
		n := int32(v.Number())
		if n < 0 || n >= most {
			e.far[n] = name
			continue
		}
		for len(e.near) <= int(n) {
			e.near = append(e.near, "")
		}
		e.near[n] = name
	}
	return e
}

// append appends the name of a number, or the number.
func (e *names) append(dst []byte, n int32) []byte {
	if n >= 0 && int(n) < len(e.near) && e.near[n] != "" {
		return append(dst, e.near[n]...)
	}
	if name, ok := e.far[n]; ok {
		return append(dst, name...)
	}
	return strconv.AppendInt(dst, int64(n), 10)
}

// fits reports whether a field's value may be of a wire type; another one is an
// unknown field.
func (f *field) fits(t protowire.Type) bool {
	if t == protowire.BytesType && f.packable {
		return true
	}
	return t == wireType(f.kind)
}

// wireType is how a single value of a kind is written.
func wireType(k protoreflect.Kind) protowire.Type {
	switch k {
	case protoreflect.Fixed32Kind, protoreflect.Sfixed32Kind, protoreflect.FloatKind:
		return protowire.Fixed32Type
	case protoreflect.Fixed64Kind, protoreflect.Sfixed64Kind, protoreflect.DoubleKind:
		return protowire.Fixed64Type
	case protoreflect.StringKind, protoreflect.BytesKind, protoreflect.MessageKind:
		return protowire.BytesType
	case protoreflect.GroupKind:
		return protowire.StartGroupType
	}
	return protowire.VarintType
}

// span is a part of a message in its bytes; it is kept in a slot as one number.
type span struct{ from, to int }

func (s span) pack() uint64       { return uint64(s.from)<<32 | uint64(s.to) }
func unpackSpan(v uint64) span    { return span{int(v >> 32), int(v & math.MaxUint32)} }
func (s span) of(b []byte) []byte { return b[s.from:s.to] }
