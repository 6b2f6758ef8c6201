package schema

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/tap-rest/tap-rest/catalog/schema/scan"
	"github.com/tidwall/gjson"
)

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
			key := s.key[1:min(len(s.key)-1, 1+scan.ExcerptSize)]
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
func (s *PageScanner) differs(kind scan.BodyErrorKind, i int, w pageWhere, expected, found string) {
	if s.fault != nil {
		return
	}
	offset := s.proof.At(i)
	if s.base > 0 {
		offset = s.origin
	}
	path := s.path(w)
	s.fault = &scan.BodyError{
		Kind:   kind,
		Offset: offset,
		Path:   path,
		Msg:    fmt.Sprintf("%s at %q, found %s", expected, path, found) + scan.Excerpt(s.proof.Text, i),
	}
}

// wrong notes that something of another type stands at i.
func (s *PageScanner) wrong(kind scan.BodyErrorKind, i int, w pageWhere) {
	expected := "expected an object"
	if kind == scan.NotArray {
		expected = "expected an array"
	}
	s.differs(kind, i, w, expected, pageTypeOf(s.proof.First(i)))
}

// missing notes that w leads nowhere in the value at i, unless that is allowed.
func (s *PageScanner) missing(i int, w pageWhere) {
	if !s.where.MissingIsEmpty {
		s.differs(scan.Missing, i, w, "expected something", "nothing in "+pageTypeOf(s.proof.First(i)))
	}
}

// twice notes that a key, whose second value is at i, stands twice on the way
// to the records: one of the two would be lost without a word.
func (s *PageScanner) twice(i int, w pageWhere, key string) {
	s.differs(scan.Twice, i, w, "expected one place", fmt.Sprintf("the key %q twice, with %s the second time", key, pageTypeOf(s.proof.First(i))))
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
