package schema

import "encoding/binary"

// keyToken is a key as it is almost always written, with its quotes and the
// colon. It is compared by its first and its last eight bytes, which is all of
// most keys.
type keyToken struct {
	head, tail uint64 // of a shorter one all, in both
	mask       uint64 // which of their bits count
	text       string // "" where the key needs escapes
}

const wordSize = 8

func newKeyToken(name string) keyToken {
	t := keyToken{text: `"` + name + `":`, mask: 1<<64 - 1}
	if scanString([]byte(t.text), 1) != len(t.text)-1 {
		return keyToken{}
	}
	if short := wordSize - len(t.text); short > 0 {
		t.mask >>= 8 * short
	}
	long := []byte(t.text + "\x00\x00\x00\x00\x00")
	t.head = binary.LittleEndian.Uint64(long) & t.mask
	t.tail = binary.LittleEndian.Uint64(long[max(0, len(t.text)-wordSize):]) & t.mask
	return t
}

// after returns where the value begins behind a key at i that is the token; 0
// says that it is not, or too close to the end of the text.
func (t *keyToken) after(b []byte, i int) int {
	n := len(t.text)
	last := max(0, n-wordSize)
	if n == 0 || i+last+wordSize+1 >= len(b) {
		return 0
	}
	head, tail := binary.LittleEndian.Uint64(b[i:]), binary.LittleEndian.Uint64(b[i+last:])
	if ((head^t.head)|(tail^t.tail))&t.mask != 0 || last > wordSize && string(b[i+wordSize:i+last]) != t.text[wordSize:last] {
		return 0
	}
	i += n
	if b[i] == ' ' { // as Python writes it
		i++
	}
	if b[i] <= ' ' {
		return 0
	}
	return i
}
