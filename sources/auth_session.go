package sources

import "github.com/tap-rest/tap-rest/sources/expr"

// SessionLogin says how a session of auth is begun.
type SessionLogin struct {
	BaseURL *expr.Template // that a relative path of the login is appended to; nil: the client's
	Login   Request
	OK      *expr.Template // over LoginScope: the login went well; nil: its status and what it holds decide
}

// EachTemplate hands out the templates of the login's request.
func (s *SessionLogin) EachTemplate(visit func(*expr.Template)) {
	s.Login.asks(func(t *expr.Template) bool {
		visit(t)
		return false
	})
}
