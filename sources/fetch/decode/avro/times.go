//go:build !small

package avro

import (
	"encoding/binary"
	"strconv"
	"time"

	"github.com/tap-rest/tap-rest/sources/times"
)

const secondsOfDay = 24 * 60 * 60

// appendNumber appends what is coded as a number: itself, or a time.
func appendNumber(dst []byte, n int64, t *valueType) []byte {
	switch t.kind {
	case kindDate:
		dst = appendDate(append(dst, '"'), n)
	case kindTimeMillis:
		dst = appendTime(append(dst, '"'), n, 3)
	case kindTimeMicros:
		dst = appendTime(append(dst, '"'), n, 6)
	case kindTimestamp:
		dst = append(appendTimestamp(append(dst, '"'), n, t.digits), 'Z')
	case kindLocalTimestamp:
		dst = appendTimestamp(append(dst, '"'), n, t.digits)
	default:
		return strconv.AppendInt(dst, n, 10)
	}
	return append(dst, '"')
}

// appendTimestamp appends an instant, counted from 1970 in parts of a second that
// have so many digits.
func appendTimestamp(dst []byte, n int64, digits int) []byte {
	seconds, part := times.Floor(n, power(digits))
	days, seconds := times.Floor(seconds, secondsOfDay)
	dst = append(appendDate(dst, days), 'T')
	return appendPadded(append(appendClock(dst, seconds), '.'), part, digits)
}

// appendTime appends a time of day. Those that no day has are written as well: what
// proves records by their schema says that they are wrong.
func appendTime(dst []byte, n int64, digits int) []byte {
	seconds, part := n/power(digits), n%power(digits)
	if n < 0 {
		dst, seconds, part = append(dst, '-'), -seconds, -part
	}
	return appendPadded(append(appendClock(dst, seconds), '.'), part, digits)
}

func appendClock(dst []byte, seconds int64) []byte {
	dst = append(appendPadded(dst, seconds/3600, 2), ':')
	dst = append(appendPadded(dst, seconds/60%60, 2), ':')
	return appendPadded(dst, seconds%60, 2)
}

// appendDate appends the day that is so many days behind 1970-01-01. Years that have
// not four digits are written with a sign, as ISO 8601 says.
func appendDate(dst []byte, days int64) []byte {
	year, month, day := time.Unix(days*secondsOfDay, 0).UTC().Date()
	switch {
	case year < 0:
		dst, year = append(dst, '-'), -year
	case year > 9999:
		dst = append(dst, '+')
	}
	dst = append(appendPadded(dst, int64(year), 4), '-')
	dst = append(appendPadded(dst, int64(month), 2), '-')
	return appendPadded(dst, int64(day), 2)
}

// appendDuration appends months, days and milliseconds, each of 32 bits.
func appendDuration(dst, b []byte) []byte {
	dst = strconv.AppendUint(append(dst, `"P`...), uint64(binary.LittleEndian.Uint32(b)), 10)
	dst = strconv.AppendUint(append(dst, 'M'), uint64(binary.LittleEndian.Uint32(b[4:])), 10)
	millis := int64(binary.LittleEndian.Uint32(b[8:]))
	dst = strconv.AppendInt(append(dst, "DT"...), millis/1000, 10)
	return append(appendPadded(append(dst, '.'), millis%1000, 3), `S"`...)
}

// appendPadded appends a number with at least so many digits, up to 9.
func appendPadded(dst []byte, n int64, digits int) []byte {
	if n >= power(digits) {
		return strconv.AppendInt(dst, n, 10)
	}
	dst = append(dst, "000000000"[:digits]...)
	for i := len(dst) - 1; n > 0; i-- {
		dst[i] += byte(n % 10)
		n /= 10
	}
	return dst
}

// power returns 10 to the power of n.
func power(n int) int64 {
	p := int64(1)
	for range n {
		p *= 10
	}
	return p
}
