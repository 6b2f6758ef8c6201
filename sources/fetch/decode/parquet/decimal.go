//go:build !small

package parquet

import (
	"fmt"
	"math/big"
	"math/bits"
	"strconv"
)

// maxDecimal is how many bytes a decimal may have: more than 2000 digits.
const maxDecimal = 1 << 10

// appendDecimal appends a decimal with all digits that its scale gives it.
func (r *records) appendDecimal(dst []byte, c *leaf, v value) ([]byte, error) {
	var negative bool
	switch {
	case c.physical == physicalInt32:
		negative = int32(v.bits) < 0
		r.digits = strconv.AppendUint(r.digits[:0], magnitude(int64(int32(v.bits))), 10)
	case c.physical == physicalInt64:
		negative = int64(v.bits) < 0
		r.digits = strconv.AppendUint(r.digits[:0], magnitude(int64(v.bits)), 10)
	case len(v.bytes) > maxDecimal:
		return dst, fmt.Errorf("a decimal has %d bytes; at most %d are read", len(v.bytes), maxDecimal)
	default:
		negative = len(v.bytes) > 0 && v.bytes[0]&0x80 != 0
		r.digits = appendMagnitude(r.digits[:0], v.bytes, negative)
	}
	if negative {
		dst = append(dst, '-')
	}
	whole := len(r.digits) - c.scale
	if whole > 0 {
		dst = append(dst, r.digits[:whole]...)
	} else {
		dst = append(dst, '0')
	}
	if c.scale == 0 {
		return dst, nil
	}
	dst = append(dst, '.')
	for range -whole {
		dst = append(dst, '0')
	}
	return append(dst, r.digits[max(whole, 0):]...), nil
}

func magnitude(i int64) uint64 {
	if i < 0 {
		return -uint64(i)
	}
	return uint64(i)
}

// appendMagnitude appends the digits of a number in two's complement, without its sign.
func appendMagnitude(dst, b []byte, negative bool) []byte {
	if len(b) > 16 {
		n := new(big.Int).SetBytes(b)
		if negative {
			n.Sub(new(big.Int).Lsh(big.NewInt(1), uint(len(b))*8), n)
		}
		return n.Append(dst, 10)
	}
	var high, low uint64
	if negative {
		high, low = ^uint64(0), ^uint64(0)
	}
	for _, c := range b {
		high, low = high<<8|low>>56, low<<8|uint64(c)
	}
	if negative {
		var borrow uint64
		low, borrow = bits.Sub64(0, low, 0)
		high, _ = bits.Sub64(0, high, borrow)
	}
	return appendUint128(dst, high, low)
}

func appendUint128(dst []byte, high, low uint64) []byte {
	if high == 0 {
		return strconv.AppendUint(dst, low, 10)
	}
	const e19 = 1e19 // the highest power of ten in 64 bits
	q, rest := high/e19, high%e19
	low, rest = bits.Div64(rest, low, e19)
	dst = appendUint128(dst, q, low)
	return appendDigits(dst, rest, 19)
}

// appendDigits appends the last digits of a number, with zeros before it.
func appendDigits(dst []byte, v uint64, digits int) []byte {
	var text [20]byte
	for i := digits - 1; i >= 0; i-- {
		text[i] = '0' + byte(v%10)
		v /= 10
	}
	return append(dst, text[:digits]...)
}
