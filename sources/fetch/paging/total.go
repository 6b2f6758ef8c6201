package paging

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/tap-rest/tap-rest/sources"
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
func (l *leg) balance(n int64) balance {
	return balance{counts: l.from.Counts, total: l.from.Total, before: l.from.Records, pages: l.from.Pages, n: n}
}

// total reads the answer's own count, and returns by how much it shrank, a
// negative number where it grew. Where the walk is numbered, the latest count
// says where it ends; elsewhere the least one does, since what was counted later
// may lie on pages that are behind.
func (l *leg) total() (lost int64, err error) {
	ref := l.stream.Pagination.Ends.Total
	if lost, err = l.totalPages(); err != nil || ref.IsZero() {
		return lost, err
	}
	total, known, err := l.count(ref, "pagination.total")
	if err != nil || !known {
		return lost, err
	}
	counts, whole := l.balance(l.n).read(total)
	l.next.Counts, l.next.Total = counts, nil
	if whole == countsNone {
		return lost, nil
	}
	lost, l.now.total, l.latest = 0, true, whole
	if before := l.from.Total; before != nil && counts != countsAfter { // else it is the same as before
		l.found.Moved = *before != whole
		lost = *before - whole
		switch {
		case !l.numbered():
			whole = min(whole, *before)
		case counts == countsAll && l.from.Counts != countsAll: // the list shrank, and that looked like another way to count
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
func (l *leg) exceeds(key string, count int64, things string) {
	if !l.exceeded {
		l.exceeded = true
		l.remark(fmt.Sprintf("pagination.%s says %d, and more %s came: it is no total (many APIs stop counting somewhere)", key, count, things))
	}
}

// complete checks a walk that ended against the API's own count.
func (l *leg) complete() {
	if total := l.next.Total; total != nil && l.next.Records < *total {
		l.doubt(Doubt{Key: "pagination.total", Contradicts: true, Value: fmt.Sprintf("%d, but the walk ends here with %s", *total, counted(l.next.Records, "record"))})
	}
}

// uncounted says at the end of a walk that what the definition takes for a
// total is none.
func (l *leg) uncounted() {
	switch l.next.Counts {
	case countsZero:
		l.doubt(Doubt{Key: "pagination.total", Value: "0 beside records", Advice: "that is no total: name another path, or leave total out"})
	case countsPage:
		l.remark("pagination.total is the count of each page, and no total: name another path, or leave total out")
	}
}

// ErrFallen is wrapped by the error of a walk whose API suddenly counts fewer
// records than were read, in an answer without any.
var ErrFallen = errors.New("the API counts fewer records than were read, in an answer without any")

// fallen is the error of an answer without records that looks like an end and is
// none: a token that expired is answered with an empty list by some. A counted
// walk whose list still has records goes back instead.
func (l *leg) fallen() error {
	if err := l.fallenPages(); err != nil || l.stream.Pagination.Ends.Total.IsZero() {
		return err
	}
	total, known, err := l.count(l.stream.Pagination.Ends.Total, "pagination.total")
	if err != nil || !known {
		return nil // whoever reads the total says so
	}
	counts, whole := l.balance(0).read(total)
	if counts != countsAll || whole >= l.from.Records || whole > 0 && l.numbered() {
		return nil
	}
	return fmt.Errorf("%w: %d, and %d were read", ErrFallen, whole, l.from.Records)
}

// past returns the key of the API's own count, and that, where a request asks
// for what lies behind it; "" elsewhere.
func (l *leg) past() (key string, count int64) {
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
func (l *leg) pastEnd() bool {
	key, _ := l.past()
	return l.counts() && (key != "" || l.stream.Pagination.Ends.AtEnd == sources.AtEndRepeat)
}

// refuses reports whether an answer with a status may refuse what lies behind
// the API's own count: where nothing is there that is the end, elsewhere it may
// be a limit.
func (l *leg) refuses(status int) bool {
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
func (l *leg) limited() {
	if key, count := l.past(); l.answer.Refused && mayBeLimit(l.answer.Status) {
		l.doubt(Doubt{
			Key: key, Value: fmt.Sprintf("%d, all of which were read, but one page more was refused with %d", count, l.answer.Status),
			Advice: "if the API counts and answers only so many, ask for less at a time; else write pagination: {more: …} or stop, or a rule that says do: end",
		})
	}
}
