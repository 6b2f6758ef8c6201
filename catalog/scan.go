package catalog

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// The functions of this file walk JSON that is proven to be JSON, so that they
// need not look at what a value is to find its end. On anything else they
// answer something, but stay inside b and come to an end: each returns an
// index from its own i up to len(b).

// skipSpace returns the index of the first byte from i on that is no white
// space.
func skipSpace(b []byte, i int) int {
	for i < len(b) && b[i] <= ' ' {
		i++
	}
	return i
}

// skipString returns the index behind the string whose opening quote is b[i].
func skipString(b []byte, i int) int {
	for from := i + 1; from < len(b); {
		n := bytes.IndexByte(b[from:], '"')
		if n < 0 {
			break
		}
		from += n + 1
		if b[from-2] != '\\' || !escapesNext(b[i+1:from-1]) {
			return from
		}
	}
	return len(b)
}

// escapesNext reports whether s ends in an odd number of backslashes, so that
// the last one escapes what follows s.
func escapesNext(s []byte) bool {
	n := len(s)
	for n > 0 && s[n-1] == '\\' {
		n--
	}
	return (len(s)-n)%2 == 1
}

// skipValue returns the index behind the value that starts at b[i].
func skipValue(b []byte, i int) int {
	if i >= len(b) {
		return len(b)
	}
	switch b[i] {
	case '"':
		return skipString(b, i)
	case '{', '[':
		return skipNested(b, i)
	}
	for i < len(b) && b[i] > ' ' && b[i] != ',' && b[i] != '}' && b[i] != ']' {
		i++
	}
	return i
}

// skipNested returns the index behind the object or array that starts at b[i].
func skipNested(b []byte, i int) int {
	depth := 0
	for i < len(b) {
		switch b[i] {
		case '"':
			i = skipString(b, i)
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		i++
		if depth == 0 {
			return i
		}
	}
	return len(b)
}

// nextKey reads the key of the member that begins at b[i], just behind a brace
// or comma. It returns the key as it is written, without its quotes, and the
// index of the member's value. ok is false where no member begins.
func nextKey(b []byte, i int) (key []byte, value int, ok bool) {
	i = skipSpace(b, i)
	if i >= len(b) || b[i] != '"' {
		return nil, 0, false
	}
	end := skipString(b, i)
	colon := skipSpace(b, end)
	if colon >= len(b) || b[colon] != ':' {
		return nil, 0, false
	}
	return b[i+1 : end-1], skipSpace(b, colon+1), true
}

// isEscaped reports whether a key holds escapes, so that its bytes are not its
// name.
func isEscaped(key []byte) bool {
	return bytes.IndexByte(key, '\\') >= 0
}

// isNamed reports whether key, as it is written, stands for name.
func isNamed(key []byte, name string) bool {
	if isEscaped(key) {
		return equalEscaped(key, name)
	}
	return string(key) == name
}

// equalEscaped is isNamed for keys that hold escapes.
func equalEscaped(key []byte, name string) bool {
	for len(key) > 0 {
		if name == "" {
			return false
		}
		if key[0] != '\\' {
			if key[0] != name[0] {
				return false
			}
			key, name = key[1:], name[1:]
			continue
		}
		want, n := unescape(key)
		got, size := utf8.DecodeRuneInString(name)
		if got != want {
			return false
		}
		key, name = key[n:], name[size:]
	}
	return name == ""
}

// unescape decodes the escape that s begins with, and returns how many bytes of
// s it takes. As in encoding/json, half a surrogate pair is U+FFFD.
func unescape(s []byte) (rune, int) {
	if len(s) < 2 {
		return utf8.RuneError, len(s)
	}
	switch s[1] {
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	case 'u':
		return unescapeUnicode(s)
	}
	return rune(s[1]), 2
}

// unescapeUnicode is unescape for \uXXXX and pairs of it.
func unescapeUnicode(s []byte) (rune, int) {
	r := hex4(s)
	if !utf16.IsSurrogate(r) {
		return r, min(len(s), 6)
	}
	if pair := utf16.DecodeRune(r, hex4(s[6:])); pair != utf8.RuneError {
		return pair, 12
	}
	return utf8.RuneError, 6
}

// hex4 returns the number in an escape \uXXXX at the start of s, U+FFFD if
// there is none.
func hex4(s []byte) rune {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return utf8.RuneError
	}
	var r rune
	for _, c := range s[2:6] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return utf8.RuneError
		}
		r = r<<4 | rune(c)
	}
	return r
}
