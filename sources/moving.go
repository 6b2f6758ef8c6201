package sources

// moving checks what a stream does about rows that move while they are read:
// where pages are counted, one that goes takes others with it to a page that
// was read.
func (b *builder) moving(n *node, s *Stream) {
	paging, p := n.get("pagination"), &s.Pagination
	if overlap := paging.get("overlap"); overlap != nil && p.Size > 0 && p.Overlap >= p.Size {
		b.problem(overlap, "must be less than size: a page would hold nothing new")
	}
	again := s.OnIncomplete == Again
	if sorted := n.get("incremental").get("sorted"); again && sorted != nil && s.Incremental != nil && s.Incremental.Sorted {
		b.problem(sorted, "moves the bookmark before on_incomplete: again has proven the walk: leave one of them out")
	}
	if again || p.Overlap > 0 || !p.Total.IsZero() {
		return
	}
	named := p.Type == PaginateNextURL || p.Type == PaginateLinkHeader
	counted := p.Type == PaginateOffset || p.Type == PaginatePage && p.TotalPages.IsZero()
	switch {
	case (named || counted) && s.EndsWindow():
		b.warn(paging, "rows that change while they are read leave a window that has an end, and others move to pages that were read, "+
			"which nothing shows: give total, or on_incomplete: again in the stream%s, or do not send window.end%s", orOverlap(p), unlessKeys(named))
	case counted:
		b.warn(paging, "rows that are deleted or moved while they are read take others with them to pages that were read, "+
			"which nothing shows: give total, or on_incomplete: again in the stream%s", orOverlap(p))
	}
}

func orOverlap(p *Pagination) string {
	if p.Type == PaginateOffset {
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
