package fetch

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/paging/hint"
)

// Doubt is a reason not to take the end of a walk for the end of its data.
type Doubt struct {
	Key    string `json:"key"`              // what says so: a path of the answer, a header, a key of the definition
	Value  string `json:"value"`            // what it says, without secrets
	Advice string `json:"advice,omitempty"` // what to write into the definition; "" where nothing is known
	// Contradicts says that a key of the definition itself is what says so:
	// unless on_incomplete is told, the walk fails then.
	Contradicts bool `json:"contradicts,omitempty"`
	// Keep says that records may be missing that no later sync asks for, unless
	// the bookmark stays.
	Keep bool `json:"keep,omitempty"`
}

// String is the doubt as log and account show it.
func (d Doubt) String() string {
	text := d.Key + " is " + d.Value
	if d.Advice != "" {
		text += ": " + d.Advice
	}
	return text
}

// ErrDoubtful is wrapped by the error of a walk that fails because its end is
// in doubt.
var ErrDoubtful = fmt.Errorf("the end of the walk is in doubt")

// doubt notes a reason to doubt the end of the walk, wherever it is found: what
// becomes of it is decided at the end.
func (w *Walk) doubt(d Doubt) { w.doubts = append(w.doubts, d) }

// conclude decides what becomes of a walk that ends with this page: on_incomplete
// says whether a doubt is its failure.
func (w *Walk) conclude(page *Page, next Position, end ending) error {
	if end.doubt != nil {
		w.doubt(*end.doubt)
	}
	if !end.stopped || next.Records == 0 || w.stream.Pagination.StopCounts() { // else the definition chose to end here
		w.complete(next)
		w.completePages(next, int64(page.Records.Len()), end)
		w.uncounted(page, next.Counts)
		if !end.back {
			w.look(page, next)
		}
	}
	w.missing(next)
	w.doubts = append(w.doubts, next.Doubts...)
	page.Doubts, page.Unproven = w.doubts, w.unproven(next)
	var failing []string
	for _, d := range w.doubts {
		switch w.stream.OnIncomplete {
		case sources.Warn:
		case sources.Fail:
			failing = append(failing, d.String())
		default:
			if d.Contradicts {
				failing = append(failing, d.String())
			}
		}
	}
	if len(failing) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %s%s (on_incomplete: warn takes it for the end)", ErrDoubtful, strings.Join(failing, "; "), w.after())
}

// look looks for what the last answer says against the end, and for keys of the
// definition that no answer had anything for.
func (w *Walk) look(page *Page, next Position) {
	if page.empty {
		return // a rule of the definition made it a page
	}
	e := ended{
		paging: &w.stream.Pagination, n: int64(page.Records.Len()), records: next.Records, pages: next.Pages, url: page.url,
		now: w.now, ever: w.ever,
	}
	if e.paging.Type == sources.PaginatePage {
		e.number = w.pos.Number
	}
	e.asked, e.askedKey = w.askedFor()
	h := hint.Find(bytes.TrimPrefix(w.seen, byteOrderMark), w.stream.Records.Place(), page.Header)
	found := e.doubts(h)
	if page.Status == http.StatusPartialContent && len(h.Totals) == 0 {
		found = append(found, Doubt{Key: "the status of the last answer", Value: "206 Partial Content, without a count of all"})
	}
	if member, rule, ok := hint.Error(bytes.TrimPrefix(w.seen, byteOrderMark), w.stream.Records.Place()); ok && page.Records.Len() == 0 {
		advice := `if that is a failure, write errors: [{when: "{{ ` + rule + ` }}", do: retry}], or do: fail`
		found = append([]Doubt{{Key: member.Key, Value: oneLine(member.Value), Advice: advice}}, found...)
	}
	for _, d := range found[:min(len(found), maxHints)] {
		d.Value, d.Advice = w.quote(d.Value), w.client.Secrets.Redact(d.Advice)
		w.doubt(d)
	}
	if len(w.doubts) == 0 && next.Records > 0 {
		page.Remarks = append(page.Remarks, e.unread(h)...)
	}
}

// maxHints is how many hints of one answer are told.
const maxHints = 4

var byteOrderMark = []byte("\uFEFF")

// unproven says, at the end of a walk whose pages were counted, that nothing
// proves that all rows came; "" where something does, or the walk was a
// single answer.
func (w *Walk) unproven(next Position) string {
	const moves = "pages are counted, so a row that is deleted or moved while they are read takes another one to a page that was read already, and that one never comes; "
	how := moves + "nothing in the answers shows it" + w.windowMoves()
	switch {
	case !w.numbered() && !w.seemsNumbered() || next.pages() < 2 || w.stream.OnIncomplete == sources.Again:
		return ""
	case w.overlaps():
		how = "overlap shows rows that go and come while pages are read, but not ones that change places"
	case !w.stream.Pagination.Ends.Total.IsZero():
		how = moves + "total shows it, unless as many rows come as go"
	}
	return "it is not proven that all rows came: " + how + ". To prove it, write " + w.stream.ProvesMoves()
}

// windowMoves says of requests that send window.end what that does.
func (w *Walk) windowMoves() string {
	if !w.stream.EndsWindow() {
		return ""
	}
	return ", and window.end makes every row go that is updated meanwhile: do not send it here"
}
