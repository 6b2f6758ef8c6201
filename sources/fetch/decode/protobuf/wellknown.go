//go:build !small

package protobuf

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"time"
)

// wellKnown appends a message of google.protobuf as what it stands for.
func (d *decoder) wellKnown(dst []byte, m *message, fr frame) ([]byte, error) {
	switch m.known {
	case anyMessage:
		return d.any(dst, m, fr)
	case timestamp:
		return d.timestamp(dst, m, fr)
	case duration:
		return d.duration(dst, m, fr)
	case fieldMask:
		return d.fieldMask(dst, m, fr)
	case value:
		return d.jsonValue(dst, m, fr)
	case empty:
		return append(dst, "{}"...), nil
	}
	f, s := d.first(m, fr) // wrapper, structMessage, listValue
	if s.first != 0 {
		return d.field(dst, f, s)
	}
	return append(dst, f.absent...), nil
}

// first returns the field with number 1.
func (d *decoder) first(m *message, fr frame) (*field, slot) {
	i := m.at(1)
	return &m.fields[i], d.slots[fr.slots+i]
}

// pair returns the values of the fields 1 and 2; those that are not set are 0.
func (d *decoder) pair(m *message, fr frame) (a, b uint64) {
	return d.slots[fr.slots+m.at(1)].value, d.slots[fr.slots+m.at(2)].value
}

func (d *decoder) timestamp(dst []byte, m *message, fr frame) ([]byte, error) {
	const first, last = -62135596800, 253402300799 // of the years 1 and 9999
	a, b := d.pair(m, fr)
	seconds, nanos := int64(a), int64(int32(b))
	if seconds < first || seconds > last || nanos < 0 || nanos > 999_999_999 {
		return dst, wrong(fr.at, "a timestamp of %d seconds and %d nanoseconds is none of the years 1 to 9999", seconds, nanos)
	}
	dst = time.Unix(seconds, 0).UTC().AppendFormat(append(dst, '"'), "2006-01-02T15:04:05")
	return append(appendFraction(dst, nanos), `Z"`...), nil
}

func (d *decoder) duration(dst []byte, m *message, fr frame) ([]byte, error) {
	const most = 315_576_000_000 // seconds, 10,000 years
	a, b := d.pair(m, fr)
	seconds, nanos := int64(a), int64(int32(b))
	if seconds < -most || seconds > most || nanos < -999_999_999 || nanos > 999_999_999 || seconds > 0 && nanos < 0 || seconds < 0 && nanos > 0 {
		return dst, wrong(fr.at, "%d seconds and %d nanoseconds are no duration", seconds, nanos)
	}
	dst = append(dst, '"')
	if seconds < 0 || nanos < 0 {
		dst, seconds, nanos = append(dst, '-'), -seconds, -nanos
	}
	dst = strconv.AppendInt(append(dst, "PT"...), seconds, 10)
	return append(appendFraction(dst, nanos), `S"`...), nil
}

// appendFraction appends 0, 3, 6 or 9 digits of nanoseconds.
func appendFraction(dst []byte, nanos int64) []byte {
	if nanos == 0 {
		return dst
	}
	digits := 9
	for ; nanos%1000 == 0; nanos /= 1000 {
		digits -= 3
	}
	dst = append(dst, '.')
	for unit := int64(math.Pow10(digits - 1)); unit > 0; unit /= 10 {
		dst = append(dst, '0'+byte(nanos/unit%10))
	}
	return dst
}

// fieldMask appends paths as text, with commas between.
func (d *decoder) fieldMask(dst []byte, m *message, fr frame) ([]byte, error) {
	_, s := d.first(m, fr)
	dst = append(dst, '"')
	all := d.valuesOf(s)
	from := len(dst)
	for v, _, ok := all.next(); ok; v, _, ok = all.next() {
		if len(dst) > from {
			dst = append(dst, ',')
		}
		begin := len(dst)
		var err error
		if dst, err = d.text(dst, unpackSpan(v)); err != nil {
			return dst, err
		}
		dst = append(dst[:begin], dst[begin+1:len(dst)-1]...) // without its quotes
	}
	return append(dst, '"'), nil
}

// jsonValue appends what a Value stands for.
func (d *decoder) jsonValue(dst []byte, m *message, fr frame) ([]byte, error) {
	for i := range m.fields {
		if s := d.slots[fr.slots+i]; s.first != 0 {
			dst, err := d.field(dst, &m.fields[i], s)
			if err != nil {
				err = in(&m.fields[i], err)
			}
			return dst, err
		}
	}
	return append(dst, "null"...), nil
}

// any appends the message that an Any holds.
func (d *decoder) any(dst []byte, m *message, fr frame) ([]byte, error) {
	a, b := d.pair(m, fr)
	url, inner := unpackSpan(a), unpackSpan(b)
	begin := len(dst)
	dst, err := d.text(append(dst, `{"@type":`...), url)
	if err != nil {
		return dst, err
	}
	name := url.of(d.buf)
	name = name[bytes.LastIndexByte(name, '/')+1:]
	of, ok := m.any[string(name)]
	switch {
	case !ok:
		dst, err = d.base64(append(dst, `,"value":`...), inner)
	case of.known != ordinary:
		dst, err = d.whole(append(dst, `,"value":`...), of, inner)
	default:
		dst, err = d.held(dst, of, inner)
	}
	if err != nil {
		return dst[:begin], fmt.Errorf("in the Any of %q: %w", clip(name), err)
	}
	return append(dst, '}'), nil
}

// held appends the fields of a message that an Any holds.
func (d *decoder) held(dst []byte, m *message, s span) ([]byte, error) {
	fr, err := d.enter(m, s.from)
	if err == nil {
		err = d.scan(m, fr, s)
	}
	if err == nil {
		dst, err = d.fields(dst, m, fr)
	}
	d.leave(fr)
	return dst, err
}

func clip(b []byte) []byte { return b[:min(len(b), 100)] }
