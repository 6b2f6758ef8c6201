package csv

import (
	"bytes"
	"encoding/json"

	"github.com/tap-rest/tap-rest/catalog/raw"
)

// settle makes of the text at the end of dst, which begins at mark behind a quote,
// what its column's types and the definition's null_values say.
func (r *records) settle(dst []byte, mark int, t types, quoted bool) []byte {
	text := dst[mark:]
	switch {
	case len(text) == 0 && t&typeNull != 0, !quoted && r.nulls.has(text):
		return append(dst[:mark-1], "null"...)
	case t&typeNumber != 0 && isNumber(text):
		return append(dst[:mark-1], text...)
	case t&typeBoolean != 0 && isTrue(text):
		return append(dst[:mark-1], "true"...)
	case t&typeBoolean != 0 && isFalse(text):
		return append(dst[:mark-1], "false"...)
	case t&typeObject != 0 && begins(text, '{'), t&typeArray != 0 && begins(text, '['):
		r.text = raw.AppendUnescaped(r.text[:0], text)
		r.scratch.Reset()
		if json.Compact(&r.scratch, r.text) == nil {
			return append(dst[:mark-1], r.scratch.Bytes()...)
		}
	}
	return append(dst, '"')
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
