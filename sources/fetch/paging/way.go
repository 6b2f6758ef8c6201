package paging

import (
	"fmt"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch/paging/hint"
	"github.com/tap-rest/tap-rest/sources/fetch/paging/repeat"
)

// way is one way to find the next page: a pagination type of the definition. It
// has no state: what a walk remembers is in the leg.
type way interface {
	// traits are what the rest of the pager has to know of the way.
	traits() traits
	// step finds what comes after the answer of a leg, and moves next there.
	step(l *leg) (step, error)
}

// traits are what ways have in common.
type traits struct {
	carries string                 // the member of page that requests carry: token, number or offset; "": none
	at      *[2]Sent               // where requests carry that, and the size, whatever the definition says; nil: where it says
	names   bool                   // answers name the next page: a token or a URL, which may turn out to count
	counter func(*Position) *int64 // the count of a way that counts its pages itself; nil: it does not
	byPage  bool                   // the count is the page's number, and total_pages counts the same; else it is that of records
	keyed   bool                   // requests go on from a value of the last record: rows that go take no other with them
	atEmpty bool                   // it ends at a page without records, or at the API's own count
	single  bool                   // there is one page
}

// places are where requests carry what says which page they ask for, and how many
// records: by themselves where the way says so, else where the definition does.
func (t traits) places(s *sources.PageSending) (page, size Sent) {
	if t.at != nil {
		return t.at[0], t.at[1]
	}
	return Sent{Param: s.Param, Header: s.Header, Body: s.BodyPath}, Sent{Param: s.SizeParam}
}

// step is what a way found in an answer.
type step struct {
	more     bool   // there is a next page, as far as the way can tell
	possible bool   // a next page could be asked for
	missing  string // why not
	back     bool   // it is not the page after: the walk goes back
}

// over is what is found in an answer that is no page, but the end.
var over = step{missing: "a rule says end"}

// leg is what lies between two positions of a walk: an answer, and what becomes
// of it.
type leg struct {
	*memory
	traits
	stream *sources.Stream
	out    Outside
	from   Position // the answer's
	next   Position // the one after
	answer *Answer
	n      int64         // its records
	page   expr.Value    // what templates see as page
	now    hint.Sight    // which keys of the definition it has something for
	eye    *repeat.Watch // what was seen of its records; nil: nobody asks
	found  Found
}

// memory is what a walk remembers of the answers before.
type memory struct {
	ever       hint.Sight
	widest     int64 // most records of a page
	least      int64 // fewest records of a page that was not the last
	latest     int64 // total
	exceeded   bool  // it was said that the total is none
	unnumbered bool  // next URLs or tokens hold no number of a page
	steps      stepsBack
	lookout    lookout
	unended    string // the first request of this run to whose answer nothing shows that all of it came; "": none
}

// stepsBack is what is known of the pages since a walk went back.
type stepsBack struct {
	left  int64 // least number of records still to be read
	pages int   // since then
	stuck bool  // that does not help: the walk goes back no more
}

// lookout is what a walk with overlap knows of records that it may see again.
type lookout struct {
	furthest int64 // offset up to which pages came
	blinds   int   // pages in a row that did not hold what was looked for
	blind    bool  // looking is of no use
}

// doubt notes a reason to doubt the end of the walk, wherever it is found: what
// becomes of it is decided at the end.
func (l *leg) doubt(d Doubt) { l.found.Proof.Doubts = append(l.found.Proof.Doubts, d) }

func (l *leg) remark(text string) { l.found.Remarks = append(l.found.Remarks, text) }

// eval evaluates a Ref over the answer.
func (l *leg) eval(r sources.Ref) (expr.Value, error) { return l.out.Eval(r, l.page) }

// count evaluates a Ref to a whole number; it is not known where the answer
// lacks it.
func (l *leg) count(r sources.Ref, key string) (n int64, known bool, err error) {
	v, err := l.eval(r)
	if err != nil {
		return 0, false, fmt.Errorf("%s: %w", key, err)
	}
	if v.Missing() {
		return 0, false, nil
	}
	n, ok := v.Int64()
	if !ok || n < 0 || v.Kind() == expr.KindBool {
		return 0, false, fmt.Errorf("%s: expected a count, got %s", key, l.out.Quote(v.Text()))
	}
	return n, true, nil
}

// counts reports whether the walk counts its pages itself.
func (t traits) counts() bool { return t.counter != nil }

// numbered reports whether pages are counted, as far as the walk knows.
func (l *leg) numbered() bool { return l.counts() || l.from.Numbers != nil }

// recognise sees all records of a page in memory; those that come in pieces were
// seen while they were proven.
func (l *leg) recognise() {
	if a := l.answer; a.Tally != nil && !a.Empty {
		l.eye = a.Tally.Watch
	} else if l.eye = repeat.NewWatch(l.stream, l.from.Tail); !a.Empty {
		l.eye.See(a.Records)
	}
	if l.stream.OnIncomplete == sources.Again {
		l.next.Again = l.from.Again.With(l.eye.Sum)
	}
}

// content is the hash by which the page is known again.
func (l *leg) content() uint64 {
	return repeat.Content(l.answer.Records, l.answer.Body, l.answer.Tally)
}

// outermost is the hash of the page's first and last key; 0 where nobody knows them.
func (l *leg) outermost() uint64 {
	if l.answer.Tally != nil {
		return 0
	}
	return repeat.Ends(l.answer.Records, l.stream.Keys)
}

// saysMore is how the answer says that there are more pages; "" where it does not.
func (l *leg) saysMore() string {
	switch {
	case l.now.Pages:
		return fmt.Sprintf("pagination.total_pages is %d", *l.next.AllPages)
	case l.now.More:
		return "pagination.more is true"
	}
	return ""
}

// looks reports whether the walk asks from before the end of the page before,
// and looks for its last records.
func (l *leg) looks() bool { return l.stream.Pagination.Overlap > 0 && !l.lookout.blind }

// counting says whether pages are counted. A walk that is done again until two
// agree does not mind.
func (l *leg) counting() Counting {
	switch {
	case l.stream.OnIncomplete == sources.Again || !l.numbered():
		return Uncounted
	case l.counts() || l.from.Numbers.Pages:
		return Counted
	}
	return SeemsCounted
}

// reached reports whether all records that the API counts are read once those
// of this page are: on a page that is full, totals that are capped look like it.
func (l *leg) reached(place int64) bool {
	return l.next.Total != nil && place >= *l.next.Total && !l.full()
}

// full reports whether a page may have had as many records as fit on one.
func (l *leg) full() bool {
	if most := max(l.widest, l.from.PerPage); most > 0 {
		return l.n >= most
	}
	size, _ := l.asked()
	return l.n >= size
}

// pageSize is how many records fit on a page, 0 where nobody knows.
func (l *leg) pageSize() int64 {
	if n, _ := l.asked(); n > 0 {
		return n
	}
	return max(l.widest, l.from.PerPage)
}

// asked is how many records the request asks for, and what does; 0 where
// nothing does.
func (l *leg) asked() (n int64, key string) {
	if l.from.Size > 0 {
		return l.from.Size, "do: smaller_page"
	}
	if n := l.stream.Pagination.Sends.Size; n > 0 {
		return n, "pagination.size"
	}
	return l.out.Asked()
}
