package fetch

import (
	"fmt"
	"hash/maphash"
	"strings"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
)

// maxEmpty is how many pages without records may follow one another: an API
// whose answers always name a next page would be asked for ever.
const maxEmpty = 1000

// trace is what a walk remembers of a page, to suspect its end.
type trace struct {
	request string
	content uint64 // hash of the records, or of a body without any
	token   uint64 // hash of the token or URL that it named as next; 0: none
	page    int64  // its number in the walk, from 1; 0: no page
	back    bool   // the walk stepped back from it: what follows may well be the same
}

// String names the page in messages.
func (t trace) String() string {
	if t.page == 0 {
		return "the request before this walk"
	}
	return fmt.Sprintf("%s (page %d)", t.request, t.page)
}

// suspicion is what a walk remembers to find out that it goes round.
type suspicion struct {
	seed   maphash.Seed
	last   trace // the page before
	seen   trace // an earlier page, moved up now and then: finds rounds of any length
	pages  int64 // of this walk
	stride int64 // pages until seen moves up
	empty  int   // pages without records in a row

	left  int64 // least number of records still to be read, of a walk that went back
	backs int   // pages since then

	unnumbered bool    // next URLs or tokens hold no number of a page
	doubts     []Doubt // of the walk's end, found so far
}

func newSuspicion() suspicion { return suspicion{seed: maphash.MakeSeed(), stride: 1} }

// ending is what the definition's more and stop make of what the pagination
// type found in an answer.
type ending struct {
	last    bool   // the page is the last
	stopped bool   // because stop says so
	doubt   *Doubt // of the end; nil: none
}

// ends decides whether a page is the last: what the definition's more and
// stop say goes before what the type found.
func (w *Walk) ends(step step) (ending, error) {
	more, known, err := w.more()
	if err != nil {
		return ending{}, err
	}
	if stop := w.stream.Pagination.Stop; stop != nil {
		v, err := stop.Eval(w.vars)
		if err != nil {
			return ending{}, fmt.Errorf("pagination.stop: %w", err)
		}
		if v.Truth() {
			return ending{last: true, stopped: true}, nil
		}
	}
	switch {
	case !known:
		return ending{last: !step.more}, nil
	case more && !step.possible:
		d := &Doubt{Key: "pagination.more", Value: "true, but the answer does not say where more is: " + step.missing, Contradicts: true}
		return ending{last: true, doubt: d}, nil
	}
	return ending{last: !more}, nil
}

// more is what the answer says at pagination.more. Headers say it as text.
func (w *Walk) more() (more, known bool, err error) {
	r := w.stream.Pagination.More
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
		return text == "true", true, nil
	}
	return false, false, fmt.Errorf("pagination.more: expected true or false, got %s", w.quote(v.Text()))
}

// suspect finds a walk that goes round: the same next page or the same records
// twice.
func (w *Walk) suspect(page *Page, next Position, back bool) error {
	s := &w.suspicion
	s.pages++
	now := trace{request: page.Request, content: w.content(page), token: w.tokenHash(next), page: next.Pages, back: back}
	n := page.Records.Len()
	if s.empty++; n > 0 {
		s.empty = 0
	}
	if back {
		s.last, s.seen, s.pages, s.stride = trace{}, trace{}, 0, 1 // what they named comes again
		now.token = 0
	}
	for _, before := range []trace{s.last, s.seen} {
		if now.token != 0 && now.token == before.token && !w.stream.Pagination.Session {
			return fmt.Errorf("names the same next page as %s did: the walk goes round", before)
		}
	}
	switch {
	case s.last.page > 0 && !s.last.back && now.content == s.last.content && (n > 0 || w.numbered()):
		return fmt.Errorf("the same page again as from %s: does the API take the page's parameter?", s.last)
	case s.empty > maxEmpty:
		return fmt.Errorf("%d pages without records in a row%s: if the first of them is the end, say so with stop", s.empty, w.after())
	}
	s.last = now
	if s.stride--; s.stride <= 0 { // Brent: finds any round, with one page remembered
		s.seen, s.stride = now, s.pages
	}
	return nil
}

// content is the hash by which a page is known again: that of its records,
// since envelopes hold times and ids of requests.
func (w *Walk) content(page *Page) uint64 {
	if page.Records.Len() == 0 {
		return maphash.Bytes(w.seed, page.Body)
	}
	if page.long != nil {
		return page.long.content
	}
	var h maphash.Hash
	h.SetSeed(w.seed)
	for i := range page.Records.Len() {
		_, _ = h.Write(page.Records.Record(i)) // never fails
	}
	return h.Sum64()
}

// tokenHash is the hash of what a position of the cursor types asks for, 0 for
// other types and the first page.
func (w *Walk) tokenHash(next Position) uint64 {
	key := next.URL
	switch w.stream.Pagination.Type {
	case sources.PaginateCursor, sources.PaginateKeyset:
		key = string(next.Token)
	}
	if key == "" {
		return 0
	}
	return maphash.String(w.seed, key) | 1
}

// total reads the answer's own count into next, and returns by how much it
// shrank, a negative number where it grew. Where the walk is numbered, the latest count says where it ends;
// elsewhere the least one does, since what was counted later may lie on pages
// that are behind.
func (w *Walk) total(page *Page, next *Position) (lost int64, err error) {
	p := &w.stream.Pagination
	if p.Total.IsZero() {
		return 0, nil
	}
	n, known, err := w.count(p.Total, "pagination.total")
	if err != nil || !known {
		return 0, err
	}
	if before := w.pos.Total; before != nil {
		page.Moved = *before != n
		if lost = *before - n; !w.numbered() {
			n = min(n, *before)
		}
	}
	next.Total = &n
	return lost, nil
}

// complete checks a walk that ended against the API's own count.
func (w *Walk) complete(next Position) {
	if next.Total == nil || next.Records >= *next.Total {
		return
	}
	w.doubt(Doubt{
		Key: "pagination.total", Contradicts: true,
		Value: fmt.Sprintf("%d, but the walk ends here with %d records", *next.Total, next.Records),
	})
}

// beyond is the error of a walk that has more pages than it may have.
func (w *Walk) beyond() error {
	limit := int64(w.stream.Pagination.MaxPages)
	if limit == 0 || w.pos.Pages < limit {
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
