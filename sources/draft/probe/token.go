package probe

import (
	"slices"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/tap-rest/tap-rest/sources/draft"
	"github.com/tap-rest/tap-rest/sources/draft/call"
	"github.com/tap-rest/tap-rest/sources/fetch/paging/hint"
)

// tokenParams are parameters that take a token, the likeliest first; those that are tried
// at once where the names of the answer lead to none.
var tokenParams = strings.Fields("cursor page_token pageToken after next_token nextToken starting_after continuation continuationToken marker next bookmark page[cursor] page[after] next_cursor nextCursor pagination_token continuation_token continuation-token")

// byToken sends the token of the answer back.
func byToken(l *look) (open *way) {
	for _, next := range l.hints.Next {
		if next.Key == hint.LinkKey || isURL(next.Value) || next.Value == "" {
			continue
		}
		w := &way{kind: "cursor", m: new(draft.Map).Set("type", "cursor", "").Set("next", next.Key, ""), ends: true}
		p, page, answer := takerOf(l, next)
		if answer != nil {
			w.m.Set(p.key(), p.name, "")
			l.prove(w, next.Key+", sent as "+p.name+",", page, answer)
			l.call = p.without(l.call)
			return w
		}
		if open == nil {
			w.m.Set(guessedPlace(l, next).key(), guessedPlace(l, next).name, "")
			open = w
		}
	}
	return open
}

// guessedPlace is the place where a token is likely sent.
func guessedPlace(l *look, next hint.Hint) place {
	if known := l.place[token]; len(known) > 0 {
		return known[0]
	}
	return byName(l, next)[0]
}

// sendsJSON reports whether the call has a body of JSON, into which positions go.
func sendsJSON(c *call.Call) bool { return gjson.ParseBytes(c.Body).IsObject() }

// valueOf is a token as the place takes it.
func valueOf(p place, next hint.Hint) any {
	if p.body && next.IsCount {
		return jsonNumber(next.Value)
	}
	return next.Value
}

// takerOf finds the place that takes a token: by name, else by sending it in many places
// at once and dividing them. answer is nil where none does.
func takerOf(l *look, next hint.Hint) (p place, page []string, answer *Answer) {
	tried := map[place]bool{}
	try := func(some []place) bool {
		for _, p = range some {
			if tried[p] || !l.api.may(1) {
				continue
			}
			tried[p] = true
			var ok bool
			if page, answer, ok = l.recordsOf(p.with(l.call, valueOf(p, next))); ok && l.others(page) {
				return true
			}
			l.api.refused(answer)
		}
		return false
	}
	likely := byName(l, next)
	if try(slices.Concat(l.place[token], likely[:min(len(likely), 1)])) || (l.api.strict || l.Tape.Recorded()) && try(likely) {
		return p, page, answer
	}
	if l.api.strict || l.Tape.Recorded() {
		return p, nil, nil
	}
	var rest []place
	for _, p := range slices.Concat(likely, placesOf(tokenParams, sendsJSON(l.call))) {
		if !tried[p] && !slices.Contains(rest, p) {
			rest = append(rest, p)
		}
	}
	return divide(l, rest, next)
}

func placesOf(names []string, body bool) (all []place) {
	for _, name := range names {
		if !body || !strings.Contains(name, "[") {
			all = append(all, place{body, name})
		}
	}
	return all
}

// byName are the places that take a token by its own name, the likeliest first: what
// next_cursor holds is sent as cursor, or as start_cursor, or under its own name.
func byName(l *look, next hint.Hint) (all []place) {
	key := next.Key
	if header, ok := strings.CutPrefix(key, "header:X-"); ok {
		key = strings.ReplaceAll(strings.ToLower(header), "-", "_")
	}
	name := hint.TokenParam(key)
	switch {
	case name == "…" || name == "next":
		name = "cursor"
	case name == "page" && !next.IsCount: // next_page with a token
		name = "cursor"
	}
	own := hint.LastKey(key)
	return placesOf([]string{name, "start_" + name, own, "after", "starting_after", "page_token"}, sendsJSON(l.call))
}

// divide sends the token in all places, and where that brings another page, in a part of
// those that may be the one, until it is alone.
func divide(l *look, all []place, next hint.Hint) (p place, page []string, answer *Answer) {
	send := func(some []place) ([]string, *Answer, bool) {
		c := l.call
		for _, p := range some {
			c = p.with(c, valueOf(p, next))
		}
		page, answer, ok := l.recordsOf(c)
		return page, answer, ok && l.others(page)
	}
	if !l.api.may(4) {
		return p, nil, nil
	}
	page, answer, ok := send(all)
	if !ok {
		return p, nil, nil
	}
	for len(all) > 1 && l.api.may(1) {
		part := all[:(len(all)+2)/3]
		if some, one, ok := send(part); ok {
			all, page, answer = part, some, one
		} else {
			all = all[len(part):]
		}
	}
	if len(all) > 1 {
		return p, nil, nil
	}
	return all[0], page, answer
}

// byScroll goes on in a scroll: the server keeps the position, and the token of the answer is
// sent to an address of its own.
func byScroll(l *look) *way {
	key, id := scrollID(l)
	if id == "" {
		return nil
	}
	path := "/scroll"
	if strings.Contains(l.call.URL.Path, "/_search") {
		path = "/_search/scroll"
	}
	then := new(draft.Map).Set("path", path, "")
	then.Set("method", "POST", "").Set("body", new(draft.Map).Set("json", new(draft.Map), ""), "")
	m := new(draft.Map).Set("type", "cursor", "").Set("session", true, "").Set("next", key, "").Set("body", "scroll_id", "").Set("after_first", then, "")
	w := &way{kind: "cursor", m: m, ends: true}
	next, err := call.New(l.call.URL.Scheme + "://" + l.call.URL.Host + path)
	if err != nil || !l.api.may(1) {
		return w
	}
	c := l.call.Clone()
	c.URL, c.Params, c.Method = next.URL, nil, "POST"
	c.Body = appendJSON(nil, new(draft.Map).Set("scroll_id", id, ""))
	c.SetHeader("Content-Type", "application/json")
	page, answer, ok := l.recordsOf(c)
	if ok && l.others(page) {
		l.prove(w, key+", sent to "+path+",", page, answer)
	}
	l.Tape.Forget() // the server has moved on
	return w
}

// scrollID is what leads on in a scroll, and its place in the answer.
func scrollID(l *look) (key, id string) {
	for _, key := range []string{"_scroll_id", "scroll_id", "scrollId"} {
		if v := gjson.GetBytes(trimBOM(l.first.Body), key); v.Type == gjson.String && v.Str != "" {
			return key, v.Str
		}
	}
	if id := l.first.Header.Get("X-Scroll-Id"); id != "" {
		return "header:X-Scroll-Id", id
	}
	return "", ""
}
