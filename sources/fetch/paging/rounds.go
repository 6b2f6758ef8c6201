package paging

import (
	"fmt"
	"hash/maphash"
	"log/slog"
	"math/bits"
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

// guard is what a walk remembers to find out that it goes round. It fails a walk
// only where that is certain: rows may be equal under different cursors, and
// pages may be empty.
type guard struct {
	last   trace  // the page before
	seen   trace  // an earlier page, moved up now and then: finds rounds of any length
	pages  int64  // of this walk
	stride int64  // pages until seen moves up
	asking uint64 // hash of the request under way
	empty  int    // pages without records in a row
	passed int    // answers in a row that a rule passed over, of a counted walk
}

// begin is the error of a request that the walk has sent before: its answer
// would lead there again and again.
func (g *guard) begin(request uint64) error {
	g.asking = request | 1
	for _, before := range []trace{g.last, g.seen} {
		if before.asked == g.asking {
			return fmt.Errorf("the same request as for page %d: the walk goes round%s", before.page, g.after())
		}
	}
	return nil
}

// suspect takes note of a page, and finds a walk that goes round.
func (g *guard) suspect(l *leg, back bool) error {
	g.pages++
	now := trace{
		request: l.answer.Request, asked: g.asking, content: content(l.answer), token: tokenHash(&l.next), page: l.next.Pages, back: back,
	}
	if back {
		g.last, g.seen, g.pages, g.stride = trace{}, trace{}, 0, 1 // what they named comes again
		now.token, now.asked = 0, 0
	}
	if again := g.last.page > 0 && !g.last.back && now.content == g.last.content; again && l.n > 0 {
		switch {
		case l.counts():
			return fmt.Errorf("the same page again as from %s: does the API take the page's parameter? Where it repeats its last page at the end, say at_end: repeat", g.last)
		case now.token != 0 && now.token == g.last.token && !l.stream.Pagination.Session:
			return fmt.Errorf("the same page again as from %s, and the same next page: the walk goes round", g.last)
		}
	}
	if g.passed > maxPassed && !l.now.more && !l.now.pages {
		return fmt.Errorf("a rule said next of %d answers in a row%s: where one of them means the end, say do: end", g.passed, g.after())
	}
	if err := g.endless(l); err != nil {
		return err
	}
	g.last = now
	if g.stride--; g.stride <= 0 { // Brent: finds any round, with one page remembered
		g.seen, g.stride = now, g.pages
	}
	return nil
}

// endless is the error of a walk that counts its pages, and of which very many
// in a row are empty, though the answers say that there are more.
func (g *guard) endless(l *leg) error {
	if g.empty < maxEmpty || !l.counts() || l.stream.Pagination.Ends.MaxPages > 0 {
		return nil
	}
	return fmt.Errorf("%d pages without records in a row, and the answers say that there are more%s%s: where that is so, "+
		"say with pagination.max_pages how many there may be; else leave out the key that says so, and the first page without records is the end",
		g.empty, l.moreSays(), g.after())
}

// moreSays names the keys by which the answer says that there are more pages.
func (l *leg) moreSays() string {
	switch all := l.from.AllPages; {
	case l.now.pages && all != nil:
		return fmt.Sprintf(" (pagination.total_pages is %d)", *all)
	case l.now.more:
		return " (pagination.more is true)"
	}
	return ""
}

// tellLong says now and then that a walk goes on without records, or for very
// long.
func (g *guard) tellLong(l *leg, log *slog.Logger) {
	g.empty++
	if l.n > 0 {
		g.empty = 0
	}
	if g.passed++; !l.answer.Passed || !l.counts() {
		g.passed = 0
	}
	if g.empty > 0 && g.empty%manyEmpty == 0 {
		log.Warn("pages without records follow one another, each of which names a next one: the walk goes on (pagination.max_pages would end it)",
			"stream", l.stream.Name, "request", l.answer.Request, "in_a_row", g.empty)
	}
	if l.next.Pages%manyPages == 0 {
		log.Warn("the walk is very long, and goes on (pagination.max_pages would end it)",
			"stream", l.stream.Name, "request", l.answer.Request, "pages", l.next.Pages)
	}
}

// follows reports whether the answer under way, of which a step was found, lies
// behind the one before. Overlap that finds only some of what it looks for has
// asked for that again.
func (g *guard) follows(s step) bool { return g.last.page > 0 && !g.last.back && !s.back }

// repeats reports whether a page past the end is the last one again.
func (g *guard) repeats(a *Answer) bool {
	return a.Records.Len() > 0 && g.last.page > 0 && !g.last.back && content(a) == g.last.content
}

// after names the request before, in messages about the end of a walk.
func (g *guard) after() string {
	if g.last.page == 0 {
		return ""
	}
	return ", after " + g.last.String()
}

// seed is that of all hashes of this process.
var seed = maphash.MakeSeed()

// content is the hash by which a page is known again: that of its records,
// since envelopes hold times and ids of requests.
func content(a *Answer) uint64 {
	if a.Records.Len() == 0 {
		return maphash.Bytes(seed, a.Body)
	}
	if a.Tally != nil {
		return a.Tally.content
	}
	return mix(0, a.Records)
}

// mix adds records to the hash of those before them. Each is hashed where it
// lies: a maphash.Hash would copy them, which takes five times as long.
func mix(sum uint64, r Records) uint64 {
	for i := range r.Len() {
		sum = bits.RotateLeft64(sum, 7)*0x9e3779b97f4a7c15 + maphash.Bytes(seed, r.Record(i))
	}
	return sum
}

// tokenHash is the hash of what an API named as the page at a position, 0 where
// it named none.
func tokenHash(p *Position) uint64 {
	if p.URL == "" && p.Token == nil {
		return 0
	}
	return maphash.String(seed, p.URL) + maphash.Bytes(seed, p.Token) | 1
}

// Tally takes note of the records of an answer that come in pieces: what is asked
// of them once they are gone.
type Tally struct {
	Last    []byte // the last record, where the way goes on from it
	content uint64
	eye     *watch
	keep    bool
}

// See takes note of a piece.
func (t *Tally) See(r Records) {
	t.content = mix(t.content, r)
	t.eye.seeAll(r)
	if n := r.Len(); t.keep && n > 0 {
		t.Last = append(t.Last[:0], r.Record(n-1)...)
	}
}
