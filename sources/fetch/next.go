package fetch

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
)

// step is what a pagination type found in an answer.
type step struct {
	more     bool   // there is a next page, as far as the type can tell
	possible bool   // a next page could be asked for
	missing  string // why not
}

// step moves next to the page after the one that had n records.
func (w *Walk) step(next *Position, n int64) (step, error) {
	p := &w.stream.Pagination
	next.Offset += n
	switch p.Type {
	case sources.PaginateCursor:
		return w.stepToken(next)
	case sources.PaginateNextURL:
		return w.stepURL(next)
	case sources.PaginateLinkHeader:
		target := linkTarget(w.answer.Header.Values("Link"), p.Rel)
		return w.follow(next, target, fmt.Sprintf("no link of rel %q", p.Rel))
	case sources.PaginatePage:
		next.Number++
		return w.stepPage(next, n)
	case sources.PaginateOffset:
		more := n > 0 && (next.Total == nil || next.Offset < p.Start+*next.Total)
		return step{more: more, possible: n > 0, missing: "a page without records does not move the offset"}, nil
	case sources.PaginateKeyset:
		return w.stepKeyset(next, n)
	}
	return step{missing: "pagination.type is none"}, nil
}

func (w *Walk) stepToken(next *Position) (step, error) {
	v, err := w.eval(w.stream.Pagination.Next)
	if err != nil {
		return step{}, fmt.Errorf("pagination.next: %w", err)
	}
	if ended(v) {
		return step{missing: "there is no token at pagination.next"}, nil
	}
	next.Token, err = w.sealToken(v)
	return step{more: true, possible: true}, err
}

// ended reports whether a token says that there is no next page.
func ended(v expr.Value) bool {
	switch v.Kind() {
	case expr.KindBool:
		return !v.Truth()
	case expr.KindString:
		return v.Text() == ""
	}
	return v.Missing()
}

func (w *Walk) stepURL(next *Position) (step, error) {
	v, err := w.eval(w.stream.Pagination.Next)
	if err != nil {
		return step{}, fmt.Errorf("pagination.next: %w", err)
	}
	if ended(v) {
		return w.follow(next, "", "there is no URL at pagination.next")
	}
	if v.Kind() != expr.KindString {
		return step{}, fmt.Errorf("pagination.next: expected a URL, got %s", clip(v.Text()))
	}
	return w.follow(next, v.Text(), "")
}

// follow moves next to the URL, which may be relative to the one just asked.
func (w *Walk) follow(next *Position, target, missing string) (step, error) {
	if target == "" {
		return step{missing: missing}, nil
	}
	u, err := w.answer.url.Parse(target)
	if err != nil {
		var parse *url.Error
		if errors.As(err, &parse) {
			err = parse.Err
		}
		return step{}, fmt.Errorf("the link to the next page, %s: %w", clip(w.client.Secrets.Redact(target)), err)
	}
	if !w.client.allowed(w.base, u) {
		return step{}, fmt.Errorf("the link to the next page %w", errLeaves{u.Host})
	}
	u.User, u.Fragment = nil, ""
	next.URL, err = w.seal(u.String())
	return step{more: true, possible: true}, err
}

func (w *Walk) stepPage(next *Position, n int64) (step, error) {
	p := &w.stream.Pagination
	more := n > 0
	switch {
	case !p.TotalPages.IsZero():
		pages, known, err := w.count(p.TotalPages, "pagination.total_pages")
		if err != nil {
			return step{}, err
		}
		if known {
			more = next.Number < p.Start+pages
		}
	case next.Total != nil:
		more = n > 0 && next.Records < *next.Total
	}
	return step{more: more, possible: true}, nil
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
	next.Token, err = w.sealToken(v)
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
	if !ok && v.Kind() == expr.KindString { // as headers write it
		n, ok = expr.JSON(strings.TrimSpace(v.Text())).Int64()
	}
	if !ok || n < 0 {
		return 0, false, fmt.Errorf("%s: expected a count, got %s", key, clip(v.Text()))
	}
	return n, true, nil
}

// totals are the API's own count before and after an answer.
type totals struct {
	before, now *int64
}

// total reads the answer's own count into next. Where the walk is numbered,
// the latest count says where it ends; elsewhere the least one does, since
// what was counted later may lie on pages that are behind.
func (w *Walk) total(page *Page, next *Position) (totals, error) {
	p := &w.stream.Pagination
	if p.Total.IsZero() {
		return totals{}, nil
	}
	n, known, err := w.count(p.Total, "pagination.total")
	if err != nil || !known {
		return totals{w.pos.Total, w.pos.Total}, err
	}
	page.Moved = w.pos.Total != nil && *w.pos.Total != n
	if !w.numbered() && w.pos.Total != nil {
		n = min(n, *w.pos.Total)
	}
	next.Total = &n
	return totals{w.pos.Total, &n}, nil
}

func (w *Walk) numbered() bool {
	t := w.stream.Pagination.Type
	return t == sources.PaginatePage || t == sources.PaginateOffset
}

// stepBack moves next back by as many records as the total shrank: rows that
// vanished from pages behind have moved others from pages ahead there.
func (w *Walk) stepBack(next *Position, t totals) {
	if !w.numbered() || t.before == nil || t.now == nil || *t.now >= *t.before {
		return
	}
	lost := *t.before - *t.now
	if w.stream.Pagination.Type == sources.PaginateOffset {
		lost = min(lost, next.Offset-w.stream.Pagination.Start)
		next.Offset -= lost
		next.Records -= min(lost, next.Records)
		return
	}
	size := w.stream.Pagination.Size
	if size <= 0 {
		size = max(1, next.Records/next.Pages)
	}
	pages := min((lost+size-1)/size, next.Number-w.stream.Pagination.Start)
	next.Number -= pages
	next.Records -= min(pages*size, next.Records)
}

// complete checks a walk that ended against the API's own count.
func (w *Walk) complete(next Position, t totals) error {
	if t.now == nil || next.Records >= *t.now {
		return nil
	}
	if w.stream.Pagination.Stop != nil && next.Records > 0 {
		return nil // the definition chose to end here
	}
	before := ""
	if w.last.request != "" {
		before = ", after " + w.last.request
	}
	return fmt.Errorf("the walk ends here%s with %d records, but the API counts %d", before, next.Records, *t.now)
}

// pathValue is what stands at a gjson path in proven JSON.
func pathValue(raw []byte, path string) expr.Value {
	r := gjson.GetBytes(raw, path)
	if !r.Exists() {
		return expr.Undefined()
	}
	return expr.JSON(r.Raw)
}
