package apitest

import (
	"fmt"
	"net/http"
)

// Where sessions are opened and closed.
const (
	openPath = "/scroll/open"
	pitPath  = "/pit"
)

// Open is how many sessions are open.
func (a *API) Open() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.sessions.open)
}

// ofSessions reports whether requests for a path open or close sessions.
func ofSessions(path string) bool {
	switch path {
	case openPath, pitPath, scrollPath:
		return true
	}
	return false
}

// handleSession opens or closes a session.
func (x *exchange) handleSession() *problem {
	params, p := x.params(nil)
	if p != nil {
		return p
	}
	member, scope := "scroll_id", scrollPath
	if x.url.Path == pitPath {
		member, scope = "id", pitPath
	}
	switch {
	case x.r.Method == http.MethodDelete && x.url.Path != openPath:
		if p := x.api.close(params.Get(member), scope); p != nil {
			return p
		}
		x.respond(http.StatusOK, jsonType, []byte(`{"succeeded":true}`))
		return nil
	case x.r.Method != http.MethodPost:
		return &problem{405, "method_not_allowed", x.url.Path + " takes POST"}
	}
	c, ok := x.api.collection(params.Get("collection"))
	if !ok {
		return &problem{404, "not_found", "collection names none"}
	}
	s := &session{ttl: c.SessionTTL, c: c, q: query{params: params}}
	size, p := c.pageSize(s.q)
	if p != nil {
		return p
	}
	s.q.size = size
	token := x.api.issue(mark{session: x.api.open(s)}, scope)
	x.respond(http.StatusOK, jsonType, fmt.Appendf(nil, `{%q:%q}`, member, token))
	return nil
}

// close ends the session of a token.
func (a *API) close(token, scope string) *problem {
	m, _, p := a.redeem(token, scope)
	if p != nil {
		return &problem{404, "not_found", "there is no such session"}
	}
	a.mu.Lock()
	delete(a.sessions.open, m.session)
	a.mu.Unlock()
	return nil
}
