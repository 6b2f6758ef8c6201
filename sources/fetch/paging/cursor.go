package paging

// cursor is a way whose answers name a token for the next page.
type cursor struct{}

func (cursor) traits() traits { return traits{carries: "token", names: true} }

func (cursor) step(l *leg) (step, error) {
	v, ok, err := l.named()
	if !ok || err != nil {
		return step{missing: "there is no token at pagination.next"}, err
	}
	return l.goTo(v)
}
