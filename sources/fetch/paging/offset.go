package paging

import (
	"errors"
	"fmt"
)

// offset is a way whose requests say how many records they leave out.
type offset struct{}

func (offset) traits() traits {
	return traits{
		carries: "offset", atEmpty: true,
		counter: func(p *Position) *int64 { return &p.Offset },
	}
}

func (o offset) step(l *leg) (step, error) {
	if l.looks() && !l.answer.Passed {
		return o.overlap(l), nil
	}
	l.next.Tail = nil
	n := l.n
	s := step{possible: true, more: n > 0 && !l.reached(l.next.Offset+n-l.stream.Pagination.Start) || l.answer.Passed}
	if n == 0 { // as many as there would have been
		n = l.pageSize()
		s.possible, s.missing = n > 0, "a page without records does not move the offset, and nothing says how many are on a page (pagination.size)"
	}
	if l.answer.Passed && n == 0 {
		return step{}, errors.New("a rule says next, but " + s.missing)
	}
	l.next.Offset += n
	return s, nil
}

// maxBlind is how often in a row a walk with overlap may look in vain, without
// getting any further: records that are never the same twice cannot be found.
const maxBlind = 16

// overlap moves to the last records of a page: they are to come again. Where
// those of the page before did not, records have vanished, and the walk goes
// back: nothing that was there all along lies before a record that was read,
// wherever that is now.
func (o offset) overlap(l *leg) step {
	start, eye := l.stream.Pagination.Start, l.eye
	from := l.from.Offset
	looks := len(eye.Want) > 0 && from > start
	switch {
	case looks && !eye.Found && eye.Exact < len(eye.Want):
		return o.stepBefore(l)
	case looks:
		l.lookout.blinds = 0
	}
	if looks && eye.Exact == len(eye.Want) {
		l.found.Repeated = eye.Exact
	}
	l.lookout.furthest = max(l.lookout.furthest, from+l.n)
	next := &l.next
	next.Tail = eye.Last[max(0, min(len(eye.Last), len(eye.Last)-int(l.n)+1)):]
	next.Offset = from + l.n - int64(len(next.Tail))
	next.Records = from + l.n - start
	fresh := l.n > int64(l.found.Repeated)
	return step{
		more: fresh && !l.reached(next.Records), possible: fresh, missing: "a page without new records does not move the offset",
		back: looks && l.found.Repeated == 0,
	}
}

// stepBefore moves to where the records may be that did not come again: one page
// before, then two, then four.
func (offset) stepBefore(l *leg) step {
	p, next, tail := &l.stream.Pagination, &l.next, int64(len(l.from.Tail))
	out := &l.lookout
	out.furthest = max(out.furthest, l.from.Offset+max(l.n, tail))
	if out.blinds++; out.blinds > maxBlind {
		out.blind = true
		next.Tail, next.Offset, next.Records = nil, out.furthest, out.furthest-p.Start
		next.doubt(Doubt{
			Key: "pagination.overlap", Value: fmt.Sprintf("%d, but the records that were read are not found again", p.Overlap),
			Advice: "primary_key says which fields tell records apart; without one they must be the same each time they come",
		})
		return step{more: true, possible: true, back: true}
	}
	span := max(l.n, p.Sends.Size, tail) << (out.blinds - 1)
	next.Offset = max(p.Start, l.from.Offset-span)
	next.Records = next.Offset - p.Start
	return step{more: true, possible: true, back: true}
}
