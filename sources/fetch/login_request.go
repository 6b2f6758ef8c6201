package fetch

import (
	"net/http"
	"net/url"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch/auth"
	"github.com/tap-rest/tap-rest/sources/fetch/request"
)

// loginRequest makes the request of a login as those of streams are made.
func (r *requester) loginRequest(s *sources.SessionLogin, vars expr.Vars) (*http.Request, error) {
	out, err := r.loginMaker(s, vars).Make(vars, request.Page{First: true})
	if err != nil {
		return nil, err
	}
	return out.HTTP(), nil
}

// keepCookies keeps what an answer to a proof set of a session's cookies.
func (r *requester) keepCookies(p *auth.Proof, from *url.URL, h http.Header) {
	if s, ok := r.auth.(interface {
		KeepCookies(auth.Proof, *url.URL, http.Header)
	}); ok && p != nil {
		s.KeepCookies(*p, from, h)
	}
}

// loginMaker returns the maker of a login's requests. It makes secrets know what
// they carry.
func (r *requester) loginMaker(s *sources.SessionLogin, vars expr.Vars) *request.Maker {
	r.mu.Lock()
	defer r.mu.Unlock()
	m := r.logins[s]
	if m == nil {
		own := *r.source
		if s.BaseURL != nil {
			own.BaseURL = s.BaseURL
		}
		if sources.Origin(s.Login.Path) != "" {
			own.BaseURL = nil // the path is not appended to it
		}
		stream := &sources.Stream{Name: "auth.login", Client: &own, Request: s.Login}
		stream.Complete()
		m = request.NewMaker(stream, r.secrets, r.defaults, r.known, vars)
		r.logins[s] = m
	}
	return m
}
