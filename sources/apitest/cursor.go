package apitest

// The styles with tokens: Cursor, NextURL, GraphQL.

// seekCursor reads ?cursor (GraphQL: variables.after).
func seekCursor(x *exchange, s selection) (int, *problem) {
	token := x.q.params.Get(x.c.tokenParam())
	if token == "" {
		return 0, nil
	}
	m, _, p := x.api.redeem(token, x.c.Path)
	if p != nil {
		return 0, p
	}
	x.mark = m
	return min(int(m.pos), s.len()), nil
}

// leadCursor gives next_page: the token, or null.
func leadCursor(x *exchange) []member {
	return []member{{"next_page", "X-Next-Page", x.nextToken()}}
}

// leadURL gives next: the URL, or null. A relative one starts with the last
// segment of the path, which only resolving against the request puts right.
func leadURL(x *exchange) []member {
	token := x.nextToken()
	if token == "" {
		return []member{{"next", "X-Next", ""}}
	}
	u := withParam(x.url, x.c.tokenParam(), token)
	if x.c.Form.Relative {
		return []member{{"next", "X-Next", lastSegment(u.Path) + "?" + u.RawQuery}}
	}
	return []member{{"next", "X-Next", u.String()}}
}

// nextToken issues the token of the next page, "" where there is none.
func (x *exchange) nextToken() string {
	if !x.page.more || x.page.lost {
		return ""
	}
	m := mark{session: x.mark.session, pos: uint64(x.page.next)}
	if x.c.SessionTTL > 0 && m.session == 0 {
		m.session = x.api.open(&session{ttl: x.c.SessionTTL})
	}
	return x.api.issue(m, x.c.Path)
}
