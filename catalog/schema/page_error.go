package schema

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tidwall/gjson"
)

// BodyErrorKind says in which way a body is not what its definition says.
type BodyErrorKind int

const (
	NotJSON        BodyErrorKind = iota + 1 // the body is not one JSON value
	NotUTF8                                 // a string holds bytes that are not UTF-8
	TooDeep                                 // nested deeper than MaxDepth
	Missing                                 // nothing at the records path
	NotArray                                // the records path leads to something else than an array
	NotObject                               // a record, or the place of keyed records, is not an object
	RecordTooLarge                          // a record is larger than MaxRecord
	Twice                                   // a key on the way to the records stands twice
	RestTooLarge                            // what stands beside the records of a long body is larger than MaxRest
)

// String returns the kind's name: "not JSON".
func (k BodyErrorKind) String() string {
	switch k {
	case NotJSON:
		return "not JSON"
	case NotUTF8:
		return "not UTF-8"
	case TooDeep:
		return "too deep"
	case Missing:
		return "missing"
	case NotArray:
		return "not an array"
	case NotObject:
		return "not an object"
	case RecordTooLarge:
		return "record too large"
	case Twice:
		return "a key twice"
	case RestTooLarge:
		return "rest too large"
	}
	return fmt.Sprintf("BodyErrorKind(%d)", int(k))
}

// BodyError says that a body is not what the definition says it is. The
// answer that brought it is no page: neither an empty one nor the last one.
type BodyError struct {
	Kind   BodyErrorKind
	Offset int64  // byte of the body at which it shows
	Path   string // gjson path of the place, "@this" for the body itself; "" where the body could not be read
	Msg    string // what was expected and what came, with up to 40 bytes of it
}

func (e *BodyError) Error() string {
	switch e.Kind {
	case NotJSON, NotUTF8, TooDeep:
		return e.Kind.String() + ": " + e.Msg
	}
	return "records: " + e.Msg
}

// pageExcerptSize is how many bytes of a body an error shows.
const pageExcerptSize = 40

// pageExcerpt returns what text holds from the given byte on, on one line,
// ready to stand at the end of a message. Letters stay, of any script: whoever
// takes secrets out of it has to know them again.
func pageExcerpt(text []byte, from int) string {
	from = min(max(from, 0), len(text))
	near := text[from:min(len(text), from+pageExcerptSize)]
	if len(bytes.TrimSpace(near)) == 0 {
		return ""
	}
	return ", near `" + strings.Map(pagePrintable, string(near)) + "`"
}

func pagePrintable(r rune) rune {
	if r == utf8.RuneError || !unicode.IsPrint(r) {
		return '.'
	}
	return r
}

// pageWhere is a place that errors speak of: where a step led or, inside it,
// the element or member that is looked at.
type pageWhere struct {
	step   int
	inside bool
}

// path writes the place as a gjson path: data.3.lines.
func (s *PageScanner) path(w pageWhere) string {
	var parts []string
	for n := 0; n <= w.step; n++ {
		if path := s.steps[n].path; path != "@this" {
			parts = append(parts, path)
		}
		switch {
		case n == w.step && !w.inside:
		case n == len(s.steps)-1 && s.where.Keyed != "":
			key := s.key[1:min(len(s.key)-1, 1+pageExcerptSize)]
			parts = append(parts, gjson.Escape(string(bytes.ToValidUTF8(key, nil))))
		default:
			parts = append(parts, strconv.Itoa(s.at[n]))
		}
	}
	if path := strings.Join(parts, "."); path != "" {
		return path
	}
	return "@this"
}

// differs notes how the body differs from the definition at i, which w leads
// to. The first difference stands.
func (s *PageScanner) differs(kind BodyErrorKind, i int, w pageWhere, expected, found string) {
	if s.fault != nil {
		return
	}
	offset := s.proof.at(i)
	if s.base > 0 {
		offset = s.origin
	}
	path := s.path(w)
	s.fault = &BodyError{
		Kind:   kind,
		Offset: offset,
		Path:   path,
		Msg:    fmt.Sprintf("%s at %q, found %s", expected, path, found) + pageExcerpt(s.proof.text, i),
	}
}

// wrong notes that something of another type stands at i.
func (s *PageScanner) wrong(kind BodyErrorKind, i int, w pageWhere) {
	expected := "expected an object"
	if kind == NotArray {
		expected = "expected an array"
	}
	s.differs(kind, i, w, expected, pageTypeOf(s.proof.first(i)))
}

// missing notes that w leads nowhere in the value at i, unless that is allowed.
func (s *PageScanner) missing(i int, w pageWhere) {
	if !s.where.MissingIsEmpty {
		s.differs(Missing, i, w, "expected something", "nothing in "+pageTypeOf(s.proof.first(i)))
	}
}

// twice notes that a key, whose second value is at i, stands twice on the way
// to the records: one of the two would be lost without a word.
func (s *PageScanner) twice(i int, w pageWhere, key string) {
	s.differs(Twice, i, w, "expected one place", fmt.Sprintf("the key %q twice, with %s the second time", key, pageTypeOf(s.proof.first(i))))
}

// pageTypeOf names the type of the value that begins with c.
func pageTypeOf(c byte) string {
	switch c {
	case '{':
		return "an object"
	case '[':
		return "an array"
	case '"':
		return "a string"
	case 't', 'f':
		return "a boolean"
	case 'n':
		return "null"
	}
	return "a number"
}
