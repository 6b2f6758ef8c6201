package rules

import (
	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/document"
)

// session checks that what opens a session and what uses it stand together.
func (c stream) session(n *document.Node, s *sources.Stream) {
	opening := n.Get("pagination").Get("open")
	switch {
	case opening == nil && s.UsesSession():
		at := n
		if n.Has("pagination") {
			at = n.Get("pagination")
		}
		c.Problem(at, "page.session is what pagination.open answered, and there is no open: write the request that opens the session, as open: {path: /x/_pit, session: id}; what an answer itself says of the next page is page.token")
	case s.Pagination.Session.Open != nil && !s.SendsSession() && !s.Call.Cookies:
		c.Warn(opening, "nothing that asks for pages sends what open answered, so they may not be asked for in the session: write {{ page.session }} where the API wants it, as params: {pit: \"{{ page.session }}\"}")
	}
}
