package expr

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// MarshalJSON returns v as [Value.AppendJSON] does.
func (v Value) MarshalJSON() ([]byte, error) { return v.AppendJSON(nil), nil }

// AppendJSON appends v as JSON. What came out of JSON goes through byte for byte; undefined is
// null, and so is a number that JSON cannot write; times are RFC 3339, days and durations ISO 8601.
func (v Value) AppendJSON(dst []byte) []byte {
	switch v.kind {
	case KindBool:
		return strconv.AppendBool(dst, v.num != 0)
	case KindInt, KindNumber:
		return printer{}.repr(dst, v)
	case KindFloat:
		if f := v.float(); math.IsNaN(f) || math.IsInf(f, 0) {
			break
		}
		return appendFloat(dst, v.float())
	case KindString:
		if v.flags&flagEscaped != 0 {
			return append(dst, v.text...)
		}
		return appendString(dst, v.text)
	case KindTime, KindDuration:
		return appendString(dst, v.Text())
	case KindList, KindDict:
		return v.appendNested(dst)
	}
	return append(dst, "null"...)
}

func (v Value) appendNested(dst []byte) []byte {
	if v.ref == nil {
		return append(dst, v.text...)
	}
	opening, closing := byte('['), byte(']')
	if v.kind == KindDict {
		opening, closing = '{', '}'
	}
	dst = append(dst, opening)
	first := true
	v.Each(func(key string, item Value) bool {
		if !first {
			dst = append(dst, ',')
		}
		first = false
		if v.kind == KindDict {
			dst = append(appendString(dst, key), ':')
		}
		dst = item.AppendJSON(dst)
		return true
	})
	return append(dst, closing)
}

// appendString appends s as a JSON string; what is not UTF-8 becomes U+FFFD.
func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for i := 0; i < len(s); {
		c, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', byte(c))
		case c < ' ':
			dst = appendControl(dst, c)
		case c == utf8.RuneError:
			dst = utf8.AppendRune(dst, c)
		default:
			dst = append(dst, s[i:i+size]...)
		}
		i += size
	}
	return append(dst, '"')
}

func appendControl(dst []byte, c rune) []byte {
	if i := strings.IndexRune("\n\r\t\b\f", c); i >= 0 {
		return append(dst, '\\', "nrtbf"[i])
	}
	return appendHex(append(dst, `\u`...), c, 4)
}

// A dumper writes JSON as Python's json.dumps does.
type dumper struct {
	sorted bool // keys in order
	html   bool // as Jinja's tojson: without characters that mean something in HTML
}

func (d dumper) append(dst []byte, v Value, depth int) []byte {
	switch {
	case depth > maxNesting:
		return v.AppendJSON(dst)
	case v.kind == KindNumber:
		return printer{jinja: true}.number(dst, v.text)
	case v.kind == KindString:
		return d.string(dst, v.str())
	case v.kind == KindList:
		return d.list(dst, v, depth)
	case v.kind == KindDict:
		return d.dict(dst, v, depth)
	}
	return v.AppendJSON(dst)
}

func (d dumper) list(dst []byte, v Value, depth int) []byte {
	dst = append(dst, '[')
	for i, item := range v.items() {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = d.append(dst, item, depth+1)
	}
	return append(dst, ']')
}

func (d dumper) dict(dst []byte, v Value, depth int) []byte {
	members := v.members()
	var keys []string
	v.Each(func(key string, _ Value) bool {
		keys = append(keys, key)
		return true
	})
	if d.sorted {
		slices.Sort(keys)
		keys = slices.Compact(keys)
	}
	dst = append(dst, '{')
	for i, key := range keys {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = append(d.string(dst, key), ": "...)
		dst = d.append(dst, members[key], depth+1)
	}
	return append(dst, '}')
}

func (d dumper) string(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for _, c := range s {
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', byte(c))
		case c < ' ':
			dst = appendControl(dst, c)
		case c > 0xFFFF:
			c -= 0x10000
			dst = appendHex(append(dst, `\u`...), 0xD800+c>>10, 4)
			dst = appendHex(append(dst, `\u`...), 0xDC00+c&0x3FF, 4)
		case c >= 0x7F || d.html && strings.ContainsRune("<>&'", c):
			dst = appendHex(append(dst, `\u`...), c, 4)
		default:
			dst = append(dst, byte(c))
		}
	}
	return append(dst, '"')
}
