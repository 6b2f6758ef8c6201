package paging

// none is a stream of one page.
type none struct{}

func (none) traits() traits { return traits{single: true} }

func (none) step(*leg) (step, error) { return step{missing: "pagination.type is none"}, nil }
