package paging

import (
	"errors"

	"github.com/tap-rest/tap-rest/sources/fetch/paging/list"
)

// ErrChanged marks an answer from before the request that the walk made last,
// where the API's own counts do not show that the list is still the same.
var ErrChanged = errors.New("nothing shows that the list is still as it was")

// AtOnce is how many pages may be asked for at once, the next one too, where a
// client has so many requests in flight at most: more than one only where pages
// are counted, and the answers before said how many there are, or the definition
// says ahead.
func (p *Pager) AtOnce(most int) int {
	says := &p.stream.Pagination
	switch {
	case !p.Counts(), says.Session.Keeps, says.Overlap > 0, p.pos.Behind != nil, p.pos.pages() == 0:
		return 1
	}
	_, counted := p.pos.end()
	switch {
	case says.Ahead > 0 && (counted || p.memory.widest > 0):
		return min(most, int(says.Ahead))
	case !counted, says.Ends.Stop != nil: // stop may end the walk anywhere
		return 1
	}
	return most
}

// together is how many places of the list may have been read at the same time as
// the answer under way, or after it. Where that shows that the list has become
// shorter, nobody knows which of them were read before: all of them are to be
// read again.
func (l course) together(s list.Scale) int64 {
	pages := min(l.answer.Together, l.from.pages()-1)
	if pages <= 0 || !l.counts() || l.from.Behind != nil {
		return 0
	}
	if l.byPage {
		return pages * s.Per
	}
	return pages * max(l.widest, l.from.PerPage)
}

// end is behind how many records the list ends, or with pages that have numbers,
// behind how many pages; counted is false where no answer has said so.
func (p *Position) end() (n int64, counted bool) {
	if all, ok := p.allPages(); ok {
		return all, true
	}
	if p.Total != nil && p.Counts == "" {
		return *p.Total, true
	}
	return 0, false
}

// Later is the position so many pages behind the next one, as far as that is
// known before the pages between are; ok is false where there is none.
func (p *Pager) Later(pages int64) (at Position, ok bool) {
	says, t := &p.stream.Pagination, p.way.traits()
	size := max(p.memory.widest, p.pos.PerPage)
	if size == 0 {
		size = p.Size()
	}
	at = p.pos
	at.Pages, at.Records = at.Pages+pages, at.Records+pages*size
	if t.byPage {
		*t.counter(&at) += pages
	} else {
		*t.counter(&at) += pages * size
	}
	if limit := int64(says.Ends.MaxPages); limit > 0 && at.pages() >= limit {
		return at, false
	}
	if t.beyond(says, at, size) {
		return at, false
	}
	end, counted := p.pos.end()
	switch _, byPages := p.pos.allPages(); {
	case size == 0 && !(t.byPage && (byPages || !counted)):
		return at, false
	case byPages:
		return at, *t.counter(&at)-says.Start < end
	case counted:
		return at, at.Records < end
	}
	return at, true
}

// unchanged reports whether an answer says how long the list is, and that it is as
// long as the answer before said.
func (l *leg) unchanged() bool {
	same := func(a, b *int64) bool { return a == b || a != nil && b != nil && *a == *b }
	return (l.now.Total || l.now.Pages) && same(l.from.Total, l.next.Total) && same(l.from.AllPages, l.next.AllPages)
}
