package rows

import (
	"bytes"
	"strconv"

	"github.com/tap-rest/tap-rest/catalog/raw"
)

// appendKey appends the fields of a primary key as a JSON object, each value
// written in one way, however the API writes it: 1.0 and 1e0 are 1, and what can
// stand for itself in text does. It reports false for a record without one.
func appendKey(dst, record []byte, keys []string) ([]byte, bool) {
	open := byte('{')
	for _, k := range keys {
		dst = appendText(append(dst, open), raw.Of(k))
		var ok bool
		if dst, ok = appendValue(append(dst, ':'), raw.Text(record).Field(k)); !ok {
			return dst, false
		}
		open = ','
	}
	return append(dst, '}'), true
}

// appendValues appends the values of a primary key, with commas between, as
// appendKey writes them.
func appendValues(dst, record []byte, keys []string) (_ []byte, ok bool) {
	for i, k := range keys {
		if i > 0 {
			dst = append(dst, ',')
		}
		if dst, ok = appendValue(dst, raw.Text(record).Field(k)); !ok {
			return dst, false
		}
	}
	return dst, true
}

// appendValue appends one value of a key. It reports false for what is none.
func appendValue(dst []byte, v raw.Text) ([]byte, bool) {
	if len(v) == 0 {
		return dst, false
	}
	switch v[0] {
	case 'n', '{', '[':
		return dst, false
	case '"':
		return appendString(dst, v), true
	case 't', 'f':
		return append(dst, v...), true
	}
	return appendNumber(dst, v), true
}

// appendString appends a JSON string.
func appendString(dst []byte, v raw.Text) []byte {
	inside := v[1 : len(v)-1]
	if bytes.IndexByte(inside, '\\') < 0 {
		return append(dst, v...)
	}
	return appendText(dst, raw.AppendUnescaped(nil, inside))
}

// appendText appends text as a JSON string.
func appendText(dst, text []byte) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	for _, c := range text {
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c < 0x20:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}

// appendNumber appends a JSON number. Whole numbers have neither a point nor an
// exponent, unless they have very many zeros.
func appendNumber(dst []byte, v raw.Text) []byte {
	if plain(v) {
		return append(dst, v...)
	}
	number, negative := bytes.CutPrefix(v, []byte("-"))
	mantissa, exponent := number, int64(0)
	if i := bytes.IndexAny(number, "eE"); i >= 0 {
		var err error
		mantissa = number[:i]
		if exponent, err = strconv.ParseInt(string(bytes.TrimPrefix(number[i+1:], []byte("+"))), 10, 32); err != nil {
			return append(dst, v...)
		}
	}
	digits := make([]byte, 0, len(mantissa))
	digits = append(digits, mantissa...)
	if i := bytes.IndexByte(digits, '.'); i >= 0 {
		exponent -= int64(len(digits) - i - 1)
		digits = append(digits[:i], digits[i+1:]...)
	}
	digits = bytes.TrimLeft(digits, "0")
	for len(digits) > 0 && digits[len(digits)-1] == '0' {
		digits, exponent = digits[:len(digits)-1], exponent+1
	}
	if len(digits) == 0 {
		return append(dst, '0')
	}
	if negative {
		dst = append(dst, '-')
	}
	return appendDecimal(dst, digits, exponent)
}

// appendDecimal appends digits times ten to the power of an exponent.
func appendDecimal(dst, digits []byte, exponent int64) []byte {
	const zeros = 40
	switch point := int64(len(digits)) + exponent; {
	case exponent >= 0 && exponent <= zeros:
		return append(append(dst, digits...), bytes.Repeat([]byte("0"), int(exponent))...)
	case exponent < 0 && point > 0:
		return append(append(append(dst, digits[:point]...), '.'), digits[point:]...)
	case exponent < 0 && point > -zeros:
		dst = append(append(dst, "0."...), bytes.Repeat([]byte("0"), int(-point))...)
		return append(dst, digits...)
	}
	return strconv.AppendInt(append(append(dst, digits...), 'e'), exponent, 10)
}

// plain reports whether a number is digits alone: it is written in one way then.
func plain(v []byte) bool {
	digits := bytes.TrimPrefix(v, []byte("-"))
	for _, c := range digits {
		if c < '0' || c > '9' {
			return false
		}
	}
	return string(v) != "-0"
}
