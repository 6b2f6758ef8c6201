package fetch

import "fmt"

// maxBlind is how often in a row a walk with overlap may look in vain, without
// getting any further: records that are never the same twice cannot be found.
const maxBlind = 16

// overlaps reports whether the walk asks from before the end of the page
// before, and looks for its last records.
func (w *Walk) overlaps() bool { return w.stream.Pagination.Overlap > 0 && !w.blind }

// stepOverlap moves next to the last records of a page of n: they are to come
// again. Where those of the page before did not, records have vanished, and
// next goes back: nothing that was there all along lies before a record that
// was read, wherever that is now.
func (w *Walk) stepOverlap(next *Position, n int64) step {
	start, eye := w.stream.Pagination.Start, w.watch
	from := w.pos.Offset
	looks := len(eye.want) > 0 && from > start
	switch {
	case looks && !eye.found && eye.exact < len(eye.want):
		return w.stepBefore(next, n)
	case looks:
		w.blinds = 0
	}
	if looks && eye.exact == len(eye.want) {
		w.answer.Repeated = eye.exact
	}
	w.furthest = max(w.furthest, from+n)
	next.Tail = eye.last[max(0, min(len(eye.last), len(eye.last)-int(n)+1)):]
	next.Offset = from + n - int64(len(next.Tail))
	next.Records = from + n - start
	fresh := n > int64(w.answer.Repeated)
	return step{
		more: fresh && !w.reached(next.Records, next.Total, n), possible: fresh, missing: "a page without new records does not move the offset",
		back: looks && w.answer.Repeated == 0,
	}
}

// stepBefore moves next to where the records may be that did not come again:
// one page before, then two, then four.
func (w *Walk) stepBefore(next *Position, n int64) step {
	p := &w.stream.Pagination
	w.furthest = max(w.furthest, w.pos.Offset+max(n, int64(len(w.pos.Tail))))
	if w.blinds++; w.blinds > maxBlind {
		w.blind = true
		next.Tail, next.Offset, next.Records = nil, w.furthest, w.furthest-p.Start
		next.doubt(Doubt{
			Key: "pagination.overlap", Value: fmt.Sprintf("%d, but the records that were read are not found again", p.Overlap),
			Advice: "primary_key says which fields tell records apart; without one they must be the same each time they come",
		})
		return step{more: true, possible: true, back: true}
	}
	span := max(n, p.Sends.Size, int64(len(w.pos.Tail))) << (w.blinds - 1)
	next.Offset = max(p.Start, w.pos.Offset-span)
	next.Records = next.Offset - p.Start
	return step{more: true, possible: true, back: true}
}
