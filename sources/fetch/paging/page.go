package paging

// page is a way whose pages have numbers.
type page struct{}

func (page) traits() traits {
	return traits{
		carries: "number", byPage: true, atEmpty: true,
		counter: func(p *Position) *int64 { return &p.Number },
	}
}

func (page) step(l *leg) (step, error) {
	l.next.Number++
	s := step{more: l.n > 0 || l.answer.Passed, possible: true}
	s.more = s.more && !l.reached(l.next.Records)
	if l.now.Pages {
		s.more = l.next.Number-l.stream.Pagination.Start < *l.next.AllPages || l.n > 0 && l.full()
	}
	return s, nil
}
