package probe

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"github.com/tap-rest/tap-rest/sources/pattern"

	"github.com/tidwall/gjson"

	"github.com/tap-rest/tap-rest/sources/draft"
	"github.com/tap-rest/tap-rest/sources/draft/call"
	"github.com/tap-rest/tap-rest/sources/fetch/paging/hint"
)

// way is a way of paging that was tried.
type way struct {
	kind    string     // type of the pagination
	m       *draft.Map // the pagination
	note    string     // what proves it
	proven  bool
	entries []draft.Entry // what the stream needs besides
	ends    bool          // its last page is known to be the last
}

// ways are tried in this order: what an answer says comes first.
var ways = []func(l *look) *way{(*look).byLink, (*look).byURL, (*look).byConnection, byToken, byScroll, byCount}

// findPaging tries one way after the other.
func (l *look) findPaging() {
	if l.list.form == single {
		l.found.Proven, l.found.Way = true, "none"
		return
	}
	var open *way
	for _, try := range ways {
		w := try(l)
		if w != nil && w.proven {
			l.writePaging(w)
			return
		}
		if open == nil {
			open = w
		}
	}
	l.writeUnproven(open)
}

// at returns the call of a URL that an answer names. Credentials in the query are
// sent again where the URL leaves them out, as a run does.
func (l *look) at(target string) *call.Call {
	base, err := url.Parse(l.call.Address())
	if err != nil {
		return nil
	}
	u, err := base.Parse(target)
	if err != nil || u.Hostname() != base.Hostname() || u.Host != base.Host && u.Scheme == base.Scheme || base.Scheme == "https" && u.Scheme != "https" {
		return nil
	}
	c, err := call.New(u.String())
	if err != nil {
		return nil
	}
	for _, p := range l.call.Params {
		if _, has := c.Param(p.Name); !has && call.IsCredential(p) {
			c.Params = append(c.Params, p)
		}
	}
	next := l.call.Clone()
	next.URL, next.Params = c.URL, c.Params
	return next
}

// follow asks for the page that a URL leads to. how names the URL.
func (l *look) follow(target, how string, w *way) *way {
	c := l.at(target)
	if c == nil || !l.api.may(1) {
		return w
	}
	page, answer, ok := l.recordsOf(c)
	if ok && l.others(page) {
		l.prove(w, how, page, answer)
	}
	return w
}

// prove takes note of a second page, to which how led.
func (l *look) prove(w *way, how string, page []string, answer *Answer) {
	w.proven = true
	w.note = fmt.Sprintf("%s led to a second page of %s, none of which the first has", how, hint.Counted(int64(len(page)), "record"))
	l.saw(page)
	l.counts(w, answer)
}

// byLink follows the header Link.
func (l *look) byLink() *way {
	target, _ := hint.Link(l.first.Header.Values("Link"), "next")
	if target == "" {
		return nil
	}
	return l.follow(target, `the header Link with rel="next"`, &way{kind: "link_header", m: new(draft.Map).Set("type", "link_header", ""), ends: true})
}

// byURL follows a URL in the answer.
func (l *look) byURL() (first *way) {
	for _, next := range l.hints.Next {
		if next.Key == hint.LinkKey || !isURL(next.Value) {
			continue
		}
		w := &way{kind: "next_url", m: new(draft.Map).Set("type", "next_url", "").Set("next", next.Key, ""), ends: true}
		w = l.follow(next.Value, next.Key, w)
		if w.proven || first == nil {
			first = w
		}
		if w.proven {
			break
		}
	}
	return first
}

// relative is a URL without a host.
var relative = pattern.New(`^[\w./-]*\?[^=\s]+=`)

func isURL(text string) bool {
	return strings.Contains(text, "://") || strings.HasPrefix(text, "/") && len(text) > 1 && !strings.HasSuffix(text, "=") || relative().MatchString(text)
}

// afterVariable is the variable of a query of GraphQL that says where a page begins, and
// firstVariable the one that says how long it is.
var (
	afterVariable = pattern.New(`after\s*:\s*\$(\w+)`)
	firstVariable = pattern.New(`first\s*:\s*\$(\w+)`)
)

// byConnection goes on in a connection of GraphQL.
func (l *look) byConnection() *way {
	root := gjson.ParseBytes(trimBOM(l.first.Body))
	query := gjson.GetBytes(l.call.Body, "query").String()
	path := strings.TrimSuffix(l.list.path, ".#.node")
	at := strings.LastIndexByte(path, '.')
	if query == "" || at < 0 {
		return nil
	}
	connection := path[:at]
	end := root.Get(connection + ".pageInfo.endCursor")
	if !root.Get(connection + ".pageInfo").IsObject() {
		return nil
	}
	w := &way{kind: "relay", m: new(draft.Map).Set("type", "relay", "").Set("connection", connection, ""), ends: true}
	if m := afterVariable().FindStringSubmatch(query); m != nil && m[1] != "after" || strings.Contains(query, "{") && !strings.Contains(query, "after") {
		w.note = "the query has to ask for `first: $first, after: $after` and for `pageInfo {hasNextPage endCursor}`"
		return w
	}
	after := place{true, "variables.after"}
	if end.String() != "" && l.api.may(1) {
		page, answer, ok := l.recordsOf(after.with(l.call, end.String()))
		if ok && l.others(page) {
			l.prove(w, "pageInfo.endCursor, as the variable after,", page, answer)
		}
	}
	l.call = after.without(l.call)
	first := place{true, "variables.first"}
	m := firstVariable().FindStringSubmatch(query)
	if n, stands := first.get(l.call); stands && isWhole(n) && (m == nil || m[1] == "first") {
		w.m.Set("size", jsonNumber(n), "")
		l.call = first.without(l.call)
	}
	return w
}

func jsonNumber(text string) json.Number { return json.Number(text) }

// counts adds what says how much there is, proven by a second answer: total and total_pages
// that stayed the same, and more.
func (l *look) counts(w *way, second *Answer) {
	later := hint.Find(trimBOM(second.Body), steps(l.list.path), second.Header)
	n := int64(len(l.page))
	for _, t := range l.hints.Totals {
		if t.Number > n && t.Number != 10_000 && has(later.Totals, t) && w.m.Get("total") == nil {
			w.m.Set("total", t.Key, "")
			w.ends = true
		}
	}
	for _, p := range l.hints.Pages {
		if p.Number > 1 && has(later.Pages, p) && w.kind == "page" && w.m.Get("total_pages") == nil && w.m.Get("total") == nil {
			w.m.Set("total_pages", p.Key, "")
			w.ends = true
		}
	}
	if len(l.hints.More) > 0 && asksForMore(w.kind) {
		more := l.hints.More[0]
		switch {
		case !more.Negated:
			w.m.Set("more", more.Key, "")
			w.ends = true
		case plainPath().MatchString(more.Key):
			w.m.Set("more", "{{ not response."+more.Key+" }}", "")
			w.ends = true
		}
	}
}

var plainPath = pattern.New(`^[A-Za-z_][\w]*(?:\.[A-Za-z_][\w]*)*$`)

// asksForMore reports whether a way of paging asks by itself, so that what says that there
// is more helps it to end.
func asksForMore(kind string) bool {
	return kind == "cursor" || kind == "keyset" || kind == "page" || kind == "offset"
}

func has(all []hint.Hint, one hint.Hint) bool {
	for _, h := range all {
		if h.Key == one.Key && h.Number == one.Number {
			return true
		}
	}
	return false
}

// writePaging says how the API pages, and how many records at a time.
func (l *look) writePaging(w *way) {
	if w.kind != "none" {
		findCap(l, w)
		findEnd(l, w)
		w.watch()
		l.found.Paging = append(l.found.Paging, draft.Entry{Key: "pagination", Value: w.m, Note: w.note})
		l.found.Paging = append(l.found.Paging, w.entries...)
	}
	l.found.Proven, l.found.Way = true, w.kind
}

// watch lets a walk see rows that move while it is read, where no total shows them.
func (w *way) watch() {
	switch {
	case w.m.Get("total") != nil:
	case w.kind == "offset":
		w.m.Set("overlap", 1, "")
		w.note += "; no answer has a total, so each page overlaps with the one before, which shows rows that move"
	case w.kind == "page":
		w.entries = append(w.entries, draft.Entry{Key: "on_incomplete", Value: "again",
			Note: "no answer has a total, which would show rows that move while they are read: read until two walks agree. Costs twice the calls; take it away where rows stay where they are"})
	}
}

// writeUnproven asks how the API pages, where nothing was proven.
func (l *look) writeUnproven(w *way) {
	at, left := leavePosition(l)
	usual := &way{m: new(draft.Map).Set("type", "page", "").Set("param", "page", "")} // nothing leads to it
	if at != nil {
		usual = at.way(l)
	}
	ask := func(w *way, question string) { askWay(l, w, question+left) }
	l.found.Way = "none"
	switch {
	case w != nil:
		l.found.Way = w.kind
		if at != nil && at.zero && w.kind == "page" {
			w.m.Set("start", 0, "")
		}
		question := "This is how the answer looks, but no second page was seen. Does the API page so?"
		if w.note != "" {
			question = "The API seems to page so, but no second page was seen: " + w.note
		}
		ask(w, question)
		l.found.Guesses = append(l.found.Guesses, "pagination: "+w.kind+" is asked in the definition, not set")
	case l.allCame() && narrows(l.call) == "" && at == nil:
		l.found.Proven = true
	case l.allCame() && narrows(l.call) == "":
		l.found.Proven = true
		ask(usual, "All came on one page. Once there are more, does the API page so?")
	case l.allCame():
		ask(usual, fmt.Sprintf("All came of what %s lets through, on one page. Without it there may be more: how are they asked for?", narrows(l.call)))
		l.found.Guesses = append(l.found.Guesses, fmt.Sprintf("pagination: one page is taken for all, since %s of the request let no more through", narrows(l.call)))
	case len(l.page) == 0: // which is a guess already
		ask(usual, "No record came, so nothing is known of pages. How are they asked for?")
	case isGraphQL(l.call):
		usual.m = new(draft.Map).Set("type", "relay", "").Set("connection", l.list.path, "")
		ask(usual, "The query asks for one page. Is it a connection? Then let it take first: $first and after: $after and ask for nodes {…} and pageInfo {hasNextPage endCursor}, and let records end with .nodes:")
		l.found.Guesses = append(l.found.Guesses, fmt.Sprintf("pagination: one page of %s is taken for all", hint.Counted(int64(len(l.page)), "record")))
	default:
		n := hint.Counted(int64(len(l.page)), "record")
		ask(usual, fmt.Sprintf("Nothing says that there are more than the %s that came, and no way of paging brought others. Are there more, and how are they asked for?", n))
		l.found.Guesses = append(l.found.Guesses, fmt.Sprintf("pagination: one page of %s is taken for all", n))
	}
}

// isGraphQL reports whether the call is a query of GraphQL.
func isGraphQL(c *call.Call) bool { return gjson.GetBytes(c.Body, "query").Type == gjson.String }

// askWay asks whether the API pages so, with what a way that is not proven needs besides.
func askWay(l *look, w *way, question string) {
	n := int64(len(l.page))
	for _, t := range l.hints.Totals {
		if (w.kind == "page" || w.kind == "offset") && w.m.Get("total") == nil && (t.Number > n || t.Number == n && plainName(t.Key) != "count") {
			w.m.Set("total", t.Key, "")
		}
	}
	w.note = ""
	w.watch()
	l.found.Paging = append(l.found.Paging, draft.Entry{Key: "pagination", Value: w.m, Note: question + w.note, Open: true})
	for _, e := range w.entries {
		e.Open = true
		l.found.Paging = append(l.found.Paging, e)
	}
}

// leavePosition takes out of the call what says where one page begins: sent by each request
// it would hold a run to that page. left says so; at is nil where there is nothing of it.
func leavePosition(l *look) (at *counted, left string) {
	var names []string
	for _, k := range []kind{pageNumber, offset, key, token} {
		for _, p := range l.place[k] {
			value, stands := p.get(l.call)
			if !stands {
				continue
			}
			names = append(names, p.name)
			if at == nil && k != token && (k != key || l.key != "") {
				at = &counted{place: p, kind: k}
			}
			if at != nil && at.place == p && k == pageNumber && value == "0" {
				at.zero = true
			}
			l.call = p.without(l.call)
		}
	}
	if len(names) > 0 {
		left = " (" + strings.Join(names, ", ") + " of the request is left out: it says where one page begins.)"
	} else if name := positionInForm(l.call); name != "" {
		left = " (" + name + " in the form of the body says where one page begins, and holds a run to that page: write {{ page.number }} or {{ page.offset }} there.)"
		l.found.Remarks = append(l.found.Remarks, "body: "+name+" in its form holds a run to one page, see pagination")
	}
	return at, left
}

// positionInForm is the member of a body that is a form which says where a page begins.
func positionInForm(c *call.Call) string {
	kind, _ := c.Header("Content-Type")
	if !strings.Contains(kind, "x-www-form-urlencoded") {
		return ""
	}
	for pair := range strings.SplitSeq(string(c.Body), "&") {
		name, value, _ := strings.Cut(pair, "=")
		if k := kindOf(place{name: name}, value); k == pageNumber || k == offset || k == key && value != "" {
			return name
		}
	}
	return ""
}

// narrows names what the call says that lets fewer records through than there are: a
// moment. "": nothing.
func narrows(c *call.Call) string {
	for _, p := range places(c) {
		if value, ok := p.get(c); ok && dated().MatchString(value) {
			return p.name
		}
	}
	return ""
}

// dated is a value that begins with a date.
var dated = pattern.New(`^\d{4}-\d\d`)

// allCame reports whether the first answer says itself that it has all records.
func (l *look) allCame() bool {
	for _, t := range l.hints.Totals {
		if t.Number == int64(len(l.page)) && plainName(t.Key) != "count" && t.Number > 0 {
			return true
		}
	}
	return l.hints.None || l.hints.NoNext && len(l.hints.Next) == 0
}
