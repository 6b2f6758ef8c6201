package paging

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/paging/hint"
)

// ended is the last leg of a walk, and what its answer says of its own accord.
type ended struct {
	*leg
	*hint.Hints
	asked    int64  // records that it was asked for; 0: unknown
	askedKey string // what asked for them
}

// contradictions are what the last answer says against the end. What the definition
// reads itself is not asked again.
func (e *ended) contradictions() (all []Doubt) {
	add := func(h hint.Hint, value, advice string) {
		all = append(all, Doubt{Key: h.Key, Value: value, Advice: advice})
	}
	if !e.now.more { // what names the next page comes first: it tells what to write
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
		if !e.now.total && t.Number > e.next.Records && t.Number != e.asked {
			add(t, fmt.Sprintf("%d, but the walk ends here with %s", t.Number, counted(e.next.Records, "record")), e.adviseCount("total", t))
		}
	}
	for _, p := range e.Pages {
		if !e.now.pages && !e.allCounted() && p.Number > e.next.Pages && e.Page != p.Number {
			add(p, fmt.Sprintf("%d, but the walk ends here with %s", p.Number, counted(e.next.Pages, "page")), e.adviseCount("total_pages", p))
		}
	}
	if len(all) == 0 && e.asFull() {
		all = append(all, Doubt{Key: e.askedKey, Value: fmt.Sprintf("%d, and exactly %[1]d records came", e.asked),
			Advice: e.adviseWay() + `; where there are no more: pagination: {stop: "{{ true }}"}`})
	}
	return all
}

// goesOn reports whether what an answer names as the next page is one that was
// not read. Some name the last page, or the page after it, whatever is there.
func (e *ended) goesOn(next hint.Hint) bool {
	if e.out.Answered(next.Value) {
		return false
	}
	if !next.IsCount {
		return true
	}
	if e.allCounted() || e.n == 0 {
		return false
	}
	name := hint.PlainName(next.Key)
	if strings.Contains(name, "offset") || strings.Contains(name, "start") || strings.Contains(name, "skip") {
		return true
	}
	number := int64(0) // by the walk's count; 0: unknown
	if e.byPage {
		number = e.from.Number
	}
	at := max(e.Page, number, 1)
	for _, p := range e.Pages {
		if next.Number > p.Number {
			return false
		}
	}
	return next.Number > at
}

// allCounted reports whether the answer counts as many records as were read, and
// no more. What is called count may be that of the page.
func (e *ended) allCounted() bool {
	for _, t := range e.Totals {
		if t.Number == e.next.Records && hint.PlainName(t.Key) != "count" && hint.PlainName(t.Key) != "recordcount" {
			return true
		}
	}
	return e.now.total
}

// asFull reports whether the last page is exactly as full as it was asked to be,
// and nothing says that there are no more.
func (e *ended) asFull() bool {
	if e.atEmpty {
		return false
	}
	for _, p := range e.Pages {
		if p.Number <= e.next.Pages {
			return false
		}
	}
	return e.n == e.asked && e.asked > 1 && !e.ever.next && !e.now.more && !e.None && !e.NoNext && !e.allCounted()
}

// adviseNext says how to read what an answer names as the next page.
func (e *ended) adviseNext(next hint.Hint) string {
	path := hint.YAML(next.Key)
	switch isURL := strings.Contains(next.Value, "://") || strings.HasPrefix(next.Value, "/") || strings.HasPrefix(next.Value, "?"); {
	case next.Key == hint.LinkKey:
		return e.write("pagination: {type: link_header}")
	case isURL:
		return e.write("pagination: {type: next_url, next: " + path + "}")
	case next.IsCount && strings.Contains(hint.PlainName(next.Key), "offset"):
		return e.write("pagination: {type: offset, param: offset}")
	case next.IsCount && strings.Contains(hint.PlainName(next.Key), "page"):
		return e.write("pagination: {type: page, param: page}")
	}
	return e.write("pagination: {type: cursor, next: " + path + ", param: " + tokenParam(next.Key) + "}")
}

// tokenParam guesses the parameter that takes a token: next_page_token is often
// sent as page_token.
func tokenParam(key string) string {
	name := hint.LastKey(key)
	for _, prefix := range []string{"next_", "next-", "next"} {
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
func (e *ended) adviseMore(m hint.Hint) string {
	more := "more: " + hint.YAML(m.Key)
	if m.Negated {
		more = `more: "{{ not response.` + m.Key + ` }}"`
	}
	if e.single {
		return e.adviseWay() + ", with " + more
	}
	return e.write("pagination: {…, " + more + "}")
}

// adviseCount says how to read a count.
func (e *ended) adviseCount(key string, h hint.Hint) string {
	count := key + ": " + hint.YAML(h.Key)
	switch {
	case e.single:
		return e.adviseWay() + ", with " + count
	case key == "total_pages" && !e.byPage:
		return e.adviseWay()
	}
	return e.write("pagination: {…, " + count + "}")
}

// adviseWay is the advice where nothing says how to ask for the next page.
func (e *ended) adviseWay() string { return "say with pagination how the next page is asked for" }

// write is advice with what the definition has in its place.
func (e *ended) write(line string) string {
	if name := refName(e.stream.Pagination.Next); name != "" && !e.ever.next {
		return fmt.Sprintf("pagination.next, %s, matched no answer of the walk: write %s", name, line)
	}
	return "write " + line
}

// unread says which keys of the definition no answer of the whole walk had
// anything for, where nothing contradicts the end.
func (e *ended) unread() (all []string) {
	p := &e.stream.Pagination
	for _, k := range []struct {
		key  string
		ref  sources.Ref
		seen bool
	}{
		{"next", p.Next, e.ever.next || !e.NoNext}, // most leave the key out on their last page
		{"more", p.Ends.More, e.ever.more}, {"total", p.Ends.Total, e.ever.total}, {"total_pages", p.Ends.TotalPages, e.ever.pages},
	} {
		if name := refName(k.ref); name != "" && !k.seen {
			all = append(all, fmt.Sprintf("pagination.%s, %s, matched no answer of the walk: is it spelled as the API does?", k.key, name))
		}
	}
	return all
}

// refName is a Ref as the definition writes it, "" where there is none. A
// template always comes to something.
func refName(r sources.Ref) string {
	if r.Header != "" {
		return "header:" + r.Header
	}
	return r.Path
}
