package schema

import (
	"fmt"
	"strconv"

	"github.com/tap-rest/tap-rest/catalog/raw"
)

// seek proves the value that begins at i and takes the records that step n,
// and those after it, find in it. Like all methods here it returns the index
// after the value, or a negative one where the text is not JSON.
func (s *PageScanner) seek(i, n int) int {
	step := &s.steps[n]
	if step.pipes != nil {
		end := s.proof.value(i)
		if end >= 0 {
			s.ask(i, end, n)
		}
		return end
	}
	end, found := s.walk(i, n, step.keys)
	if end >= 0 && !found {
		s.missing(i, pageWhere{step: n})
	}
	return end
}

// walk follows keys into the value that begins at i. Of equal keys the first
// that leads to the place counts, as in gjson; one more after it is a fault.
func (s *PageScanner) walk(i, n int, keys []pageKey) (end int, found bool) {
	if len(keys) == 0 {
		end = s.place(i, n)
		if n == 0 && len(s.steps[0].keys) > 0 {
			s.page.place = Span{i, max(end, 0)}
		}
		return end, true
	}
	switch s.proof.first(i) {
	case '{':
		return s.walkObject(i, n, keys)
	case '[':
		return s.walkArray(i, n, keys)
	}
	return s.proof.value(i), false
}

func (s *PageScanner) walkObject(i, n int, keys []pageKey) (end int, found bool) {
	p := &s.proof
	i, more := p.enter(i, '}')
	for more {
		name := i
		if i = p.name(i); i < 0 {
			return i, found
		}
		key := raw.Text(p.text[name:i])
		if i = p.colon(i); i < 0 {
			return i, found
		}
		switch named := key.Is(keys[0].name); {
		case named && !found:
			i, found = s.walk(i, n, keys[1:])
		case named:
			s.twice(i, pageWhere{step: n}, keys[0].name)
			i = p.value(i)
		default:
			i = p.value(i)
		}
		i, more = p.next(i, '}')
	}
	return i, found
}

func (s *PageScanner) walkArray(i, n int, keys []pageKey) (end int, found bool) {
	i, more := s.proof.enter(i, ']')
	for index := 0; more; index++ {
		if index == keys[0].index {
			i, found = s.walk(i, n, keys[1:])
		} else {
			i = s.proof.value(i)
		}
		i, more = s.proof.next(i, ']')
	}
	return i, found
}

// place proves the value to which step n led and takes its records.
func (s *PageScanner) place(i, n int) int {
	c := s.proof.first(i)
	switch {
	case c == 'n': // null is always empty
		return s.proof.value(i)
	case n < len(s.steps)-1:
		return s.elements(i, n)
	case s.where.Single:
		if c != '{' {
			s.wrong(NotObject, i, pageWhere{step: n})
		}
		return s.record(i, n)
	case s.where.Keyed != "":
		return s.keyed(i, n)
	}
	return s.elements(i, n)
}

// parent follows the step after n from the element at i.
func (s *PageScanner) parent(i, n int) int {
	from, start := len(s.page.Records), i
	if s.spill != nil && n == len(s.steps)-2 && s.adopted(i) < 0 {
		return -1
	}
	if c := s.proof.first(i); c == '{' || c == '[' {
		i = s.seek(i, n+1)
	} else {
		s.wrong(NotObject, i, pageWhere{step: n, inside: true})
		i = s.proof.value(i)
	}
	if n == len(s.steps)-2 && s.spill == nil {
		s.adopt(from, s.span(start, i))
	}
	return i
}

// adopt gives the records from the given one on their parent.
func (s *PageScanner) adopt(from int, parent Span) {
	for i := from; i < len(s.page.Records); i++ {
		s.page.Records[i].Parent = parent
	}
}

// elements follows the step after n from each element of the array at i, or takes them
// as records where n is the last step.
func (s *PageScanner) elements(i, n int) int {
	if s.where.OneOrMany && s.proof.first(i) == '{' {
		s.at[n] = 0
		return s.element(i, n)
	}
	if s.proof.first(i) != '[' {
		s.wrong(NotArray, i, pageWhere{step: n})
		return s.proof.value(i)
	}
	records := n == len(s.steps)-1 && !s.columns.wanted
	i, more := s.proof.enter(i, ']')
	for index := 0; more; index++ {
		s.at[n] = index
		if records && s.proof.first(i) != '{' {
			s.wrong(NotObject, i, pageWhere{step: n, inside: true})
		}
		i, more = s.proof.next(s.element(i, n), ']')
	}
	return i
}

func (s *PageScanner) element(i, n int) int {
	if n < len(s.steps)-1 {
		return s.parent(i, n)
	}
	return s.record(i, n)
}

// record proves the record that begins at i and takes it.
func (s *PageScanner) record(i, n int) int {
	if s.page.Expected == nil || s.columns.wanted {
		end := s.proof.value(i)
		if end >= 0 {
			s.take(PageRecord{Record: s.span(i, end)}, i, n)
		}
		return end
	}
	from := len(s.fast.cuts)
	end, found := s.fast.record(i)
	if end < 0 {
		return end
	}
	r := PageRecord{Record: s.span(i, end), cuts: Span{from, len(s.fast.cuts)}, Finding: found}
	if found.Value.End > 0 {
		r.Value = s.span(found.Value.Start, found.Value.End)
	}
	for k := from; k < len(s.fast.cuts) && s.base > 0; k++ {
		s.fast.cuts[k] = s.span(s.fast.cuts[k].Start, s.fast.cuts[k].End)
	}
	s.take(r, i, n)
	return end
}

// take adds a record, which begins at i, to the page.
func (s *PageScanner) take(r PageRecord, i, n int) {
	if r.Record.End-r.Record.Start > MaxRecord {
		s.differs(RecordTooLarge, i, pageWhere{step: n, inside: !s.where.Single},
			fmt.Sprintf("expected at most %d bytes", MaxRecord), strconv.Itoa(r.Record.End-r.Record.Start))
	}
	s.add(r)
}

// keyed takes the members of the object at i.
func (s *PageScanner) keyed(i, n int) int {
	p := &s.proof
	if p.first(i) != '{' {
		if !s.where.OneOrMany || !emptyArray(p.text[i:]) {
			s.wrong(NotObject, i, pageWhere{step: n})
		}
		return p.value(i)
	}
	i, more := p.enter(i, '}')
	for more {
		i, more = p.next(s.keyedMember(i, n), '}')
	}
	return i
}

// emptyArray reports whether the text begins with an array without elements.
func emptyArray(text []byte) bool {
	if len(text) == 0 || text[0] != '[' {
		return false
	}
	i := scanSpace(text, 1)
	return i < len(text) && text[i] == ']'
}

// keyedMember takes the member whose key is at i.
func (s *PageScanner) keyedMember(i, n int) int {
	p, name := &s.proof, i
	if i = p.name(i); i < 0 {
		return i
	}
	s.key = p.text[name:i]
	key := s.span(name, i)
	if i = p.colon(i); i < 0 {
		return i
	}
	if p.first(i) == '{' {
		return s.keyedRecord(i, n, key)
	}
	s.wrong(NotObject, i, pageWhere{step: n, inside: true})
	return p.value(i)
}

// keyedRecord proves the object at i and makes a record of it: the member's
// key first, in place of fields of that name, then the rest as it came.
func (s *PageScanner) keyedRecord(i, n int, key Span) int {
	p, start, begin := &s.proof, i, len(s.page.made)
	made := append(append(s.page.made, s.field...), s.key...)
	rest := i + 1 // what begins here is still to be copied
	ended := rest // where the member before ended
	i, more := p.enter(i, '}')
	for first := true; more; first = false {
		name := i + 1
		if i = p.name(i); i < 0 {
			return i
		}
		same := raw.Text(p.text[name-1 : i]).Is(s.where.Keyed)
		if i = p.colon(i); i < 0 {
			return i
		}
		if i = p.value(i); i < 0 {
			return i
		}
		switch {
		case same:
			made = append(made, p.text[rest:ended]...)
			rest = i
		case first:
			made = append(made, ',')
		}
		ended = i
		i, more = p.next(i, '}')
	}
	if i < 0 {
		return i
	}
	s.page.made = append(made, p.text[rest:i]...)
	size := len(s.page.Body)
	s.take(PageRecord{Record: Span{size + begin, size + len(s.page.made)}, Key: key}, start, n)
	return i
}
