package paging

import (
	"strings"

	"github.com/tap-rest/tap-rest/sources"
)

// WouldEnd says what ends the walks of a stream.
func WouldEnd(s *sources.Stream) string {
	p := &s.Pagination
	var ends []string
	if !p.Ends.More.IsZero() {
		ends = append(ends, "an answer whose pagination.more is false")
	}
	if p.Ends.Stop != nil {
		ends = append(ends, "an answer for which pagination.stop is true")
	}
	if !p.Ends.TotalPages.IsZero() {
		ends = append(ends, "the last page that pagination.total_pages counts")
	}
	t := wayOf(p).traits()
	switch {
	case t.single:
		ends = append(ends, "its first answer: pagination.type is none")
	case p.Type == sources.PaginateLinkHeader:
		ends = append(ends, "an answer whose header Link has no rel="+p.Rel)
	case p.Type == sources.PaginateRelay:
		ends = append(ends, p.Connection+".pageInfo.hasNextPage: false")
	case t.names:
		ends = append(ends, "an answer that has nothing at pagination.next")
	}
	if t.counts() && !p.Ends.Total.IsZero() {
		ends = append(ends, "as many records as pagination.total counts")
	}
	if t.atEmpty || p.Session.Keeps {
		ends = append(ends, "a page without records")
	}
	return strings.Join(ends, ", or ")
}
