package fetch

import (
	"fmt"
	"hash/maphash"
	"strings"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
)

// suspicion is what a walk remembers to find out that it goes round.
type suspicion struct {
	seed     maphash.Seed
	last     trace  // the page before
	seen     trace  // an earlier page, moved up now and then: finds rounds of any length
	pages    int64  // of this walk
	stride   int64  // pages until seen moves up
	asking   uint64 // hash of the request under way
	empty    int    // pages without records in a row
	passed   int    // answers in a row that a rule passed over, of a counted walk
	widest   int64  // most records of a page
	exceeded bool   // it was said that the total is none

	left  int64 // least number of records still to be read, of a walk that went back
	backs int   // pages since then
	stuck bool  // that does not help: the walk goes back no more

	latest int64 // total

	unnumbered bool    // next URLs or tokens hold no number of a page
	now, ever  sight   // of the answer under way, and of all
	doubts     []Doubt // of the walk's end, found so far
}

func newSuspicion() suspicion { return suspicion{seed: maphash.MakeSeed(), stride: 1} }

// ending is what the definition's more and stop make of what the pagination
// type found in an answer.
type ending struct {
	last    bool   // the page is the last
	stopped bool   // because stop says so
	back    bool   // since the walk went back, and has come to what it had read: another page was the last of the list
	doubt   *Doubt // of the end; nil: none
}

// ends decides whether a page is the last: what the definition's more and
// stop say goes before what the type found.
func (w *Walk) ends(step step) (ending, error) {
	more, known, err := w.more()
	if err != nil {
		return ending{}, err
	}
	if stop := w.stream.Pagination.Ends.Stop; stop != nil {
		v, err := stop.Eval(w.vars)
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
	return ending{last: !more}, nil
}

// more is what the answer says at pagination.more. Headers say it as text.
func (w *Walk) more() (more, known bool, err error) {
	r := w.stream.Pagination.Ends.More
	if r.IsZero() {
		return false, false, nil
	}
	v, err := w.eval(r)
	if err != nil {
		return false, false, fmt.Errorf("pagination.more: %w", err)
	}
	text := strings.ToLower(v.Text())
	switch {
	case v.Missing():
		return false, false, nil
	case v.Kind() == expr.KindBool, v.Kind() == expr.KindString && (text == "true" || text == "false"):
		w.now.more = true
		return text == "true", true, nil
	}
	return false, false, fmt.Errorf("pagination.more: expected true or false, got %s", w.quote(v.Text()))
}

// complete checks a walk that ended against the API's own count.
func (w *Walk) complete(next Position) {
	if next.Total == nil || next.Records >= *next.Total {
		return
	}
	w.doubt(Doubt{
		Key: "pagination.total", Contradicts: true,
		Value: fmt.Sprintf("%d, but the walk ends here with %s", *next.Total, counted(next.Records, "record")),
	})
}

// beyond is the error of a walk that has more pages than it may have.
func (w *Walk) beyond() error {
	limit := int64(w.stream.Pagination.Ends.MaxPages)
	if limit == 0 || w.pos.pages() < limit {
		return nil
	}
	return fmt.Errorf("the walk has more than max_pages: %d%s", limit, w.after())
}

// after names the request before, in messages about the end of a walk.
func (w *Walk) after() string {
	if w.last.page == 0 {
		return ""
	}
	return ", after " + w.last.String()
}
