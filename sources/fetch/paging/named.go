package paging

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch/paging/hint"
	"github.com/tap-rest/tap-rest/sources/fetch/paging/list"
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

// renumber finds how the walk's requests are numbered from the present one and
// the next that its answer names.
func (l *leg) renumber() {
	here, there := l.from.named(), l.next.named()
	if !l.names || here == "" || there == here {
		return // the first page has no number, and the last names no other
	}
	place, x, y, ok := list.Differ(here, there)
	found := &list.Numbers{Place: place, First: x - l.from.Records}
	if l.n != 1 && y-x == 1 {
		found = &list.Numbers{Place: place, First: x - l.from.Pages, Pages: true}
	}
	known := l.from.Numbers
	switch {
	case !ok || y <= x || y-x != 1 && y-x != l.n || found.First < 0 && known == nil,
		known != nil && (known.Place != place || known.Pages && y-x != 1 || !known.Pages && y-x != l.n):
		l.next.Numbers, l.from.Numbers, l.unnumbered = nil, nil, true // keys may look like numbers for a while
	case known == nil && !l.unnumbered:
		l.next.Numbers, l.from.Numbers = found, found
	}
}

// renamed moves to the page of another number.
func (l *leg) renamed(number int64) {
	n, like := l.from.Numbers, &l.from
	if like.named() == "" {
		like = &l.next
	}
	text, token := list.WithNumber(like.named(), n.Place, number), like.Token
	switch {
	case number <= n.First:
		l.next.URL, l.next.Token = "", nil
	case like.URL != "":
		l.next.URL = text
	default:
		if _, e := list.Unveil(token); e != nil {
			text = `"` + e.EncodeToString([]byte(text)) + `"`
		}
		l.next.Token = json.RawMessage(text)
	}
}

// seemsNumbered reports whether the request under way may be numbered, of a
// walk whose second page is its last: it holds the number 2, or that of the
// records before it.
func (l *leg) seemsNumbered() bool {
	text := l.from.named()
	if l.from.pages() != 1 || l.keyed {
		return false
	}
	for i := range list.Count(text) {
		if n := list.NumberAt(text, i); n == 2 || n == l.from.Records {
			return true
		}
	}
	return false
}
