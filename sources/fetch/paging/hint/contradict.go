package hint

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/tap-rest/tap-rest/sources"
)

// Sight is which keys of the definition's pagination an answer has something
// for.
type Sight struct{ Next, More, Total, Pages bool }

// Or is what either of two answers has.
func (s Sight) Or(o Sight) Sight {
	return Sight{s.Next || o.Next, s.More || o.More, s.Total || o.Total, s.Pages || o.Pages}
}

// End is how a walk came to its end, as far as that says what its last answer
// may contradict.
type End struct {
	Paging    *sources.Pagination
	N         int64                 // records of the last answer
	Records   int64                 // of the walk
	Pages     int64                 // likewise
	Number    int64                 // of the last page, by the walk's count; 0: unknown
	Asked     int64                 // records that the last page was asked for; 0: unknown
	AskedKey  string                // what asked for them
	Answered  func(url string) bool // whether a URL is the one that was just asked
	Now       Sight                 // of the last answer
	Ever      Sight                 // of all
	Single    bool                  // by its pagination type there is one page
	AtEmpty   bool                  // there, a page without records is the end, or the API's own count
	HasNumber bool                  // there, total_pages is a key
}

// Contradiction is what an answer says against the end of a walk.
type Contradiction struct {
	Key    string // what says so
	Value  string // what it says
	Advice string // what to write into the definition
}

// ended is the end of a walk, and what its last answer says of its own accord.
type ended struct {
	*End
	*Hints
}

// Against are what the last answer says against the end. What the definition
// reads itself is not asked again.
func (all *Hints) Against(end *End) (found []Contradiction) {
	e := ended{end, all}
	add := func(h Hint, value, advice string) {
		found = append(found, Contradiction{Key: h.Key, Value: value, Advice: advice})
	}
	if !e.Now.More { // what names the next page comes first: it tells what to write
		for _, next := range e.Next {
			if !e.None && e.goesOn(next) {
				add(next, strconv.Quote(next.Value), e.adviseNext(next))
			}
		}
		for _, m := range e.More {
			add(m, m.Value, e.adviseMore(m))
		}
	}
	for _, t := range e.Totals {
		if !e.Now.Total && t.Number > e.Records && t.Number != e.Asked {
			add(t, fmt.Sprintf("%d, but the walk ends here with %s", t.Number, Counted(e.Records, "record")), e.adviseCount("total", t))
		}
	}
	for _, p := range e.Hints.Pages {
		if !e.Now.Pages && !e.allCounted() && p.Number > e.End.Pages && e.Page != p.Number {
			add(p, fmt.Sprintf("%d, but the walk ends here with %s", p.Number, Counted(e.End.Pages, "page")), e.adviseCount("total_pages", p))
		}
	}
	if len(found) == 0 && e.asFull() {
		found = append(found, Contradiction{Key: e.AskedKey, Value: fmt.Sprintf("%d, and exactly %[1]d records came", e.Asked),
			Advice: adviseWay + `; where there are no more: pagination: {stop: "{{ true }}"}`})
	}
	return found
}

// goesOn reports whether what an answer names as the next page is one that was
// not read. Some name the last page, or the page after it, whatever is there.
func (e ended) goesOn(next Hint) bool {
	if e.Answered(next.Value) {
		return false
	}
	if !next.IsCount {
		return true
	}
	if e.allCounted() || e.N == 0 {
		return false
	}
	name := PlainName(next.Key)
	if strings.Contains(name, "offset") || strings.Contains(name, "start") || strings.Contains(name, "skip") {
		return true
	}
	at := max(e.Page, e.Number, 1)
	for _, p := range e.Hints.Pages {
		if next.Number > p.Number {
			return false
		}
	}
	return next.Number > at
}

// allCounted reports whether the answer counts as many records as were read, and
// no more. What is called count may be that of the page.
func (e ended) allCounted() bool {
	for _, t := range e.Totals {
		if t.Number == e.Records && PlainName(t.Key) != "count" && PlainName(t.Key) != "recordcount" {
			return true
		}
	}
	return e.Now.Total
}

// asFull reports whether the last page is exactly as full as it was asked to be,
// and nothing says that there are no more.
func (e ended) asFull() bool {
	if e.AtEmpty {
		return false
	}
	for _, p := range e.Hints.Pages {
		if p.Number <= e.End.Pages {
			return false
		}
	}
	return e.N == e.Asked && e.Asked > 1 && !e.Ever.Next && !e.Now.More && !e.None && !e.NoNext && !e.allCounted()
}

// adviseNext says how to read what an answer names as the next page.
func (e ended) adviseNext(next Hint) string {
	path := YAML(next.Key)
	if next.Folded {
		return adviseWay
	}
	switch isURL := strings.Contains(next.Value, "://") || strings.HasPrefix(next.Value, "/") || strings.HasPrefix(next.Value, "?"); {
	case next.Key == LinkKey:
		return e.write("pagination: {type: link_header}")
	case isURL:
		return e.write("pagination: {type: next_url, next: " + path + "}")
	case next.IsCount && strings.Contains(PlainName(next.Key), "offset"):
		return e.write("pagination: {type: offset, param: offset}")
	case next.IsCount && strings.Contains(PlainName(next.Key), "page"):
		return e.write("pagination: {type: page, param: page}")
	}
	return e.write("pagination: {type: cursor, next: " + path + ", param: " + TokenParam(next.Key) + "}")
}

// TokenParam guesses the parameter that takes a token: next_page_token is often
// sent as page_token.
func TokenParam(key string) string {
	name := LastKey(key)
	for _, prefix := range []string{"next_", "next-", "next", "Next"} {
		rest, ok := strings.CutPrefix(name, prefix)
		if ok && rest != "" && !strings.ContainsAny(rest, `\:`) {
			return strings.ToLower(rest[:1]) + rest[1:]
		}
	}
	if name == "after" || name == "cursor" || name == "token" {
		return name
	}
	return "…"
}

// adviseMore says how to read a boolean.
func (e ended) adviseMore(m Hint) string {
	more := "more: " + YAML(m.Key)
	if m.Negated {
		more = `more: "{{ not response.` + m.Key + ` }}"`
	}
	switch {
	case m.Folded:
		return adviseWay
	case e.Single:
		return adviseWay + ", with " + more
	}
	return e.write("pagination: {…, " + more + "}")
}

// adviseCount says how to read a count.
func (e ended) adviseCount(key string, h Hint) string {
	count := key + ": " + YAML(h.Key)
	switch {
	case h.Folded:
		return adviseWay
	case e.Single:
		return adviseWay + ", with " + count
	case key == "total_pages" && !e.HasNumber:
		return adviseWay
	}
	return e.write("pagination: {…, " + count + "}")
}

// adviseWay is the advice where nothing says how to ask for the next page.
const adviseWay = "say with pagination how the next page is asked for"

// write is advice with what the definition has in its place.
func (e ended) write(line string) string {
	if name := refName(e.Paging.Next); name != "" && !e.Ever.Next {
		return fmt.Sprintf("pagination.next, %s, matched no answer of the walk: write %s", name, line)
	}
	return "write " + line
}

// Unread says which keys of the definition no answer of the whole walk had
// anything for, where nothing contradicts the end.
func (all *Hints) Unread(end *End) (keys []string) {
	e := ended{end, all}
	p := e.Paging
	for _, k := range []struct {
		key  string
		ref  sources.Ref
		seen bool
	}{
		{"next", p.Next, e.Ever.Next || !e.NoNext}, // most leave the key out on their last page
		{"more", p.Ends.More, e.Ever.More}, {"total", p.Ends.Total, e.Ever.Total}, {"total_pages", p.Ends.TotalPages, e.Ever.Pages},
	} {
		if name := refName(k.ref); name != "" && !k.seen {
			keys = append(keys, fmt.Sprintf("pagination.%s, %s, matched no answer of the walk: is it spelled as the API does?", k.key, name))
		}
	}
	return keys
}

// refName is a Ref as the definition writes it, "" where there is none. A
// template always comes to something.
func refName(r sources.Ref) string {
	if r.Header != "" {
		return "header:" + r.Header
	}
	return r.Path
}

// Counted writes a number of things: 1 record, 250 records.
func Counted(n int64, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
