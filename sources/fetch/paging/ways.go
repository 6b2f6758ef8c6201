package paging

import "github.com/tap-rest/tap-rest/sources"

// ways are all ways to page, by the name that definitions give them.
var ways = map[sources.PaginationType]way{
	sources.PaginateNone:       none{},
	sources.PaginateCursor:     cursor{},
	sources.PaginateNextURL:    nextURL{},
	sources.PaginateLinkHeader: linkHeader{},
	sources.PaginatePage:       page{},
	sources.PaginateOffset:     offset{},
	sources.PaginateKeyset:     keyset{},
}
