package jsonl

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// maxDepth is how deep objects and arrays may be nested.
const maxDepth = 10_000

// border looks for the end of an object that it is given in pieces.
//
// Braces and brackets count alike. That is enough: in JSON they come in pairs of one
// kind, and a text where they do not is refused by who proves it, at the latest where
// the object ends here.
type border struct {
	depth    int
	inString bool
	escaped  bool
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// same returns the high bit of each byte of word that is c.
func same(word uint64, c byte) uint64 {
	word ^= ones * uint64(c)
	return ^(((word &^ highs) + (highs - ones)) | word) & highs
}

// find returns how many bytes of piece it has looked at, all unless the object ends
// or is too deep, and whether the object ends there.
func (b *border) find(piece []byte) (n int, done bool) {
	for ; len(piece)-n >= 8; n += 8 {
		word := binary.LittleEndian.Uint64(piece[n:])
		if b.escaped || same(word, '\\') != 0 {
			if i, done := b.bytes(piece[n : n+8]); done || b.depth > maxDepth {
				return n + i, done
			}
			continue
		}
		// The high bits of the bytes from a quote on, that one too, to the next.
		strings := same(word, '"')
		strings ^= strings << 8
		strings ^= strings << 16
		strings ^= strings << 32
		if b.inString {
			strings ^= highs
		}
		b.inString = strings>>63 != 0
		// { } [ ] are 7f with these bits set; the few others that are, are told apart below.
		for nest := same(word|ones*0x26, 0x7f) &^ strings; nest != 0; nest &= nest - 1 {
			i := n + bits.TrailingZeros64(nest)/8
			b.nest(piece[i])
			if b.depth == 0 || b.depth > maxDepth {
				return i + 1, b.depth == 0
			}
		}
	}
	i, done := b.bytes(piece[n:])
	return n + i, done
}

// bytes is find, byte by byte.
func (b *border) bytes(piece []byte) (n int, done bool) {
	for i, c := range piece {
		switch {
		case b.escaped:
			b.escaped = false
		case c == '"':
			b.inString = !b.inString
		case b.inString:
			b.escaped = c == '\\'
		default:
			b.nest(c)
			if b.depth == 0 || b.depth > maxDepth {
				return i + 1, b.depth == 0
			}
		}
	}
	return len(piece), false
}

func (b *border) nest(c byte) {
	switch c {
	case '{', '[':
		b.depth++
	case '}', ']':
		b.depth--
	}
}

// longestFlat is how far the line end of a flat line is looked for, in bytes: many
// records may stand in one line.
const longestFlat = 8 << 10

// flatLine returns the length of the object with which text begins, if it is all that
// is in its line and holds no other brace; else 0. Where the border is another one, the
// text is no JSON: the brace would stand in a string that goes over a line end, or
// close a bracket.
func flatLine(text []byte) int {
	line := text[:min(len(text), longestFlat)]
	n := bytes.IndexByte(line, '\n')
	for n > 0 && (line[n-1] == '\r' || line[n-1] == ' ' || line[n-1] == '\t') {
		n--
	}
	if n <= 0 || line[n-1] != '}' {
		return 0
	}
	line = line[1 : n-1]
	if bytes.IndexByte(line, '}') >= 0 || bytes.IndexByte(line, '{') >= 0 || bytes.IndexByte(line, '\r') >= 0 {
		return 0
	}
	return n
}

// joinLines puts spaces in the place of line ends, and returns the place of one that
// is within a string, or -1.
func joinLines(text []byte) int {
	var inString, escaped bool
	for i, c := range text {
		switch {
		case c == '\n' || c == '\r':
			if inString {
				return i
			}
			text[i] = ' '
		case escaped:
			escaped = false
		case c == '"':
			inString = !inString
		case inString:
			escaped = c == '\\'
		}
	}
	return -1
}
