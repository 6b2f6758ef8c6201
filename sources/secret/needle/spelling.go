package needle

import (
	"html"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

const (
	// maxDepth is how many times escaping may lie over one another: a URL in a
	// URL in JSON, and all that in the URL of a request.
	maxDepth = 4
	// maxSpelling is how many bytes a byte of a needle takes at most where it
	// is escaped so often.
	maxSpelling = 24
	// longestEscape is how many bytes an escape takes that is hardly ever longer.
	longestEscape = 12
	// maxSteps ends the search for a spelling that can be read in very many
	// ways: a needle of backslashes alone.
	maxSteps = 1 << 11
)

// begins marks the bytes that begin an escape.
var begins = [256]bool{'%': true, '\\': true, '&': true, '+': true}

// symbol is what stands at a place of a text, read at some depth.
type symbol struct {
	bytes [utf8.UTFMax]byte
	n     int // how many of them
	next  int // the place behind
}

func plain(c byte, next int) symbol { return symbol{[utf8.UTFMax]byte{c}, 1, next} }

func ofRune(r rune, next int) symbol {
	s := symbol{next: next}
	s.n = utf8.EncodeRune(s.bytes[:], r)
	return s
}

// is reports whether the symbol is that byte.
func (s symbol) is(c byte) bool { return s.n == 1 && s.bytes[0] == c }

// read reads the symbol at a place, which is in text, with escapes undone so
// often.
func read(text []byte, at, depth int) symbol {
	if depth == 0 || !begins[text[at]] {
		return plain(text[at], at+1)
	}
	s := read(text, at, depth-1)
	switch {
	case s.is('+'):
		return plain(' ', s.next)
	case s.is('%'):
		return percent(text, s, depth-1)
	case s.is('\\'):
		return backslash(text, s, depth-1)
	case s.is('&'):
		return entity(text, s, depth-1)
	}
	return s
}

// follow reads the one byte after a symbol; 0 for none.
func follow(text []byte, s symbol, depth int) (byte, symbol) {
	if s.next >= len(text) {
		return 0, s
	}
	if s = read(text, s.next, depth); s.n != 1 {
		return 0, s
	}
	return s.bytes[0], s
}

// percent reads %2F.
func percent(text []byte, s symbol, depth int) symbol {
	n, end, ok := digits(text, s, depth, 2)
	if !ok {
		return s
	}
	return plain(byte(n), end.next)
}

// digits reads so many hexadecimal digits after a symbol.
func digits(text []byte, s symbol, depth, count int) (n rune, end symbol, ok bool) {
	end = s
	for range count {
		var c byte
		c, end = follow(text, end, depth)
		value := strings.IndexByte("0123456789abcdef", lower(c))
		if c == 0 || value < 0 {
			return 0, end, false
		}
		n = n<<4 | rune(value)
	}
	return n, end, true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// backslash reads the escapes of JSON, and those of JavaScript.
func backslash(text []byte, s symbol, depth int) symbol {
	c, end := follow(text, s, depth)
	switch c {
	case 'u':
		return unicodeEscape(text, s, end, depth)
	case 'x':
		if n, last, ok := digits(text, end, depth, 2); ok {
			return plain(byte(n), last.next)
		}
	case 'n':
		return plain('\n', end.next)
	case 't':
		return plain('\t', end.next)
	case 'r':
		return plain('\r', end.next)
	case 'b':
		return plain('\b', end.next)
	case 'f':
		return plain('\f', end.next)
	}
	if c > ' ' && c < 0x7f && !alphanumeric(c) {
		return plain(c, end.next)
	}
	return s
}

// unicodeEscape reads \u002f, whose u is a symbol, and pairs of surrogates. It
// returns the backslash where there is none.
func unicodeEscape(text []byte, backslash, u symbol, depth int) symbol {
	r, end, ok := digits(text, u, depth, 4)
	if !ok {
		return backslash
	}
	if !utf16.IsSurrogate(r) {
		return ofRune(r, end.next)
	}
	c, second := follow(text, end, depth)
	if c != '\\' {
		return backslash
	}
	if c, second = follow(text, second, depth); c != 'u' {
		return backslash
	}
	low, end, ok := digits(text, second, depth, 4)
	if r = utf16.DecodeRune(r, low); !ok || r == utf8.RuneError {
		return backslash
	}
	return ofRune(r, end.next)
}

// entity reads &amp; and &#x27;.
func entity(text []byte, s symbol, depth int) symbol {
	const longest = 10 // of a name or a number, with its ;
	name := make([]byte, 1, longest+1)
	name[0] = '&'
	for end := s; len(name) <= longest; {
		var c byte
		if c, end = follow(text, end, depth); c == 0 {
			return s
		}
		if name = append(name, c); c != ';' {
			continue
		}
		said := html.UnescapeString(string(name))
		if said == string(name) || len(said) > utf8.UTFMax {
			return s
		}
		read := symbol{n: len(said), next: end.next}
		copy(read.bytes[:], said)
		return read
	}
	return s
}

func alphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= lower(c) && lower(c) <= 'z'
}

// spelling looks for want at one place of a text.
type spelling struct {
	text  []byte
	steps int
	// ran is how many bytes of want were found at most when the text ended.
	ran int
}

// end returns where the longest spelling of want ends that begins at a place;
// -1: there is none. before is how many bytes of the needle were found already.
func (s *spelling) end(at int, want string, before int) int {
	for want != "" {
		if at >= len(s.text) {
			s.ran = max(s.ran, before)
			return -1
		}
		if c := s.text[at]; begins[c] {
			return s.fork(at, want, before)
		} else if c != want[0] {
			return -1
		}
		at, want, before = at+1, want[1:], before+1
	}
	return at
}

// fork goes on at a place that can be read in several ways.
func (s *spelling) fork(at int, want string, before int) int {
	best := -1
	var last symbol
	for depth := range maxDepth + 1 {
		if s.steps++; s.steps > maxSteps {
			return best
		}
		if len(s.text)-at < longestEscape { // of which the rest may be cut off
			s.ran = max(s.ran, before)
		}
		read := read(s.text, at, depth)
		if read == last {
			continue
		}
		if last = read; strings.HasPrefix(want, string(read.bytes[:read.n])) {
			best = max(best, s.end(read.next, want[read.n:], before+read.n))
		}
	}
	return best
}
