package needle

import (
	"bytes"
	"encoding/binary"
)

const (
	// gram is how many bytes the filter looks at at once.
	gram = 4
	// longestAnchor is how much of an anchor the filter looks for: the longer,
	// the fewer places it looks at.
	longestAnchor = 12
	// shortestAnchor is what it takes for the filter to look for it at all.
	shortestAnchor = gram + 1
	gramBits       = 13
)

// filter tells fast that a text holds no needle. It looks for anchors: parts of
// needles, of letters and digits alone, which no escaping touches that anybody
// uses. A text that escapes letters all the same is looked through slowly.
type filter struct {
	needles []needle
	stride  int
	bits    [1 << (gramBits - 3)]byte // grams of anchors, by their hashes
	grams   map[uint32][]anchor
	short   []anchor // too short for grams
	bare    []int    // needles without an anchor
}

// anchor is a part of a needle, and where in it.
type anchor struct {
	needle int
	text   []byte
	before int // bytes of the needle before it
	at     int // of the gram, in the anchor
}

func newFilter(needles []needle) filter {
	f := filter{needles: needles, stride: longestAnchor - gram + 1, grams: map[uint32][]anchor{}}
	var long []anchor
	for i := range needles {
		a := anchorOf(i, needles[i].text)
		switch {
		case len(a.text) >= shortestAnchor:
			long = append(long, a)
			f.stride = min(f.stride, len(a.text)-gram+1)
		case len(a.text) > 1:
			f.short = append(f.short, a)
		default:
			f.bare = append(f.bare, i)
		}
	}
	for _, a := range long {
		for a.at = range f.stride { // whichever of them the stride comes upon
			g := binary.LittleEndian.Uint32(a.text[a.at:])
			f.grams[g] = append(f.grams[g], a)
			h := hashGram(g)
			f.bits[h>>3] |= 1 << (h & 7)
		}
	}
	return f
}

// anchorOf returns the longest run of letters and digits.
func anchorOf(i int, text string) anchor {
	best := anchor{needle: i}
	for from := 0; from < len(text); from++ {
		to := from
		for to < len(text) && alphanumeric(text[to]) {
			to++
		}
		if to-from > len(best.text) {
			best.text, best.before = []byte(text[from:min(to, from+longestAnchor)]), from
			if len(best.text) == longestAnchor {
				break
			}
		}
		from = to
	}
	return best
}

func hashGram(g uint32) uint32 { return g * 0x9E3779B1 >> (32 - gramBits) }

// In reports whether text holds a needle.
func (f *Finder) In(text []byte) bool {
	if len(f.needles) == 0 {
		return false
	}
	if f.filter.in(text) {
		return true
	}
	if len(f.filter.bare) == 0 && !escapesLetters(text) {
		return false
	}
	_, found := f.Next(text, 0)
	return found
}

func (f *filter) in(text []byte) bool {
	if len(f.grams) > 0 {
		for i := 0; i+gram <= len(text); i += f.stride {
			g := binary.LittleEndian.Uint32(text[i:])
			if h := hashGram(g); f.bits[h>>3]&(1<<(h&7)) != 0 && f.around(text, i, f.grams[g]) {
				return true
			}
		}
	}
	for _, a := range f.short {
		for from := 0; ; {
			i := bytes.Index(text[from:], a.text)
			if i < 0 {
				break
			}
			if f.around(text, from+i, []anchor{a}) {
				return true
			}
			from += i + 1
		}
	}
	return false
}

// around reports whether a needle stands around the gram at a place, which is
// one of those anchors'.
func (f *filter) around(text []byte, at int, anchors []anchor) bool {
	for _, a := range anchors {
		start := at - a.at
		if start < 0 || !bytes.HasPrefix(text[start:], a.text) {
			continue
		}
		for i := start - a.before; i >= max(0, start-a.before*maxSpelling); i-- {
			s := spelling{text: text}
			if s.end(i, f.needles[a.needle].text, 0) >= 0 {
				return true
			}
		}
	}
	return false
}

// escapesLetters reports whether a text escapes a letter or a digit anywhere:
// nothing does that needs not.
func escapesLetters(text []byte) bool {
	for _, c := range []byte(`%\&`) {
		for from := 0; ; {
			i := bytes.IndexByte(text[from:], c)
			if i < 0 {
				break
			}
			from += i
			if mayEscapeLetter(text[from:]) && escapesLetter(text, from) {
				return true
			}
			from++
		}
	}
	return false
}

func escapesLetter(text []byte, at int) bool {
	for depth := 1; depth <= maxDepth; depth++ {
		if s := read(text, at, depth); s.n == 1 && alphanumeric(s.bytes[0]) {
			return true
		}
	}
	return false
}

// mayEscapeLetter is a quick look at what begins with %, \ or &.
func mayEscapeLetter(text []byte) bool {
	if len(text) < 3 {
		return false
	}
	switch c := text[1]; text[0] {
	case '%':
		return '3' < c && c <= '7' || c == '3' && text[2] <= '9' || c == '2' && (text[2] == '5' || text[2] == '6')
	case '&':
		return c == '#' || c == 'a'
	default:
		return c == 'u' || c == 'x' || c == '\\'
	}
}
