package fetch

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/tidwall/gjson"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch/paging/hint"
)

// step is what a pagination type found in an answer.
type step struct {
	more     bool   // there is a next page, as far as the type can tell
	possible bool   // a next page could be asked for
	missing  string // why not
	back     bool   // it is not the page after: the walk goes back
}

// over is what is found in an answer that is no page, but the end.
var over = step{missing: "a rule says end"}

// step moves next to the page after the one that had n records.
func (w *Walk) step(next *Position, n int64) (step, error) {
	p := &w.stream.Pagination
	switch p.Type {
	case sources.PaginateCursor:
		return w.stepToken(next)
	case sources.PaginateNextURL:
		return w.stepURL(next)
	case sources.PaginateLinkHeader:
		return w.stepLink(next)
	case sources.PaginatePage:
		return w.stepPage(next, n), nil
	case sources.PaginateOffset:
		return w.stepOffset(next, n)
	case sources.PaginateKeyset:
		return w.stepKeyset(next, n)
	}
	return step{missing: "pagination.type is none"}, nil
}

// named is what the answer has at pagination.next; ok is false where that says
// that there is no next page.
func (w *Walk) named() (v expr.Value, ok bool, err error) {
	v, err = w.eval(w.stream.Pagination.Next)
	if err != nil {
		return v, false, fmt.Errorf("pagination.next: %w", err)
	}
	w.now.next = v.Kind() != expr.KindUndefined
	if w.answer.passed && v.Kind() == expr.KindUndefined {
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

func (w *Walk) stepToken(next *Position) (step, error) {
	v, ok, err := w.named()
	if !ok || err != nil {
		return step{missing: "there is no token at pagination.next"}, err
	}
	next.Token, err = w.requests.SealToken(v)
	return step{more: true, possible: true}, err
}

func (w *Walk) stepURL(next *Position) (step, error) {
	v, ok, err := w.named()
	if !ok || err != nil {
		return step{missing: "there is no URL at pagination.next"}, err
	}
	if v.Kind() != expr.KindString {
		return step{}, fmt.Errorf("pagination.next: expected a URL, got %s", w.quote(v.Text()))
	}
	return w.follow(next, v.Text())
}

func (w *Walk) stepLink(next *Position) (step, error) {
	headers, rel := w.answer.Header.Values("Link"), w.stream.Pagination.Rel
	target, ok := hint.Link(headers, rel)
	w.now.next = len(headers) > 0
	if !ok {
		return step{}, fmt.Errorf("the header Link cannot be read, and may name rel %q: %s", rel, w.quote(fmt.Sprint(headers)))
	}
	if target == "" {
		return step{missing: fmt.Sprintf("no link of rel %q", rel)}, nil
	}
	return w.follow(next, target)
}

// follow moves next to the URL, which may be relative to the one just asked.
func (w *Walk) follow(next *Position, target string) (step, error) {
	u, err := w.sent.Follow(w.answer.url, target)
	if err != nil {
		return step{}, err
	}
	next.URL, err = w.requests.SealURL(u)
	return step{more: true, possible: true}, err
}

func (w *Walk) stepPage(next *Position, n int64) step {
	p := &w.stream.Pagination
	next.Number++
	s := step{more: n > 0 || w.answer.passed, possible: true}
	s.more = s.more && !w.reached(next.Records, next.Total, n)
	if w.now.pages {
		s.more = next.Number-p.Start < *next.AllPages || n > 0 && w.full(n)
	}
	return s
}

func (w *Walk) stepOffset(next *Position, n int64) (step, error) {
	p := &w.stream.Pagination
	if w.overlaps() && !w.answer.passed {
		return w.stepOverlap(next, n), nil
	}
	next.Tail = nil
	s := step{possible: true, more: n > 0 && !w.reached(next.Offset+n-p.Start, next.Total, n) || w.answer.passed}
	if n == 0 { // as many as there would have been
		n = w.pageSize()
		s.possible, s.missing = n > 0, "a page without records does not move the offset, and nothing says how many are on a page (pagination.size)"
	}
	if w.answer.passed && n == 0 {
		return step{}, errors.New("a rule says next, but " + s.missing)
	}
	next.Offset += n
	return s, nil
}

func (w *Walk) stepKeyset(next *Position, n int64) (step, error) {
	if n == 0 {
		return step{missing: "a page without records has no last one"}, nil
	}
	field := w.stream.Pagination.Field
	v := pathValue(w.answer.Records.Record(int(n-1)), field)
	if v.Missing() {
		return step{}, fmt.Errorf("the last record has no %q, which pagination.field names", field)
	}
	var err error
	next.Token, err = w.requests.SealToken(v)
	return step{more: true, possible: true}, err
}

// count evaluates a Ref to a whole number; it is not known where the answer
// lacks it.
func (w *Walk) count(r sources.Ref, key string) (n int64, known bool, err error) {
	v, err := w.eval(r)
	if err != nil {
		return 0, false, fmt.Errorf("%s: %w", key, err)
	}
	if v.Missing() {
		return 0, false, nil
	}
	n, ok := v.Int64()
	if !ok || n < 0 || v.Kind() == expr.KindBool {
		return 0, false, fmt.Errorf("%s: expected a count, got %s", key, w.quote(v.Text()))
	}
	return n, true, nil
}

// pathValue is what stands at a gjson path in proven JSON. Nothing does in a
// body that is a scalar: gjson would look for brackets inside a string.
func pathValue(raw []byte, path string) expr.Value {
	if c := bytes.TrimLeft(raw, " \t\r\n\uFEFF"); len(c) == 0 || c[0] != '{' && c[0] != '[' {
		return expr.Undefined()
	}
	r := gjson.GetBytes(raw, path)
	if !r.Exists() {
		return expr.Undefined()
	}
	return expr.JSON(r.Raw)
}
