//go:build !small

package xlsx

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
)

// maxTag is the longest tag, and maxDepth how deep elements may be nested.
const (
	maxTag   = 1 << 20
	maxDepth = 256
)

// scanner reads the XML of a part of a workbook: tags, and the texts between them.
// encoding/xml makes garbage of each, which would be most of the work. What it takes is
// what such parts have: no DOCTYPE, no entities but those that XML has by itself.
type scanner struct {
	in    *bufio.Reader
	tag   []byte // the present one, between < and >
	name  []byte // of its element, without a prefix
	ends  bool   // it ends an element
	empty bool   // it begins and ends one
	text  []byte // before it
	long  []byte // memory for a tag or a text that is longer than the buffer
	stack []byte // names of the elements that are open, one behind the other
	open  []int  // where each begins
	root  bool   // was read
}

func newScanner(in io.Reader) *scanner {
	return &scanner{in: bufio.NewReaderSize(in, 64<<10)}
}

// next reads until behind the next tag, and returns io.EOF behind the root element.
func (s *scanner) next() error {
	s.text = s.text[:0]
	for {
		if err := s.readText(); err != nil {
			return err
		}
		if err := s.readTag(); err != nil {
			return err
		}
		switch {
		case len(s.tag) == 0:
			return errors.New("the XML has an empty tag")
		case s.tag[0] == '?':
			continue
		case s.tag[0] == '!':
			if err := s.declaration(); err != nil {
				return err
			}
			continue
		}
		return s.element()
	}
}

// readText appends the text before the next tag.
func (s *scanner) readText() error {
	for {
		part, err := s.in.ReadSlice('<')
		if err == nil {
			part = part[:len(part)-1]
		} else if err != bufio.ErrBufferFull {
			return s.end(part, err)
		}
		if len(s.open) > 0 {
			s.text = append(s.text, part...)
		} else if len(trim(part)) > 0 {
			return errors.New("the XML has a text outside of its root element")
		}
		if len(s.text) > file.MaxRecord {
			return fmt.Errorf("a text is longer than %d MiB", file.MaxRecord>>20)
		}
		if err == nil {
			return nil
		}
	}
}

// trim takes the byte order mark and white space off.
func trim(text []byte) []byte { return bytes.Trim(bytes.TrimPrefix(text, []byte("\ufeff")), " \t\r\n") }

// end is the end of the part, behind the last tag.
func (s *scanner) end(behind []byte, err error) error {
	switch {
	case err != io.EOF:
		return err
	case len(s.open) > 0 || !s.root:
		return io.ErrUnexpectedEOF
	case len(trim(behind)) > 0:
		return errors.New("the XML has a text behind its root element")
	}
	return io.EOF
}

// readTag reads until behind the > of a tag, which may stand in quotes before.
func (s *scanner) readTag() error {
	s.long = s.long[:0]
	for {
		part, err := s.in.ReadSlice('>')
		if err != nil && err != bufio.ErrBufferFull {
			return file.NotEOF(err)
		}
		if err == nil && len(s.long) == 0 && whole(part) {
			s.tag = part[:len(part)-1]
			return nil
		}
		s.long = append(s.long, part...)
		if err == nil && whole(s.long) {
			s.tag = s.long[:len(s.long)-1]
			return nil
		}
		if len(s.long) > maxTag {
			return fmt.Errorf("a tag is longer than %d MiB", maxTag>>20)
		}
	}
}

// whole reports whether the > at the end of a tag ends it.
func whole(tag []byte) bool {
	switch {
	case tag[0] == '?':
		return bytes.HasSuffix(tag, []byte("?>"))
	case bytes.HasPrefix(tag, []byte("!--")):
		return len(tag) >= len("!---->") && bytes.HasSuffix(tag, []byte("-->"))
	case bytes.HasPrefix(tag, []byte("![CDATA[")):
		return bytes.HasSuffix(tag, []byte("]]>"))
	}
	quote := byte(0)
	for _, c := range tag {
		switch {
		case c == quote:
			quote = 0
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		}
	}
	return quote == 0
}

// declaration takes a comment or a CDATA section, whose text belongs to that around it.
func (s *scanner) declaration() error {
	text, ok := bytes.CutPrefix(s.tag, []byte("![CDATA["))
	if !ok {
		if bytes.HasPrefix(s.tag, []byte("!--")) {
			return nil
		}
		return errors.New("the XML has a declaration, which no workbook needs: nothing is read with it")
	}
	if len(s.open) == 0 {
		return errors.New("the XML has a text outside of its root element")
	}
	for _, c := range text[:len(text)-2] {
		if c == '&' {
			s.text = append(s.text, "&amp;"...)
		} else {
			s.text = append(s.text, c)
		}
	}
	return nil
}

// element notes which element begins or ends.
func (s *scanner) element() error {
	s.ends, s.empty = s.tag[0] == '/', s.tag[len(s.tag)-1] == '/'
	name := s.tag
	if s.ends {
		name = name[1:]
	} else if s.empty {
		name = name[:len(name)-1]
	}
	prefix := 0
	for i, c := range name {
		if c <= ' ' {
			name = name[:i]
			break
		}
		if c == ':' {
			prefix = i + 1
		}
	}
	full := name
	name = name[prefix:]
	if s.name = name; len(name) == 0 {
		return errors.New("the XML has a tag without a name")
	}
	switch {
	case s.ends:
		return s.pop(full)
	case len(s.open) == 0 && s.root:
		return errors.New("the XML has a second root element")
	case len(s.open) == maxDepth:
		return fmt.Errorf("the XML has more than %d levels", maxDepth)
	}
	if s.root = true; !s.empty {
		s.open = append(s.open, len(s.stack))
		s.stack = append(s.stack, full...)
	}
	return nil
}

func (s *scanner) pop(name []byte) error {
	last := len(s.open) - 1
	if last < 0 || !bytes.Equal(s.stack[s.open[last]:], name) {
		return fmt.Errorf("the XML ends an element %q that is not open", name)
	}
	s.stack = s.stack[:s.open[last]]
	s.open = s.open[:last]
	return nil
}

// attribute is the value of an attribute of the present tag; nil: it has none. Of the
// attributes that are asked for, no value has entities.
func (s *scanner) attribute(name string) []byte {
	for i := 0; i < len(s.tag); i++ {
		if s.tag[i] > ' ' { // of what stands before an attribute
			continue
		}
		for i < len(s.tag) && s.tag[i] <= ' ' {
			i++
		}
		key, value, end := attributeAt(s.tag, i)
		if string(key) == name {
			return value
		}
		i = end - 1
	}
	return nil
}

// attributeAt is the attribute of a tag that begins at i, and where it ends.
func attributeAt(tag []byte, i int) (key, value []byte, end int) {
	begin := i
	for i < len(tag) && tag[i] != '=' && tag[i] > ' ' {
		i++
	}
	key = tag[begin:i]
	for i < len(tag) && (tag[i] == '=' || tag[i] <= ' ') {
		i++
	}
	if i == len(tag) || tag[i] != '"' && tag[i] != '\'' {
		return nil, nil, max(i, begin+1)
	}
	n := bytes.IndexByte(tag[i+1:], tag[i])
	if n < 0 {
		return nil, nil, len(tag)
	}
	return key, tag[i+1 : i+1+n], i + n + 2
}

// skip reads until behind the end of the element that begins with the present tag.
func (s *scanner) skip() error {
	if s.empty {
		return nil
	}
	for depth := len(s.open); len(s.open) >= depth; {
		if err := s.next(); err != nil {
			return file.NotEOF(err)
		}
	}
	return nil
}

var entities = map[string]rune{"lt": '<', "gt": '>', "amp": '&', "apos": '\'', "quot": '"'}

// appendCharacters appends the characters that a text of the XML stands for.
func appendCharacters(dst, text []byte) ([]byte, error) {
	if !utf8.Valid(text) {
		return dst, errors.New("a text is not of UTF-8")
	}
	if bytes.IndexByte(text, '&') < 0 && bytes.IndexByte(text, '\r') < 0 && bytes.IndexByte(text, '_') < 0 {
		return append(dst, text...), nil
	}
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '&':
			r, n, err := entity(text[i:])
			if err != nil {
				return dst, err
			}
			dst = utf8.AppendRune(dst, r)
			i += n - 1
		case c == '\r':
			if i+1 == len(text) || text[i+1] != '\n' {
				dst = append(dst, '\n')
			}
		case c == '_' && escaped(text[i:]):
			r, _ := strconv.ParseUint(string(text[i+2:i+6]), 16, 16) // escaped saw its digits
			dst = utf8.AppendRune(dst, rune(r))
			i += 6
		default:
			dst = append(dst, c)
		}
	}
	return dst, nil
}

// escaped reports whether a text begins with a character as _x000D_ (ECMA-376, part 1,
// 22.9.2.19).
func escaped(text []byte) bool {
	if len(text) < 7 || text[1] != 'x' || text[6] != '_' {
		return false
	}
	r, err := strconv.ParseUint(string(text[2:6]), 16, 16)
	return err == nil && utf8.ValidRune(rune(r))
}

// entity reads the character that a text begins with, between & and a semicolon.
func entity(text []byte) (r rune, n int, err error) {
	name, _, ended := strings.Cut(string(text[1:min(len(text), 12)]), ";")
	if r, known := entities[name]; known && ended {
		return r, len(name) + 2, nil
	}
	number, base := strings.TrimPrefix(name, "#"), 10
	if hex, ok := strings.CutPrefix(number, "x"); ok {
		number, base = hex, 16
	}
	code, err := strconv.ParseUint(number, base, 31)
	if err != nil || !ended || name == number || !utf8.ValidRune(rune(code)) {
		return 0, 0, fmt.Errorf("&%s is no character of XML", name)
	}
	return rune(code), len(name) + 2, nil
}
