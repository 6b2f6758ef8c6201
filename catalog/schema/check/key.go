package check

import (
	"encoding/binary"
	"strings"

	"github.com/tap-rest/tap-rest/catalog/schema/scan"
)

// keyToken is a key as it is almost always written, with its quotes and the
// colon. It is compared by three of its words, which is all of most keys.
type keyToken struct {
	words  [3]uint64 // at 0, and where middle and last say
	mask   uint64    // which of their bits count, of a key of less than a word
	middle uint8
	last   uint8
	size   int // 0 where the key needs escapes
	text   string
}

const (
	wordSize = 8
	keyWords = 3 * wordSize // how much of a key its words hold at most
	keyRoom  = 5 * wordSize // in which a word begins at any offset below keyOffsets
	allBits  = 1<<64 - 1

	keyOffsets = 32
)

// noKey is a token that is at no key: no word is both 0 and 1.
func noKey() keyToken { return keyToken{words: [3]uint64{0, 1}, mask: allBits} }

func newKeyToken(name string) keyToken {
	t := keyToken{text: `"` + name + `":`, mask: allBits}
	if strings.Contains(name, `\`) || scan.String([]byte(t.text), 1) != len(t.text)-1 {
		return noKey()
	}
	t.size = len(t.text)
	if t.size > keyWords {
		t.words = noKey().words
		return t
	}
	if short := wordSize - t.size; short > 0 {
		t.mask >>= 8 * short
	}
	last := max(0, t.size-wordSize)
	t.middle, t.last = uint8(min(wordSize, last)), uint8(last)
	long := []byte(t.text + "\x00\x00\x00\x00\x00")
	for n, at := range []uint8{0, t.middle, t.last} {
		t.words[n] = binary.LittleEndian.Uint64(long[at:]) & t.mask
	}
	return t
}

// at reports whether the key at i is the token, and a value may follow. It does not
// know a key that is longer than its words, or close to the end of the text: written
// does. It is small enough to be inlined.
func (t *keyToken) at(b []byte, i int) bool {
	if i < 0 || i > len(b)-keyRoom {
		return false
	}
	w := (*[keyRoom]byte)(b[i:])
	differ := (binary.LittleEndian.Uint64(w[:]) ^ t.words[0]) |
		(binary.LittleEndian.Uint64(w[t.middle%keyOffsets:]) ^ t.words[1]) |
		(binary.LittleEndian.Uint64(w[t.last%keyOffsets:]) ^ t.words[2])
	return differ&t.mask == 0
}

// written is at for any key, and slower.
func (t *keyToken) written(b []byte, i int) bool {
	return t.size > 0 && i+t.size < len(b) && string(b[i:i+t.size]) == t.text
}
