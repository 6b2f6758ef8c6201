package sources

import "github.com/tap-rest/tap-rest/sources/expr"

// Session says what the server keeps of a walk.
type Session struct {
	Keeps bool     // session: true: the position, so that no request is sent twice
	Open  *Opening // asked before the first page; nil: the first page itself opens the session
	Close *Request // asked once the walk is over, however it ended; nil: nothing is
}

// Opening is the request that opens a session.
type Opening struct {
	Request
	Value Ref // what of its answer requests see as page.session; zero: all of it
}

// Lives reports whether the session is there before the first page is asked for,
// or is taken away once the walk is over.
func (s *Session) Lives() bool { return s.Open != nil || s.Close != nil }

// each hands out the requests of the session.
func (s *Session) each(visit func(*Request) bool) bool {
	return s.Open != nil && visit(&s.Open.Request) || s.Close != nil && visit(s.Close)
}

// template is the one that reads the answer to open; nil: there is none.
func (s *Session) template() *expr.Template {
	if s.Open == nil {
		return nil
	}
	return s.Open.Value.Template
}
