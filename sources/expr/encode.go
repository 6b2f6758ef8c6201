package expr

import (
	"math"
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

// AppendSortedJSON appends v as JSON in which the keys of dicts are in order, and strings escape no
// more than they must: values that are equal member by member have one text.
func (v Value) AppendSortedJSON(dst []byte) []byte {
	switch v.kind {
	case KindString:
		return appendString(dst, v.str())
	case KindDict:
		v = v.sorted()
	case KindList:
	default:
		return v.AppendJSON(dst)
	}
	return v.appendItems(dst, ",", func(dst []byte, key string, item Value) []byte {
		if v.kind == KindDict {
			dst = append(appendString(dst, key), ':')
		}
		return item.AppendSortedJSON(dst)
	})
}

func (v Value) appendNested(dst []byte) []byte {
	if v.ref == nil {
		return append(dst, v.text...)
	}
	return v.appendItems(dst, ",", func(dst []byte, key string, item Value) []byte {
		if v.kind == KindDict {
			dst = append(appendString(dst, key), ':')
		}
		return item.AppendJSON(dst)
	})
}

// appendItems appends the items of a list, or the members of a dict, as each of them says, in
// brackets and with text between them.
func (v Value) appendItems(dst []byte, between string, each func(dst []byte, key string, item Value) []byte) []byte {
	brackets := "[]"
	if v.kind == KindDict {
		brackets = "{}"
	}
	dst = append(dst, brackets[0])
	start := len(dst)
	v.Each(func(key string, item Value) bool {
		if len(dst) > start {
			dst = append(dst, between...)
		}
		dst = each(dst, key, item)
		return true
	})
	return append(dst, brackets[1])
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
	case v.kind == KindDict && d.sorted:
		return d.nested(dst, v.sorted(), depth)
	case v.kind == KindDict || v.kind == KindList:
		return d.nested(dst, v, depth)
	}
	return v.AppendJSON(dst)
}

func (d dumper) nested(dst []byte, v Value, depth int) []byte {
	return v.appendItems(dst, ", ", func(dst []byte, key string, item Value) []byte {
		if v.kind == KindDict {
			dst = append(d.string(dst, key), ": "...)
		}
		return d.append(dst, item, depth+1)
	})
}

// sorted returns a dict with its keys in order.
func (v Value) sorted() Value {
	members := v.members()
	keys := sortedKeys(members)
	values := make([]Value, len(keys))
	for i, key := range keys {
		values[i] = members[key]
	}
	return Dict(keys, values)
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
