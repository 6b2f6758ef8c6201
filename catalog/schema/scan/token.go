package scan

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"strconv"
	"unicode/utf8"

	"github.com/tap-rest/tap-rest/catalog/schema/kinds"
)

// Words of eight equal bytes, for looking at eight bytes of text at once.
const (
	Ones       = 0x0101010101010101
	Highs      = 0x80 * Ones
	scanSpaces = ' ' * Ones
	scanQuotes = '"' * Ones
	scanSlants = '\\' * Ones
	scanZeros  = '0' * Ones
	// NoDigits sets the high bit of what is more than nine.
	NoDigits = (0x80 - 10) * Ones

	wordSize = 8
)

// Space returns the index of the first byte from i on that is not white
// space. It is small enough to be inlined where there is none.
func Space(b []byte, i int) int {
	if i < len(b) && b[i] > ' ' {
		return i
	}
	return scanSpaceRun(b, i)
}

func scanSpaceRun(b []byte, i int) int {
	for i < len(b) {
		switch b[i] {
		case ' ':
			// Bodies that are indented are half spaces.
			for i+8 <= len(b) && binary.LittleEndian.Uint64(b[i:]) == scanSpaces {
				i += 8
			}
			if i < len(b) && b[i] == ' ' {
				i++
			}
		case '\n', '\r', '\t':
			i++
		default:
			return i
		}
	}
	return i
}

// String proves a string whose opening quote is before i and returns the
// index after its closing quote. Where the string breaks the rules at j, it
// returns ^j; j is len(b) where the text ends too early.
func String(b []byte, i int) int {
	for i >= 0 && i <= len(b)-wordSize {
		stop := scanStops(binary.LittleEndian.Uint64(b[i:]))
		if stop == 0 {
			i += wordSize
			continue
		}
		i += bits.TrailingZeros64(stop) / 8
		if i < len(b) && b[i] == '"' {
			return i + 1
		}
		i = scanSpecial(b, i)
	}
	return scanStringEnd(b, i)
}

// PlainSize is how many bytes Plain looks at.
const PlainSize = 2 * wordSize

// Plain returns how many plain characters of a string come first in b. It has no
// branches: in which of the two words a short string ends is anyone's guess.
func Plain(b *[PlainSize]byte) int {
	stop, next := scanStops(binary.LittleEndian.Uint64(b[:])), scanStops(binary.LittleEndian.Uint64(b[wordSize:]))
	at := bits.TrailingZeros64(stop) // 64, whose sixth bit says so, if there is none
	return (at + bits.TrailingZeros64(next)&-(at>>6)) / wordSize
}

// scanStops sets the high bit in the lowest byte of a word that is not a plain
// character: a control (the first term borrows), a quote, a backslash, or a byte
// that is not ASCII. Above that byte borrows may set others.
func scanStops(w uint64) uint64 {
	return ((w - scanSpaces) | ((w ^ scanQuotes) - Ones) | ((w ^ scanSlants) - Ones) | w) & Highs
}

// scanStringEnd is String for the last bytes of the text, too few for words.
func scanStringEnd(b []byte, i int) int {
	for i >= 0 && i < len(b) {
		switch c := b[i]; {
		case c == '"':
			return i + 1
		case c < ' ' || c == '\\' || c >= utf8.RuneSelf:
			i = scanSpecial(b, i)
		default:
			i++
		}
	}
	if i >= 0 {
		i = ^len(b)
	}
	return i
}

// scanSpecial proves what is not a plain character of a string.
func scanSpecial(b []byte, i int) int {
	switch c := b[i]; {
	case c == '\\':
		return scanEscape(b, i)
	case c >= utf8.RuneSelf:
		return scanRunes(b, i)
	}
	return ^i
}

// scanRunes proves the run of characters beyond ASCII that begins at i.
func scanRunes(b []byte, i int) int {
	for i < len(b) && b[i] >= utf8.RuneSelf {
		if c := b[i]; i+3 <= len(b) && scanFollows(b[i+1]) {
			if 0xc2 <= c && c <= 0xdf { // two bytes
				i += 2
				continue
			}
			if 0xe1 <= c && c <= 0xec && scanFollows(b[i+2]) { // three; of others not all are allowed
				i += 3
				continue
			}
		}
		_, size := utf8.DecodeRune(b[i:])
		if size == 1 {
			return ^i
		}
		i += size
	}
	return i
}

// scanFollows reports whether a byte goes on with a character beyond ASCII.
func scanFollows(c byte) bool { return c&0xc0 == 0x80 }

// scanEscape proves the escape whose backslash is at i.
func scanEscape(b []byte, i int) int {
	if i+1 >= len(b) {
		return ^len(b)
	}
	switch b[i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 2
	case 'u':
	default:
		return ^i
	}
	for j := i + 2; j < i+6; j++ {
		if j >= len(b) {
			return ^len(b)
		}
		if !IsHex(b[j]) {
			return ^i
		}
	}
	return i + 6
}

// IsHex reports whether a byte is a hexadecimal digit of ASCII.
func IsHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f'
}

// Form is how a number is written.
type Form uint8

const (
	Whole Form = iota
	Fraction
	Exponent
)

// Number proves the number that begins at i; ^j as in String.
func Number(b []byte, i int) (int, Form) {
	if b[i] == '-' {
		i++
	}
	whole, form := i, Whole
	if i = scanDigits(b, i); i < 0 {
		return i, form
	}
	if b[whole] == '0' && i > whole+1 {
		return ^(whole + 1), form
	}
	if i < len(b) && b[i] == '.' {
		form = Fraction
		if i = scanDigits(b, i+1); i < 0 {
			return i, form
		}
	}
	if i < len(b) && b[i]|0x20 == 'e' {
		i++
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		return scanDigits(b, i), Exponent
	}
	return i, form
}

// ShortNumber returns the index after the number that begins at i, if it is of one
// of the kinds and has fewer than eight digits, and as many behind the point; 0 says
// nothing about it.
func ShortNumber(b []byte, i int, allowed kinds.Set) int {
	if i >= 0 && i < len(b) && b[i] == '-' {
		i++
	}
	whole, n := i, scanFewDigits(b, i)
	if i += n; n == 0 || n > 1 && b[whole] == '0' || i < 0 || i >= len(b) {
		return 0
	}
	kind := kinds.Integer | kinds.Number
	if b[i] == '.' {
		n, kind = scanFewDigits(b, i+1), kinds.Number
		if i += 1 + n; n == 0 || i < 0 || i >= len(b) {
			return 0
		}
	}
	if allowed&kind == 0 || b[i]|0x20 == 'e' {
		return 0
	}
	return i
}

// scanFewDigits returns how many digits there are from i on; 0 for eight or
// more, and so close to the end of the text that they may be.
func scanFewDigits(b []byte, i int) int {
	if i < 0 || i > len(b)-wordSize {
		return 0
	}
	return scanDigitsIn(binary.LittleEndian.Uint64(b[i:])) % wordSize
}

// scanDigitsIn returns how many digits come first in a word.
func scanDigitsIn(w uint64) int {
	w ^= scanZeros
	// The high bit is set in the lowest byte that is no digit: one above nine.
	// Above that byte a carry may have set others.
	return bits.TrailingZeros64(((w+NoDigits)|w)&Highs) / 8
}

// IsVast reports whether a number is beyond what all of the judge's rules can
// take: one that no float64 holds makes it give up where it compares values
// (enum, const, uniqueItems), and a longer one it is not shown.
func IsVast(number []byte, form Form) bool {
	if form == Exponent {
		return isVastPower(number)
	}
	return len(number) > mostDigits
}

const mostDigits = 300 // a little less than float64 holds

func isVastPower(number []byte) bool {
	e := bytes.IndexAny(number, "eE")
	exponent, err := strconv.Atoi(string(number[e+1:]))
	return err != nil || len(number)+max(exponent, -exponent) > mostDigits
}

// scanDigits proves one digit or more.
func scanDigits(b []byte, i int) int {
	from := i
	for i >= 0 && i <= len(b)-wordSize {
		n := scanDigitsIn(binary.LittleEndian.Uint64(b[i:]))
		i += n
		if n < wordSize {
			break
		}
	}
	for i >= 0 && i < len(b) && b[i]-'0' <= 9 { // the last bytes of the text
		i++
	}
	if i == from {
		return ^i
	}
	return i
}
