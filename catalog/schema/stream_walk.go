package schema

import (
	"fmt"

	"github.com/tap-rest/tap-rest/catalog/raw"
	"github.com/tap-rest/tap-rest/catalog/schema/scan"
)

// whole proves the body.
func (s *StreamScanner) whole() {
	for len(s.window) < len(scan.BOM) && s.more() {
	}
	if isBOM(s.window) {
		s.i = len(scan.BOM)
	}
	if s.ahead(); s.i == len(s.window) {
		s.lacks(func() { s.scan.proof.NotJSON(s.i, "empty body") })
		return
	}
	begin, first := s.scan.proof.At(s.i), s.window[s.i]
	found := s.walk(s.scan.steps[0].keys)
	if s.stuck() {
		return
	}
	if !found {
		s.missing(begin, first)
	}
	if s.ahead(); s.i < len(s.window) {
		s.scan.proof.NotExpected(s.i, "the end, after the value")
	}
}

// lacks notes that the body ends too early, unless it was not read to its end.
func (s *StreamScanner) lacks(note func()) {
	if !s.stuck() {
		note()
	}
}

// missing notes that the path leads nowhere in the body, which is all in rest
// by now.
func (s *StreamScanner) missing(begin int64, first byte) {
	pages := s.scan
	text, from := pages.proof.Text, pages.proof.From
	pages.proof.Text, pages.proof.From = s.rest, begin
	pages.missing(0, pageWhere{})
	pages.proof.Text, pages.proof.From = text, from
}

// walk follows keys into the value that comes next, as PageScanner.walk does.
func (s *StreamScanner) walk(keys []pageKey) (found bool) {
	if len(keys) == 0 {
		s.place()
		return true
	}
	switch s.ahead() {
	case '{':
		return s.walkObject(keys)
	case '[':
		return s.walkArray(keys)
	}
	s.beside()
	return false
}

func (s *StreamScanner) walkObject(keys []pageKey) (found bool) {
	s.put([]byte("{"))
	more := s.enter('}')
	for comma := false; more; comma = true {
		if comma {
			s.put([]byte(","))
		}
		if !s.take(s.most, s.takeKey) {
			s.tooLong()
			return found
		}
		key := s.page.bytes(s.at)
		s.put(key)
		s.put([]byte(":"))
		switch named := raw.Text(key).Is(keys[0].name); {
		case named && !found:
			found = s.walk(keys[1:])
		case named:
			s.ahead()
			s.scan.twice(s.i, pageWhere{}, keys[0].name)
			s.beside()
		default:
			s.beside()
		}
		more = s.next('}')
	}
	s.put([]byte("}"))
	return found
}

func (s *StreamScanner) walkArray(keys []pageKey) (found bool) {
	s.put([]byte("["))
	more := s.enter(']')
	for index := 0; more; index++ {
		if index > 0 {
			s.put([]byte(","))
		}
		if index == keys[0].index {
			found = s.walk(keys[1:])
		} else {
			s.beside()
		}
		more = s.next(']')
	}
	s.put([]byte("]"))
	return found
}

// beside proves a value that is no record, and keeps it.
func (s *StreamScanner) beside() {
	s.ahead()
	if !s.take(s.most, s.takeValue) {
		s.tooLong()
		return
	}
	s.put(s.page.bytes(s.at))
}

// tooLong notes that what was to be kept beside the records cannot be, where
// that is why it was not taken.
func (s *StreamScanner) tooLong() {
	if s.long {
		s.restTooLong()
	}
}

// place proves the value in which the records lie and takes them, as
// PageScanner.place does.
func (s *StreamScanner) place() {
	c, pages := s.ahead(), s.scan
	switch {
	case c == 0 || c == 'n':
		s.beside()
	case pages.where.Single && len(pages.steps) == 1:
		if c != '{' {
			pages.wrong(scan.NotObject, s.i, pageWhere{})
		}
		s.put([]byte("{}"))
		s.element(s.takeRecord)
	case pages.where.Keyed != "" && len(pages.steps) == 1:
		if pages.where.OneOrMany && c == '[' {
			s.noMembers()
			return
		}
		s.elements('}', "{}", scan.NotObject, func() { s.element(s.takeMember) })
	case pages.where.OneOrMany && c == '{':
		s.put([]byte("{}"))
		pages.at[0] = 0
		if len(pages.steps) == 1 {
			s.element(s.takeRecord)
		} else {
			s.parent()
		}
	case len(pages.steps) == 1:
		s.elements(']', "[]", scan.NotArray, func() { s.element(s.takeRecord) })
	default:
		s.elements(']', "[]", scan.NotArray, s.parent)
	}
}

// noMembers takes an array in the place of keyed records, which must be empty.
func (s *StreamScanner) noMembers() {
	before := s.scan.fault
	s.scan.wrong(scan.NotObject, s.i, pageWhere{}) // unless the array turns out to be empty
	if s.beside(); !s.stuck() && emptyArray(s.page.bytes(s.at)) {
		s.scan.fault = before
	}
}

// elements takes those of the container that comes next, which closer closes.
func (s *StreamScanner) elements(closer byte, empty string, kind scan.BodyErrorKind, take func()) {
	if s.ahead()+2 != closer { // in ASCII, for both
		s.scan.wrong(kind, s.i, pageWhere{})
		s.beside()
		return
	}
	s.put([]byte(empty))
	more := s.enter(closer)
	for index := 0; more; index++ {
		s.scan.at[0] = index
		take()
		more = s.next(closer)
	}
}

// element takes what comes next: a record, or what holds some.
func (s *StreamScanner) element(take func(i int) int) {
	if s.take(s.record, take) || !s.long {
		return
	}
	inside := !s.scan.where.Single || len(s.scan.steps) > 1
	if s.scan.where.Keyed != "" && len(s.scan.steps) == 1 {
		inside = s.scan.key != nil // else the key is what is too long
	}
	s.scan.differs(scan.RecordTooLarge, s.i, pageWhere{inside: inside}, fmt.Sprintf("expected at most %d bytes", s.record), "more")
}

// oneKey proves a key and its colon.
func (s *StreamScanner) oneKey(i int) int {
	begin, p := i, &s.scan.proof
	if i = p.Name(i); i < 0 {
		return i
	}
	s.at = scan.Span{Start: begin, End: i}
	return p.Colon(i)
}

// oneValue proves a value that is no record.
func (s *StreamScanner) oneValue(i int) int {
	end := s.scan.proof.Value(i)
	s.at = scan.Span{Start: i, End: end}
	return end
}

// oneRecord proves an element that is a record.
func (s *StreamScanner) oneRecord(i int) int {
	if s.scan.proof.First(i) != '{' && !s.scan.columns.wanted && !s.scan.where.Single {
		s.scan.wrong(scan.NotObject, i, pageWhere{inside: true})
	}
	return s.scan.record(i, 0)
}

// oneMember proves a member of keyed records.
func (s *StreamScanner) oneMember(i int) int {
	s.scan.key = nil
	return s.scan.keyedMember(i, 0)
}

// parent takes an element that holds records. It is proven first: they may be
// many, and some are handed out before its end.
func (s *StreamScanner) parent() {
	s.element(s.takeValue)
	if s.stuck() {
		return
	}
	pages, depth := s.scan, s.scan.proof.Depth
	s.spill = spill{hand: s.hand, named: true}
	pages.spill = &s.spill
	pages.parent(s.at.Start, 0)
	pages.handOut()
	pages.spill, pages.proof.Depth, s.err = nil, depth, s.spill.err
}

// enter goes on behind the opening of a container. It reports whether the
// container holds anything.
func (s *StreamScanner) enter(closer byte) bool {
	p := &s.scan.proof
	if s.stuck() {
		return false
	}
	if p.Depth == scan.MaxDepth {
		p.TooDeep(s.i)
		return false
	}
	s.i++
	if s.ahead() == closer {
		s.i++
		return false
	}
	p.Depth++
	return !s.stuck()
}

// next goes on behind an element or member: to the next one, or, with false,
// behind the container.
func (s *StreamScanner) next(closer byte) bool {
	p := &s.scan.proof
	if s.stuck() {
		return false
	}
	switch s.ahead() {
	case ',':
		s.i++
		s.ahead()
		return !s.stuck()
	case closer:
		p.Depth--
		s.i++
		return false
	}
	s.lacks(func() { p.NotClosed(s.i, closer) })
	return false
}
