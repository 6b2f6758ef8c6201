package paging

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/paging/hint"
	"github.com/tap-rest/tap-rest/sources/fetch/paging/list"
)

// audit is a leg that is held against the API's own counts.
type audit struct{ *leg }

// balance is what is known of the total when an answer of n records comes.
func (l audit) balance(n int64) list.Balance {
	return list.Balance{Counts: l.from.Counts, Total: l.from.Total, Before: l.from.Records, Pages: l.from.Pages, N: n, Even: l.byPage}
}

// total reads the answer's own count, and returns by how much it shrank, a
// negative number where it grew. Where the walk is numbered, the latest count
// says where it ends; elsewhere the least one does, since what was counted later
// may lie on pages that are behind.
func (l audit) total() (lost int64, err error) {
	ref := l.stream.Pagination.Ends.Total
	if l.from.Beyond != nil { // what it counts behind a record is anybody's guess
		return 0, nil
	}
	if lost, err = l.totalPages(); err != nil || ref.IsZero() {
		return lost, err
	}
	total, known, err := l.count(ref, "pagination.total")
	if err != nil || !known {
		return lost, err
	}
	counts, whole := l.balance(l.n).Read(total)
	l.next.Counts, l.next.Total = counts, nil
	if whole == list.CountsNone {
		return lost, nil
	}
	lost, l.now.Total, l.latest = 0, true, whole
	if before := l.from.Total; before != nil && counts != list.CountsAfter { // else it is the same as before
		l.found.Moved = *before != whole
		lost = *before - whole
		switch {
		case !l.numbered():
			whole = min(whole, *before)
		case counts == list.CountsAll && l.from.Counts != list.CountsAll: // the list shrank, and that looked like another way to count
			lost = max(lost, *before)
		}
		if l.n > 0 && !l.found.Moved && l.from.Behind == nil && *before == total && l.from.Records >= total {
			l.exceeds("total", total, "records")
		}
	}
	l.next.Total = &whole
	return lost, nil
}

// exceeds says once of a count that stays the same and is exceeded that it is
// none.
func (l audit) exceeds(key string, count int64, things string) {
	if !l.exceeded {
		l.exceeded = true
		l.remark(fmt.Sprintf("pagination.%s says %d, and more %s came: it is no total (many APIs stop counting somewhere)", key, count, things))
	}
}

// complete checks a walk that ended against the API's own count.
func (l audit) complete() {
	l.completeBeyond()
	if total := l.next.Total; total != nil && l.next.Records < *total {
		l.doubt(Doubt{Key: "pagination.total", Contradicts: true, Value: fmt.Sprintf("%d, but the walk ends here with %s", *total, hint.Counted(l.next.Records, "record"))})
	}
}

// uncounted says at the end of a walk that what the definition takes for a
// total is none.
func (l audit) uncounted() {
	switch l.next.Counts {
	case list.CountsZero:
		l.doubt(Doubt{Key: "pagination.total", Value: "0 beside records", Advice: "that is no total: name another path, or leave total out"})
	case list.CountsPage:
		l.remark("pagination.total is the count of each page, and no total: name another path, or leave total out")
	}
}

// ErrFallen is wrapped by the error of a walk whose API suddenly counts fewer
// records than were read, in an answer without any.
var ErrFallen = errors.New("the API counts fewer records than were read, in an answer without any")

// fallen is the error of an answer without records that looks like an end and is
// none: a token that expired is answered with an empty list by some. A counted
// walk whose list still has records goes back instead.
func (l audit) fallen() error {
	if l.from.Beyond != nil {
		return nil
	}
	if err := l.fallenPages(); err != nil || l.stream.Pagination.Ends.Total.IsZero() {
		return err
	}
	total, known, err := l.count(l.stream.Pagination.Ends.Total, "pagination.total")
	if err != nil || !known {
		return nil // whoever reads the total says so
	}
	counts, whole := l.balance(0).Read(total)
	if counts != list.CountsAll || whole >= l.from.Records || whole > 0 && l.numbered() {
		return nil
	}
	return fmt.Errorf("%w: %d, and %d were read", ErrFallen, whole, l.from.Records)
}

// past returns the key of the API's own count, and that, where a request asks
// for what lies behind it; "" elsewhere.
func (l audit) past() (key string, count int64) {
	switch {
	case l.counts() && l.from.Behind == nil && l.from.Total != nil && *l.from.Total > 0 && l.from.Records >= *l.from.Total:
		return "pagination.total", *l.from.Total
	case l.pastPages():
		return "pagination.total_pages", *l.from.AllPages
	}
	return "", 0
}

// pastEnd reports whether a page may be the last one again, since it lies past
// the end.
func (l audit) pastEnd() bool {
	key, _ := l.past()
	return l.counts() && (key != "" || l.stream.Pagination.Ends.AtEnd == sources.AtEndRepeat)
}

// grown reports whether an answer counts more records than the one before: then a
// page behind the end of before may hold what that had.
func (l audit) grown() bool {
	ref, before := l.stream.Pagination.Ends.Total, l.from.Total // none behind max_offset
	if ref.IsZero() || before == nil {
		return false
	}
	n, known, err := l.count(ref, "pagination.total")
	return err == nil && known && n > *before // whoever reads the total says what is wrong with it
}

// refuses reports whether an answer with a status may refuse what lies behind
// the API's own count: where nothing is there that is the end, elsewhere it may
// be a limit.
func (l audit) refuses(status int) bool {
	if key, _ := l.past(); key == "" {
		return false
	}
	switch status {
	case http.StatusNotFound, http.StatusGone, http.StatusRequestedRangeNotSatisfiable:
		return true
	}
	return mayBeLimit(status)
}

// mayBeLimit reports whether a status says that something is wrong with what was
// asked for, rather than that it is not there.
func mayBeLimit(status int) bool {
	return status == http.StatusBadRequest || status == http.StatusUnprocessableEntity
}

// limited doubts an end that is the refusal of one page more.
func (l audit) limited() {
	if key, count := l.past(); l.answer.Refused && mayBeLimit(l.answer.Status) {
		l.doubt(Doubt{
			Key: key, Value: fmt.Sprintf("%d, all of which were read, but one page more was refused with %d", count, l.answer.Status),
			Advice: "if the API counts and answers only so many, ask for less at a time; else write pagination: {more: …} or stop, or a rule that says do: end",
		})
	}
}

// ordinal is which page of the list is asked for where pages have numbers, from 1.
func (l audit) ordinal() int64 { return l.from.Number - l.stream.Pagination.Start + 1 }

// pastPages reports whether a request asks for a page behind the last one of
// the API's own number.
func (l audit) pastPages() bool {
	all, ok := l.from.allPages()
	return ok && all > 0 && l.from.Behind == nil && l.ordinal() > all
}

// pages is the answer's own number of pages; it is not known either where an
// answer before has shown that it is none.
func (l audit) pages() (n int64, known bool, err error) {
	r := l.stream.Pagination.Ends.TotalPages
	if all := l.from.AllPages; r.IsZero() || all != nil && *all == noPages {
		return 0, false, nil
	}
	return l.count(r, "pagination.total_pages")
}

// totalPages reads the answer's own number of pages, and returns how many
// records the list has lost at most, where they have become fewer.
func (l audit) totalPages() (lost int64, err error) {
	pages, known, err := l.pages()
	if err != nil || !known {
		return 0, err
	}
	at := l.ordinal()
	before, counted := l.from.allPages()
	switch same := counted && before == pages; {
	case l.n > 0 && pages < at && (pages == 0 || !same):
		pages = noPages
		l.next.AllPages = &pages
		return 0, nil
	case l.n > 0 && pages < at:
		l.exceeds("total_pages", pages, "pages")
	case l.n == 0 && l.pastPages():
		pages = max(pages, before) // many count nothing where they have nothing
	}
	l.now.Pages, l.next.AllPages = true, &pages
	if !counted || pages >= before {
		return 0, nil
	}
	return (before-pages+1)*l.from.PerPage - 1, nil
}

// fallenPages is the error of an answer without records that suddenly counts no
// pages.
func (l audit) fallenPages() error {
	pages, known, err := l.pages()
	if past, _ := l.past(); err != nil || !known || pages > 0 || past != "" {
		return nil // whoever reads the number says what is wrong with it
	}
	return fmt.Errorf("%w: 0 pages, and %s read", ErrFallen, hint.Counted(l.from.Records, "record"))
}

// completePages checks a walk that ended against the API's own number of pages,
// and says where that is none; back says that the walk went back, and another page
// was the last of the list.
func (l audit) completePages(back bool) {
	const key = "pagination.total_pages"
	if l.next.AllPages != nil && *l.next.AllPages == noPages {
		l.doubt(Doubt{Key: key, Value: "0, or below the page in hand, beside records", Advice: "that is no number of pages: name another path, or leave total_pages out"})
	}
	all, ok := l.next.allPages()
	read := l.ordinal()
	if l.n == 0 && !l.now.Pages {
		read-- // it is no page of which the API says that there is one
	}
	if ok && read < all && l.next.Total == nil && !back {
		l.doubt(Doubt{Key: key, Contradicts: true, Value: fmt.Sprintf("%d, but the walk ends here after %s", all, hint.Counted(read, "page"))})
	}
}
