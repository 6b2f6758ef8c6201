//go:build !small

package protobuf_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/tap-rest/tap-rest/sources"
)

// oracle makes records by way of dynamicpb. It is slow and says what is right.
type oracle struct {
	t     testing.TB
	types *dynamicpb.Types
	plans map[string]*sources.Protobuf
	bad   bool // the message has a value that is no record
}

func newOracle(t testing.TB) *oracle {
	var set descriptorpb.FileDescriptorSet
	if err := proto.Unmarshal(read(t, "testdata", "types.pb"), &set); err != nil {
		t.Fatal(err)
	}
	files, err := protodesc.NewFiles(&set)
	if err != nil {
		t.Fatal(err)
	}
	o := &oracle{t: t, types: dynamicpb.NewTypes(files), plans: map[string]*sources.Protobuf{}}
	for _, message := range []string{"shop.All", "shop.Old", "shop.New"} {
		o.plans[message] = descriptor(t, message)
	}
	return o
}

// record returns the record of a message; ok is false where it has none.
func (o *oracle) record(name string, b []byte) (v any, ok bool) {
	o.bad = false
	v = o.parse(name, b)
	return v, !o.bad
}

func (o *oracle) parse(name string, b []byte) any {
	mt, err := o.types.FindMessageByName(protoreflect.FullName(name))
	if err != nil {
		o.t.Fatal(err)
	}
	m := mt.New().Interface()
	if err := (proto.UnmarshalOptions{Resolver: o.types}).Unmarshal(b, m); err != nil {
		o.bad = true
		return nil
	}
	return o.message(m.ProtoReflect())
}

func (o *oracle) message(m protoreflect.Message) any {
	d := m.Descriptor()
	get := func(name protoreflect.Name) protoreflect.Value { return m.Get(d.Fields().ByName(name)) }
	switch d.FullName() {
	case "google.protobuf.Timestamp":
		s, n := get("seconds").Int(), get("nanos").Int()
		at := time.Unix(s, n).UTC()
		o.bad = o.bad || s < -62135596800 || s > 253402300799 || n < 0 || n > 999999999
		return at.Format("2006-01-02T15:04:05") + digits(n) + "Z"
	case "google.protobuf.Duration":
		s, n := get("seconds").Int(), get("nanos").Int()
		o.bad = o.bad || max(s, -s) > 315576000000 || s == math.MinInt64 || max(n, -n) > 999999999 || s > 0 && n < 0 || s < 0 && n > 0
		sign := ""
		if s < 0 || n < 0 {
			sign = "-"
		}
		return sign + "PT" + strconv.FormatInt(max(s, -s), 10) + digits(max(n, -n)) + "S"
	case "google.protobuf.Struct", "google.protobuf.ListValue":
		return o.field(m, d.Fields().Get(0))
	case "google.protobuf.Value":
		if f := m.WhichOneof(d.Oneofs().Get(0)); f != nil {
			return o.field(m, f)
		}
		return nil
	case "google.protobuf.FieldMask":
		var paths []string
		for _, p := range o.field(m, d.Fields().Get(0)).([]any) {
			paths = append(paths, p.(string))
		}
		return strings.Join(paths, ",")
	case "google.protobuf.Any":
		return o.any(get("type_url").String(), get("value").Bytes())
	}
	if d.ParentFile().Package() == "google.protobuf" && strings.HasSuffix(string(d.Name()), "Value") {
		return o.field(m, d.Fields().Get(0))
	}
	return o.object(m)
}

func digits(n int64) string {
	if n == 0 {
		return ""
	}
	s := strconv.FormatInt(1e9+n, 10)[1:]
	for strings.HasSuffix(s, "000") {
		s = s[:len(s)-3]
	}
	return "." + s
}

func (o *oracle) any(url string, b []byte) any {
	o.text(url)
	name := url[strings.LastIndexByte(url, '/')+1:]
	if _, err := o.types.FindMessageByName(protoreflect.FullName(name)); err != nil {
		return map[string]any{"@type": url, "value": base64.StdEncoding.EncodeToString(b)}
	}
	inner := o.parse(name, b)
	if record, ok := inner.(map[string]any); ok && !strings.HasPrefix(name, "google.protobuf.") {
		record["@type"] = url
		return record
	}
	return map[string]any{"@type": url, "value": inner}
}

func (o *oracle) object(m protoreflect.Message) any {
	record := map[string]any{}
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		oneof := f.ContainingOneof()
		switch {
		case oneof != nil && !oneof.IsSynthetic() && !m.Has(f):
		case f.HasPresence() && !m.Has(f):
			record[string(f.Name())] = nil
		default:
			record[string(f.Name())] = o.field(m, f)
		}
	}
	m.Range(func(f protoreflect.FieldDescriptor, _ protoreflect.Value) bool {
		if f.IsExtension() {
			record["["+string(f.FullName())+"]"] = o.field(m, f)
		}
		return true
	})
	return record
}

func (o *oracle) field(m protoreflect.Message, f protoreflect.FieldDescriptor) any {
	v := m.Get(f)
	switch {
	case f.IsMap():
		object := map[string]any{}
		v.Map().Range(func(k protoreflect.MapKey, v protoreflect.Value) bool {
			o.text(k.String())
			object[k.String()] = o.one(f.MapValue(), v)
			return true
		})
		return object
	case f.IsList():
		list := []any{}
		for i := range v.List().Len() {
			list = append(list, o.one(f, v.List().Get(i)))
		}
		return list
	}
	return o.one(f, v)
}

func (o *oracle) text(s string) {
	if !utf8.ValidString(s) {
		o.bad = true
	}
}

func (o *oracle) one(f protoreflect.FieldDescriptor, v protoreflect.Value) any {
	switch f.Kind() {
	case protoreflect.MessageKind, protoreflect.GroupKind:
		return o.message(v.Message())
	case protoreflect.EnumKind:
		if f.Enum().FullName() == "google.protobuf.NullValue" && v.Enum() == 0 {
			return nil
		}
		if name := f.Enum().Values().ByNumber(v.Enum()); name != nil {
			return string(name.Name())
		}
		return json.Number(strconv.Itoa(int(v.Enum())))
	case protoreflect.BytesKind:
		return base64.StdEncoding.EncodeToString(v.Bytes())
	case protoreflect.StringKind:
		o.text(v.String())
		return v.String()
	case protoreflect.BoolKind:
		return v.Bool()
	case protoreflect.FloatKind:
		return o.number(float32(v.Float()), v.Float())
	case protoreflect.DoubleKind:
		return o.number(v.Float(), v.Float())
	}
	return json.Number(v.String())
}

// number is how encoding/json writes a float.
func (o *oracle) number(v any, f float64) any {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return nil
	}
	b, err := json.Marshal(v)
	if err != nil {
		o.t.Fatal(err)
	}
	return json.Number(b)
}

// against compares what is read of a message with what the oracle says.
func (o *oracle) against(t *testing.T, name string, message []byte) {
	t.Helper()
	want, ok := o.record(name, message)
	delimited := append(protowire.AppendVarint(nil, uint64(len(message))), message...)
	lines, err := all(t, o.plans[name], bytes.NewReader(delimited))
	switch {
	case ok && err != nil:
		t.Fatalf("%x: %v, want %v", message, err, want)
	case !ok && err == nil:
		t.Fatalf("%x: %s, want an error", message, lines[0])
	case ok:
		if got := value(t, lines[0]); !same(got, want) || !utf8.Valid(lines[0]) || bytes.IndexByte(lines[0], '\n') >= 0 {
			t.Fatalf("%x:\n%s, want\n%v", message, lines[0], want)
		}
	}
}

// FuzzRecords: what is read is what Google's library reads.
func FuzzRecords(f *testing.F) {
	names := []string{"shop.All", "shop.Old", "shop.New"}
	for i, name := range names {
		for _, m := range messages(f, name) {
			f.Add(byte(i), m)
		}
	}
	for _, m := range messages(f, "merged") {
		f.Add(byte(0), m)
	}
	o := newOracle(f)
	f.Fuzz(func(t *testing.T, i byte, message []byte) {
		o.against(t, names[int(i)%len(names)], message)
	})
}

// messages are those of a file in testdata.
func messages(t testing.TB, name string) (list [][]byte) {
	b := read(t, "testdata", name+".bin")
	for len(b) > 0 {
		m, n := protowire.ConsumeBytes(b)
		if n < 0 {
			t.Fatalf("%s.bin is not whole", name)
		}
		list, b = append(list, m), b[n:]
	}
	return list
}
