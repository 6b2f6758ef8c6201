package expr

import (
	"strings"
	"unsafe"

	"github.com/tidwall/gjson"
)

// JSON returns the value of one JSON text. Objects and arrays stay text and are walked when
// asked; the caller has proven that they are valid. What is not JSON comes out as undefined, or,
// inside an object or array, as some value: never as a panic.
//
// Of a key that occurs twice in an object, the last value counts.
func JSON(raw string) Value {
	raw = strings.Trim(raw, " \t\r\n")
	if raw == "" {
		return Undefined()
	}
	switch c := raw[0]; c {
	case '{', '[':
		if raw[len(raw)-1] != c+2 || len(raw) < 2 { // in ASCII, ] and } stand two after [ and {
			return Undefined()
		}
	case '"':
		if skipString(raw, 0) != len(raw) {
			return Undefined()
		}
	}
	return decode(raw)
}

// JSONBytes is JSON without copying: the bytes must not change while the value, or one taken
// from it, is in use.
func JSONBytes(raw []byte) Value {
	return JSON(unsafe.String(unsafe.SliceData(raw), len(raw)))
}

// decode returns the value of one JSON token, object or array without space around it.
func decode(raw string) Value {
	switch raw[0] {
	case '{':
		return Value{kind: KindDict, text: raw}
	case '[':
		return Value{kind: KindList, text: raw}
	case '"':
		if strings.IndexByte(raw, '\\') >= 0 {
			return Value{kind: KindString, flags: flagEscaped, text: raw}
		}
		return String(raw[1 : len(raw)-1])
	}
	switch raw {
	case "true":
		return Bool(true)
	case "false":
		return Bool(false)
	case "null":
		return Null()
	}
	if !isNumber(raw) {
		return Undefined()
	}
	return Value{kind: KindNumber, text: raw}
}

// isNumber reports whether text is a number by JSON's grammar.
func isNumber(text string) bool {
	text = strings.TrimPrefix(text, "-")
	whole := digits(text)
	if whole == 0 || whole > 1 && text[0] == '0' {
		return false
	}
	text = text[whole:]
	if strings.HasPrefix(text, ".") {
		fraction := digits(text[1:])
		if fraction == 0 {
			return false
		}
		text = text[1+fraction:]
	}
	if text == "" {
		return true
	}
	if text[0]|0x20 != 'e' {
		return false
	}
	text = text[1:]
	if text != "" && (text[0] == '+' || text[0] == '-') {
		text = text[1:]
	}
	return text != "" && digits(text) == len(text)
}

// digits returns how many decimal digits text begins with.
func digits(text string) int {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return i
		}
	}
	return len(text)
}

// unquote returns the characters of a JSON string.
func unquote(raw string) string { return gjson.Parse(raw).Str }

// A walk goes over the members of a JSON object or the elements of an array.
type walk struct {
	raw string
	at  int
}

func walkRaw(raw string) walk { return walk{raw: raw, at: 1} }

// next returns the next member: its key in its quotes (empty in an array) and its value.
func (w *walk) next() (key, item string, ok bool) {
	w.skip(',')
	if w.raw[0] == '{' {
		start := w.at
		end := skipString(w.raw, start)
		if end < 0 {
			return "", "", false
		}
		key, w.at = w.raw[start:end], end
		w.skip(':')
	}
	start := w.at
	end := skipValue(w.raw, start)
	if end <= start {
		return "", "", false
	}
	w.at = end
	return key, w.raw[start:end], true
}

// skip goes over white space, and one separator in it.
func (w *walk) skip(separator byte) {
	w.at = skipSpace(w.raw, w.at)
	if w.at < len(w.raw) && w.raw[w.at] == separator {
		w.at = skipSpace(w.raw, w.at+1)
	}
}

func skipSpace(s string, i int) int {
	for i < len(s) && (s[i] == ' ' || s[i] == '\n' || s[i] == '\r' || s[i] == '\t') {
		i++
	}
	return i
}

// skipString returns the place after the string that begins at s[i], -1 if there is none.
func skipString(s string, i int) int {
	if i >= len(s) || s[i] != '"' {
		return -1
	}
	for i++; i < len(s); i++ {
		switch s[i] {
		case '"':
			return i + 1
		case '\\':
			i++
		}
	}
	return -1
}

// skipValue returns the place after the value that begins at s[i]; -1, or i, if there is none.
func skipValue(s string, i int) int {
	if i >= len(s) {
		return -1
	}
	switch s[i] {
	case '"':
		return skipString(s, i)
	case '{', '[':
		return skipNested(s, i)
	}
	for ; i < len(s); i++ {
		switch s[i] {
		case ',', ']', '}', ' ', '\n', '\r', '\t', ':', '"', '[', '{':
			return i
		}
	}
	return i
}

// skipNested is skipValue for an object or array. It counts brackets, so nesting costs no stack.
func skipNested(s string, i int) int {
	for depth := 0; i < len(s); i++ {
		switch s[i] {
		case '"':
			end := skipString(s, i)
			if end < 0 {
				return -1
			}
			i = end - 1
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return -1
}

// isKey reports whether key, a JSON string, is name.
func isKey(key, name string) bool {
	inner := key[1 : len(key)-1]
	if len(inner) <= len(name) { // an escape is longer than what it stands for
		return inner == name
	}
	return strings.IndexByte(inner, '\\') >= 0 && unquote(key) == name
}
