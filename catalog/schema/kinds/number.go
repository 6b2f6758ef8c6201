package kinds

import (
	"bytes"
	"strconv"

	"github.com/tap-rest/tap-rest/catalog/raw"
)

// MaxNumber is the most characters of a number, and the largest exponent
// either way, that the judge is given. gojsonschema turns every number into a
// big.Rat, which writes all digits out: 1e1000000000 takes a gigabyte and
// minutes. Beyond its own limit big.Rat answers nil, which gojsonschema uses.
const MaxNumber = 400

// HugeNumber returns where the first number begins that the judge must not
// see, or -1.
func HugeNumber(t raw.Text) int { return firstNumber(t, isHuge) }

// BeyondFloat returns where the first number begins that no float64 can hold,
// or -1.
func BeyondFloat(t raw.Text) int {
	return firstNumber(t, func(number []byte) bool {
		_, err := strconv.ParseFloat(string(number), 64)
		return err != nil
	})
}

// firstNumber returns where the first number begins that is so, or -1.
func firstNumber(t raw.Text, so func(number []byte) bool) int {
	for i := 0; i < len(t); {
		switch c := t[i]; {
		case c == '"':
			i = t.AfterString(i)
		case c == '-' || '0' <= c && c <= '9':
			end := t.AfterValue(i)
			if so(t[i:end]) {
				return i
			}
			i = end
		default:
			i++
		}
	}
	return -1
}

func isHuge(number []byte) bool {
	if len(number) > MaxNumber {
		return true
	}
	for i, c := range number {
		if c == 'e' || c == 'E' {
			exponent, err := strconv.Atoi(string(number[i+1:]))
			return err != nil || exponent > MaxNumber || exponent < -MaxNumber
		}
	}
	return false
}

// IsIntegral reports whether a JSON number has no fraction, however it is
// written: 1.50e1 has none.
func IsIntegral(number []byte) bool {
	mantissa, exponent := number, 0
	if e := bytes.IndexAny(number, "eE"); e >= 0 {
		mantissa = number[:e]
		exponent, _ = strconv.Atoi(string(number[e+1:]))
	}
	whole, fraction, _ := bytes.Cut(mantissa, []byte("."))
	fraction = bytes.TrimRight(fraction, "0")
	if len(fraction) > 0 {
		return exponent >= len(fraction)
	}
	// Without a fraction a negative exponent needs as many zeros at the end.
	whole = bytes.TrimLeft(whole, "-")
	significant := bytes.TrimRight(whole, "0")
	return len(significant) == 0 || exponent >= len(significant)-len(whole)
}
