//go:build !small

package parquet

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
)

// appendValue appends a value as JSON.
func (r *records) appendValue(dst []byte, c *leaf, v value) ([]byte, error) {
	switch c.kind {
	case kindBytes:
		return appendBase64(dst, v.bytes), nil
	case kindBoolean:
		return strconv.AppendBool(dst, v.bits != 0), nil
	case kindInt32:
		return strconv.AppendInt(dst, int64(int32(v.bits)), 10), nil
	case kindInt64:
		return strconv.AppendInt(dst, int64(v.bits), 10), nil
	case kindUint32:
		return strconv.AppendUint(dst, uint64(uint32(v.bits)), 10), nil
	case kindUint64:
		return strconv.AppendUint(dst, v.bits, 10), nil
	case kindFloat32:
		return appendFloat(dst, float64(math.Float32frombits(uint32(v.bits))), 32), nil
	case kindFloat64:
		return appendFloat(dst, math.Float64frombits(v.bits), 64), nil
	case kindFloat16:
		return appendFloat16(dst, binary.LittleEndian.Uint16(v.bytes)), nil
	case kindText:
		return appendText(dst, v.bytes)
	case kindJSON:
		return appendJSON(dst, v.bytes)
	case kindDecimal:
		return r.appendDecimal(dst, c, v)
	case kindUUID:
		return file.AppendUUID(dst, v.bytes), nil
	case kindInterval:
		return appendInterval(dst, v.bytes), nil
	case kindNull:
		return append(dst, "null"...), nil
	}
	return appendTime(dst, c, v)
}

func appendBase64(dst, b []byte) []byte {
	dst = append(dst, '"')
	dst = base64.StdEncoding.AppendEncode(dst, b)
	return append(dst, '"')
}

// appendFloat appends the shortest number that reads back to the same float of its
// width, in the form of encoding/json; NaN and infinities are null.
func appendFloat(dst []byte, f float64, width int) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return append(dst, "null"...)
	}
	format := byte('f')
	abs := math.Abs(f)
	if abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	dst = strconv.AppendFloat(dst, f, format, -1, width)
	if n := len(dst); format == 'e' && dst[n-4] == 'e' && dst[n-3] == '-' && dst[n-2] == '0' {
		dst[n-2] = dst[n-1] // e-09 is e-9
		dst = dst[:n-1]
	}
	return dst
}

func appendFloat16(dst []byte, h uint16) []byte {
	f := float16(h)
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return append(dst, "null"...)
	}
	for digits := 0; ; digits++ {
		var text [32]byte
		near, _ := strconv.ParseFloat(string(strconv.AppendFloat(text[:0], f, 'e', digits, 64)), 64)
		if nearestFloat16(near) == f {
			return appendFloat(dst, near, 64)
		}
	}
}

func float16(h uint16) float64 {
	exponent, fraction := int(h>>10&31), float64(h&1023)
	var f float64
	switch exponent {
	case 0:
		f = math.Ldexp(fraction, -24)
	case 31:
		if f = math.Inf(1); fraction != 0 {
			f = math.NaN()
		}
	default:
		f = math.Ldexp(fraction+1024, exponent-25)
	}
	return math.Copysign(f, 1-2*float64(h>>15))
}

// nearestFloat16 returns the float of 16 bits that is nearest to a number.
func nearestFloat16(f float64) float64 {
	_, exponent := math.Frexp(f)
	step := math.Ldexp(1, max(exponent-11, -24))
	if f = math.RoundToEven(f/step) * step; math.Abs(f) > 65504 {
		return math.Inf(1)
	}
	return f
}

var errText = errors.New("a text is not UTF-8")

func appendText(dst, b []byte) ([]byte, error) {
	if !utf8.Valid(b) {
		return dst, fmt.Errorf("%w: %.100q", errText, b)
	}
	start := len(dst) + 1
	dst = append(append(dst, '"'), b...)
	for i, c := range b {
		if c < ' ' || c == '"' || c == '\\' {
			dst = file.AppendEscaped(dst[:start+i], b[i:])
			break
		}
	}
	return append(dst, '"'), nil
}

// appendQuoted appends a name, which is UTF-8.
func appendQuoted(dst []byte, name string) []byte {
	dst = file.AppendEscaped(append(dst, '"'), []byte(name))
	return append(dst, '"')
}

// appendJSON appends a value of a column that says that its values are JSON.
func appendJSON(dst, b []byte) ([]byte, error) {
	if !utf8.Valid(b) {
		return dst, fmt.Errorf("%w: %.100q", errText, b)
	}
	compact := bytes.NewBuffer(dst)
	if err := json.Compact(compact, b); err != nil {
		return dst, fmt.Errorf("is JSON, says the file; %.100q is not: %w", b, err)
	}
	return compact.Bytes(), nil
}

// appendInterval appends months, days and milliseconds as a duration of ISO 8601.
func appendInterval(dst, b []byte) []byte {
	months, days, ms := binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:]), binary.LittleEndian.Uint32(b[8:])
	dst = append(dst, `"P`...)
	if months > 0 {
		dst = append(strconv.AppendUint(dst, uint64(months), 10), 'M')
	}
	if days > 0 {
		dst = append(strconv.AppendUint(dst, uint64(days), 10), 'D')
	}
	if ms > 0 || months == 0 && days == 0 {
		dst = strconv.AppendUint(append(dst, 'T'), uint64(ms/1000), 10)
		if ms%1000 > 0 {
			dst = appendDigits(append(dst, '.'), uint64(ms%1000), 3)
		}
		dst = append(dst, 'S')
	}
	return append(dst, '"')
}
