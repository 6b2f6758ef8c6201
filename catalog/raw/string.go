package raw

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Quote returns s as a JSON string. What is not UTF-8 in it becomes U+FFFD; <, >
// and & stay as they are, for URLs and tokens.
func Quote(s string) Text {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // of a string, into memory
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// Plain returns what stands between the quotes of the string t, and whether
// that is the string itself: it holds no escapes.
func (t Text) Plain() ([]byte, bool) {
	if len(t) < 2 {
		return nil, true
	}
	inner := t[1 : len(t)-1]
	return inner, bytes.IndexByte(inner, '\\') < 0
}

// Unquote returns the characters of the string t, as encoding/json reads it, and
// "" for what is no string.
func (t Text) Unquote() string {
	if len(t) == 0 || t[0] != '"' {
		return ""
	}
	inner, plain := t.Plain()
	if plain && utf8.Valid(inner) {
		return string(inner)
	}
	var s string
	if json.Unmarshal(t, &s) != nil {
		return string(inner)
	}
	return s
}

// Name returns the characters of the string t. They are those of t, but for one
// with escapes.
func (t Text) Name() []byte {
	name, plain := t.Plain()
	if !plain {
		name = []byte(t.Unquote())
	}
	return name
}

// Scalar returns the characters of the string t, and of anything else t as it is
// written.
func (t Text) Scalar() string {
	if len(t) == 0 || t[0] != '"' {
		return string(t)
	}
	return t.Unquote()
}

// Is reports whether t, a string in its quotes, stands for name.
func (t Text) Is(name string) bool {
	if len(t) < 2 {
		return false
	}
	inner := t[1 : len(t)-1]
	if len(inner) > len(name) { // an escape is longer than what it stands for
		return equalEscaped(inner, name)
	}
	return string(inner) == name && strings.IndexByte(name, '\\') < 0
}

// equalEscaped reports whether s, what stands between quotes, is name.
func equalEscaped(s []byte, name string) bool {
	for len(s) > 0 {
		if name == "" {
			return false
		}
		if s[0] != '\\' {
			if s[0] != name[0] {
				return false
			}
			s, name = s[1:], name[1:]
			continue
		}
		want, n := Unescape(s)
		got, size := utf8.DecodeRuneInString(name)
		if got != want {
			return false
		}
		s, name = s[n:], name[size:]
	}
	return name == ""
}

// AppendUnescaped appends the characters of a string, given without its quotes.
func AppendUnescaped(dst, s []byte) []byte {
	for {
		i := bytes.IndexByte(s, '\\')
		if i < 0 {
			return append(dst, s...)
		}
		r, n := Unescape(s[i:])
		dst = utf8.AppendRune(append(dst, s[:i]...), r)
		s = s[i+n:]
	}
}

// Unescape decodes the escape that s begins with, and returns how many bytes of
// s it takes. As in encoding/json, half a surrogate pair is U+FFFD.
func Unescape(s []byte) (rune, int) {
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

// unescapeUnicode is Unescape for \uXXXX and pairs of it.
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

// ValidUTF8 returns how many bytes from the start of b on are UTF-8.
func ValidUTF8(b []byte) int {
	n := 0
	for n < len(b) {
		r, size := utf8.DecodeRune(b[n:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		n += size
	}
	return n
}
