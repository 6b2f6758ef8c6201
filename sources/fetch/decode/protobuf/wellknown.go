//go:build !small

package protobuf

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"time"
)

// special is a message of google.protobuf that was scanned.
type special struct {
	d  *decoder
	m  *message
	fr frame
}

// write appends what the message stands for.
func (w special) write(dst []byte) ([]byte, error) {
	switch w.m.known {
	case anyMessage:
		return w.any(dst)
	case timestamp:
		return w.timestamp(dst)
	case duration:
		return w.duration(dst)
	case fieldMask:
		return w.fieldMask(dst)
	case value:
		return w.jsonValue(dst)
	case empty:
		return append(dst, "{}"...), nil
	}
	f, s := w.first() // wrapper, structMessage, listValue
	if s.first != 0 {
		return w.d.field(dst, f, s)
	}
	return append(dst, f.absent...), nil
}

// first returns the field with number 1.
func (w special) first() (*field, slot) {
	i := w.m.at(1)
	return &w.m.fields[i], w.d.slots[w.fr.slots+i]
}

// pair returns the values of the fields 1 and 2; those that are not set are 0.
func (w special) pair() (a, b uint64) {
	return w.d.slots[w.fr.slots+w.m.at(1)].value, w.d.slots[w.fr.slots+w.m.at(2)].value
}

func (w special) timestamp(dst []byte) ([]byte, error) {
	const first, last = -62135596800, 253402300799 // of the years 1 and 9999
	a, b := w.pair()
	seconds, nanos := int64(a), int64(int32(b))
	if seconds < first || seconds > last || nanos < 0 || nanos > 999_999_999 {
		return dst, wrong(w.fr.at, "a timestamp of %d seconds and %d nanoseconds is none of the years 1 to 9999", seconds, nanos)
	}
	dst = time.Unix(seconds, 0).UTC().AppendFormat(append(dst, '"'), "2006-01-02T15:04:05")
	return append(appendFraction(dst, nanos), `Z"`...), nil
}

func (w special) duration(dst []byte) ([]byte, error) {
	const most = 315_576_000_000 // seconds, 10,000 years
	a, b := w.pair()
	seconds, nanos := int64(a), int64(int32(b))
	if seconds < -most || seconds > most || nanos < -999_999_999 || nanos > 999_999_999 || seconds > 0 && nanos < 0 || seconds < 0 && nanos > 0 {
		return dst, wrong(w.fr.at, "%d seconds and %d nanoseconds are no duration", seconds, nanos)
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
func (w special) fieldMask(dst []byte) ([]byte, error) {
	_, s := w.first()
	dst = append(dst, '"')
	all := w.d.valuesOf(s)
	from := len(dst)
	for v, _, ok := all.next(); ok; v, _, ok = all.next() {
		if len(dst) > from {
			dst = append(dst, ',')
		}
		begin := len(dst)
		var err error
		if dst, err = w.d.text(dst, unpackSpan(v)); err != nil {
			return dst, err
		}
		dst = append(dst[:begin], dst[begin+1:len(dst)-1]...) // without its quotes
	}
	return append(dst, '"'), nil
}

// jsonValue appends what a Value stands for.
func (w special) jsonValue(dst []byte) ([]byte, error) {
	for i := range w.m.fields {
		if s := w.d.slots[w.fr.slots+i]; s.first != 0 {
			dst, err := w.d.field(dst, &w.m.fields[i], s)
			if err != nil {
				err = in(&w.m.fields[i], err)
			}
			return dst, err
		}
	}
	return append(dst, "null"...), nil
}

// any appends the message that an Any holds.
func (w special) any(dst []byte) ([]byte, error) {
	a, b := w.pair()
	url, inner := unpackSpan(a), unpackSpan(b)
	begin := len(dst)
	dst, err := w.d.text(append(dst, `{"@type":`...), url)
	if err != nil {
		return dst, err
	}
	name := url.of(w.d.buf)
	name = name[bytes.LastIndexByte(name, '/')+1:]
	of, ok := w.m.any[string(name)]
	switch {
	case !ok:
		dst, err = w.d.base64(append(dst, `,"value":`...), inner)
	case of.known != ordinary:
		dst, err = w.d.whole(append(dst, `,"value":`...), of, inner)
	default:
		dst, err = w.d.held(dst, of, inner)
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
