package apitest

import "net/http"

// scrollPath is where every Scroll goes on.
const scrollPath = "/scroll"

// resume finds the scroll that a request to scrollPath goes on with.
func (x *exchange) resume() *problem {
	if x.r.Method != http.MethodPost {
		x.answer.header.Set("Allow", http.MethodPost)
		return &problem{405, "method_not_allowed", scrollPath + " takes POST"}
	}
	params, p := x.params(nil)
	if p != nil {
		return p
	}
	m, s, p := x.api.redeem(params.Get("scroll_id"), scrollPath)
	if p != nil {
		return p
	}
	x.mark, x.session, x.c, x.q = m, s, s.c, s.q
	return nil
}

// seekScroll takes the position from the session and moves it on: what was sent
// and lost on the way is not sent again.
func seekScroll(x *exchange, sel selection) (int, *problem) {
	if x.session == nil {
		x.session = &session{ttl: x.c.SessionTTL, c: x.c, q: x.q}
		x.mark.session = x.api.open(x.session)
	}
	x.api.mu.Lock()
	defer x.api.mu.Unlock()
	from := min(x.session.pos, sel.len())
	x.session.pos = from + min(x.q.size, sel.len()-from)
	return from, nil
}

// leadScroll gives scroll_id, which is the same for the whole scroll, on its
// last, empty page too.
func leadScroll(x *exchange) []member {
	token := ""
	if !x.page.lost {
		token = x.api.issue(mark{session: x.mark.session}, scrollPath)
	}
	return []member{{"scroll_id", "X-Scroll-Id", token}}
}
