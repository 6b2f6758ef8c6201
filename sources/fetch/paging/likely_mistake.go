package paging

import (
	"cmp"
	"fmt"
)

// likely is the likely reason of an end that the answers contradict, with the line of
// the definition that is behind it; where nobody knows one, how to take it for the end.
func (l last) likely(end ending) string {
	return cmp.Or(l.wrongStart(), l.stoppedShort(end), l.unreadNext(), " (on_incomplete: warn takes it for the end)")
}

// wrongStart is the reason where a counted walk begins with a page without records.
func (l last) wrongStart() string {
	pages, _ := l.next.allPages()
	if some := l.next.Total != nil && *l.next.Total > 0 || pages > 0; !some || !l.counts() || l.next.Records > 0 || l.next.pages() != 1 {
		return ""
	}
	start := l.stream.Pagination.Start
	return fmt.Sprintf("; the first page, %s %d, is empty: are pagination.start and pagination.param right?", l.carries, start)
}

// stoppedShort is the reason where the definition's stop takes a page for the last one
// that has fewer records than were asked for.
func (l last) stoppedShort(end ending) string {
	if !end.stopped {
		return ""
	}
	text := fmt.Sprintf("; pagination.stop ended it, after a page of %d", l.n)
	size, key := l.asked()
	if l.n >= size {
		return text + ": leave stop out, or make it true of the last page alone"
	}
	text += fmt.Sprintf(" where %s asks for %d", key, size)
	if l.n > 0 && l.n == l.widest {
		return text + fmt.Sprintf(": if the API gives no more than %d at a time, ask for %d, or leave stop out", l.n, l.n)
	}
	return text + ": leave stop out, or make it true of the last page alone"
}

// unreadNext is the reason where no answer had anything for next.
func (l last) unreadNext() string {
	next := l.stream.Pagination.Next
	if l.ever.Next || next.Path == "" && next.Header == "" {
		return ""
	}
	return fmt.Sprintf("; pagination.next, %s, matched no answer of the walk: is it spelled as the API does?", cmp.Or(next.Path, "header:"+next.Header))
}
