package probe

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/tap-rest/tap-rest/sources/fetch/paging/hint"
)

// sizeParams are parameters that ask for so many records, the likeliest first.
var sizeParams = strings.Fields("limit per_page page_size pageSize size perPage count page[size] maxResults max_results $top pagesize rows take page[limit] first")

// asked is how many records are asked for, to find out how many are given.
const asked = 1000

// findSizeName finds the parameter that asks for a number of records: each of many asks for
// another one.
func findSizeName(l *look) {
	n := len(l.page)
	if l.place[size] != nil || n < 4 || l.api.strict || !l.api.may(2) || l.Tape.Recorded() || !l.list.isMany() {
		return
	}
	c, byNumber := l.call, map[int]place{}
	for i, name := range sizeParams {
		p := place{sendsJSON(l.call), name}
		if i+2 >= n || p.body && strings.ContainsAny(name, "[$") {
			break
		}
		byNumber[i+2] = p
		c = p.with(c, like(p, strconv.Itoa(i+2)))
	}
	page, answer, ok := l.recordsOf(c)
	l.api.refused(answer)
	if p, known := byNumber[len(page)]; ok && known {
		l.place[size] = []place{p}
	}
}

// findCap asks for many records, and says how many a page is to have.
func findCap(l *look, w *way) {
	if w.kind == "relay" || w.m.Get("session") != nil {
		return
	}
	if l.place[size] == nil {
		findSizeName(l)
	}
	if l.place[size] == nil {
		return
	}
	p := l.place[size][0]
	before, stands := p.get(l.call)
	n, note := capOf(l, w, p)
	if n == 0 {
		if !stands {
			return
		}
		n, _ = strconv.Atoi(before)
	}
	if note != "" {
		w.note += "; " + note
	}
	if n == 0 {
		return
	}
	l.found.First = n
	if p.body || w.kind == "next_url" || w.kind == "link_header" {
		l.call = p.with(l.call, like(p, strconv.Itoa(n)))
		return
	}
	l.call = p.without(l.call)
	w.m.Set("size_param", p.name, "").Set("size", n, "")
}

// capOf asks for as many records as one would have on a page, and returns how many to ask for;
// 0 where nothing was found out.
func capOf(l *look, w *way, p place) (int, string) {
	if l.Tape.Recorded() || !l.api.may(1+reserveFor(l)) || w.ends && totalOf(l, w) > 0 && totalOf(l, w) <= int64(len(l.page)) {
		return 0, ""
	}
	page, answer, ok := l.recordsOf(p.with(l.call, like(p, strconv.Itoa(asked))))
	switch {
	case !ok && answer != nil:
		return askFewer(l, p, fmt.Sprintf("%s=%d is refused with %d", p.name, asked, answer.Status))
	case !ok || len(page) == 0:
		return 0, ""
	case len(page) >= asked:
		return asked, fmt.Sprintf("%s=%d gives %d", p.name, asked, len(page))
	}
	if before, stands := p.get(l.call); stands && len(page) < len(l.page) {
		n, _ := strconv.Atoi(before)
		return n, fmt.Sprintf("%s=%d gives %d", p.name, asked, len(page))
	}
	later := hint.Find(trimBOM(answer.Body), steps(l.list.path), answer.Header)
	all := len(later.Next) == 0 && len(later.More) == 0
	for _, t := range later.Totals {
		if t.Number > int64(len(page)) {
			all = false
		}
	}
	if all && (later.None || later.NoNext || totalOf(l, w) == int64(len(page))) {
		return asked, fmt.Sprintf("%s=%d gives all %d", p.name, asked, len(page))
	}
	return len(page), fmt.Sprintf("%s=%d gives %d", p.name, asked, len(page))
}

// askFewer asks for as many as APIs that refuse many often give.
func askFewer(l *look, p place, note string) (int, string) {
	const usual = 100
	if before, stands := p.get(l.call); stands && len(before) > 2 || !l.api.may(1+reserveFor(l)) {
		return 0, note
	}
	page, _, ok := l.recordsOf(p.with(l.call, like(p, strconv.Itoa(usual))))
	if !ok || len(page) <= len(l.page) {
		return 0, note
	}
	return usual, fmt.Sprintf("%s, %s=%d gives %d", note, p.name, usual, len(page))
}

// totalOf is how many records there are, where the way knows it; else 0.
func totalOf(l *look, w *way) int64 {
	key, _ := w.m.Get("total").(string)
	for _, t := range l.hints.Totals {
		if t.Key == key {
			return t.Number
		}
	}
	return 0
}
