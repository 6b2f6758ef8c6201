//go:build !small

package avro

import (
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
)

// skipAtOnce is about how much of a block is passed over at a time, in bytes.
const skipAtOnce = 64 << 10

// Skip proves the next records as Next does, at least one, and makes none where it can
// do without. It returns how many there were and text that holds all that theirs would,
// good until the next call: the schema with its names and symbols, the bytes of the
// block, and what becomes of whole numbers, bytes and UUIDs. Times, floats and decimals
// with a scale are not in it: no secret is one.
func (r *records) Skip() (n int, text []byte, err error) {
	for r.err == nil && r.left == 0 {
		r.err = r.nextBlock()
	}
	if r.err != nil {
		return 0, nil, r.err
	}
	v := &r.values
	v.text, r.names = append(v.text[:0], r.names...), nil
	from := v.at
	for r.left > 0 && v.at-from <= skipAtOnce && r.pass() {
		r.left--
		r.row++
		n++
	}
	v.text = append(v.text, v.data[from:v.at]...)
	if n == 0 {
		n = 1
		v.text, err = r.Next(v.text)
	}
	return n, v.text, err
}

// pass passes over the next record, and reports whether that is surely right. If not,
// the record comes again.
func (r *records) pass() bool {
	v := &r.values
	from := v.at
	v.room, v.depth = file.MaxRecord, 0
	if v.pass(r.schema) && v.room >= 0 && (r.left > 1 || v.at == len(v.data)) {
		return true
	}
	v.at = from
	return false
}

// mostFixed is how long the JSON is at most of a value that has a fixed length, of a
// number or of a time.
const mostFixed = 64

// pass passes over one value, and reports whether that is surely right. It takes from
// room at least as much as the JSON of the value is long.
func (v *values) pass(t *valueType) bool {
	switch t.kind {
	case kindRecord:
		return v.passFields(t)
	case kindString, kindUUID:
		return v.passText()
	case kindUnion:
		i, err := v.long()
		return err == nil && i >= 0 && i < int64(len(t.branches)) && v.pass(t.branches[i])
	case kindArray:
		return v.passItems(t.items, t.items.least, false)
	case kindMap:
		return v.passItems(t.items, 1+t.items.least, true)
	case kindBytes, kindDecimal, kindBigDecimal:
		n, err := v.long()
		return err == nil && v.passBytes(n, t)
	case kindFixed, kindFixedDecimal, kindFixedUUID, kindDuration:
		return v.passBytes(int64(t.size), t)
	}
	v.room -= mostFixed
	switch t.kind {
	case kindNull:
		return true
	case kindBoolean:
		v.at++
		return v.at <= len(v.data) && v.data[v.at-1] <= 1
	case kindFloat, kindDouble:
		_, err := v.take(int64(t.least))
		return err == nil
	}
	return v.passNumber(t)
}

// passNumber passes over what is coded as a number alone.
func (v *values) passNumber(t *valueType) bool {
	n, err := v.long()
	switch {
	case err != nil:
		return false
	case t.kind == kindEnum:
		if n < 0 || n >= int64(len(t.symbols)) {
			return false
		}
		v.room -= len(t.symbols[n])
	case narrow(t.kind) && n != int64(int32(n)):
		return false
	case t.kind == kindInt || t.kind == kindLong:
		v.text = append(strconv.AppendInt(v.text, n, 10), ',')
	}
	return true
}

func (v *values) passFields(t *valueType) bool {
	if v.depth++; v.depth > maxDepth || v.room < 0 {
		return false
	}
	v.room -= len("{}")
	for i := range t.fields {
		f := &t.fields[i]
		v.room -= len(f.key)
		if !v.pass(f.of) {
			return false
		}
	}
	v.depth--
	return true
}

// passText passes over a string.
func (v *values) passText() bool {
	n, err := v.long()
	if err != nil || n < 0 || n > int64(len(v.data)-v.at) {
		return false
	}
	text := v.data[v.at : v.at+int(n)]
	v.at += int(n)
	v.room -= len(`""`) + len(`\u0000`)*len(text)
	return utf8.Valid(text)
}

// passItems passes over what an array or a map holds.
func (v *values) passItems(of *valueType, least int, keyed bool) bool {
	if v.depth++; v.depth > maxDepth {
		return false
	}
	v.room -= len("[]")
	for {
		g, err := v.group(least)
		if err != nil {
			return false
		}
		if g.count == 0 {
			v.depth--
			return true
		}
		for range g.count {
			v.room -= len(",:")
			if keyed && !v.passText() || !v.pass(of) || v.room < 0 {
				return false
			}
		}
		if g.end >= 0 && g.end != v.at {
			return false
		}
	}
}

// passBytes passes over n bytes, whatever is coded as such. What they become is shown,
// unless it is a time or a decimal with a scale.
func (v *values) passBytes(n int64, t *valueType) bool {
	b, err := v.take(n)
	if err != nil {
		return false
	}
	v.room -= mostFixed + 4*len(b)
	switch t.kind {
	case kindDuration:
		return true
	case kindDecimal, kindFixedDecimal:
		if v.room -= min(t.scale, maxZeros); t.scale > 0 {
			return len(b) <= maxDecimal
		}
		v.text, err = v.work.decimal(v.text, b, t.scale)
	case kindBigDecimal:
		v.room -= maxZeros
		v.text, err = v.work.bigDecimal(v.text, b)
	case kindFixedUUID:
		v.text = file.AppendUUID(v.text, b)
	default:
		v.text, err = appendBase64(v.text, b, math.MaxInt)
	}
	v.text = append(v.text, ',')
	return err == nil
}
