package csv

import (
	"bytes"
	"encoding/json"

	"github.com/tap-rest/tap-rest/catalog/raw"
)

// settle makes of the text to[mark:n] what its column's types and the definition's
// null_values say, and returns where that ends. A quote stands before the text where
// the column's values are texts. to has room for what is more of it.
func (r *records) settle(to []byte, mark, n int, c *column, quoted bool) int {
	text := to[mark:n]
	value, t := r.valueOf(text, c, quoted)
	r.odd = r.odd || t&^c.told != 0
	switch {
	case t == typeText && c.types == 0:
		to[n] = '"'
		return n + 1
	case t == typeText:
		copy(to[mark+1:], text)
		to[mark], to[n+1] = '"', '"'
		return n + 2
	case c.types == 0:
		mark--
	}
	return mark + copy(to[mark:], value)
}

var wordNull, wordTrue, wordFalse = []byte("null"), []byte("true"), []byte("false")

// valueOf returns the value that a text is, and its type.
func (r *records) valueOf(text []byte, c *column, quoted bool) ([]byte, types) {
	t := c.types
	switch {
	case len(text) == 0 && t&typeNull != 0, !quoted && r.nulls.has(text):
		return wordNull, typeNull
	case t&typeNumber != 0 && isNumber(text):
		return text, numberType(text)
	case t&typeBoolean != 0 && isTrue(text):
		return wordTrue, typeBoolean
	case t&typeBoolean != 0 && isFalse(text):
		return wordFalse, typeBoolean
	case t&typeObject != 0 && begins(text, '{'), t&typeArray != 0 && begins(text, '['):
		r.text = raw.AppendUnescaped(r.text[:0], text)
		r.scratch.Reset()
		if json.Compact(&r.scratch, r.text) == nil {
			return r.scratch.Bytes(), typeObject | typeArray
		}
	}
	return text, typeText
}

// numberType returns the type of a number of JSON: both an object's and an integer's,
// which no column is told to be of, where it is not as a column's are.
func numberType(text []byte) types {
	switch {
	case len(text) > raw.MaxNumber, bytes.ContainsAny(text, "eE"):
		return anyType
	case bytes.IndexByte(text, '.') >= 0:
		return typeFraction
	}
	return typeInteger
}

// plainNumber returns the type of a text of one to eight bytes, with which w begins,
// where that is surely a number without a sign; else anyType.
func plainNumber(w uint64, size uint) types {
	skip := (64 - 8*size) & 63
	x := (w ^ '0'*low) << skip                              // bytes behind the text become zeros, which are before it now
	others := ((x&^high + (0x80-10)*low) | x) & high / 0x80 // 1 for each that is no digit
	switch {
	case byte(w) == '0' && size > 1, others&(others-1) != 0, x&(others*0xff) != others*('.'^'0'), others&(1<<56|1<<skip) != 0:
		return anyType
	case others != 0:
		return typeFraction
	}
	return typeInteger
}

// plainBoolean reports whether a text of size bytes, with which w begins, is a boolean of
// JSON.
func plainBoolean(w uint64, size uint) bool {
	const t, f = 't' | 'r'<<8 | 'u'<<16 | 'e'<<24, 'f' | 'a'<<8 | 'l'<<16 | 's'<<24 | 'e'<<32
	return size == 4 && uint32(w) == t || size == 5 && w<<24 == f<<24
}

// begins reports whether the JSON in text, a JSON string's inside, begins with c.
func begins(text []byte, c byte) bool {
	for len(text) > 0 {
		switch {
		case text[0] == c:
			return true
		case text[0] == ' ':
			text = text[1:]
		case text[0] == '\\' && (text[1] == 'n' || text[1] == 'r' || text[1] == 't'):
			text = text[2:]
		default:
			return false
		}
	}
	return false
}

func isTrue(b []byte) bool { return string(b) == "true" || string(b) == "TRUE" || string(b) == "True" }

func isFalse(b []byte) bool {
	return string(b) == "false" || string(b) == "FALSE" || string(b) == "False"
}

// isNumber reports whether b is a number of JSON.
func isNumber(b []byte) bool {
	i := 0
	if i < len(b) && b[i] == '-' {
		i++
	}
	whole := digits(b, i)
	if whole == i || b[i] == '0' && whole > i+1 {
		return false
	}
	i = whole
	if i < len(b) && b[i] == '.' {
		from := i + 1
		if i = digits(b, from); i == from {
			return false
		}
	}
	if i < len(b) && b[i]|' ' == 'e' {
		i++
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		from := i
		if i = digits(b, from); i == from {
			return false
		}
	}
	return i == len(b)
}

// digits returns where the digits that begin at i end.
func digits(b []byte, i int) int {
	for i < len(b) && b[i]-'0' <= 9 {
		i++
	}
	return i
}

// nulls are the texts that are null, as they stand between the quotes of a JSON
// string.
type nulls struct {
	texts [][]byte
	sizes uint64 // bit n: one of them has n bytes; bit 63: or 63 and more
}

func newNulls(texts []string) nulls {
	var n nulls
	for _, text := range texts {
		var quoted []byte
		for i := range len(text) {
			quoted = appendEscaped(quoted, text[i])
		}
		n.texts = append(n.texts, quoted)
		n.sizes |= 1 << min(len(quoted), 63)
	}
	return n
}

func (n *nulls) has(text []byte) bool {
	if n.sizes&(1<<min(len(text), 63)) == 0 {
		return false
	}
	for _, null := range n.texts {
		if bytes.Equal(null, text) {
			return true
		}
	}
	return false
}
