package schema

import (
	"fmt"
	"strconv"

	"github.com/tap-rest/tap-rest/catalog/raw"
	"github.com/tap-rest/tap-rest/catalog/schema/scan"
)

// seek proves the value that begins at i and takes the records that step n,
// and those after it, find in it. Like all methods here it returns the index
// after the value, or a negative one where the text is not JSON.
func (s *PageScanner) seek(i, n int) int {
	step := &s.steps[n]
	if step.pipes != nil {
		end := s.proof.Value(i)
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
			s.page.place = scan.Span{Start: i, End: max(end, 0)}
		}
		return end, true
	}
	switch s.proof.First(i) {
	case '{':
		return s.walkObject(i, n, keys)
	case '[':
		return s.walkArray(i, n, keys)
	}
	return s.proof.Value(i), false
}

func (s *PageScanner) walkObject(i, n int, keys []pageKey) (end int, found bool) {
	p := &s.proof
	i, more := p.Enter(i, '}')
	for more {
		name := i
		if i = p.Name(i); i < 0 {
			return i, found
		}
		key := raw.Text(p.Text[name:i])
		if i = p.Colon(i); i < 0 {
			return i, found
		}
		switch named := key.Is(keys[0].name); {
		case named && !found:
			i, found = s.walk(i, n, keys[1:])
		case named:
			s.twice(i, pageWhere{step: n}, keys[0].name)
			i = p.Value(i)
		default:
			i = p.Value(i)
		}
		i, more = p.Next(i, '}')
	}
	return i, found
}

func (s *PageScanner) walkArray(i, n int, keys []pageKey) (end int, found bool) {
	i, more := s.proof.Enter(i, ']')
	for index := 0; more; index++ {
		if index == keys[0].index {
			i, found = s.walk(i, n, keys[1:])
		} else {
			i = s.proof.Value(i)
		}
		i, more = s.proof.Next(i, ']')
	}
	return i, found
}

// place proves the value to which step n led and takes its records.
func (s *PageScanner) place(i, n int) int {
	c := s.proof.First(i)
	switch {
	case c == 'n': // null is always empty
		return s.proof.Value(i)
	case n < len(s.steps)-1:
		return s.elements(i, n)
	case s.where.Single:
		if c != '{' {
			s.wrong(scan.NotObject, i, pageWhere{step: n})
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
	if c := s.proof.First(i); c == '{' || c == '[' {
		i = s.seek(i, n+1)
	} else {
		s.wrong(scan.NotObject, i, pageWhere{step: n, inside: true})
		i = s.proof.Value(i)
	}
	if n == len(s.steps)-2 && s.spill == nil {
		s.adopt(from, s.span(start, i))
	}
	return i
}

// adopt gives the records from the given one on their parent.
func (s *PageScanner) adopt(from int, parent scan.Span) {
	for i := from; i < len(s.page.Records); i++ {
		s.page.Records[i].Parent = parent
	}
}

// elements follows the step after n from each element of the array at i, or takes them
// as records where n is the last step.
func (s *PageScanner) elements(i, n int) int {
	if s.where.OneOrMany && s.proof.First(i) == '{' {
		s.at[n] = 0
		return s.element(i, n)
	}
	if s.proof.First(i) != '[' {
		s.wrong(scan.NotArray, i, pageWhere{step: n})
		return s.proof.Value(i)
	}
	records := n == len(s.steps)-1 && !s.columns.wanted
	i, more := s.proof.Enter(i, ']')
	for index := 0; more; index++ {
		s.at[n] = index
		if records && s.proof.First(i) != '{' {
			s.wrong(scan.NotObject, i, pageWhere{step: n, inside: true})
		}
		i, more = s.proof.Next(s.element(i, n), ']')
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
		end := s.proof.Value(i)
		if end >= 0 {
			s.take(PageRecord{Record: s.span(i, end)}, i, n)
		}
		return end
	}
	from := len(s.fast.Cuts)
	end, found := s.fast.Record(i)
	if end < 0 {
		return end
	}
	r := PageRecord{Record: s.span(i, end), cuts: scan.Span{Start: from, End: len(s.fast.Cuts)}, Finding: found}
	if found.Value.End > 0 {
		r.Value = s.span(found.Value.Start, found.Value.End)
	}
	for k := from; k < len(s.fast.Cuts) && s.base > 0; k++ {
		s.fast.Cuts[k] = s.span(s.fast.Cuts[k].Start, s.fast.Cuts[k].End)
	}
	s.take(r, i, n)
	return end
}

// take adds a record, which begins at i, to the page.
func (s *PageScanner) take(r PageRecord, i, n int) {
	if r.Record.End-r.Record.Start > MaxRecord {
		s.differs(scan.RecordTooLarge, i, pageWhere{step: n, inside: !s.where.Single},
			fmt.Sprintf("expected at most %d bytes", MaxRecord), strconv.Itoa(r.Record.End-r.Record.Start))
	}
	s.add(r)
}

// keyed takes the members of the object at i.
func (s *PageScanner) keyed(i, n int) int {
	p := &s.proof
	if p.First(i) != '{' {
		if !s.where.OneOrMany || !emptyArray(p.Text[i:]) {
			s.wrong(scan.NotObject, i, pageWhere{step: n})
		}
		return p.Value(i)
	}
	i, more := p.Enter(i, '}')
	for more {
		i, more = p.Next(s.keyedMember(i, n), '}')
	}
	return i
}

// emptyArray reports whether the text begins with an array without elements.
func emptyArray(text []byte) bool {
	if len(text) == 0 || text[0] != '[' {
		return false
	}
	i := scan.Space(text, 1)
	return i < len(text) && text[i] == ']'
}

// keyedMember takes the member whose key is at i.
func (s *PageScanner) keyedMember(i, n int) int {
	p, name := &s.proof, i
	if i = p.Name(i); i < 0 {
		return i
	}
	s.key = p.Text[name:i]
	key := s.span(name, i)
	if i = p.Colon(i); i < 0 {
		return i
	}
	if p.First(i) == '{' {
		return s.keyedRecord(i, n, key)
	}
	s.wrong(scan.NotObject, i, pageWhere{step: n, inside: true})
	return p.Value(i)
}

// keyedRecord proves the object at i and makes a record of it: the member's
// key first, in place of fields of that name, then the rest as it came.
func (s *PageScanner) keyedRecord(i, n int, key scan.Span) int {
	p, start, begin := &s.proof, i, len(s.page.made)
	made := append(append(s.page.made, s.field...), s.key...)
	rest := i + 1 // what begins here is still to be copied
	ended := rest // where the member before ended
	i, more := p.Enter(i, '}')
	for first := true; more; first = false {
		name := i + 1
		if i = p.Name(i); i < 0 {
			return i
		}
		same := raw.Text(p.Text[name-1 : i]).Is(s.where.Keyed)
		if i = p.Colon(i); i < 0 {
			return i
		}
		if i = p.Value(i); i < 0 {
			return i
		}
		switch {
		case same:
			made = append(made, p.Text[rest:ended]...)
			rest = i
		case first:
			made = append(made, ',')
		}
		ended = i
		i, more = p.Next(i, '}')
	}
	if i < 0 {
		return i
	}
	s.page.made = append(made, p.Text[rest:i]...)
	size := len(s.page.Body)
	s.take(PageRecord{Record: scan.Span{Start: size + begin, End: size + len(s.page.made)}, Key: key}, start, n)
	return i
}
