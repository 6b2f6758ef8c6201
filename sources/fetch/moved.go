package fetch

import (
	"fmt"
	"slices"

	"github.com/tap-rest/tap-rest/sources"
)

// maxBacks is how many pages in a row a walk that went back may read without
// coming nearer to the end: totals that rise and fall by themselves would send
// it to and fro for ever.
const maxBacks = 64

// Behind is where a walk stands that went back in its list, because records had
// vanished from it. Places are counted in records from the start of the list.
type Behind struct {
	Done int64 `json:"done"`           // all before this place was read
	From int64 `json:"from,omitempty"` // and what lies from here
	To   int64 `json:"to,omitempty"`   // to here; nothing where they are equal
	Last bool  `json:"last,omitempty"` // there is nothing after To
}

// read is b after a page was read that held what lies between two places, of a
// list that had lost so many records since the page before: a negative number
// where it grew. Where in the list that was is not known, so what counts as
// read is what was read wherever it was.
func (b Behind) read(from, to, lost int64, last bool) Behind {
	b.Done = max(0, b.Done-max(0, lost))
	b.From, b.To = b.From+max(0, -lost), b.To-max(0, lost)
	switch {
	case from <= b.Done && last:
		return Behind{Done: to}
	case from <= b.Done:
		b.Done = max(b.Done, to)
	case b.From < b.To && from <= b.To && to >= b.From:
		b = Behind{Done: b.Done, From: min(b.From, from), To: max(b.To, to), Last: last || b.Last && to <= b.To}
	default:
		b = Behind{Done: b.Done, From: from, To: to, Last: last}
	}
	switch {
	case b.From >= b.To || b.To <= b.Done:
		return Behind{Done: b.Done}
	case b.From <= b.Done:
		return Behind{Done: b.To, Last: b.Last}
	}
	return b
}

// listed is how many records the list has, at most; ok is false where nobody
// knows.
func (s scale) listed(p *Position) (n int64, ok bool) {
	if p.Total != nil {
		return *p.Total, true
	}
	n, ok = p.allPages()
	return n * s.per, ok
}

// scale says where in its list a page lies: pages have numbers from first on,
// and one more means so many records.
type scale struct{ first, per int64 }

func (s scale) place(number int64) int64 { return (number - s.first) * s.per }
func (s scale) number(place int64) int64 { return s.first + place/s.per }

// scale is how the walk's pages are counted; ok is false where they are not.
func (w *Walk) scale() (s scale, at int64, ok bool) {
	p := &w.stream.Pagination
	switch p.Type {
	case sources.PaginatePage:
		behind := w.pos.Number - p.Start
		per := w.pos.PerPage
		if per == 0 && behind > 0 { // of a state that does not say
			per = w.pos.Records / behind
		}
		return scale{p.Start, max(1, per)}, w.pos.Number, true
	case sources.PaginateOffset:
		return scale{p.Start, 1}, w.pos.Offset, true
	}
	n := w.pos.Numbers
	if n == nil {
		return scale{}, 0, false
	}
	at, per := n.First, int64(1)
	if here := w.pos.named(); here != "" {
		at = numberAt(here, n.Place)
	}
	if n.Pages {
		per = max(1, w.pos.PerPage)
	}
	return scale{n.First, per}, at, at >= n.First
}

// goTo moves a position to the page that holds a place of the list.
func (w *Walk) goTo(next *Position, s scale, place int64) {
	switch w.stream.Pagination.Type {
	case sources.PaginatePage:
		next.Number = s.number(place)
	case sources.PaginateOffset:
		next.Offset = s.number(place)
	default:
		w.renamed(next, w.pos.Numbers, s.number(place))
	}
}

// moved is where a walk stands in its list after a page of n records, which has
// lost so many records since the page before; nil where its pages are not
// counted, or nothing has moved. The page may be known to be the last.
func (w *Walk) moved(next *Position, n, lost int64, last bool) *Behind {
	next.Behind = nil
	s, at, ok := w.scale()
	if _, counted := s.listed(next); !ok || !counted || w.stuck || lost <= 0 && w.pos.Behind == nil {
		return nil
	}
	from := s.place(at)
	b := Behind{Done: from}
	if w.pos.Behind != nil {
		b = *w.pos.Behind
	}
	before := b.Done
	b = b.read(from, from+n, lost, last)
	next.Records = max(0, w.pos.Records+b.Done-before)
	if b == (Behind{Done: from + n}) || n == 0 && from <= b.Done {
		return nil
	}
	return &b
}

// goBack moves next to the first record of the list that may not have been
// read, and reports whether there is none.
func (w *Walk) goBack(next *Position, b *Behind) (last bool) {
	s, _, _ := w.scale()
	w.goTo(next, s, b.Done)
	if b.From < b.To || b.Done%s.per > 0 {
		next.Behind = b
	}
	all, _ := s.listed(next)
	if left := all - b.Done; w.backs == 0 || left < w.left {
		w.left, w.backs = left, 0
	}
	if w.backs++; w.backs > maxBacks {
		w.stuck = true
		next.doubt(Doubt{
			Key: "pagination.total", Value: fmt.Sprintf("%d, and shrinks again and again", all),
			Advice: "total is the number of records of the whole walk",
		})
	}
	if w.counts() {
		return b.Done >= all
	}
	return b.Last && b.From == b.To
}

// counts reports whether the walk counts its pages itself.
func (w *Walk) counts() bool {
	t := w.stream.Pagination.Type
	return t == sources.PaginatePage || t == sources.PaginateOffset
}

// numbered reports whether pages are counted, as far as the walk knows.
func (w *Walk) numbered() bool { return w.counts() || w.pos.Numbers != nil }

// Counting says how sure it is that the pages of a walk are counted.
type Counting int

const (
	Uncounted    Counting = iota // or nothing says that they are
	SeemsCounted                 // URLs or tokens hold a number that grows by the records of each page, as keys without gaps do
	Counted
)

// counting says whether pages are counted. A walk that is done again until two
// agree does not mind.
func (w *Walk) counting() Counting {
	switch {
	case w.stream.OnIncomplete == sources.Again || !w.numbered():
		return Uncounted
	case w.counts() || w.pos.Numbers.Pages:
		return Counted
	}
	return SeemsCounted
}

// follows reports whether the answer under way, of which this was found, lies
// behind the one before. Overlap that finds only some of what it looks for has
// asked for that again.
func (w *Walk) follows(s step) bool { return w.last.page > 0 && !w.last.back && !s.back }

// fewest is the least number of records of a page that was not the last.
func fewest(before, n int64) int64 {
	if before == 0 || n > 0 && n < before {
		return n
	}
	return before
}

// doubt notes at a position why records may be missing by then, whatever comes.
func (p *Position) doubt(d Doubt) {
	d.Keep = true
	p.Doubts = append(slices.Clip(p.Doubts), d)
}

// missing is the doubt of a walk whose total has shrunk, and whose pages may be
// counted or not: unless it has all records that were ever counted, others may
// have moved to pages that were read.
func (w *Walk) missing(next Position) {
	if next.Shrunk == 0 || next.Total == nil || next.Records >= max(*next.Total, w.latest)+next.Shrunk {
		return
	}
	w.doubt(Doubt{
		Key: "pagination.total", Value: fmt.Sprintf("%d less than it was, and nothing says whether others have moved to pages that were read", next.Shrunk), Keep: true,
		Advice: "on_incomplete: again walks until two walks agree",
	})
}
