package paging

import (
	"errors"
	"fmt"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch/paging/hint"
)

// named is what the answer has at pagination.next; ok is false where that says
// that there is no next page.
func (l *leg) named() (v expr.Value, ok bool, err error) {
	if v, err = l.token(); err != nil {
		return v, false, fmt.Errorf("pagination.next%w", err)
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

// token is what the answer has at pagination.next. Of several cursors, and of one
// whose members are parameters, it is an object of those that are there.
func (l *leg) token() (v expr.Value, err error) {
	p := &l.stream.Pagination
	if p.Cursors == nil {
		if v, err = l.eval(p.Next); err != nil {
			return v, fmt.Errorf(": %w", err)
		}
		if p.Sends.Param == sources.AllMembers {
			return l.members(v)
		}
		return v, nil
	}
	keys, values, said := []string(nil), []expr.Value(nil), false
	for _, c := range p.Cursors {
		v, err := l.eval(c.Ref)
		if err != nil {
			return v, fmt.Errorf(".%s: %w", c.Name, err)
		}
		said = said || v.Kind() != expr.KindUndefined
		if !nothing(v) {
			keys, values = append(keys, c.Name), append(values, v)
		}
	}
	if !said {
		return expr.Undefined(), nil
	}
	return expr.Dict(keys, values), nil
}

// members are those of a token that are parameters.
func (l *leg) members(v expr.Value) (expr.Value, error) {
	if v.Kind() != expr.KindDict {
		if nothing(v) || v.Kind() == expr.KindList && !v.Truth() { // no member: PHP writes [] for {}
			return v, nil
		}
		return v, fmt.Errorf(`: param "*" sends the members of an object, and this is none: %s`, l.out.Quote(v.Text()))
	}
	var keys []string
	var values []expr.Value
	v.Each(func(key string, item expr.Value) bool {
		if !nothing(item) {
			keys, values = append(keys, key), append(values, item)
		}
		return true
	})
	return expr.Dict(keys, values), nil
}

// nothing reports whether a token says that there is no next page.
func nothing(v expr.Value) bool {
	switch v.Kind() {
	case expr.KindBool:
		return !v.Truth()
	case expr.KindString:
		return hint.Nothing(v.Text())
	}
	return v.Missing()
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
