//go:build !small

package protobuf

import (
	"errors"
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
)

const (
	maxDepth  = protowire.DefaultRecursionLimit
	maxGroups = 100     // groups in groups: each of them is read through for each around it
	maxSlots  = 4 << 20 // fields of the messages around a value
	maxRuns   = 2 << 20 // parts that repeated fields of the messages around a value come in
)

// decoder writes messages as JSON. A message is gone through once, to find where its
// fields are; then these are written in the order of the plan.
type decoder struct {
	scalars
	slots   []slot // of the messages that are being written, the inner ones behind
	runs    []run  // of their fields
	entries []entry
	doubles doubles // among the entries
	depth   int
	groups  int
}

// slot is what was found of a field.
type slot struct {
	value       uint64 // of a single field; bytes as a span
	first, last uint32 // runs of another field, counted from 1; a single field has 1 if it is set
}

// run are values of a field one behind the other.
type run struct {
	from, to uint32
	next     uint32 // counted from 1; 0: none
}

// placeError says what is wrong at a byte of the record, and in which field.
type placeError struct {
	at   int
	path string
	err  error
}

func (e *placeError) Error() string {
	if e.path == "" {
		return e.err.Error()
	}
	return fmt.Sprintf("field %s: %v", e.path, e.err)
}

func (e *placeError) Unwrap() error { return e.err }

// wrong is an error at a byte of the record.
func wrong(at int, format string, args ...any) error {
	return &placeError{at: at, err: fmt.Errorf(format, args...)}
}

// in says that an error is in a field.
func in(f *field, err error) error {
	var e *placeError
	const long = 200
	if !errors.As(err, &e) || len(e.path) > long {
		return err
	}
	if e.path == "" {
		e.path = f.name
	} else {
		e.path = f.name + "." + e.path
	}
	return err
}

// record appends the message that b is.
func (d *decoder) record(dst []byte, m *message, b []byte) ([]byte, error) {
	d.buf, d.slots, d.runs, d.entries = b, d.slots[:0], d.runs[:0], d.entries[:0]
	d.depth, d.groups, d.start = 0, 0, len(dst)
	dst, err := d.whole(dst, m, span{0, len(b)})
	if err == nil {
		err = d.room(dst, 0)
	}
	return dst, err
}

// whole appends a message that comes in one part.
func (d *decoder) whole(dst []byte, m *message, s span) ([]byte, error) {
	f, err := d.enter(m, s.from)
	if err != nil {
		return dst, err
	}
	if err = d.scan(m, f, s); err != nil {
		return dst, err
	}
	dst, err = d.write(dst, m, f)
	d.leave(f)
	return dst, err
}

// frame is where a message's slots are, and where those of the messages in it begin.
type frame struct{ slots, runs, at int }

// enter makes room for what is found of a message.
func (d *decoder) enter(m *message, at int) (frame, error) {
	f := frame{len(d.slots), len(d.runs), at}
	n := f.slots + len(m.fields) + m.oneofs
	if d.depth++; d.depth > maxDepth || n > maxSlots {
		return f, wrong(at, "messages lie %d deep in each other: too deep", d.depth)
	}
	if n <= cap(d.slots) {
		d.slots = d.slots[:n]
		clear(d.slots[f.slots:])
	} else {
		d.slots = append(d.slots, make([]slot, n-f.slots)...)
	}
	return f, nil
}

func (d *decoder) leave(f frame) {
	d.slots, d.runs = d.slots[:f.slots], d.runs[:f.runs]
	d.depth--
}

// scan finds the fields of a message, or of a part of it.
func (d *decoder) scan(m *message, fr frame, s span) error {
	for pos := s.from; pos < s.to; {
		at := pos
		num, typ, n := tag(d.buf[pos:s.to])
		if n < 0 {
			return wrong(pos, "no field begins here: %w", protowire.ParseError(n))
		}
		if num > protowire.MaxValidNumber {
			return wrong(pos, "no field begins here: none has the number %d", num)
		}
		pos += n
		i := m.at(num)
		if i < 0 || !m.fields[i].fits(typ) {
			if n = protowire.ConsumeFieldValue(num, typ, d.buf[pos:s.to]); n < 0 {
				return wrong(at, "the unknown field %d: %w", num, protowire.ParseError(n))
			}
			pos += n
			continue
		}
		f := &m.fields[i]
		v, n := d.value(num, typ, span{pos, s.to})
		if n < 0 {
			return in(f, wrong(at, "%w", protowire.ParseError(n)))
		}
		pos += n
		if err := d.found(m, fr, i, v, span{at, pos}); err != nil {
			return in(f, err)
		}
	}
	return nil
}

// tag reads what stands before a value.
func tag(b []byte) (protowire.Number, protowire.Type, int) {
	if c := b[0]; c < 0x80 && c >= 8 {
		return protowire.Number(c >> 3), protowire.Type(c & 7), 1
	}
	return protowire.ConsumeTag(b)
}

// value reads a value, and returns how many bytes it takes.
func (d *decoder) value(num protowire.Number, typ protowire.Type, s span) (v uint64, n int) {
	b := s.of(d.buf)
	switch typ {
	case protowire.VarintType:
		return protowire.ConsumeVarint(b)
	case protowire.Fixed32Type:
		v32, n := protowire.ConsumeFixed32(b)
		return uint64(v32), n
	case protowire.Fixed64Type:
		return protowire.ConsumeFixed64(b)
	case protowire.BytesType:
		inner, n := protowire.ConsumeBytes(b)
		return span{s.from + n - len(inner), s.from + n}.pack(), n
	case protowire.StartGroupType:
		inner, n := protowire.ConsumeGroup(num, b)
		return span{s.from, s.from + len(inner)}.pack(), n
	}
	return 0, protowire.ConsumeFieldValue(num, typ, b) // its error
}

// found keeps a value of a field, which is in the bytes of s with its tag.
func (d *decoder) found(m *message, fr frame, i int, v uint64, s span) error {
	f := &m.fields[i]
	if f.oneof > 0 {
		if err := d.choose(m, fr, i); err != nil {
			return err
		}
	}
	slot := &d.slots[fr.slots+i]
	if f.shape == single {
		err := d.replaced(f, slot)
		slot.value, slot.first = v, 1
		return err
	}
	if slot.last != 0 && d.runs[slot.last-1].to == uint32(s.from) {
		d.runs[slot.last-1].to = uint32(s.to)
		return nil
	}
	if len(d.runs) == maxRuns {
		return wrong(s.from, "repeated fields come in more than %d parts: their values have to lie one behind the other", maxRuns)
	}
	d.runs = append(d.runs, run{from: uint32(s.from), to: uint32(s.to)})
	n := uint32(len(d.runs))
	if slot.last == 0 {
		slot.first = n
	} else {
		d.runs[slot.last-1].next = n
	}
	slot.last = n
	return nil
}

// choose makes a field the one of its oneof that is set.
func (d *decoder) choose(m *message, fr frame, i int) error {
	chosen := &d.slots[fr.slots+len(m.fields)+m.fields[i].oneof-1]
	before := int(chosen.value) - 1
	chosen.value = uint64(i) + 1
	if before < 0 || before == i {
		return nil
	}
	old := d.slots[fr.slots+before]
	d.slots[fr.slots+before] = slot{}
	f := &m.fields[before]
	if f.shape == single {
		return d.replaced(f, &old)
	}
	start := d.start
	d.start = 0
	_, err := d.field(nil, f, old) // what is not written has to be right nevertheless
	d.start = start
	return err
}

// values goes through the values of a field's runs.
type values struct {
	d       *decoder
	at, to  int
	nextRun uint32
}

func (d *decoder) valuesOf(s slot) values { return values{d: d, nextRun: s.first} }

// next returns the next value; ok is false behind the last. The scan has found that
// the values can be read.
func (v *values) next() (val uint64, typ protowire.Type, ok bool) {
	if v.at == v.to {
		if v.nextRun == 0 {
			return 0, 0, false
		}
		r := v.d.runs[v.nextRun-1]
		v.at, v.to, v.nextRun = int(r.from), int(r.to), r.next
	}
	num, typ, n := tag(v.d.buf[v.at:v.to])
	v.at += n
	val, n = v.d.value(num, typ, span{v.at, v.to})
	v.at += n
	return val, typ, true
}
