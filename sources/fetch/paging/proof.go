package paging

import (
	"fmt"
	"strings"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/paging/hint"
)

// Proof is how a walk ended: what ended it, what it had read by then, and what
// speaks for and against taking that for all there is.
type Proof struct {
	By      End
	Pages   int64 // of the walk, those of runs before too
	Records int64 // in them, less those stepped back over
	Total   *int64
	Held    []Check
	Doubts  []Doubt // reasons not to take the end for that of the data
	// Unproven says that nothing shows whether rows moved while the walk was
	// under way; "" where something does.
	Unproven string
	// NeverNamed says that no answer of the walk had anything where the definition
	// looks for the next page, and that nothing else proves the end; "" elsewhere.
	NeverNamed string
}

// Over reports whether the walk has ended.
func (p *Proof) Over() bool { return p.By != "" }

// End is what ended a walk.
type End string

// The ends. Ends has a row for each.
const (
	EndSkip      End = "skip"
	EndRule      End = "rule"
	EndRefused   End = "refused"
	EndStop      End = "stop"
	EndMore      End = "more"
	EndSingle    End = "single"
	EndNoNext    End = "no_next"
	EndNeverNext End = "never_next"
	EndEmpty     End = "empty"
	EndRepeat    End = "repeat"
	EndTotal     End = "total"
	EndPages     End = "total_pages"
	EndFiles     End = "files"
)

// Ends are the ends as people read them.
var Ends = map[End]string{
	EndSkip:      "a rule that says skip",
	EndRule:      "a rule that says end",
	EndRefused:   "the refusal of a page past the API's own count",
	EndStop:      "pagination.stop",
	EndMore:      "pagination.more",
	EndSingle:    "its only answer",
	EndNoNext:    "an answer that names no next page",
	EndNeverNext: "an answer that names no next page, and none ever did",
	EndEmpty:     "a page without further records",
	EndRepeat:    "a last page that came again",
	EndTotal:     "pagination.total",
	EndPages:     "pagination.total_pages",
	EndFiles:     "the last file of the export's job",
}

// Check is something that would have shown that a walk is not complete, and did
// not.
type Check string

// The checks.
const (
	CheckTotal      Check = "total"       // as many records came as the API counts
	CheckPages      Check = "total_pages" // as many pages came as the API counts
	CheckLastAnswer Check = "last_answer" // nothing in the last answer says that there is more
	CheckBoundary   Check = "boundary"    // the last records of each page were found again on the next
	CheckTwoWalks   Check = "two_walks"   // two walks in a row had the same records
)

// by is what ended the walk.
func (l last) by(end ending) End {
	switch {
	case l.answer.Refused:
		return EndRefused
	case l.answer.Over:
		return EndRule
	case end.stopped:
		return EndStop
	case l.found.Repeats:
		return EndRepeat
	case l.next.Export != nil:
		return EndFiles
	case l.single:
		return EndSingle
	case end.said:
		return EndMore
	case l.names && !(l.n == 0 && l.stream.Pagination.Session.Keeps):
		if !l.ever.Next {
			return EndNeverNext
		}
		return EndNoNext
	case l.n <= int64(l.found.Repeated):
		return EndEmpty
	case l.now.Pages:
		return EndPages
	}
	return EndTotal
}

// prove says how the walk ended, once all doubts are known. look says that the
// last answer was searched for what contradicts its end.
func (l last) prove(end ending, looked bool) {
	p := &l.found.Proof
	p.By, p.Total = l.by(end), l.counted()
	p.Pages, p.Records = l.next.inAll()
	p.Unproven = l.unproven()
	hold := func(check Check, holds bool) {
		if holds {
			p.Held = append(p.Held, check)
		}
	}
	hold(CheckTotal, l.allRecords())
	hold(CheckPages, l.everyPage())
	hold(CheckLastAnswer, looked && len(p.Doubts) == 0)
	hold(CheckBoundary, l.looks() && p.Pages > 1)
	hold(CheckTwoWalks, l.stream.OnIncomplete == sources.Again && p.Pages > 1 && !l.doubts("on_incomplete"))
}

// allRecords and everyPage report whether as many records, and as many pages, came as
// the API counts; allCame, whether one of both shows that.
func (l last) allRecords() bool {
	total := l.counted()
	return total != nil && *total == l.next.Records
}

func (l last) everyPage() bool {
	all, counted := l.next.allPages()
	return counted && !l.doubts("pagination.total_pages") && all <= l.next.pages()
}

func (l last) allCame() bool { return l.allRecords() || l.everyPage() }

// neverNamed says that nothing named a next page, where nothing else proves the end: in
// the log too, where that is suspicious.
func (l last) neverNamed(h *hint.Hints, end *hint.End) {
	text, suspicious := h.NeverNamed(end, l.answer.Beside, l.stream.Records.Place(), l.answer.Header)
	text = l.out.Hide(text)
	l.found.Proof.NeverNamed, end.Ever.Next = text, end.Ever.Next || text != ""
	if suspicious {
		l.remark(text)
	}
}

// counted is the API's own count of the walk; nil: there is none. Behind max_offset it
// is that from before.
func (l last) counted() *int64 {
	if b := l.next.Beyond; b != nil {
		return b.Total
	}
	return l.next.Total
}

// doubts reports whether there is a doubt by a key.
func (l last) doubts(key string) bool {
	for _, d := range l.found.Proof.Doubts {
		if strings.HasPrefix(d.Key, key) {
			return true
		}
	}
	return false
}

// capped says of a walk whose pages all had as many records, and fewer than were
// asked for, that the server gives no more: where it counts pages by what was asked
// for, what lies between is never read. Where the API's own count was reached, that
// is no matter.
func (l last) capped() {
	size, key := l.asked()
	if l.least == l.widest && l.widest < size && l.next.pages() > 2 && (l.next.Total == nil || l.next.Records != *l.next.Total) {
		l.remark(fmt.Sprintf("%s asks for %d records, and each page had %d: the API gives no more at a time, and says so nowhere. Ask for %d", key, size, l.widest, l.widest))
	}
}
