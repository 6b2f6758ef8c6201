package paging

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch/paging/hint"
	"github.com/tap-rest/tap-rest/sources/fetch/paging/repeat"
)

// ending is what the definition's more and stop make of what the way found in an
// answer.
type ending struct {
	last    bool   // the page is the last
	stopped bool   // because stop says so
	said    bool   // because more says so
	back    bool   // since the walk went back, and has come to what it had read: another page was the last of the list
	doubt   *Doubt // of the end; nil: none
}

// ends decides whether a page is the last: what the definition's more and
// stop say goes before what the way found.
func (l *leg) ends(step step) (ending, error) {
	more, known, err := l.more()
	if err != nil {
		return ending{}, err
	}
	if stop := l.stream.Pagination.Ends.Stop; stop != nil {
		v, err := l.eval(sources.Ref{Template: stop})
		if err != nil {
			return ending{}, fmt.Errorf("pagination.stop: %w", err)
		}
		if sources.Holds(v) {
			return ending{last: true, stopped: true}, nil
		}
	}
	switch {
	case !known, step == over:
		return ending{last: !step.more}, nil
	case more && !step.possible:
		d := &Doubt{Key: "pagination.more", Value: "true, but the answer does not say where more is: " + step.missing, Contradicts: true}
		return ending{last: true, doubt: d}, nil
	}
	return ending{last: !more, said: !more}, nil
}

// more is what the answer says at pagination.more. Headers say it as text.
func (l *leg) more() (more, known bool, err error) {
	r := l.stream.Pagination.Ends.More
	if r.IsZero() {
		return false, false, nil
	}
	v, err := l.eval(r)
	if err != nil {
		return false, false, fmt.Errorf("pagination.more: %w", err)
	}
	text := strings.ToLower(v.Text())
	switch {
	case v.Missing():
		return false, false, nil
	case v.Kind() == expr.KindBool, v.Kind() == expr.KindString && (text == "true" || text == "false"):
		l.now.More = true
		return text == "true", true, nil
	}
	return false, false, fmt.Errorf("pagination.more: expected true or false, got %s", l.out.Quote(v.Text()))
}

// last is the last leg of a walk.
type last struct{ *leg }

// over decides what becomes of a walk that ends here: on_incomplete says whether a
// doubt is its failure. after says what the walk read before, as errors say it.
func (l last) over(end ending, after string) error {
	l.conclude(end)
	if failing := l.failing(); len(failing) > 0 {
		return fmt.Errorf("%w: %s%s%s", ErrDoubtful, strings.Join(failing, "; "), after, l.likely(end))
	}
	l.found.Last = true
	if l.stream.Pagination.Session.Close != nil {
		l.found.Left = l.next
	}
	return nil
}

// conclude collects what speaks against the end of a walk, or is to be told of
// it.
func (l last) conclude(end ending) {
	count, way, looked := audit(l), course(l), false
	count.limited()
	if end.doubt != nil {
		l.doubt(*end.doubt)
	}
	if !end.stopped || l.next.Records == 0 || l.stream.Pagination.StopCounts() { // else the definition chose to end here
		count.complete()
		count.completePages(end.back)
		count.uncounted()
		l.capped()
		if looked = !end.back && !l.answer.Empty; looked {
			l.look(end)
		}
	}
	way.missing()
	l.lacking()
	l.found.Proof.Doubts = append(l.found.Proof.Doubts, l.next.Doubts...)
	l.prove(end, looked)
}

// failing are the doubts for which on_incomplete makes the walk fail.
func (l last) failing() (texts []string) {
	for _, d := range l.found.Proof.Doubts {
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
// definition that no answer had anything for. One that a rule of the definition
// made a page is not searched.
func (l last) look(how ending) {
	a := l.answer
	own := words(l)
	h := hint.Find(a.Beside, own.place(), a.Header)
	end := l.end()
	found := h.Against(&end)
	if a.Status == http.StatusPartialContent && len(h.Totals) == 0 {
		found = append(found, hint.Contradiction{Key: "the status of the last answer", Value: "206 Partial Content, without a count of all"})
	}
	if d := own.fault(); d != nil {
		l.doubt(*d)
	}
	for _, d := range found[:min(len(found), maxHints)] {
		l.doubt(own.ofTrailer(Doubt{Key: d.Key, Value: l.out.Quote(d.Value), Advice: l.out.Hide(d.Advice)}))
	}
	if len(l.found.Proof.Doubts) == 0 && l.next.Records > 0 {
		if l.by(how) == EndNeverNext && !l.allCame() {
			l.neverNamed(h, &end)
		}
		l.found.Remarks = append(l.found.Remarks, h.Unread(&end)...)
	}
}

// end is how the walk ended, as far as hints may contradict that.
func (l last) end() hint.End {
	e := hint.End{
		Paging: &l.stream.Pagination, N: l.n, Records: l.next.Records, Pages: l.next.Pages, Answered: l.out.Answered,
		Now: l.now, Ever: l.ever, Single: l.single, AtEmpty: l.atEmpty, HasNumber: l.byPage,
	}
	e.Asked, e.AskedKey = l.asked()
	if l.byPage {
		e.Number = l.from.Number
	}
	return e
}

// maxHints is how many hints of one answer are told.
const maxHints = 4

// unproven says, at the end of a walk, that nothing proves that all rows came; "" where
// something does.
func (l last) unproven() string {
	rows := l.mayHaveMoved()
	if l.unended == "" {
		return rows
	}
	text := "it is not proven that all rows came: the answer to " + l.unended + " names no length and ends where its connection did, " +
		"in a format that may end anywhere. Where the connection broke at the border of a row, those behind are missing"
	if rows != "" {
		text += ". Besides, " + rows
	}
	return text
}

// mayHaveMoved says, at the end of a walk whose pages were counted, that nothing shows
// that no row moved; "" where something does, or the walk was a single answer.
func (l last) mayHaveMoved() string {
	const moves = "pages are counted, so a row that is deleted or moved while they are read takes another one to a page that was read already, and that one never comes; "
	how := moves + "nothing in the answers shows it" + l.windowMoves()
	switch {
	case !l.numbered() && !course(l).seemsNumbered() || l.next.pages() < 2 || l.stream.OnIncomplete == sources.Again:
		return ""
	case l.stream.Pagination.Session.Keeps || l.stream.Pagination.Session.Open != nil: // the list stands still
		return ""
	case l.looks():
		how = "overlap shows rows that go and come while pages are read, but not ones that change places"
	case !l.stream.Pagination.Ends.Total.IsZero():
		how = moves + "total shows it, unless as many rows come as go"
	}
	return "it is not proven that all rows came: " + how + l.provesMoves()
}

// provesMoves is what to write against rows that move unseen; "" where nothing helps.
func (l last) provesMoves() string {
	switch write := l.stream.ProvesMoves(); {
	case write != "":
		return ". To prove it, write " + write
	case l.stream.Pagination.Ends.Total.IsZero():
		return ". pagination.total, where the API has one, would show rows that go"
	}
	return ""
}

// windowMoves says of requests that send window.end what that does.
func (l last) windowMoves() string {
	if !l.stream.EndsWindow() {
		return ""
	}
	return ", and window.end makes every row go that is updated meanwhile: do not send it here"
}

// walkAgain reports whether a walk that has ended is to be done again, and
// moves next to its start.
func (l last) walkAgain() bool {
	next := &l.next
	a := next.Again
	switch {
	case a == nil:
		return false
	case a.Agrees(next.Pages):
		next.Doubts, next.Shrunk = nil, 0 // two walks agree
		return false
	case a.Walk == repeat.MaxWalks:
		next.doubt(Doubt{
			Key: "on_incomplete", Value: fmt.Sprintf("again, but of %d walks no two in a row had the same records", repeat.MaxWalks),
			Advice: "read the stream when less is changed, or in smaller windows; without a primary_key and a replication_key, " +
				"records must be the same each time they come",
		})
		return false
	}
	start, session := l.stream.Pagination.Start, next.Session
	if l.stream.Pagination.Session.Keeps { // it stands at its end
		session = nil
	}
	*next = Position{Number: start, Offset: start, Session: session, Pages: next.Pages, Over: Over{Again: a.Next(next.Pages)}}
	return true
}
