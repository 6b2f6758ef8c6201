package paging

import (
	"errors"
	"fmt"

	"github.com/tap-rest/tap-rest/sources"
)

// Why a page cannot be asked for with fewer records.
var (
	errNoSize = errors.New("do: smaller_page asks for half of pagination.size, and the stream has none")
	errOne    = errors.New("a page of one record is the smallest there is")
)

// size is how many records the request at a position asks for; 0 where the definition
// does not say.
func (p *Position) size(says *sources.Pagination) int64 {
	if p.Size > 0 {
		return p.Size
	}
	return says.Sends.Size
}

// Size is how many records the next request asks for; 0 where the definition does not
// say.
func (p *Pager) Size() int64 { return p.pos.size(&p.stream.Pagination) }

// CanBeSmaller reports whether the walk may ask for smaller pages than the definition.
func (p *Pager) CanBeSmaller() bool { return p.stream.ShrinksPages() }

// Smaller is the position that asks for the same records as another, and for half as
// many at a time. Pages that have numbers are numbered anew: so that none is lost or
// comes twice, their new size is a divisor of the former one, and the pages before must
// have been as full as asked for.
func (p *Pager) Smaller(at Position) (Position, error) {
	says := &p.stream.Pagination
	size := at.size(says)
	if size == 0 {
		return at, errNoSize
	}
	half := size / 2
	if p.way.traits().byPage {
		for half > 1 && size%half != 0 {
			half--
		}
	}
	switch {
	case half <= says.Overlap && says.Overlap > 0:
		return at, fmt.Errorf("pages of %d records are the smallest with overlap: %d", size, says.Overlap)
	case half == 0:
		return at, errOne
	}
	if p.way.traits().byPage {
		before := (at.Number - says.Start) * size
		if at.Records != before {
			return at, fmt.Errorf("%d pages of %d records would be %d, and %d came: with another size nobody knows which page comes next. Set pagination.size to what the API gives at a time",
				at.Number-says.Start, size, before, at.Records)
		}
		at.Number = says.Start + before/half
		at.AllPages = nil
	}
	if at.Counts != "" { // they were counts of pages of another size
		at.Total, at.Counts = nil, ""
	}
	at.Size, at.PerPage = half, 0
	return at, nil
}

// Resize goes on at a position with another size: what was known of the size of pages
// is no longer true.
func (p *Pager) Resize(to Position) {
	p.pos = to
	p.memory.widest, p.memory.least = 0, 0
}

// honours is the error of a numbered page that has another number of records than was
// asked for, once that was made smaller: others would be lost, or come twice.
func (l *leg) honours() error {
	size := l.from.Size
	if !l.byPage || size == 0 || l.n == 0 {
		return nil
	}
	if before := (l.from.Number - l.stream.Pagination.Start) * size; l.n > size || l.from.Records != before {
		return fmt.Errorf("the API does not keep to the size of pages, which do: smaller_page made %d: %d records came, after %d on %d pages. Set pagination.size to what it gives at a time",
			size, l.n, l.from.Records, l.from.Number-l.stream.Pagination.Start)
	}
	return nil
}
