package fetch

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/paging/hint"
)

// What pagination.total turned out to count, as positions keep it.
const (
	countsAll   = ""      // the records of the whole walk
	countsLeft  = "left"  // those of this page and of the pages to come
	countsAfter = "after" // those of the pages to come
	countsZero  = "zero"  // nothing: it is 0 beside records
	countsPage  = "page"  // those of the page
)

// balance is what is known of a walk's total when an answer comes.
type balance struct {
	counts string
	total  *int64 // of the whole walk, as last known
	before int64  // records of the pages before
	pages  int64  // these pages
	n      int64  // records of the answer
}

// read says what the total of an answer counts, and how many records the whole
// walk then has. Where total and the records before it add up to the same again,
// it counts what is left, and the first total is that of the walk.
func (t balance) read(total int64) (counts string, whole int64) {
	whole = countsNone
	if t.total != nil {
		whole = *t.total
	}
	known := t.pages > 0 && t.total != nil && (t.n > 0 || total == 0)
	left, after := total+t.before, total+t.before+t.n
	switch {
	case t.counts == countsZero, t.counts == countsPage:
		return t.counts, countsNone
	case known && t.counts == countsAfter && after == whole:
		return countsAfter, whole
	case known && t.counts != countsAfter && t.before > 0 && left == whole:
		return countsLeft, whole
	case known && (t.counts == countsLeft || t.counts == countsAll && t.pages == 1) && total < whole && after == whole+t.before/t.pages:
		return countsAfter, after // pages of one size look like the case before, until a shorter one comes
	case total == 0 && t.n > 0:
		return countsZero, countsNone
	case t.before > 0 && total > 0 && total == t.n:
		return countsPage, countsNone
	}
	return countsAll, total
}

// countsNone is a total that there is not.
const countsNone = -1

// balance is what is known of the total when an answer of n records comes.
func (w *Walk) balance(n int64) balance {
	return balance{counts: w.pos.Counts, total: w.pos.Total, before: w.pos.Records, pages: w.pos.Pages, n: n}
}

// total reads the answer's own count into next, and returns by how much it
// shrank, a negative number where it grew. Where the walk is numbered, the
// latest count says where it ends; elsewhere the least one does, since what was
// counted later may lie on pages that are behind.
func (w *Walk) total(page *Page, next *Position) (lost int64, err error) {
	p := &w.stream.Pagination
	if lost, err = w.totalPages(page, next); err != nil || p.Ends.Total.IsZero() {
		return lost, err
	}
	total, known, err := w.count(p.Ends.Total, "pagination.total")
	if err != nil || !known {
		return lost, err
	}
	n := int64(page.Records.Len())
	counts, whole := w.balance(n).read(total)
	next.Counts, next.Total = counts, nil
	if whole == countsNone {
		return lost, nil
	}
	lost, w.now.total, w.latest = 0, true, whole
	if before := w.pos.Total; before != nil && counts != countsAfter { // else it is the same as before
		page.Moved = *before != whole
		lost = *before - whole
		switch {
		case !w.numbered():
			whole = min(whole, *before)
		case counts == countsAll && w.pos.Counts != countsAll: // the list shrank, and that looked like another way to count
			lost = max(lost, *before)
		}
		w.capped(page, total, n)
	}
	next.Total = &whole
	return lost, nil
}

// capped says of a total that stays the same and is exceeded that it is none.
func (w *Walk) capped(page *Page, total, n int64) {
	if n == 0 || w.exceeded || page.Moved || w.pos.Behind != nil || *w.pos.Total != total || w.pos.Records < total {
		return
	}
	w.exceeded = true
	page.Remarks = append(page.Remarks, fmt.Sprintf("pagination.total says %d, and more records came: it is no total (many APIs stop counting somewhere)", total))
}

// uncounted says at the end of a walk that what the definition takes for a
// total is none.
func (w *Walk) uncounted(page *Page, counts string) {
	switch counts {
	case countsZero:
		w.doubt(Doubt{Key: "pagination.total", Value: "0 beside records", Advice: "that is no total: name another path, or leave total out"})
	case countsPage:
		page.Remarks = append(page.Remarks, "pagination.total is the count of each page, and no total: name another path, or leave total out")
	}
}

// ErrFallen is wrapped by the error of a walk whose API suddenly counts fewer
// records than were read, in an answer without any.
var ErrFallen = errors.New("the API counts fewer records than were read, in an answer without any")

// fallen is the error of an answer that looks like an end and is none: a token
// that expired is answered with an empty list by some. A counted walk whose list
// still has records goes back instead.
func (w *Walk) fallen(n int64) error {
	if n > 0 || w.pos.Records == 0 {
		return nil
	}
	if err := w.fallenPages(); err != nil || w.stream.Pagination.Ends.Total.IsZero() {
		return err
	}
	total, known, err := w.count(w.stream.Pagination.Ends.Total, "pagination.total")
	if err != nil || !known {
		return nil // whoever reads the total says so
	}
	counts, whole := w.balance(0).read(total)
	if counts != countsAll || whole >= w.pos.Records || whole > 0 && w.numbered() {
		return nil
	}
	return fmt.Errorf("%w: %d, and %d were read", ErrFallen, whole, w.pos.Records)
}

// reached reports whether all records that the API counts are read once those
// of this page are: on a page that is full, totals that are capped look like it.
func (w *Walk) reached(place int64, total *int64, n int64) bool {
	return total != nil && place >= *total && !w.full(n)
}

// full reports whether a page may have had as many records as fit on one.
func (w *Walk) full(n int64) bool {
	if most := max(w.widest, w.pos.PerPage); most > 0 {
		return n >= most
	}
	size, _ := w.askedFor()
	return n >= size
}

// pageSize is how many records fit on a page, 0 where nobody knows.
func (w *Walk) pageSize() int64 {
	if n, _ := w.askedFor(); n > 0 {
		return n
	}
	return max(w.widest, w.pos.PerPage)
}

// askedFor is how many records the request under way asks for, and what does; 0
// where nothing does.
func (w *Walk) askedFor() (n int64, key string) {
	if n := w.stream.Pagination.Sends.Size; n > 0 {
		return n, "pagination.size"
	}
	return hint.Size(w.sent.URL.Query(), w.sent.Body, w.sent.Header.Get("Content-Type"))
}

// past returns the key of the API's own count, and that, where a request asks
// for what lies behind it; "" elsewhere.
func (w *Walk) past() (key string, count int64) {
	switch {
	case w.counts() && w.pos.Behind == nil && w.pos.Total != nil && *w.pos.Total > 0 && w.pos.Records >= *w.pos.Total:
		return "pagination.total", *w.pos.Total
	case w.pastPages():
		return "pagination.total_pages", *w.pos.AllPages
	}
	return "", 0
}

// judgePast decides about an answer that refuses what lies behind the API's own
// total: where nothing is there that is the end, elsewhere it may be a limit.
func (w *Walk) judgePast(page *Page) (verdict, bool) {
	key, count := w.past()
	if key == "" {
		return verdict{}, false
	}
	switch page.Status {
	case http.StatusNotFound, http.StatusGone, http.StatusRequestedRangeNotSatisfiable:
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		w.doubt(Doubt{Key: key, Value: fmt.Sprintf("%d, all of which were read, but one page more was refused with %d", count, page.Status),
			Advice: "if the API counts and answers only so many, ask for less at a time; else write pagination: {more: …} or stop, or a rule that says do: end"})
	default:
		return verdict{}, false
	}
	page.over, page.empty = true, true
	return accept(page), true
}

// repeats reports whether a page past the end is the last one again.
func (w *Walk) repeats(page *Page) bool {
	if past, _ := w.past(); !w.counts() || w.stream.Pagination.Ends.AtEnd != sources.AtEndRepeat && past == "" {
		return false
	}
	return page.Records.Len() > 0 && w.last.page > 0 && !w.last.back && w.content(page) == w.last.content
}
