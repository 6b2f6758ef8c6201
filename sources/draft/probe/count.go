package probe

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/tap-rest/tap-rest/sources/draft"
	"github.com/tap-rest/tap-rest/sources/draft/call"
)

// counted is a place by which clients count, and what it counts.
type counted struct {
	place
	kind kind // pageNumber, offset or key
	zero bool // pages count from 0
}

// common are the places by which clients count where the call names none, the likeliest
// first.
var common = []counted{
	{place: place{name: "page"}, kind: pageNumber}, {place: place{name: "offset"}, kind: offset}, {place: place{name: "starting_after"}, kind: key}, {place: place{name: "after"}, kind: key},
	{place: place{name: "skip"}, kind: offset}, {place: place{name: "since_id"}, kind: key}, {place: place{name: "page_number"}, kind: pageNumber}, {place: place{name: "pageNumber"}, kind: pageNumber},
	{place: place{name: "start"}, kind: offset}, {place: place{name: "p"}, kind: pageNumber}, {place: place{name: "startIndex"}, kind: offset}, {place: place{name: "after_id"}, kind: key},
	{place: place{name: "page[number]"}, kind: pageNumber}, {place: place{name: "page[offset]"}, kind: offset}, {place: place{name: "$skip"}, kind: offset}, {place: place{name: "startAt"}, kind: offset},
	{place: place{name: "last_id"}, kind: key}, {place: place{name: "pageNo"}, kind: pageNumber}, {place: place{name: "page[after]"}, kind: key},
}

// byCount asks for a page by its number, by an offset, or by the key of the last record.
func byCount(l *look) *way {
	if !l.list.isMany() || len(l.page) == 0 {
		return nil
	}
	var open *way
	if len(l.place[pageNumber])+len(l.place[offset])+len(l.place[key]) > 0 {
		findSizeName(l)
	}
	for _, k := range []kind{pageNumber, offset, key} {
		for _, p := range l.place[k] {
			w := tryCount(l, counted{place: p, kind: k})
			if w != nil && w.proven {
				return w
			}
			if open == nil {
				open = w
			}
		}
	}
	if open != nil || l.Tape.Recorded() || l.allCame() && l.place[size] == nil {
		return open
	}
	findSizeName(l)
	if w := byFingerprint(l); w != nil {
		return w
	}
	return oneByOne(l)
}

// way makes the pagination of a place.
func (c counted) way(l *look) *way {
	w := &way{m: new(draft.Map)}
	switch c.kind {
	case pageNumber:
		w.kind = "page"
	case offset:
		w.kind = "offset"
	default:
		w.kind = "keyset"
	}
	w.m.Set("type", w.kind, "")
	if w.kind == "keyset" {
		w.m.Set("field", gjson.Escape(l.key), "")
	}
	w.m.Set(c.place.key(), c.name, "")
	if c.zero {
		w.m.Set("start", 0, "")
	}
	return w
}

// tryCount asks for the second page. Where the number of records can be asked for, it
// asks for a few, which the first page has: so it is known where they must begin.
func tryCount(l *look, c counted) *way {
	if c.kind == key && l.key == "" {
		return nil
	}
	w := c.way(l)
	if !l.api.may(1) {
		return w
	}
	if known, bad := tryKnown(l, c, w); known || bad {
		if bad {
			return nil
		}
		return w
	}
	page, answer, ok := l.recordsOf(c.with(l.call, c.second(l, len(l.page))))
	switch {
	case !ok && answer != nil, ok && !l.others(page):
		return nil
	case !ok:
		return w
	}
	l.prove(w, c.name+"="+textOf(c.second(l, len(l.page))), page, answer)
	startOf(l, c, w)
	l.call = c.without(l.call)
	return w
}

// second is what asks for the page behind the first n records.
func (c counted) second(l *look, n int) any {
	first, stands := c.get(l.call)
	at, err := strconv.Atoi(first)
	switch {
	case c.kind == pageNumber && stands && err == nil:
		return like(c.place, strconv.Itoa(at+1))
	case c.kind == pageNumber:
		return like(c.place, "2")
	case c.kind == offset:
		return like(c.place, strconv.Itoa(at+n))
	}
	v := gjson.Get(l.page[n-1], gjson.Escape(l.key))
	if c.body && v.Type == gjson.Number {
		return jsonNumber(v.Raw)
	}
	return v.String()
}

// tryKnown asks for the second page of a few records. known is true where that proves the
// way, bad where it proves that the place has no such meaning.
func tryKnown(l *look, c counted, w *way) (known, bad bool) {
	n := len(l.page)
	k := min(n/3, 50)
	if l.place[size] == nil || k < 2 || l.Tape.Recorded() || !l.api.may(2) {
		return false, false
	}
	few := l.place[size][0].with(l.call, like(l.place[size][0], strconv.Itoa(k)))
	value := c.second(l, k)
	page, answer, ok := l.recordsOf(c.with(few, value))
	if !ok || len(page) == 0 {
		return false, false
	}
	if l.same(page) {
		return false, true
	}
	at := indexOf(l, page[0])
	switch {
	case c.kind == pageNumber && at == 2*k && textOf(value) == "2":
		w.m.Set("start", 0, "")
	case at != k:
		return false, false
	case c.kind == pageNumber && textOf(value) == "1":
		w.m.Set("start", 0, "")
	}
	w.proven = true
	w.note = fmt.Sprintf("with %s=%d, %s=%s began with record %d of the first page", l.place[size][0].name, k, c.name, textOf(value), at+1)
	l.counts(w, answer)
	l.call = c.without(l.call)
	return true, false
}

// indexOf is where a record stands on the first page; -1 where it does not.
func indexOf(l *look, record string) int {
	id := l.identity(record)
	return slices.IndexFunc(l.page, func(r string) bool { return l.identity(r) == id })
}

// startOf finds the number of the first page.
func startOf(l *look, c counted, w *way) {
	if c.kind != pageNumber {
		return
	}
	first, stands := c.get(l.call)
	switch {
	case stands && first == "0":
		w.m.Set("start", 0, "")
	case stands && l.hints.Page == 1, l.Tape.Recorded():
	case !l.api.may(1):
		l.found.Guesses = append(l.found.Guesses, "pagination.start: pages are taken to begin with 1")
	default:
		zero := "1"
		if stands {
			zero = "0"
		}
		page, _, ok := l.recordsOf(c.with(l.call, like(c.place, zero)))
		if ok && len(page) > 0 && !l.same(page) {
			w.m.Set("start", 0, "")
			w.note += "; page " + map[string]string{"0": "0 has others than page 1", "1": "1 has others than the first"}[zero]
		}
	}
}

// clue is what a place was told in a request that tells many places something.
type clue struct {
	counted
	start int // the number of the first page, if the place counts pages
	value string
}

// few is how many records a request asks for that finds out which place counts.
const few = 2

// byFingerprint asks for a few records at many places at once, each with a value of its own:
// where on the first page they begin says which place counts.
func byFingerprint(l *look) *way {
	if l.place[size] == nil || len(l.page) < 6 || l.api.strict || !l.api.may(1) {
		return nil
	}
	c, clues := fingerprint(l)
	page, answer, ok := l.recordsOf(c)
	l.api.refused(answer)
	if !ok || len(page) == 0 || len(page) > few {
		return nil
	}
	at := indexOf(l, page[0])
	found, known := clues[at]
	if !known {
		return nil
	}
	w := found.way(l)
	if found.start == 0 {
		w.m.Set("start", 0, "")
	}
	w.proven = true
	w.note = fmt.Sprintf("with %s=%d, %s=%s began with record %d of the first page", l.place[size][0].name, few, found.name, found.value, at+1)
	l.counts(w, answer)
	return w
}

// fingerprint makes that request. The clues stand at the records of the first page with which
// its answer would begin: those of pages at even ones, all others between.
func fingerprint(l *look) (*call.Call, map[int]clue) {
	n, clues := len(l.page), map[int]clue{}
	page, odd := 2, 3
	c := l.place[size][0].with(l.call, like(l.place[size][0], strconv.Itoa(few)))
	for _, one := range common {
		one.body = sendsJSON(l.call)
		var value any
		switch {
		case one.body && strings.ContainsAny(one.name, "[$"), one.kind == key && l.key == "":
			continue
		case one.kind == pageNumber && page*few+1 < n:
			value = like(one.place, strconv.Itoa(page))
			clues[(page-1)*few] = clue{one, 1, textOf(value)}
			clues[page*few] = clue{one, 0, textOf(value)}
			page += 2
		case one.kind != pageNumber && odd+1 < n:
			value = like(one.place, strconv.Itoa(odd))
			if one.kind == key {
				value = one.second(l, odd)
			}
			clues[odd] = clue{one, 1, textOf(value)}
			odd += 2
		default:
			continue
		}
		c = one.with(c, value)
	}
	return c, clues
}

// oneByOne tries the commonest places: first at once, and where that brings another page,
// or is refused, each by itself.
func oneByOne(l *look) *way {
	some := likeliest(l)
	if !l.api.strict && l.api.may(1) {
		c := l.call
		for _, one := range some {
			c = one.with(c, one.second(l, len(l.page)))
		}
		page, answer, ok := l.recordsOf(c)
		if ok && !l.others(page) {
			return nil
		}
		l.api.refused(answer)
	}
	for _, one := range some {
		if !l.api.may(2) {
			return nil
		}
		if w := tryCount(l, one); w != nil && w.proven {
			return w
		}
	}
	return nil
}

// likeliest are the places by which the API likely counts: keys where an answer says that
// there is more, and not how much.
func likeliest(l *look) (some []counted) {
	byKey := len(l.hints.More) > 0 && len(l.hints.Totals) == 0
	for _, one := range common[:4] {
		one.body = sendsJSON(l.call)
		switch {
		case one.kind == key && l.key == "":
		default:
			some = append(some, one)
		}
	}
	if byKey {
		slices.SortStableFunc(some, func(a, b counted) int { return int(b.kind) - int(a.kind) })
	}
	return some
}

// findEnd asks for a page far behind the last one, where nothing says which that is.
func findEnd(l *look, w *way) {
	if w.kind == "keyset" && !w.ends && !l.format.isDocument() {
		w.entries = append(w.entries, draft.Entry{Key: "errors", Value: []any{endsEmpty()}, Open: true,
			Note: "Behind the last record the answer may be empty, which fails a run. Is it, and is that the end?"})
		l.found.Guesses = append(l.found.Guesses, "errors: whether an empty answer is the end is asked in the definition, not set")
	}
	if w.kind != "page" && w.kind != "offset" || w.ends && !l.api.may(1+reserveFor(l)) || !l.api.may(1) || l.Tape.Recorded() {
		return
	}
	name, _ := w.m.Get("param").(string)
	p := place{name: name}
	if name == "" {
		name, _ = w.m.Get("body").(string)
		p = place{true, name}
	}
	const far = "99999"
	page, answer, ok := l.recordsOf(p.with(l.call, like(p, far)))
	switch {
	case ok && len(page) > 0:
		w.m.Set("at_end", "repeat", "")
		w.note += fmt.Sprintf("; %s=%s, behind the end, has records, too", name, far)
	case answer != nil && answer.Status >= 400 && answer.Status < 500 && answer.Status != 429:
		rule := new(draft.Map).Set("status", answer.Status, "").Set("do", "end", "")
		w.entries = append(w.entries, draft.Entry{Key: "errors", Value: []any{rule}, Note: fmt.Sprintf("%s=%s, behind the end, is answered with %d", name, far, answer.Status)})
	case ok:
		w.note += fmt.Sprintf("; %s=%s, behind the end, has no records", name, far)
	case answer != nil && answer.Status == http.StatusOK && len(answer.Body) == 0:
		w.entries = append(w.entries, draft.Entry{Key: "errors", Value: []any{endsEmpty()}, Note: fmt.Sprintf("%s=%s, behind the end, is answered with nothing", name, far)})
	}
}

// endsEmpty is the rule of an API whose page behind the last one is an answer without a body.
func endsEmpty() *draft.Map {
	return new(draft.Map).Set("status", 200, "").Set("when", "{{ response is undefined }}", "").Set("do", "end", "")
}
