package paging

import (
	"encoding/json"
	"fmt"

	"github.com/tap-rest/tap-rest/sources/fetch/paging/list"
)

// maxBacks is how many pages in a row a walk that went back may read without
// coming nearer to the end: totals that rise and fall by themselves would send
// it to and fro for ever.
const maxBacks = 64

// course is a leg of a walk through a list: where in it the walk stands.
type course struct{ *leg }

// scale is how the walk's pages are counted; ok is false where they are not.
func (l course) scale() (s list.Scale, at int64, ok bool) {
	if l.counts() {
		at, s = *l.counter(&l.from), list.Scale{First: l.stream.Pagination.Start, Per: 1}
		if l.byPage {
			s.Per = max(1, l.perPage(at-s.First))
		}
		return s, at, true
	}
	n := l.from.Numbers
	if n == nil {
		return list.Scale{}, 0, false
	}
	at, per := n.First, int64(1)
	if here := l.from.named(); here != "" {
		at = list.NumberAt(here, n.Place)
	}
	if n.Pages {
		per = max(1, l.from.PerPage)
	}
	return list.Scale{First: n.First, Per: per}, at, at >= n.First
}

// perPage is how many records a page has at least, where so many pages came
// before.
func (l course) perPage(behind int64) int64 {
	if l.from.PerPage == 0 && behind > 0 { // of a state that does not say
		return l.from.Records / behind
	}
	return l.from.PerPage
}

// listed is how many records the list has, at most; ok is false where nobody
// knows.
func (l course) listed(s list.Scale) (n int64, ok bool) {
	if l.next.Total != nil {
		return *l.next.Total, true
	}
	n, ok = l.next.allPages()
	return n * s.Per, ok
}

// goToPlace moves to the page that holds a place of the list.
func (l course) goToPlace(s list.Scale, place int64) {
	if l.counts() {
		*l.counter(&l.next) = s.Number(place)
	} else {
		l.renamed(s.Number(place))
	}
}

// moved is where a walk stands in its list after a page that has lost so many
// records since the page before; nil where its pages are not counted, or nothing
// has moved. The page may be known to be the last.
func (l course) moved(lost int64, last bool) *list.Behind {
	l.next.Behind = nil
	s, at, ok := l.scale()
	if _, counted := l.listed(s); !ok || !counted || l.steps.stuck || lost <= 0 && l.from.Behind == nil {
		return nil
	}
	from := s.Place(at)
	b := list.Behind{Done: from}
	if l.from.Behind != nil {
		b = *l.from.Behind
	}
	before := b.Done
	if together := l.together(s); together > 0 && lost > 0 {
		b.Done = max(0, from-lost-together)
	} else {
		b = b.Read(from, from+l.n, lost, last)
	}
	l.next.Records = max(0, l.from.Records+b.Done-before)
	if b == (list.Behind{Done: from + l.n}) || l.n == 0 && from <= b.Done {
		return nil
	}
	return &b
}

// goBack moves to the first record of the list that may not have been read, and
// reports whether there is none.
func (l course) goBack(b *list.Behind) (last bool) {
	s, _, _ := l.scale()
	l.goToPlace(s, b.Done)
	if b.From < b.To || b.Done%s.Per > 0 {
		l.next.Behind = b
	}
	all, _ := l.listed(s)
	back := &l.steps
	if left := all - b.Done; back.pages == 0 || left < back.left {
		back.left, back.pages = left, 0
	}
	if back.pages++; back.pages > maxBacks {
		back.stuck = true
		l.next.doubt(Doubt{
			Key: "pagination.total", Value: fmt.Sprintf("%d, and shrinks again and again", all),
			Advice: "total is the number of records of the whole walk",
		})
	}
	if l.counts() {
		return b.Done >= all
	}
	return b.Last && b.From == b.To
}

// stepMoved finds what comes after an answer of a list that has lost so many
// records since the page before, and where the walk stands in that list; nil
// where that is no matter.
func (l course) stepMoved(w way, lost int64) (s step, b *list.Behind, err error) {
	if l.counts() && !l.looks() {
		b = l.moved(lost, false)
	}
	if s, err = w.step(l.leg); err != nil {
		return s, nil, err
	}
	if l.answer.Over {
		s = over
	}
	if l.counts() {
		return s, b, nil
	}
	l.renumber()
	if lost > 0 && !l.numbered() && !l.keyed {
		l.next.Shrunk += lost
	}
	return s, l.moved(lost, !s.more), nil
}

// fewest is the least number of records of a page that was not the last.
func fewest(before, n int64) int64 {
	if before == 0 || n > 0 && n < before {
		return n
	}
	return before
}

// missing is the doubt of a walk whose total has shrunk, and whose pages may be
// counted or not: unless it has all records that were ever counted, others may
// have moved to pages that were read.
func (l course) missing() {
	next := &l.next
	if next.Shrunk == 0 || next.Total == nil || next.Records >= max(*next.Total, l.latest)+next.Shrunk {
		return
	}
	d := Doubt{
		Key: "pagination.total", Value: fmt.Sprintf("%d less than it was, and nothing says whether others have moved to pages that were read", next.Shrunk), Keep: true,
	}
	if !l.stream.Known.ETag {
		d.Advice = "on_incomplete: again walks until two walks agree"
	}
	l.doubt(d)
}

// renumber finds how the walk's requests are numbered from the present one and
// the next that its answer names.
func (l course) renumber() {
	here, there := l.from.named(), l.next.named()
	if !l.names || here == "" || there == here {
		return // the first page has no number, and the last names no other
	}
	place, x, y, ok := list.Differ(here, there)
	found := &list.Numbers{Place: place, First: x - l.from.Records}
	if l.n != 1 && y-x == 1 {
		found = &list.Numbers{Place: place, First: x - l.from.Pages, Pages: true}
	}
	known := l.from.Numbers
	switch {
	case !ok || y <= x || y-x != 1 && y-x != l.n || found.First < 0 && known == nil,
		known != nil && (known.Place != place || known.Pages && y-x != 1 || !known.Pages && y-x != l.n):
		l.next.Numbers, l.from.Numbers, l.unnumbered = nil, nil, true // keys may look like numbers for a while
	case known == nil && !l.unnumbered:
		l.next.Numbers, l.from.Numbers = found, found
	}
}

// renamed moves to the page of another number.
func (l course) renamed(number int64) {
	n, like := l.from.Numbers, &l.from
	if like.named() == "" {
		like = &l.next
	}
	text, token := list.WithNumber(like.named(), n.Place, number), like.Token
	switch {
	case number <= n.First:
		l.next.URL, l.next.Token = "", nil
	case like.URL != "":
		l.next.URL = text
	default:
		if _, e := list.Unveil(token); e != nil {
			text = `"` + e.EncodeToString([]byte(text)) + `"`
		}
		l.next.Token = json.RawMessage(text)
	}
}

// seemsNumbered reports whether the request under way may be numbered, of a
// walk whose second page is its last: it holds the number 2, or that of the
// records before it.
func (l course) seemsNumbered() bool {
	text := l.from.named()
	if l.from.pages() != 1 || l.keyed {
		return false
	}
	for i := range list.Count(text) {
		if n := list.NumberAt(text, i); n == 2 || n == l.from.Records {
			return true
		}
	}
	return false
}
