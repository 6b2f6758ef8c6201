package paging

import (
	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/paging/list"
)

// ways are all ways to page, by the name that definitions give them.
var ways = map[sources.PaginationType]way{
	sources.PaginateNone:       none{},
	sources.PaginateCursor:     cursor{},
	sources.PaginateNextURL:    nextURL{},
	sources.PaginateLinkHeader: linkHeader{},
	sources.PaginatePage:       page{},
	sources.PaginateOffset:     offset{},
	sources.PaginateKeyset:     keyset{},
	sources.PaginateRelay:      relay{},
}

// wayOf returns the way of a definition.
func wayOf(p *sources.Pagination) way {
	if w, ok := ways[p.Type]; ok {
		return w
	}
	return none{}
}

// Skip returns the position behind so many pages of a size; ok is false where the
// definition's way does not count its pages.
func Skip(p *sources.Pagination, pages, size int64) (at Position, ok bool) {
	t := wayOf(p).traits()
	if !t.counts() {
		return at, false
	}
	at = Position{Number: p.Start, Offset: p.Start, Pages: pages, Records: pages * size}
	s := list.Scale{First: p.Start, Per: 1}
	if t.byPage {
		s.Per = size
	}
	*t.counter(&at) = s.Number(pages * size)
	return at, true
}
