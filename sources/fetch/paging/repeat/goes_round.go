package repeat

import (
	"fmt"
	"hash/maphash"
	"log/slog"
)

const (
	// maxPassed is how many answers in a row a rule may pass over, where the walk
	// counts its pages and nothing says that there are more.
	maxPassed = 1000
	// maxAgain is how often in a row a page may be the one before again, where rows
	// move while they are read.
	maxAgain = 8
	// maxStuck is how many pages in a row may have the same records under ever
	// other tokens, where a primary key tells records apart.
	maxStuck = 100
	// manyEmpty and manyPages are after how many pages without records in a row,
	// and after how many in all, a walk says that it is still going on: the first
	// time after a tenth of them, where no primary key tells whether it goes round.
	manyEmpty, manyPages = 1000, 100_000
	// maxEmpty is how many pages without records in a row a walk that counts its
	// pages goes on over, where max_pages does not say how many it may have: a
	// number of pages may be anything, and no request repeats on the way to it.
	maxEmpty = 5 * manyEmpty
)

// Page is a page that is not the last of its walk.
type Page struct {
	Request string // method and URL, redacted
	Number  int64  // in the walk, from 1
	Records int64
	Content uint64 // see Content
	Ends    uint64 // see Ends
	Next    string // what it names as the next page; "": nothing
	More    string // how it says that there are more; "": it does not
	Passed  bool   // a rule passed over it
	Back    bool   // the walk steps back from it: what follows may well be the same
	Moved   bool   // rows may have moved since the page before: it may be the same again, now and then
}

// trace is what a walk remembers of a page, to know it again.
type trace struct {
	Page
	asked uint64 // hash of the request; 0: none
	next  uint64 // hash of what it named; 0: nothing
	again int    // so often in a row the page before came again
	alike int    // so often in a row a page had as many records as the one before, and its first and last key
}

// String names the page in messages.
func (t trace) String() string { return fmt.Sprintf("%s (page %d)", t.Request, t.Number) }

// Rules are what is right for a walk.
type Rules struct {
	Session bool // the server keeps the position: the same request may lead on
	Keyed   bool // a primary key tells records apart
	Counts  bool // pages are counted: no two have the same content
	Limited bool // the definition says how many pages there may be
}

// Guard is what a walk remembers to find out that it goes round. It fails a walk
// only where that is certain: rows may be equal under different cursors, and
// pages may be empty.
type Guard struct {
	rules  Rules
	last   trace  // the page before
	seen   trace  // an earlier page, moved up now and then: finds rounds of any length
	pages  int64  // of this walk
	stride int64  // pages until seen moves up
	asking uint64 // hash of the request under way
	empty  int    // pages without records in a row
	passed int    // answers in a row that a rule passed over, of a counted walk
}

// NewGuard returns the guard of a walk.
func NewGuard(r Rules) Guard { return Guard{rules: r, stride: 1} }

// Begin is the error of a request that the walk has sent before: its answer
// would lead there again and again.
func (g *Guard) Begin(request uint64) error {
	g.asking = request | 1
	for _, before := range []trace{g.last, g.seen} {
		if before.asked == g.asking && !g.rules.Session {
			return fmt.Errorf("the same request as for page %d: the walk goes round%s", before.Number, g.After())
		}
	}
	return nil
}

// Suspect takes note of a page, and finds a walk that goes round.
func (g *Guard) Suspect(p Page, stream string, log *slog.Logger) error {
	g.pages++
	now := trace{Page: p, asked: g.asking, next: hashText(p.Next)}
	if p.Back {
		g.last, g.seen, g.pages, g.stride = trace{}, trace{}, 0, 1 // what they named comes again
		now.next, now.asked = 0, 0
	}
	g.tellLong(p, stream, log)
	if g.last.Number > 0 && !g.last.Back && p.Content == g.last.Content && p.Records > 0 {
		now.again = g.last.again + 1
	}
	if p.Ends != 0 && p.Ends == g.last.Ends && p.Records == g.last.Records && !g.last.Back {
		now.alike = g.last.alike + 1
	}
	if now.again > 0 && !p.Moved && !g.rules.Session || now.again > maxAgain {
		switch {
		case g.rules.Counts:
			return fmt.Errorf("the same page again as from %s: does the API take the page's parameter? (pagination.param names it, and pagination.start the first page.) Where it repeats its last page at the end, say at_end: repeat", g.last)
		case now.next != 0 && now.next == g.last.next:
			return fmt.Errorf("the same page again as from %s, and the same next page: the walk goes round. Does the API take the token where pagination.param, header or body puts it?", g.last)
		}
	}
	if max(now.again, now.alike) >= maxStuck && g.rules.Keyed {
		return fmt.Errorf("%d pages in a row had the same records, and each named another next page, after %s: the walk goes round. Does the request, with what pagination.after_first changes of it, ask for the page that the token names, or does each one begin anew?", maxStuck+1, g.last)
	}
	if g.passed > maxPassed && p.More == "" {
		return fmt.Errorf("a rule said next of %d answers in a row%s: where one of them means the end, say do: end", g.passed, g.After())
	}
	if g.empty >= maxEmpty && g.rules.Counts && !g.rules.Limited {
		return g.endless(p.More)
	}
	g.last = now
	if g.stride--; g.stride <= 0 { // Brent: finds any round, with one page remembered
		g.seen, g.stride = now, g.pages
	}
	return nil
}

// Unsure is what is to be known of a walk that may go round, where no primary key
// tells whether its records are the same ones; "" where nothing is.
func (g *Guard) Unsure() string {
	if g.rules.Keyed || g.last.again != maxStuck {
		return ""
	}
	return fmt.Sprintf("%d pages in a row had the same records, and each named another next page: the walk may go round, and then it never ends. "+
		"Give the stream its primary_key, which would prove it; does the request, with what pagination.after_first changes of it, ask for the page that the token names? pagination.max_pages ends any walk", maxStuck+1)
}

// endless is the error of a walk that counts its pages, and of which very many
// in a row are empty, though the answers say that there are more.
func (g *Guard) endless(more string) error {
	if more != "" {
		more = " (" + more + ")"
	}
	return fmt.Errorf("%d pages without records in a row, and the answers say that there are more%s%s: where that is so, "+
		"say with pagination.max_pages how many there may be; else leave out the key that says so, and the first page without records is the end",
		g.empty, more, g.After())
}

// tellLong says now and then that a walk goes on without records, or for very
// long.
func (g *Guard) tellLong(p Page, stream string, log *slog.Logger) {
	g.empty++
	if p.Records > 0 {
		g.empty = 0
	}
	if g.passed++; !p.Passed || !g.rules.Counts {
		g.passed = 0
	}
	if g.empty > 0 && g.empty%manyEmpty == 0 {
		log.Warn("pages without records follow one another, each of which names a next one: the walk goes on (pagination.max_pages would end it)",
			"stream", stream, "request", p.Request, "in_a_row", g.empty)
	}
	if p.Number%manyPages == 0 || p.Number == manyPages/10 && !g.rules.Keyed && !g.rules.Limited {
		log.Warn("the walk is very long, and goes on (pagination.max_pages would end it)",
			"stream", stream, "request", p.Request, "pages", p.Number)
	}
}

// Repeats reports whether a page with so many records has the content of the one
// before.
func (g *Guard) Repeats(records int, content func() uint64) bool {
	return records > 0 && g.last.Number > 0 && !g.last.Back && content() == g.last.Content
}

// Follows reports whether the answer under way lies behind the one before; back
// says that the walk steps back from it. Overlap that finds only some of what it
// looks for has asked for that again.
func (g *Guard) Follows(back bool) bool { return g.last.Number > 0 && !g.last.Back && !back }

// After names the request before, in messages about the end of a walk.
func (g *Guard) After() string {
	if g.last.Number == 0 {
		return ""
	}
	return ", after " + g.last.String()
}

// hashText is the hash of a text, 0 for none.
func hashText(text string) uint64 {
	if text == "" {
		return 0
	}
	return maphash.String(seed, text) | 1
}
