package definition

import (
	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/document"
)

// moving checks what a stream does about rows that move while they are read:
// where pages are counted, one that goes takes others with it to a page that
// was read.
func (b *builder) moving(n *document.Node, s *sources.Stream) {
	paging, p := n.Get("pagination"), &s.Pagination
	if overlap := paging.Get("overlap"); overlap != nil && p.Sends.Size > 0 && p.Overlap >= p.Sends.Size {
		b.Problem(overlap, "must be less than size: a page would hold nothing new")
	}
	again := s.OnIncomplete == sources.Again
	if sorted := n.Get("incremental").Get("sorted"); again && sorted != nil && s.Incremental != nil && s.Incremental.Sorted {
		b.Problem(sorted, "moves the bookmark before on_incomplete: again has proven the walk: leave one of them out")
	}
	if again || p.Overlap > 0 || !p.Ends.Total.IsZero() {
		return
	}
	named := p.Type == sources.PaginateNextURL || p.Type == sources.PaginateLinkHeader
	counted := p.Type == sources.PaginateOffset || p.Type == sources.PaginatePage && p.Ends.TotalPages.IsZero()
	switch {
	case (named || counted) && s.EndsWindow():
		b.Warn(paging, "rows that change while they are read leave a window that has an end, and others move to pages that were read, "+
			"which nothing shows: give total, or on_incomplete: again in the stream%s, or do not send window.end%s", orOverlap(p), unlessKeys(named))
	case counted:
		b.Warn(paging, "rows that are deleted or moved while they are read take others with them to pages that were read, "+
			"which nothing shows: give total, or on_incomplete: again in the stream%s", orOverlap(p))
	}
}

func orOverlap(p *sources.Pagination) string {
	if p.Type == sources.PaginateOffset {
		return ", or overlap: 1"
	}
	return ""
}

func unlessKeys(named bool) string {
	if named {
		return "; where the URLs go by keys and count nothing, all is well"
	}
	return ""
}
