package paging

import "errors"

// offset is a way whose requests say how many records they leave out.
type offset struct{}

func (offset) traits() traits {
	return traits{
		carries: "offset", atEmpty: true,
		counter: func(p *Position) *int64 { return &p.Offset },
	}
}

func (offset) step(l *leg) (step, error) {
	if l.looks() && !l.answer.Passed {
		return l.overlap(), nil
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
