package expr

import (
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/tap-rest/tap-rest/catalog/raw"
	"github.com/tap-rest/tap-rest/sources/times"
)

// A printer writes values as text: as tap-rest does, or exactly as Jinja does.
type printer struct {
	jinja bool
}

// AppendText appends what v prints inside text: strings bare, numbers as they came, true and
// false, None for null, nothing for undefined, RFC 3339 for times, ISO 8601 for durations; lists
// and dicts as Python prints them, with strings quoted.
func (v Value) AppendText(dst []byte) []byte { return printer{}.text(dst, v) }

// Text returns what AppendText appends.
func (v Value) Text() string {
	if v.kind == KindString || v.kind == KindNumber {
		return v.str()
	}
	return string(v.AppendText(nil))
}

// text appends v bare: Python's str().
func (p printer) text(dst []byte, v Value) []byte {
	switch v.kind {
	case KindUndefined:
		return dst
	case KindString:
		return append(dst, v.str()...)
	}
	return p.repr(dst, v)
}

// repr appends v as it stands in a list: Python's repr().
func (p printer) repr(dst []byte, v Value) []byte {
	switch v.kind {
	case KindUndefined:
		return append(dst, "Undefined"...)
	case KindNull:
		return append(dst, "None"...)
	case KindBool:
		return p.boolean(dst, v.num != 0)
	case KindInt:
		return strconv.AppendInt(dst, v.num, 10)
	case KindFloat:
		return appendFloat(dst, v.float())
	case KindNumber:
		return p.number(dst, v.text)
	case KindString:
		return appendQuoted(dst, v.str())
	case KindList, KindDict:
		return p.nested(dst, v)
	case KindTime:
		return p.time(dst, v)
	case KindDuration:
		return p.duration(dst, v.span())
	}
	return dst
}

func (p printer) boolean(dst []byte, b bool) []byte {
	switch {
	case p.jinja && b:
		return append(dst, "True"...)
	case p.jinja:
		return append(dst, "False"...)
	}
	return strconv.AppendBool(dst, b)
}

// number appends a number of JSON: as it came, or as Python prints what it reads there.
func (p printer) number(dst []byte, text string) []byte {
	if n := literal(text); p.jinja && n.float {
		return appendFloat(dst, n.f)
	}
	return append(dst, text...)
}

func (p printer) time(dst []byte, v Value) []byte {
	if v.flags&flagDate == 0 && !p.jinja {
		return v.time().AppendFormat(dst, time.RFC3339Nano)
	}
	return v.appendPythonTime(dst, ' ')
}

// appendPythonTime appends a time as Python prints it, with six digits of fraction if there is one.
func (v Value) appendPythonTime(dst []byte, between byte) []byte {
	t := v.time()
	dst = t.AppendFormat(dst, time.DateOnly)
	switch {
	case v.flags&flagDate != 0:
		return dst
	case t.Nanosecond() >= 1000:
		return t.AppendFormat(append(dst, between), "15:04:05.000000-07:00")
	}
	return t.AppendFormat(append(dst, between), "15:04:05-07:00")
}

func (p printer) duration(dst []byte, s times.Span) []byte {
	if p.jinja {
		return s.AppendPython(dst)
	}
	return s.AppendISO(dst)
}

func (p printer) nested(dst []byte, v Value) []byte {
	if v.ref == nil {
		return p.raw(dst, v.text)
	}
	start := len(dst)
	dst = v.appendItems(dst, ", ", func(dst []byte, key string, item Value) []byte {
		if v.kind == KindDict {
			dst = append(appendQuoted(dst, key), ": "...)
		}
		return p.repr(dst, item)
	})
	if v.flags&flagTuple != 0 {
		end := ")"
		if v.Len() == 1 {
			end = ",)"
		}
		dst[start] = '('
		dst = append(dst[:len(dst)-1], end...)
	}
	return dst
}

// raw appends JSON as Python prints it, token by token, so that nesting costs no stack.
func (p printer) raw(dst []byte, text string) []byte {
	for i := 0; i < len(text); {
		switch c := text[i]; c {
		case ' ', '\t', '\r', '\n':
			i++
		case ',', ':':
			dst = append(dst, c, ' ')
			i++
		case '{', '}', '[', ']':
			dst = append(dst, c)
			i++
		default:
			end := raw.Of(text).AfterValue(i)
			if end <= i {
				return dst
			}
			dst = p.repr(dst, decode(text[i:end]))
			i = end
		}
	}
	return dst
}

// appendQuoted appends s as a Python literal: in single quotes, unless it has some and no double.
func appendQuoted(dst []byte, s string) []byte {
	quote := '\''
	if strings.ContainsRune(s, '\'') && !strings.ContainsRune(s, '"') {
		quote = '"'
	}
	dst = append(dst, byte(quote))
	for _, c := range s {
		switch {
		case c == quote || c == '\\':
			dst = append(dst, '\\', byte(c))
		case c == ' ' || unicode.IsPrint(c):
			dst = utf8.AppendRune(dst, c)
		default:
			dst = appendEscape(dst, c)
		}
	}
	return append(dst, byte(quote))
}

func appendEscape(dst []byte, c rune) []byte {
	switch {
	case c == '\n':
		return append(dst, `\n`...)
	case c == '\r':
		return append(dst, `\r`...)
	case c == '\t':
		return append(dst, `\t`...)
	case c < 0x100:
		return appendHex(append(dst, `\x`...), c, 2)
	case c < 0x10000:
		return appendHex(append(dst, `\u`...), c, 4)
	}
	return appendHex(append(dst, `\U`...), c, 8)
}

// appendHex appends c as that many hexadecimal digits.
func appendHex(dst []byte, c rune, digits int) []byte {
	for shift := 4 * (digits - 1); shift >= 0; shift -= 4 {
		dst = append(dst, "0123456789abcdef"[c>>shift&15])
	}
	return dst
}
