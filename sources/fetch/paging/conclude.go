package paging

import (
	"net/http"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/paging/hint"
)

// conclude collects what speaks against the end of a walk, or is to be told of
// it.
func (l *leg) conclude(end ending) {
	if end.doubt != nil {
		l.doubt(*end.doubt)
	}
	if !end.stopped || l.next.Records == 0 || l.stream.Pagination.StopCounts() { // else the definition chose to end here
		l.complete()
		l.completePages(end)
		l.uncounted()
		if !end.back {
			l.look()
		}
	}
	l.missing()
	l.found.Doubts = append(l.found.Doubts, l.next.Doubts...)
	l.found.Unproven = l.unproven()
}

// failing are the doubts for which on_incomplete makes the walk fail.
func (l *leg) failing() (texts []string) {
	for _, d := range l.found.Doubts {
		fails := d.Contradicts
		switch l.stream.OnIncomplete {
		case sources.Warn:
			fails = false
		case sources.Fail:
			fails = true
		}
		if fails {
			texts = append(texts, d.String())
		}
	}
	return texts
}

// look looks for what the last answer says against the end, and for keys of the
// definition that no answer had anything for.
func (l *leg) look() {
	a := l.answer
	if a.Empty {
		return // a rule of the definition made it a page
	}
	place := l.stream.Records.Place()
	e := ended{leg: l, Hints: hint.Find(a.Beside, place, a.Header)}
	e.asked, e.askedKey = l.asked()
	found := e.contradictions()
	if a.Status == http.StatusPartialContent && len(e.Totals) == 0 {
		found = append(found, Doubt{Key: "the status of the last answer", Value: "206 Partial Content, without a count of all"})
	}
	if member, rule, ok := hint.Error(a.Beside, place); ok && l.n == 0 {
		advice := `if that is a failure, write errors: [{when: "{{ ` + rule + ` }}", do: retry}], or do: fail`
		found = append([]Doubt{{Key: member.Key, Value: member.Value, Advice: advice}}, found...)
	}
	for _, d := range found[:min(len(found), maxHints)] {
		d.Value, d.Advice = l.out.Quote(d.Value), l.out.Hide(d.Advice)
		l.doubt(d)
	}
	if len(l.found.Doubts) == 0 && l.next.Records > 0 {
		l.found.Remarks = append(l.found.Remarks, e.unread()...)
	}
}

// maxHints is how many hints of one answer are told.
const maxHints = 4

// unproven says, at the end of a walk whose pages were counted, that nothing
// proves that all rows came; "" where something does, or the walk was a
// single answer.
func (l *leg) unproven() string {
	const moves = "pages are counted, so a row that is deleted or moved while they are read takes another one to a page that was read already, and that one never comes; "
	how := moves + "nothing in the answers shows it" + l.windowMoves()
	switch {
	case !l.numbered() && !l.seemsNumbered() || l.next.pages() < 2 || l.stream.OnIncomplete == sources.Again:
		return ""
	case l.looks():
		how = "overlap shows rows that go and come while pages are read, but not ones that change places"
	case !l.stream.Pagination.Ends.Total.IsZero():
		how = moves + "total shows it, unless as many rows come as go"
	}
	return "it is not proven that all rows came: " + how + ". To prove it, write " + l.stream.ProvesMoves()
}

// windowMoves says of requests that send window.end what that does.
func (l *leg) windowMoves() string {
	if !l.stream.EndsWindow() {
		return ""
	}
	return ", and window.end makes every row go that is updated meanwhile: do not send it here"
}
