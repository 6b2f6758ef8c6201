package expr

import (
	"cmp"
	"math"
	"strconv"
	"strings"

	"github.com/tap-rest/tap-rest/sources/times"
)

// A number is what arithmetic works on. One that is neither float nor big is i.
type number struct {
	float bool
	big   bool // an integer beyond 64 bits, whose decimal digits are text
	i     int64
	f     float64
	text  string
}

// An ordering is the outcome of a comparison.
type ordering int

const (
	less      ordering = -1
	equal     ordering = 0
	greater   ordering = 1
	unordered ordering = 2 // NaN with anything
)

// number returns the number that v is. As in Python, true is 1 and false is 0.
func (v Value) number() (number, bool) {
	switch v.kind {
	case KindBool, KindInt:
		return number{i: v.num}, true
	case KindFloat:
		return number{float: true, f: v.float()}, true
	case KindNumber:
		return literal(v.text), true
	}
	return number{}, false
}

// literal reads a number of JSON's grammar: an integer if it has neither fraction nor exponent.
func literal(text string) number {
	if strings.ContainsAny(text, ".eE") {
		f, _ := strconv.ParseFloat(text, 64) // out of range: an infinity, as in Python
		return number{float: true, f: f}
	}
	i, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return number{big: true, text: text}
	}
	return number{i: i}
}

// parseNumber reads a number out of text as Python's int() and float() do: with a sign, with space
// around it, with leading zeros.
func parseNumber(text string) (number, bool) {
	text = strings.TrimSpace(text)
	if unsigned, ok := strings.CutPrefix(text, "+"); ok && !strings.HasPrefix(unsigned, "-") {
		text = unsigned
	}
	body := strings.TrimPrefix(text, "-")
	if body != "" && times.Digits(body) == len(body) {
		trimmed := strings.TrimLeft(body, "0")
		switch {
		case trimmed == "":
			return number{}, true
		case len(text) > len(body):
			return literal("-" + trimmed), true
		}
		return literal(trimmed), true
	}
	if strings.ContainsAny(body, "xX") {
		return number{}, false // Go reads hexadecimal fractions, Python does not
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil && !math.IsInf(f, 0) {
		return number{}, false
	}
	return number{float: true, f: f}, true
}

// value returns n as a Value.
func (n number) value() Value {
	switch {
	case n.float:
		return Float(n.f)
	case n.big:
		return Value{kind: KindNumber, text: n.text}
	}
	return Int(n.i)
}

func (n number) float64() float64 {
	switch {
	case n.float:
		return n.f
	case n.big:
		f, _ := strconv.ParseFloat(n.text, 64)
		return f
	}
	return float64(n.i)
}

func (n number) isZero() bool { return n.compare(number{}) == equal }

// compare is exact: 9007199254740993 is not 9007199254740992.0.
func (n number) compare(m number) ordering {
	switch {
	case n.float && m.float:
		return compareFloats(n.f, m.f)
	case m.float:
		return n.compareFloat(m.f)
	case n.float:
		return m.compareFloat(n.f).reverse()
	case n.big || m.big:
		return compareDigits(n.digits(), m.digits())
	}
	return ordering(cmp.Compare(n.i, m.i))
}

func (o ordering) reverse() ordering {
	if o == unordered {
		return o
	}
	return -o
}

func compareFloats(a, b float64) ordering {
	if math.IsNaN(a) || math.IsNaN(b) {
		return unordered
	}
	return ordering(cmp.Compare(a, b))
}

// compareFloat compares an integer with f.
func (n number) compareFloat(f float64) ordering {
	switch {
	case n.big:
		return compareFloats(n.float64(), f)
	case math.IsNaN(f):
		return unordered
	case f >= 1<<63:
		return less
	case f < -1<<63:
		return greater
	}
	whole := math.Trunc(f)
	if o := cmp.Compare(n.i, int64(whole)); o != 0 {
		return ordering(o)
	}
	return ordering(cmp.Compare(whole, f))
}

// digits returns the decimal text of an integer.
func (n number) digits() string {
	if n.big {
		return n.text
	}
	return strconv.FormatInt(n.i, 10)
}

// compareDigits compares two integers that are written without leading zeros.
func compareDigits(a, b string) ordering {
	aNegative, bNegative := strings.HasPrefix(a, "-"), strings.HasPrefix(b, "-")
	switch {
	case aNegative && bNegative:
		return compareDigits(b[1:], a[1:])
	case aNegative:
		return less
	case bNegative:
		return greater
	case len(a) != len(b):
		return ordering(cmp.Compare(len(a), len(b)))
	}
	return ordering(strings.Compare(a, b))
}

// appendFloat appends f as Python prints it, which is valid JSON for all but infinities and NaN.
func appendFloat(dst []byte, f float64) []byte {
	switch size := math.Abs(f); {
	case math.IsInf(f, 1):
		return append(dst, "inf"...)
	case math.IsInf(f, -1):
		return append(dst, "-inf"...)
	case math.IsNaN(f):
		return append(dst, "nan"...)
	case size != 0 && (size < 1e-4 || size >= 1e16):
		return strconv.AppendFloat(dst, f, 'e', -1, 64)
	}
	start := len(dst)
	dst = strconv.AppendFloat(dst, f, 'f', -1, 64)
	for _, c := range dst[start:] {
		if c == '.' {
			return dst
		}
	}
	return append(dst, ".0"...)
}
