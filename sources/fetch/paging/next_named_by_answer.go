package paging

import (
	"errors"
	"fmt"

	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch/paging/hint"
)

// named is what the answer has at pagination.next; ok is false where that says
// that there is no next page.
func (l *leg) named() (v expr.Value, ok bool, err error) {
	v, err = l.eval(l.stream.Pagination.Next)
	if err != nil {
		return v, false, fmt.Errorf("pagination.next: %w", err)
	}
	l.now.Next = v.Kind() != expr.KindUndefined
	if l.answer.Passed && v.Kind() == expr.KindUndefined {
		// The answer to a request that failed: what it lacks proves no end.
		return v, false, errors.New("a rule says next, but the answer has nothing at pagination.next")
	}
	switch v.Kind() {
	case expr.KindBool:
		return v, v.Truth(), nil
	case expr.KindString:
		return v, !hint.Nothing(v.Text()), nil
	case expr.KindList, expr.KindDict:
		return v, v.Truth(), nil // not empty
	}
	return v, !v.Missing(), nil
}

// goTo moves to the page that a token asks for.
func (l *leg) goTo(token expr.Value) (s step, err error) {
	l.next.Token, err = l.out.Seal(token)
	return step{more: true, possible: true}, err
}

// follow moves to the page that a URL leads to.
func (l *leg) follow(target string, https func() string) (s step, err error) {
	l.next.URL, err = l.out.Follow(target, https)
	return step{more: true, possible: true}, err
}
