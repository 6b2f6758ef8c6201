package paging

import (
	"fmt"
	"strings"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
)

// ending is what the definition's more and stop make of what the way found in an
// answer.
type ending struct {
	last    bool   // the page is the last
	stopped bool   // because stop says so
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
	return ending{last: !more}, nil
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
		l.now.more = true
		return text == "true", true, nil
	}
	return false, false, fmt.Errorf("pagination.more: expected true or false, got %s", l.out.Quote(v.Text()))
}
