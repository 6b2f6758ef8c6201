package truth_test

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"
)

// keeping is what an API keeps of walks, and how it names next pages.
type keeping struct {
	session  string // pit: something that pages are asked for in; scroll: the position; "": nothing
	compound int    // of cursors: 1 is an object whose members are parameters, 2 several names
}

// drawKeeping draws what an API keeps of walks. Where answers get lost, it keeps no
// position: four losses are the end of a walk.
func (w *world) drawKeeping(chance *rand.Rand, faults bool) {
	for _, one := range w.tables {
		one.compound = chance.IntN(3)
		switch draw := chance.IntN(6); {
		case one.tags: // a session answers each request once
		case draw < 2:
			one.session = "pit"
		case draw == 2 && !faults && one.paging == "keyset":
			one.session, one.paging = "scroll", "scroll"
		}
	}
}

// heldSession is a session that is open.
type heldSession struct {
	at    int  // the id of the last row that the server handed out
	known bool // its name came
}

// keep answers a request that opens or closes a session, or is asked in one; false
// where the request is none of these. came is to be called once the answer was read.
func (a *api) keep(u *url.URL) (status int, text []byte, came func(), ok bool) {
	name, verb, _ := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
	switch verb {
	case "_open":
		id := fmt.Sprintf("%s-%d", name, len(a.asked)+a.opened)
		a.opened++
		one := &heldSession{}
		a.sessions[id] = one
		return 200, fmt.Appendf(nil, `{"id":%q}`, id), func() { one.known = true }, true
	case "_close":
		id := u.Query().Get("s")
		if a.sessions[id] == nil {
			return 404, []byte(`{}`), nil, true
		}
		delete(a.sessions, id)
		return 200, []byte(`{}`), nil, true
	}
	for _, t := range a.world.tables {
		if t.name == name && t.session != "" {
			status, text := a.inSession(t, u.Query())
			return status, text, nil, true
		}
	}
	return 0, nil, nil, false
}

// inSession answers a request for rows in a session.
func (a *api) inSession(t *table, q url.Values) (status int, text []byte) {
	one := a.sessions[q.Get("s")]
	if one == nil {
		return 400, []byte(`{"error":"no such session"}`)
	}
	if t.session == "pit" {
		return t.page(q)
	}
	if one.at > 0 {
		q.Set("after", strconv.Itoa(one.at))
	}
	status, text = t.page(q)
	if last := gjson.GetBytes(text, "data.@reverse.0.id"); last.Exists() {
		one.at = int(last.Int())
	}
	return status, text
}

// left is how many sessions are open whose names came.
func (a *api) left() (n int) {
	for _, one := range a.sessions {
		if one.known {
			n++
		}
	}
	return n
}

// expire ends all sessions.
func (a *api) expire() {
	a.mu.Lock()
	defer a.mu.Unlock()
	clear(a.sessions)
}

// paged is the pagination of a stream in a definition.
func (s *stream) paged() string {
	keys := map[string]string{
		"keyset": "type: keyset, field: id, param: after",
		"cursor": []string{"type: cursor, next: next, param: cursor", `type: cursor, next: continue, param: "*"`, `type: cursor, next: {cursor: next, key: key}, param: "*"`}[s.compound],
		"offset": "type: offset, param: offset, total: total",
		"page":   "type: page, param: page, total: total, total_pages: pages",
		"scroll": "type: page, session: true",
	}[s.paging]
	if s.session != "" {
		keys += fmt.Sprintf(`, open: {path: /%s/_open, session: id}, close: {path: /%[1]s/_close, params: {s: "{{ page.session }}"}}`, s.name)
	}
	return "{" + keys + "}"
}

// named is what an answer says of the next page, beside next.
func (s *stream) named(next string) string {
	if next == "" {
		return `"continue":{},"key":""`
	}
	return fmt.Sprintf(`"continue":{"cursor":%q,"key":"k"},"key":"k"`, next)
}
