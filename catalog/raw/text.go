package raw

import (
	"encoding/binary"
	"math/bits"
	"unsafe"
)

// Text is JSON that is proven to be valid, or a part of it. A Text is never
// written to.
type Text []byte

// Of returns a string as Text, without a copy.
func Of(s string) Text { return unsafe.Slice(unsafe.StringData(s), len(s)) }

// String returns t as a string, without a copy: the bytes must not change while
// that is in use.
func (t Text) String() string { return unsafe.String(unsafe.SliceData(t), len(t)) }

// AfterSpace returns the first index from i on that is no white space.
func (t Text) AfterSpace(i int) int {
	for i < len(t) && t[i] <= ' ' {
		i++
	}
	return i
}

// Words of eight equal bytes, for looking at eight bytes of text at once.
const (
	ones   = 0x0101010101010101
	highs  = 0x80 * ones
	quotes = '"' * ones
	slants = '\\' * ones
)

// AfterString returns the index behind the string whose opening quote is t[i].
func (t Text) AfterString(i int) int {
	for i++; i+8 <= len(t); {
		w := binary.LittleEndian.Uint64(t[i:])
		quote, slant := w^quotes, w^slants
		// The high bit is set in the lowest byte that is a quote or backslash.
		stop := ((quote-ones)&^quote | (slant-ones)&^slant) & highs
		if stop == 0 {
			i += 8
			continue
		}
		i += bits.TrailingZeros64(stop) / 8
		if t[i] == '"' {
			return i + 1
		}
		i += 2 // what is escaped ends nothing
	}
	for ; i < len(t); i++ { // the last bytes of the text, too few for a word
		switch t[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(t)
}

// AfterValue returns the index behind the value that begins at t[i].
func (t Text) AfterValue(i int) int {
	if i >= len(t) {
		return len(t)
	}
	switch t[i] {
	case '"':
		return t.AfterString(i)
	case '{', '[':
		return t.afterNested(i)
	}
	for i < len(t) && t[i] > ' ' && t[i] != ',' && t[i] != '}' && t[i] != ']' {
		i++
	}
	return i
}

// afterNested is AfterValue for an object or array. It counts brackets, so that
// nesting costs no stack.
func (t Text) afterNested(i int) int {
	for depth := 0; i < len(t); i++ {
		switch t[i] {
		case '"':
			i = t.AfterString(i) - 1
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return len(t)
}

// Value returns the value that begins at t[i].
func (t Text) Value(i int) Text { return t[min(i, len(t)):t.AfterValue(i)] }

// Root returns the value that t is, without the white space around it.
func (t Text) Root() Text { return t.Value(t.AfterSpace(0)) }

// Depth returns how many objects and arrays enclose the innermost value.
func (t Text) Depth() int {
	depth, deepest := 0, 0
	for i := 0; i < len(t); i++ {
		switch t[i] {
		case '"':
			i = t.AfterString(i) - 1
		case '{', '[':
			depth++
			deepest = max(deepest, depth)
		case '}', ']':
			depth--
		}
	}
	return deepest
}

// Member reads the key of the member that begins at t[i], just behind a brace
// or comma. It returns the key as it is written, in its quotes, and the index of
// the member's value. ok is false where no member begins.
func (t Text) Member(i int) (key Text, value int, ok bool) {
	i = t.AfterSpace(i)
	if i >= len(t) || t[i] != '"' {
		return nil, 0, false
	}
	end := t.AfterString(i)
	if end+1 < len(t) && t[end] == ':' && t[end+1] > ' ' {
		return t[i:end], end + 1, true // as almost all members are
	}
	colon := t.AfterSpace(end)
	if colon >= len(t) || t[colon] != ':' {
		return nil, 0, false
	}
	return t[i:end], t.AfterSpace(colon + 1), true
}

// Field returns the value of a field of the object t: its bytes, in t's memory.
// It returns nil if there is no such field, and the first one's if there are
// several.
func (t Text) Field(name string) Text { return t.field(name, true) }

// LastField is Field, but for the last one's value if there are several.
func (t Text) LastField(name string) Text { return t.field(name, false) }

// field does without Items: it is asked for single fields of every record.
func (t Text) field(name string, first bool) (found Text) {
	i := t.AfterSpace(0)
	if i >= len(t) || t[i] != '{' {
		return nil
	}
	for {
		key, value, ok := t.Member(i + 1)
		if !ok {
			return found
		}
		end := t.AfterValue(value)
		if end > value && key.Is(name) {
			if found = t[value:end:end]; first {
				return found
			}
		}
		if i = t.AfterSpace(end); i >= len(t) || t[i] != ',' {
			return found
		}
	}
}
