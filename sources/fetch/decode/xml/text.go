package xml

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"strconv"
	"unicode"
	"unicode/utf8"
)

const (
	low  = 0x0101010101010101
	high = 0x8080808080808080
)

// plain returns where from i on the next byte is that may not stand for itself in a
// text: one below the space, <, &, or also. Such a byte must be there. seen has the bits
// of all bytes looked at. It looks at eight bytes at a time: zeros in w^c are found by
// the borrow that they cause, and what a borrow marks wrongly lies behind a true find.
func plain(b []byte, i int, also uint64) (at int, seen uint64) {
	for {
		w := binary.LittleEndian.Uint64(b[i:])
		seen |= w
		x, y, z := w^('<'*low), w^('&'*low), w^also
		hit := ((x-low)&^x | (y-low)&^y | (z-low)&^z | (w-' '*low)&^w) & high
		if hit != 0 {
			return i + bits.TrailingZeros64(hit)/8, seen
		}
		i += 8
	}
}

// textScan is a text that is being scanned.
type textScan struct {
	*tokens
	quote  byte // that ends it; 0: it is not quoted
	cdata  bool
	copied int    // what stands before, by its distance from the token's beginning, is in made
	made   int    // where it begins in made
	seen   uint64 // the bits of all of its bytes
	odd    bool   // it may have characters that no document may have
}

// scanText scans a text: up to a quote, to the end of a CDATA section, or up to the next
// tag or the end of the document.
func (t *tokens) scanText(quote byte, cdata bool) (span, error) {
	begin := t.at - t.from
	s := textScan{tokens: t, quote: quote, cdata: cdata, copied: begin, made: len(t.made)}
	size, err := s.scan()
	if err != nil {
		return span{}, err
	}
	text := span{begin, t.at - t.from - size, false}
	if s.copied > begin {
		s.copy(0, size)
		text = span{s.made, len(t.made), true}
	}
	if s.odd || s.seen&high != 0 {
		return text, check(t.bytes(text))
	}
	return text, nil
}

// scan goes to the end of the text, and returns how long what ends it is.
func (s *textScan) scan() (size int, err error) {
	t, also := s.tokens, uint64(']')*low
	if s.quote != 0 {
		also = uint64(s.quote) * low
	}
	for {
		i, seen := plain(t.b, t.at, also)
		s.seen |= seen
		t.at = i
		switch c := t.b[i]; {
		case c == '<' && !s.cdata:
			if s.quote == 0 {
				return 0, nil
			}
			t.at++
			return 0, errors.New("unescaped < inside quoted string")
		case c == '&' && !s.cdata:
			if err := s.entity(); err != nil {
				return 0, err
			}
		case c == '\r':
			s.lineEnd()
		case c == ']' && s.quote == 0:
			if t.at++; !t.ahead(1) || t.b[t.at] != ']' || !t.ahead(2) || t.b[t.at+1] != '>' {
				continue
			}
			if t.at += 2; s.cdata {
				return 3, nil
			}
			return 0, errors.New("unescaped ]]> not in CDATA section")
		case c == s.quote && c != 0:
			t.at++
			return 1, nil
		case i < t.end:
			t.at++
			s.odd = s.odd || c < ' ' && c != '\t' && c != '\n'
		case !t.more():
			if s.cdata || s.quote != 0 {
				return 0, errEnds
			}
			return 0, nil
		}
	}
}

// copy puts what stands before the place that is looked at into made, but for its last
// bytes, and passes over the next ones.
func (s *textScan) copy(next, last int) {
	t := s.tokens
	t.made = append(t.made, t.b[t.from+s.copied:t.at-last]...)
	t.at += next
	s.copied = t.at - t.from
}

// lineEnd makes one line feed of the end of a line.
func (s *textScan) lineEnd() {
	t := s.tokens
	s.copy(1, 0)
	t.coded = true
	t.made = append(t.made, '\n')
	if t.ahead(1) && t.b[t.at] == '\n' {
		t.at++
		s.copied++
	}
}

// entities are those that need no declaration.
var entities = map[string]rune{"lt": '<', "gt": '>', "amp": '&', "apos": '\'', "quot": '"'}

// entity makes the character that stands between & and a semicolon.
func (s *textScan) entity() error {
	t := s.tokens
	from := t.at - t.from
	s.copy(1, 0)
	r, known, err := s.reference()
	if err != nil {
		return err
	}
	if !known {
		text := string(t.b[t.from+from : t.at])
		if text[len(text)-1] != ';' {
			text += " (no semicolon)"
		}
		return errors.New("invalid character entity " + text)
	}
	s.odd = s.odd || r < ' ' || r >= utf8.RuneSelf
	t.made = utf8.AppendRune(t.made, r)
	s.copied = t.at - t.from
	return nil
}

// reference reads what stands behind &, the semicolon among it, as far as that is right.
func (s *textScan) reference() (r rune, known bool, err error) {
	t := s.tokens
	if !t.ahead(1) {
		return 0, false, errEnds
	}
	if t.b[t.at] == '#' {
		t.at++
		return s.number()
	}
	raw, ok := t.scanBytes()
	if !ok && t.at == t.end {
		return 0, false, errEnds
	}
	r, known = entities[string(raw)]
	if t.b[t.at] != ';' {
		return 0, false, nil
	}
	t.at++
	return r, known, nil
}

// number reads the number of a character.
func (s *textScan) number() (r rune, known bool, err error) {
	t, base := s.tokens, 10
	t.coded = true
	if t.ahead(1) && t.b[t.at] == 'x' {
		base = 16
		t.at++
	}
	from := t.at - t.from
	for {
		c, ok := t.next()
		switch {
		case !ok:
			return 0, false, errEnds
		case '0' <= c && c <= '9', base == 16 && ('a' <= c && c <= 'f' || 'A' <= c && c <= 'F'):
			continue
		case c != ';':
			t.at--
			return 0, false, nil
		}
		n, err := strconv.ParseUint(string(t.b[t.from+from:t.at-1]), base, 64)
		return rune(min(n, unicode.MaxRune)), err == nil && n <= unicode.MaxRune, nil
	}
}

// check is what is wrong with the characters of a text.
func check(text []byte) error {
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		if r == utf8.RuneError && n == 1 {
			return errors.New("invalid UTF-8")
		}
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xfffe || r == 0xffff {
			return fmt.Errorf("illegal character code %U", r)
		}
		text = text[n:]
	}
	return nil
}
