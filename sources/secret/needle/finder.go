package needle

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Finder finds needles. It does not change: any number of goroutines may use
// it.
type Finder struct {
	texts   []spelt
	needles []needle // by their first byte, and of each byte texts before codes
	first   [257]int // where the needles of each first byte begin
	filter  filter
	longest int // bytes of a spelling at most
}

// spelt is a text and what codes make of it.
type spelt struct {
	needles []needle // the text itself first; none of an empty text
	longest int      // bytes of a spelling of any at most
}

type needle struct {
	text   string
	of     int  // which of the texts given
	code   bool // it is what a code makes of that
	anchor anchor
}

// Match is a spelling that was found: text[Start:End].
type Match struct {
	Start, End int
	Of         int  // the text that it spells, or whose code it spells
	Code       bool // it is base64 or hexadecimal digits
}

// With returns the finder of the texts of f, which may be nil, and of more. Empty ones
// are never found. It costs no more than the new ones do and a copy.
func (f *Finder) With(texts ...string) *Finder { return f.with(0, texts) }

// WithLatest returns the finder of one more text and of the latest of those of
// f, which may be nil: together as many as said at most.
func (f *Finder) WithLatest(text string, most int) *Finder {
	forget := 0
	if f != nil {
		forget = max(0, len(f.texts)+1-most)
	}
	return f.with(forget, []string{text})
}

func (f *Finder) with(forget int, texts []string) *Finder {
	var all []spelt
	if f != nil {
		all = slices.Clip(f.texts[forget:])
	}
	for _, text := range texts {
		all = append(all, spell(text))
	}
	return newFinder(all)
}

func spell(text string) (s spelt) {
	if text == "" {
		return s
	}
	for i, spelling := range append([]string{text}, codes(text)...) {
		s.needles = append(s.needles, needle{text: spelling, code: i > 0, anchor: anchorOf(spelling)})
		s.longest = max(s.longest, longestOf(spelling))
	}
	return s
}

func newFinder(texts []spelt) *Finder {
	f := &Finder{texts: texts}
	for _, s := range texts {
		f.longest = max(f.longest, s.longest)
		for _, n := range s.needles {
			f.first[int(n.text[0])+1]++
		}
	}
	for c := range 256 {
		f.first[c+1] += f.first[c]
	}
	f.needles = make([]needle, f.first[256])
	free := f.first
	for _, codes := range []bool{false, true} { // a code that is another text, too, is that text
		for i, s := range texts {
			for _, n := range s.needles {
				if n.code == codes {
					at := &free[n.text[0]]
					f.needles[*at], f.needles[*at].of = n, i
					*at++
				}
			}
		}
	}
	f.filter = newFilter(f.needles)
	return f
}

// longestOf is how many bytes a spelling of text takes at most. A letter that
// is escaped at all is so once or twice.
func longestOf(text string) (n int) {
	const letter = len(`\u0061`)
	for _, c := range []byte(text) {
		if alphanumeric(c) {
			n += letter
		} else {
			n += maxSpelling
		}
	}
	return n
}

// Next returns the first spelling at from or behind it, and of those that begin
// at its place the longest.
func (f *Finder) Next(text []byte, from int) (Match, bool) {
	if len(f.needles) == 0 {
		return Match{}, false
	}
	for at := from; at < len(text); at++ {
		if m, ok := f.at(text, at); ok {
			return m, true
		}
	}
	return Match{}, false
}

// at returns the longest spelling that begins at a place.
func (f *Finder) at(text []byte, at int) (best Match, ok bool) {
	f.each(text, at, func(n *needle) {
		s := spelling{text: text}
		if end := s.end(at, n.text, 0); end > best.End {
			best, ok = Match{at, end, n.of, n.code}, true
		}
	})
	return best, ok
}

// each hands out the needles that may begin at a place.
func (f *Finder) each(text []byte, at int, visit func(*needle)) {
	f.eachOf(text[at], visit)
	if !begins[text[at]] {
		return
	}
	seen := text[at]
	for depth := 1; depth <= maxDepth; depth++ {
		c := read(text, at, depth).bytes[0]
		if c == seen {
			continue
		}
		seen = c
		f.eachOf(c, visit)
	}
}

// eachOf hands out the needles of a first byte.
func (f *Finder) eachOf(first byte, visit func(*needle)) {
	for i := f.first[first]; i < f.first[int(first)+1]; i++ {
		visit(&f.needles[i])
	}
}

// Replace returns text with what with says in the place of each spelling.
func (f *Finder) Replace(text string, with func(Match) string) string {
	from := 0
	var out []byte
	for m, ok := f.Next([]byte(text), 0); ok; m, ok = f.Next([]byte(text), from) {
		out = append(append(out, text[from:m.Start]...), with(m)...)
		from = m.End
	}
	if out == nil {
		return text
	}
	return string(append(out, text[from:]...))
}

// shortestPart is how many bytes of a needle, at least, are known as a part of
// it where a text was cut.
const shortestPart = 4

// shortestEscaped is that where each byte is escaped.
const shortestEscaped = 2

// shortestCutPart is that where the cut is in an escape.
const shortestCutPart = 6

// Ends returns how many bytes at the end of text are the beginning of a needle
// of which the rest was cut off; 0: none are.
func (f *Finder) Ends(text []byte) int {
	for at := max(0, len(text)-f.longest); at < len(text); at++ {
		found := false
		f.each(text, at, func(n *needle) {
			s := spelling{text: text}
			found = found || s.end(at, n.text, 0) < 0 && isPart(s.ran, len(text)-at, shortestPart)
		})
		if found {
			return len(text) - at
		}
	}
	return 0
}

// Begins returns how many bytes at the beginning of text are the end of a
// needle of which the beginning was cut off; 0: none are. A text that is the
// middle of one is all of it.
func (f *Finder) Begins(text []byte) (n int) {
	for skip := range min(longestEscape, len(text)) { // an escape may be cut, too
		if skip > 0 && !alphanumeric(text[skip-1]) && !strings.ContainsRune(`%\\&#;`, rune(text[skip-1])) {
			return 0
		}
		for _, needle := range f.needles {
			n = max(n, endOf(text, skip, needle.text))
		}
		if n > 0 {
			return n
		}
	}
	return 0
}

// endOf returns where a part of a needle ends that begins at a place, and is
// its end or all that there is.
func endOf(text []byte, at int, needle string) (n int) {
	least := shortestPart
	if at > 0 {
		least = shortestCutPart
	}
	for from := 1; from+shortestEscaped <= len(needle); from++ {
		if !begins[text[at]] && text[at] != needle[from] || !utf8.RuneStart(needle[from]) {
			continue
		}
		s := spelling{text: text}
		end, found := s.end(at, needle[from:], 0), len(needle)-from
		if end < 0 {
			end, found = len(text), s.ran
		}
		if isPart(found, end-at, least) {
			n = max(n, end)
		}
	}
	return n
}

// isPart reports whether so many bytes of a needle, spelled by so many of a
// text, are enough to know them as a part of it: least, or fewer that are
// escaped, each of them.
func isPart(found, spelled, least int) bool {
	const escape = 4 // bytes at least, of which not one is in other texts by chance
	return found >= least || found >= shortestEscaped && spelled >= escape*found && spelled > 2*escape
}
