package check

import (
	"encoding/binary"
	"strings"

	"github.com/tap-rest/tap-rest/catalog/schema/scan"
)

// keyToken is a key as it is almost always written, with its quotes and the
// colon. It is compared by its first and its last eight bytes, which is all of
// most keys.
type keyToken struct {
	head, tail uint64 // of a shorter one all, in both
	mask       uint64 // which of their bits count
	text       string // "" where the key needs escapes
}

const (
	wordSize = 8
	allBits  = 1<<64 - 1
)

func newKeyToken(name string) keyToken {
	t := keyToken{text: `"` + name + `":`, mask: allBits}
	if strings.Contains(name, `\`) || scan.String([]byte(t.text), 1) != len(t.text)-1 {
		return keyToken{tail: 1, mask: allBits} // no word is both 0 and 1
	}
	if short := wordSize - len(t.text); short > 0 {
		t.mask >>= 8 * short
	}
	long := []byte(t.text + "\x00\x00\x00\x00\x00")
	t.head = binary.LittleEndian.Uint64(long) & t.mask
	t.tail = binary.LittleEndian.Uint64(long[max(0, len(t.text)-wordSize):]) & t.mask
	return t
}

// at reports whether the key at i is the token; false where that is too close to
// the end of the text. It is small enough to be inlined.
func (t *keyToken) at(b []byte, i int) bool {
	last := max(0, len(t.text)-wordSize)
	return i+last+wordSize < len(b) &&
		((binary.LittleEndian.Uint64(b[i:])^t.head)|(binary.LittleEndian.Uint64(b[i+last:])^t.tail))&t.mask == 0 &&
		(last <= wordSize || t.between(b, i))
}

// between compares what lies between the first and the last eight bytes.
func (t *keyToken) between(b []byte, i int) bool {
	last := len(t.text) - wordSize
	return string(b[i+wordSize:i+last]) == t.text[wordSize:last]
}
