package schema

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"
)

// provenText is JSON that is known to be valid. Its methods walk it without
// allocating. On anything else they stop early: they promise to end and to
// stay in bounds, not to make sense.
type provenText []byte

// kinds is a set of JSON types.
type kinds uint8

// In the order in which a list of types is written: a target that takes the
// first type that is not null takes the one that can hold the others.
const (
	kindNull kinds = 1 << iota
	kindString
	kindObject
	kindArray
	kindBoolean
	kindInteger
	kindNumber
)

// name returns the word of JSON Schema for a single kind.
func (k kinds) name() string {
	switch k {
	case kindNull:
		return "null"
	case kindString:
		return "string"
	case kindObject:
		return "object"
	case kindArray:
		return "array"
	case kindBoolean:
		return "boolean"
	case kindInteger:
		return "integer"
	default:
		return "number"
	}
}

// kindNamed returns the kind that JSON Schema calls name, or 0.
func kindNamed(name string) kinds {
	for k := kindNull; k <= kindNumber; k <<= 1 {
		if k.name() == name {
			return k
		}
	}
	return 0
}

// kindAt returns the kind of the value that begins at i; a number is an
// integer if it is written without fraction and exponent.
func (t provenText) kindAt(i int) kinds {
	if i >= len(t) {
		return kindNull
	}
	switch t[i] {
	case '{':
		return kindObject
	case '[':
		return kindArray
	case '"':
		return kindString
	case 't', 'f':
		return kindBoolean
	case 'n':
		return kindNull
	}
	if bytes.ContainsAny(t[i:t.afterValue(i)], ".eE") {
		return kindNumber
	}
	return kindInteger
}

// afterSpace returns the first index from i on that is no white space.
func (t provenText) afterSpace(i int) int {
	for i < len(t) && (t[i] == ' ' || t[i] == '\n' || t[i] == '\t' || t[i] == '\r') {
		i++
	}
	return i
}

// afterString returns the index after the string that begins at i.
func (t provenText) afterString(i int) int {
	for i++; i < len(t); i++ {
		switch t[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(t)
}

// afterValue returns the index after the value that begins at i.
func (t provenText) afterValue(i int) int {
	if i >= len(t) {
		return len(t)
	}
	switch t[i] {
	case '"':
		return t.afterString(i)
	case '{', '[':
		return t.afterContainer(i)
	}
	for i < len(t) && !isDelimiter(t[i]) {
		i++
	}
	return i
}

func isDelimiter(c byte) bool {
	switch c {
	case ',', ':', '}', ']', ' ', '\n', '\t', '\r':
		return true
	}
	return false
}

func (t provenText) afterContainer(i int) int {
	depth := 0
	for i < len(t) {
		switch t[i] {
		case '"':
			i = t.afterString(i)
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
		i++
	}
	return len(t)
}

// depth returns how many objects and arrays enclose the innermost value.
func (t provenText) depth() int {
	depth, deepest := 0, 0
	for i := 0; i < len(t); i++ {
		switch t[i] {
		case '"':
			i = t.afterString(i) - 1
		case '{', '[':
			depth++
			deepest = max(deepest, depth)
		case '}', ']':
			depth--
		}
	}
	return deepest
}

// contents steps through the members of an object or the elements of an
// array. All positions are indexes into the whole text.
type contents struct {
	text  provenText
	keyed bool

	at    int        // after the opening bracket or the last comma; at the end, where the rest begins
	index int        // of the element, from 0
	from  int        // where this member begins, white space included
	key   provenText // its name as written, with quotes; nil in arrays
	start int        // its value is text[start:end]
	end   int
	to    int // where it ends, white space included
}

// contentsOf returns the contents of the value that begins at i. Anything but
// an object or array has none.
func contentsOf(t provenText, i int) contents {
	if i >= len(t) || t[i] != '{' && t[i] != '[' {
		return contents{at: len(t)}
	}
	return contents{text: t, keyed: t[i] == '{', at: i + 1, index: -1}
}

// next goes to the next member or element and says whether there is one.
func (c *contents) next() bool {
	t := c.text
	i := t.afterSpace(c.at)
	if i >= len(t) || t[i] == '}' || t[i] == ']' {
		return false
	}
	c.index++
	c.from = c.at
	if c.keyed {
		end := t.afterString(i)
		c.key = t[i:end]
		i = t.afterSpace(min(t.afterSpace(end)+1, len(t)))
	}
	c.start = i
	c.end = t.afterValue(i)
	c.to = t.afterSpace(c.end)
	c.at = c.to
	if c.to < len(t) && t[c.to] == ',' {
		c.at++
	}
	return c.at > c.from
}

// plain returns the text between the quotes of a string, and whether it is
// the string itself: it holds no escapes.
func (t provenText) plain() ([]byte, bool) {
	if len(t) < 2 {
		return nil, true
	}
	inner := t[1 : len(t)-1]
	return inner, bytes.IndexByte(inner, '\\') < 0
}

// unquote returns the string that t writes, as encoding/json (and so the
// judge) reads it.
func (t provenText) unquote() string {
	inner, plain := t.plain()
	if plain && utf8.Valid(inner) {
		return string(inner)
	}
	var s string
	if json.Unmarshal(t, &s) != nil {
		return string(inner)
	}
	return s
}

// maxNumber is the most characters of a number, and the largest exponent
// either way, that the judge is given. gojsonschema turns every number into a
// big.Rat, which writes all digits out: 1e1000000000 takes a gigabyte and
// minutes. Beyond its own limit big.Rat answers nil, which gojsonschema uses.
const maxNumber = 400

// hugeNumber returns where the first number begins that the judge must not
// see, or -1.
func (t provenText) hugeNumber() int { return t.firstNumber(isHuge) }

// beyondFloat returns where the first number begins that no float64 can hold,
// or -1.
func (t provenText) beyondFloat() int {
	return t.firstNumber(func(number []byte) bool {
		_, err := strconv.ParseFloat(string(number), 64)
		return err != nil
	})
}

// firstNumber returns where the first number begins that is so, or -1.
func (t provenText) firstNumber(so func(number []byte) bool) int {
	for i := 0; i < len(t); {
		switch c := t[i]; {
		case c == '"':
			i = t.afterString(i)
		case c == '-' || '0' <= c && c <= '9':
			end := t.afterValue(i)
			if so(t[i:end]) {
				return i
			}
			i = end
		default:
			i++
		}
	}
	return -1
}

func isHuge(number []byte) bool {
	if len(number) > maxNumber {
		return true
	}
	for i, c := range number {
		if c == 'e' || c == 'E' {
			exponent, err := strconv.Atoi(string(number[i+1:]))
			return err != nil || exponent > maxNumber || exponent < -maxNumber
		}
	}
	return false
}

// pointerTo returns the JSON pointer of the value that begins at offset.
func (t provenText) pointerTo(offset int) string {
	var pointer []byte
	for i := t.afterSpace(0); i < offset; {
		c := contentsOf(t, i)
		for c.next() && c.end <= offset {
		}
		if c.start <= i || c.start > offset {
			break
		}
		pointer = c.appendStep(pointer)
		i = c.start
	}
	return string(pointer)
}

// appendStep appends the step from the object or array to its present member.
func (c *contents) appendStep(pointer []byte) []byte {
	if !c.keyed {
		return strconv.AppendInt(append(pointer, '/'), int64(c.index), 10)
	}
	return append(pointer, pointerStep(c.key.unquote())...)
}

// pointerStep returns name as one step of a JSON pointer, slash included.
func pointerStep(name string) string {
	if strings.ContainsAny(name, "~/") {
		name = strings.ReplaceAll(strings.ReplaceAll(name, "~", "~0"), "/", "~1")
	}
	return "/" + name
}
