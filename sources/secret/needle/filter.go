package needle

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"slices"
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
	grams   []gramOf
	chains  []int32 // by hashes: the first gram; each says the next
	short   []int   // needles whose anchor is too short for grams
	bare    []int   // needles without an anchor
}

// anchor is a part of a needle, and where in it.
type anchor struct {
	text   string
	before int // bytes of the needle before it
}

// gramOf is a gram of an anchor.
type gramOf struct {
	gram   uint32
	needle int32
	at     int32 // in the anchor
	next   int32 // the gram behind it in its chain, which began before
}

// noGram ends a chain.
const noGram = -1

func newFilter(needles []needle) filter {
	f := filter{needles: needles, stride: longestAnchor - gram + 1}
	long := 0
	for i, n := range needles {
		switch length := len(n.anchor.text); {
		case length >= shortestAnchor:
			long++
			f.stride = min(f.stride, length-gram+1)
		case length > 1:
			f.short = append(f.short, i)
		default:
			f.bare = append(f.bare, i)
		}
	}
	if long == 0 {
		return f
	}
	f.grams = make([]gramOf, 0, long*f.stride)
	f.chains = slices.Repeat([]int32{noGram}, 1<<bits.Len(uint(cap(f.grams))))
	for i, n := range needles {
		if len(n.anchor.text) < shortestAnchor {
			continue
		}
		for at := range f.stride { // whichever of them the stride comes upon
			f.add(gramOf{gram: gramAt(n.anchor.text[at:]), needle: int32(i), at: int32(at)})
		}
	}
	return f
}

func (f *filter) add(g gramOf) {
	h := hashGram(g.gram)
	f.bits[h>>3] |= 1 << (h & 7)
	chain := f.chain(g.gram)
	g.next, *chain = *chain, int32(len(f.grams))
	f.grams = append(f.grams, g)
}

// chain is where the chain of a gram begins.
func (f *filter) chain(g uint32) *int32 {
	return &f.chains[g*0x85EBCA6B>>16&uint32(len(f.chains)-1)]
}

func gramAt(s string) uint32 {
	return uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24
}

// anchorOf returns the longest run of letters and digits.
func anchorOf(text string) (best anchor) {
	for from := 0; from < len(text); from++ {
		to := from
		for to < len(text) && alphanumeric(text[to]) {
			to++
		}
		if to-from > len(best.text) {
			best = anchor{text[from:min(to, from+longestAnchor)], from}
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
			if h := hashGram(g); f.bits[h>>3]&(1<<(h&7)) != 0 && f.aroundGram(text, i, g) {
				return true
			}
		}
	}
	for _, n := range f.short {
		for from := 0; ; {
			i := bytes.Index(text[from:], []byte(f.needles[n].anchor.text))
			if i < 0 {
				break
			}
			if f.around(text, from+i, &f.needles[n]) {
				return true
			}
			from += i + 1
		}
	}
	return false
}

// aroundGram reports whether a needle stands around a gram at a place.
func (f *filter) aroundGram(text []byte, at int, g uint32) bool {
	for i := *f.chain(g); i != noGram; i = f.grams[i].next {
		if of := &f.grams[i]; of.gram == g && f.around(text, at-int(of.at), &f.needles[of.needle]) {
			return true
		}
	}
	return false
}

// around reports whether a needle stands around the place of its anchor.
func (f *filter) around(text []byte, start int, n *needle) bool {
	a := n.anchor
	if end := start + len(a.text); start < 0 || end > len(text) || string(text[start:end]) != a.text {
		return false
	}
	for i := start - a.before; i >= max(0, start-a.before*maxSpelling); i-- {
		s := spelling{text: text}
		if s.end(i, n.text, 0) >= 0 {
			return true
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
