//go:build !small

package protobuf

import (
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// write appends a message that was scanned.
func (d *decoder) write(dst []byte, m *message, fr frame) ([]byte, error) {
	if err := d.room(dst, 0); err != nil {
		return dst, wrong(fr.at, "%w", err)
	}
	if m.known != ordinary {
		return special{d, m, fr}.write(dst)
	}
	begin := len(dst)
	dst, err := d.fields(dst, m, fr)
	if err != nil {
		return dst, err
	}
	if len(dst) == begin {
		return append(dst, "{}"...), nil
	}
	dst[begin] = '{' // in place of the first comma
	return append(dst, '}'), nil
}

// fields appends the fields of a message, a comma before each.
func (d *decoder) fields(dst []byte, m *message, fr frame) ([]byte, error) {
	var err error
	for i := range m.fields {
		f := &m.fields[i]
		s := d.slots[fr.slots+i]
		if s.first == 0 {
			if f.required {
				return dst, in(f, wrong(fr.at, "the field is required, and the message has none"))
			}
			if f.absent != nil {
				dst = append(append(dst, f.key...), f.absent...)
			}
			continue
		}
		if dst, err = d.field(append(dst, f.key...), f, s); err != nil {
			return dst, in(f, err)
		}
	}
	return dst, nil
}

// field appends the value of a field that is set.
func (d *decoder) field(dst []byte, f *field, s slot) ([]byte, error) {
	switch f.shape {
	case single:
		return d.scalar(dst, f, s.value)
	case merged:
		return d.mergedField(dst, f, s)
	case mapping:
		return d.mapField(dst, f, s)
	}
	return d.list(dst, f, s)
}

// mergedField appends a message that may come in several parts.
func (d *decoder) mergedField(dst []byte, f *field, s slot) ([]byte, error) {
	all := d.valuesOf(s)
	v, _, _ := all.next()
	if err := d.within(f, v); err != nil {
		return dst, err
	}
	fr, err := d.enter(f.message, unpackSpan(v).from)
	for ok := true; ok && err == nil; v, _, ok = all.next() {
		err = d.scan(f.message, fr, unpackSpan(v))
	}
	if err != nil {
		return dst, err
	}
	dst, err = d.write(dst, f.message, fr)
	d.leave(fr)
	d.without(f)
	return dst, err
}

// within counts groups in groups.
func (d *decoder) within(f *field, v uint64) error {
	if f.kind != protoreflect.GroupKind {
		return nil
	}
	if d.groups++; d.groups > maxGroups {
		return wrong(unpackSpan(v).from, "groups lie more than %d deep in each other", maxGroups)
	}
	return nil
}

func (d *decoder) without(f *field) {
	if f.kind == protoreflect.GroupKind {
		d.groups--
	}
}

// list appends the values of a repeated field.
func (d *decoder) list(dst []byte, f *field, s slot) ([]byte, error) {
	begin := len(dst)
	all := d.valuesOf(s)
	var err error
	for v, typ, ok := all.next(); ok; v, typ, ok = all.next() {
		switch {
		case f.message != nil:
			dst, err = d.element(append(dst, ','), f, v)
		case typ == protowire.BytesType && f.packable:
			dst, err = d.packed(dst, f, unpackSpan(v))
		default:
			dst, err = d.scalar(append(dst, ','), f, v)
		}
		if err == nil {
			err = d.room(dst, 0)
		}
		if err != nil {
			return dst, err
		}
	}
	if len(dst) == begin { // packed, without any value
		return append(dst, "[]"...), nil
	}
	dst[begin] = '[' // in place of the first comma
	return append(dst, ']'), nil
}

// element appends a message of a list.
func (d *decoder) element(dst []byte, f *field, v uint64) ([]byte, error) {
	if err := d.within(f, v); err != nil {
		return dst, err
	}
	dst, err := d.whole(dst, f.message, unpackSpan(v))
	d.without(f)
	return dst, err
}

// packed appends the values that lie one behind the other without tags.
func (d *decoder) packed(dst []byte, f *field, s span) ([]byte, error) {
	typ := wireType(f.kind)
	for s.from < s.to {
		v, n := d.value(f.number, typ, s)
		if n < 0 {
			return dst, wrong(s.from, "%w", protowire.ParseError(n))
		}
		var err error
		if dst, err = d.scalar(append(dst, ','), f, v); err != nil {
			return dst, err
		}
		if err = d.room(dst, 0); err != nil {
			return dst, err
		}
		s.from += n
	}
	return dst, nil
}
