package repeat

// MaxWalks is how often a walk with on_incomplete: again is done at most.
const MaxWalks = 5

// Again is where a walk stands that is done until two agree: on_incomplete says
// again. Each goes on behind the pages of the one before, so that a journal
// keeps them apart.
type Again struct {
	Walk   int     `json:"walk"`             // its number, from 1
	At     int64   `json:"at"`               // pages before it
	Sum    Digest  `json:"sum"`              // of its records so far
	Before *Digest `json:"before,omitempty"` // of the walk before; nil: there was none
}

// With is a with the records of one page more; a nil a is before the first.
func (a *Again) With(page Digest) *Again {
	sum := Again{Walk: 1}
	if a != nil {
		sum = *a
	}
	sum.Sum.add(page)
	return &sum
}

// Agrees reports whether the walk that ends here, after so many pages of all, had
// the records of the one before. One that was a single answer was true at one
// time.
func (a *Again) Agrees(pages int64) bool {
	return a.Walk == 1 && pages == 1 || a.Before != nil && *a.Before == a.Sum
}

// Next is the walk after this one, behind so many pages.
func (a *Again) Next(pages int64) *Again { return &Again{Walk: a.Walk + 1, At: pages, Before: &a.Sum} }
