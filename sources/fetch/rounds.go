package fetch

import (
	"fmt"
	"hash/maphash"
	"math/bits"

	"github.com/tap-rest/tap-rest/sources"
)

const (
	// maxPassed is how many answers in a row a rule may pass over, where the walk
	// counts its pages and nothing says that there are more.
	maxPassed = 1000
	// manyEmpty and manyPages are after how many pages without records in a row,
	// and after how many in all, a walk says that it is still going on.
	manyEmpty, manyPages = 1000, 100_000
	// maxEmpty is how many pages without records in a row a walk that counts its
	// pages goes on over, where max_pages does not say how many it may have: a
	// number of pages may be anything, and no request repeats on the way to it.
	maxEmpty = 5 * manyEmpty
)

// trace is what a walk remembers of a page, to know it again.
type trace struct {
	request string
	asked   uint64 // hash of the request; 0: none
	content uint64 // hash of the records, or of a body without any
	token   uint64 // hash of the token or URL that it named as next; 0: none
	page    int64  // its number in the walk, from 1; 0: no page
	back    bool   // the walk stepped back from it: what follows may well be the same
}

// String names the page in messages.
func (t trace) String() string { return fmt.Sprintf("%s (page %d)", t.request, t.page) }

// round is the error of a request that the walk has sent before: its answer
// would lead there again and again.
func (w *Walk) round(out *outgoing) error {
	w.asking = w.requestHash(out)
	for _, before := range []trace{w.last, w.suspicion.seen} {
		if before.asked == w.asking && !w.stream.Pagination.Session {
			return fmt.Errorf("the same request as for page %d: the walk goes round%s", before.page, w.after())
		}
	}
	return nil
}

// requestHash is the hash of a request, but for what proves who asks; never 0.
func (w *Walk) requestHash(out *outgoing) uint64 {
	sum := maphash.String(w.seed, out.Method+" "+out.URL.String()) + maphash.Bytes(w.seed, out.Body)
	for name, values := range out.Header {
		for _, v := range values {
			if name != "Authorization" {
				sum += maphash.String(w.seed, name+": "+v)
			}
		}
	}
	return sum | 1
}

// suspect finds a walk that goes round, and says so of one that is long. It
// fails a walk only where it is certain: rows may be equal under different
// cursors, and pages may be empty.
func (w *Walk) suspect(page *Page, next Position, back bool) error {
	s := &w.suspicion
	s.pages++
	now := trace{
		request: page.Request, asked: w.asking, content: w.content(page), token: w.tokenHash(next), page: next.Pages, back: back,
	}
	if back {
		s.last, s.seen, s.pages, s.stride = trace{}, trace{}, 0, 1 // what they named comes again
		now.token, now.asked = 0, 0
	}
	w.tellLong(page, next.Pages)
	if again := s.last.page > 0 && !s.last.back && now.content == s.last.content; again && page.Records.Len() > 0 {
		switch {
		case w.counts():
			return fmt.Errorf("the same page again as from %s: does the API take the page's parameter? Where it repeats its last page at the end, say at_end: repeat", s.last)
		case now.token != 0 && now.token == s.last.token && !w.stream.Pagination.Session:
			return fmt.Errorf("the same page again as from %s, and the same next page: the walk goes round", s.last)
		}
	}
	if s.passed > maxPassed && !w.now.more && !w.now.pages {
		return fmt.Errorf("a rule said next of %d answers in a row%s: where one of them means the end, say do: end", s.passed, w.after())
	}
	if err := w.endless(); err != nil {
		return err
	}
	s.last = now
	if s.stride--; s.stride <= 0 { // Brent: finds any round, with one page remembered
		s.seen, s.stride = now, s.pages
	}
	return nil
}

// endless is the error of a walk that counts its pages, and of which very many
// in a row are empty, though the answers say that there are more.
func (w *Walk) endless() error {
	if w.empty < maxEmpty || !w.counts() || w.stream.Pagination.Ends.MaxPages > 0 {
		return nil
	}
	return fmt.Errorf("%d pages without records in a row, and the answers say that there are more%s%s: where that is so, "+
		"say with pagination.max_pages how many there may be; else leave out the key that says so, and the first page without records is the end",
		w.empty, w.moreSays(), w.after())
}

// moreSays names the keys by which the answer under way says that there are
// more pages.
func (w *Walk) moreSays() string {
	switch all := w.pos.AllPages; {
	case w.now.pages && all != nil:
		return fmt.Sprintf(" (pagination.total_pages is %d)", *all)
	case w.now.more:
		return " (pagination.more is true)"
	}
	return ""
}

// tellLong says now and then that a walk goes on without records, or for very
// long.
func (w *Walk) tellLong(page *Page, pages int64) {
	s := &w.suspicion
	s.empty++
	if page.Records.Len() > 0 {
		s.empty = 0
	}
	if s.passed++; !page.passed || !w.counts() {
		s.passed = 0
	}
	if s.empty > 0 && s.empty%manyEmpty == 0 {
		w.client.Log.Warn("pages without records follow one another, each of which names a next one: the walk goes on (pagination.max_pages would end it)",
			"stream", w.stream.Name, "request", page.Request, "in_a_row", s.empty)
	}
	if pages > 0 && pages%manyPages == 0 {
		w.client.Log.Warn("the walk is very long, and goes on (pagination.max_pages would end it)",
			"stream", w.stream.Name, "request", page.Request, "pages", pages)
	}
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
	sum := uint64(0)
	for i := range page.Records.Len() {
		sum = w.mix(sum, page.Records.Record(i))
	}
	return sum
}

// mix adds a record to the hash of those before it. Records are hashed one by
// one, where they lie: a maphash.Hash would copy them, which takes five times as
// long.
func (w *Walk) mix(sum uint64, record []byte) uint64 {
	return bits.RotateLeft64(sum, 7)*0x9e3779b97f4a7c15 + maphash.Bytes(w.seed, record)
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
