package expr

import (
	"strings"

	"github.com/tap-rest/tap-rest/catalog/raw"
	"github.com/tap-rest/tap-rest/sources/times"
)

// JSON returns the value of one JSON text. Objects and arrays stay text and are walked when
// asked; the caller has proven that they are valid. What is not JSON comes out as undefined, or,
// inside an object or array, as some value: never as a panic.
//
// Of a key that occurs twice in an object, the last value counts.
func JSON(text string) Value {
	text = strings.Trim(text, " \t\r\n")
	if text == "" {
		return Undefined()
	}
	switch c := text[0]; c {
	case '{', '[':
		if text[len(text)-1] != c+2 || len(text) < 2 { // in ASCII, ] and } stand two after [ and {
			return Undefined()
		}
	case '"':
		if !isString(text) {
			return Undefined()
		}
	}
	return decode(text)
}

// JSONBytes is JSON without copying: the bytes must not change while the value, or one taken
// from it, is in use.
func JSONBytes(text []byte) Value { return JSON(raw.Text(text).String()) }

// decode returns the value of one JSON token, object or array without space around it.
func decode(text string) Value {
	switch text[0] {
	case '{':
		return Value{kind: KindDict, text: text}
	case '[':
		return Value{kind: KindList, text: text}
	case '"':
		if strings.IndexByte(text, '\\') >= 0 {
			return Value{kind: KindString, flags: flagEscaped, text: text}
		}
		return String(text[1 : len(text)-1])
	}
	switch text {
	case "true":
		return Bool(true)
	case "false":
		return Bool(false)
	case "null":
		return Null()
	}
	if !isNumber(text) {
		return Undefined()
	}
	return Value{kind: KindNumber, text: text}
}

// isNumber reports whether text is a number by JSON's grammar, which has no leading zeros.
func isNumber(text string) bool {
	whole := strings.TrimPrefix(text, "-")
	return times.Numeric(text) && (whole[0] != '0' || times.Digits(whole) == 1)
}

// isString reports whether text, which begins with a quote, is one string.
func isString(text string) bool {
	inner, closed := strings.CutSuffix(text[1:], `"`)
	escapes := len(inner) - len(strings.TrimRight(inner, `\`))
	return closed && escapes%2 == 0 && raw.Of(text).AfterString(0) == len(text)
}

// eachRaw calls f for every item of an object or array.
func eachRaw(text string, f func(key string, item Value) bool) {
	for c := itemsOf(text); c.Next(); {
		if !f(c.Key.Unquote(), decode(c.Value().String())) {
			return
		}
	}
}

// itemsOf returns the items of the object or array that text is.
func itemsOf(text string) raw.Items { return raw.Of(text).Items(0) }
