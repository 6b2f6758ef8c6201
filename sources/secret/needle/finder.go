package needle

import (
	"strings"
	"unicode/utf8"
)

// Finder finds needles. It does not change: any number of goroutines may use
// it.
type Finder struct {
	needles []needle
	first   [256][]int // needles by their first byte
	filter  filter
	longest int // bytes of a spelling at most
}

type needle struct {
	text string
	of   int  // which of the texts given
	code bool // it is what a code makes of that
}

// Match is a spelling that was found: text[Start:End].
type Match struct {
	Start, End int
	Of         int  // the text that it spells, or whose code it spells
	Code       bool // it is base64 or hexadecimal digits
}

// New returns the finder of some texts. Empty ones are never found.
func New(texts []string) *Finder {
	f := &Finder{}
	known := map[string]bool{}
	add := func(text string, of int, code bool) {
		if text == "" || known[text] {
			return
		}
		known[text] = true
		f.first[text[0]] = append(f.first[text[0]], len(f.needles))
		f.needles = append(f.needles, needle{text, of, code})
		f.longest = max(f.longest, longestOf(text))
	}
	for i, text := range texts { // a code that is another text, too, is that text
		add(text, i, false)
	}
	for i, text := range texts {
		for _, code := range codes(text) {
			add(code, i, true)
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
	for _, i := range f.first[text[at]] {
		visit(&f.needles[i])
	}
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
		for _, i := range f.first[c] {
			visit(&f.needles[i])
		}
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
