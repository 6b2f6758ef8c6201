package fetch

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/state/journal"
)

// ErrSessionOver says that the session which an earlier run began cannot be gone
// on with: it is gone, or nobody knows how far the server has come. The API has
// lost nothing, and the walk starts over.
var ErrSessionOver = errors.New("the session of an earlier run cannot be gone on with")

// session is what the server keeps of a walk, as far as the walk knows. It is used
// from the walk's goroutine.
type session struct {
	pager     *paging.Pager
	rules     *sources.Session
	at        paging.Position // the last that is known, to close it by
	inherited bool            // an earlier walk began it: nothing shows yet that it is still there
	placed    bool            // a page came here: the walk knows how far the server is
	used      bool            // this walk asked something of it
	closed    bool
	heard     time.Time // when the API last answered in it, and nothing has failed since
	place     string    // where the journal has what opened it; "": a state named it
}

func newSession(rules *sources.Session, pager *paging.Pager) *session {
	at := pager.Position()
	return &session{
		rules: rules, pager: pager, at: at,
		inherited: at.Session != nil || rules.Keeps && !at.First(),
	}
}

// moves reports whether the server moves on when it answers a request: then it must
// not be sent twice. What opens the session may be: the walk goes by the last
// answer.
func (s *session) moves(out *outgoing) bool {
	return s != nil && s.rules.Keeps && out.aside == "" && (s.rules.Open != nil || !s.pager.First())
}

// over decides about an answer by which an inherited session is gone, before any
// rule may take it for an end.
func (s *session) over(out *outgoing, ex *Exchange) (verdict, bool) {
	if s == nil || !s.inherited || out.aside != "" || ex.Status/100 != 4 || spared(ex) || ex.Status == http.StatusRequestTimeout {
		return verdict{}, false
	}
	return refuse(SessionLost, fmt.Errorf("%w: answered %d %s", ErrSessionOver, ex.Status, http.StatusText(ex.Status))), true
}

func openPlace(generation, n int) string { return fmt.Sprintf("%s%d.%d", openAside, generation, n) }

// openAside begins the places at which the journal keeps what opened sessions.
const openAside = "#open."

// OpenedBefore is where a journal has what opened the session that a page was asked
// for in.
func OpenedBefore(page journal.Key) journal.Key {
	return journal.Key{Pass: page.Pass, Partition: page.Partition + openPlace(page.Generation, page.N)}
}

// came takes note of a page.
func (s *session) came(page *Page) {
	s.placed, s.inherited = true, s.inherited && page.Recalled
	s.answered(page)
	s.at = page.Next
	if page.Last {
		s.at = page.Left
	}
}

// answered takes note that the API knows the session.
func (s *session) answered(page *Page) {
	if !page.Recalled {
		s.heard = page.At
	}
}

// fails takes note of the failure that ends the walk: the session may be what it is
// about.
func (s *session) fails(err error) {
	if !errors.Is(err, ErrStopped) {
		s.heard = time.Time{}
	}
}

// spared reports whether an answer refuses a request before the server works on it.
func spared(ex *Exchange) bool {
	if ex == nil {
		return false
	}
	switch ex.Status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusTooEarly, http.StatusTooManyRequests:
		return true
	case http.StatusServiceUnavailable:
		return ex.Header.Get("Retry-After") != ""
	}
	return false
}
