//go:build !small

package avro

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strconv"
)

const (
	// maxDecimal is the longest number of a decimal, in bytes: 9864 digits.
	maxDecimal = 4096
	// maxZeros is how many zeros a decimal is filled up with. Beyond them it has an
	// exponent.
	maxZeros = 4096
)

// appendFloat appends the shortest text that reads back to the same float, in the
// way of encoding/json.
func appendFloat(dst []byte, f float64, width int) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return append(dst, "null"...)
	}
	format, abs := byte('f'), math.Abs(f)
	small, large := abs < 1e-6, abs >= 1e21
	if width == 32 {
		small, large = float32(abs) < 1e-6, float32(abs) >= 1e21
	}
	if f != 0 && (small || large) {
		format = 'e'
	}
	dst = strconv.AppendFloat(dst, f, format, -1, width)
	if n := len(dst); format == 'e' && dst[n-4] == 'e' && dst[n-3] == '-' && dst[n-2] == '0' {
		dst[n-2] = dst[n-1] // e-09 is written e-9
		dst = dst[:n-1]
	}
	return dst
}

// digits makes decimal digits of binary numbers of any length.
type digits struct {
	words []uint64 // a number, from its highest word
	text  []byte   // its digits
}

// decimal appends the number in b, a two's complement from its highest byte, with
// its point before the last scale digits.
func (d *digits) decimal(dst, b []byte, scale int) ([]byte, error) {
	if len(b) > maxDecimal {
		return dst, fmt.Errorf("a decimal of %d bytes; those of up to %d are read", len(b), maxDecimal)
	}
	negative := len(b) > 0 && b[0] >= 0x80
	if negative {
		dst = append(dst, '-')
	}
	if len(b) <= 8 {
		d.text = strconv.AppendUint(d.text[:0], magnitude(b, negative), 10)
	} else {
		d.load(b, negative)
		d.divide()
	}
	return appendPoint(dst, d.text, scale), nil
}

// bigDecimal appends a decimal that says itself what its scale is: its number as
// bytes, and then the scale as an int.
func (d *digits) bigDecimal(dst, b []byte) ([]byte, error) {
	n, size := binary.Varint(b)
	if size <= 0 || n < 0 || n > int64(len(b)-size) {
		return dst, errors.New("a big-decimal whose number is longer than its bytes")
	}
	number, rest := b[size:size+int(n)], b[size+int(n):]
	scale, size := binary.Varint(rest)
	if size <= 0 || size != len(rest) || scale != int64(int32(scale)) {
		return dst, errors.New("a big-decimal without a scale of 32 bits at its end")
	}
	return d.decimal(dst, number, int(scale))
}

// magnitude returns a number of at most 8 bytes without its sign.
func magnitude(b []byte, negative bool) uint64 {
	n := word(b, negative)
	if negative {
		n = -n
	}
	return n
}

// load makes words of the bytes of a number, without its sign.
func (d *digits) load(b []byte, negative bool) {
	first := len(b) % 8
	d.words = d.words[:0]
	for i := first - 8; i < len(b); i += 8 {
		d.words = append(d.words, word(b[max(i, 0):i+8], negative))
	}
	if !negative {
		return
	}
	carry := uint64(1)
	for i := len(d.words) - 1; i >= 0; i-- {
		d.words[i], carry = bits.Add64(^d.words[i], 0, carry)
	}
}

// word returns up to 8 bytes, filled up by the sign.
func word(b []byte, negative bool) uint64 {
	var n uint64
	if negative {
		n = math.MaxUint64
	}
	for _, c := range b {
		n = n<<8 | uint64(c)
	}
	return n
}

// divide makes the digits of the words, 19 of them by each division.
func (d *digits) divide() {
	const unit, unitDigits = 1e19, 19
	d.text = d.text[:0] // from the last digit
	words := d.words
	for len(words) > 0 {
		var rest uint64
		for i, w := range words {
			words[i], rest = bits.Div64(rest, w, unit)
		}
		for range unitDigits {
			d.text = append(d.text, byte('0'+rest%10))
			rest /= 10
		}
		for len(words) > 0 && words[0] == 0 {
			words = words[1:]
		}
	}
	n := len(d.text)
	for n > 1 && d.text[n-1] == '0' {
		n--
	}
	d.text = d.text[:n]
	slices.Reverse(d.text)
}

// appendPoint appends digits with the point before the last scale of them.
func appendPoint(dst, text []byte, scale int) []byte {
	whole := len(text) - scale // digits before the point
	switch {
	case scale > maxZeros || scale < -maxZeros:
		dst = append(append(dst, text...), 'e')
		return strconv.AppendInt(dst, -int64(scale), 10)
	case whole <= 0:
		dst = appendZeros(append(dst, "0."...), -whole)
		return append(dst, text...)
	case scale > 0:
		dst = append(append(dst, text[:whole]...), '.')
		return append(dst, text[whole:]...)
	case text[0] == '0':
		return append(dst, '0')
	}
	return appendZeros(append(dst, text...), -scale)
}

func appendZeros(dst []byte, n int) []byte {
	for range n {
		dst = append(dst, '0')
	}
	return dst
}
