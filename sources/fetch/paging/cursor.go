package paging

// cursor is a way whose answers name a token for the next page.
type cursor struct{}

func (cursor) traits() traits { return traits{carries: "token", names: true} }

func (cursor) step(l *leg) (step, error) {
	v, ok, err := l.named()
	if !ok || err != nil {
		return step{missing: "there is no token at pagination.next"}, err
	}
	s, err := l.goTo(v)
	if l.stream.Pagination.Session.Keeps && l.n == 0 && !l.answer.Passed {
		s.more = false // the token lives on: a page without records is the end of what the server goes through
	}
	return s, err
}
