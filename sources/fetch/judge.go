package fetch

import (
	"net/http"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/advice"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/sources/secret"
)

// judge decides what becomes of what was answered to a walk's requests.
type judge struct {
	stream  *sources.Stream
	pager   *paging.Pager
	secrets *secret.Hider
	view    *view
	bodies  *prover
	meter   *meter
	rules   *rules
	login   *loginSigns
	session *session
	jobs    *jobJudge // nil: the stream exports nothing
}

// newJudge returns the judge of the answers that a view shows. It has no session and no
// job yet.
func newJudge(m *meter, pager *paging.Pager, splitter Splitter, login *loginSigns) *judge {
	return &judge{
		stream: m.stream, pager: pager, secrets: m.secrets, view: m.view, meter: m, login: login,
		bodies: newProver(m.stream, splitter, pager.Tally),
		rules:  &rules{stream: m.stream, pager: pager, secrets: m.secrets, view: m.view, login: login},
	}
}

// advice says what of the definition is likely wrong.
func (j *judge) advice() advice.Adviser {
	return advice.Adviser{Stream: j.stream, Pager: j.pager, Quote: j.secrets.Quote}
}

// show makes an answer what templates and the keys of the definition see.
func (j *judge) show(ex *Exchange, s split) *Page {
	page := &Page{Exchange: *ex, Records: none{}, pieces: s.pieces, whole: j.bodies.whole}
	j.view.show(page, s)
	return page
}

// refusesProof reports whether an answer says that its proof holds no longer. It is
// asked between two pages.
func (j *judge) refusesProof(ex *Exchange) bool {
	if ex.Status == http.StatusUnauthorized || j.login.spent == nil || ex.cut != nil || ex.Body.Long() {
		return ex.Status == http.StatusUnauthorized
	}
	j.show(ex, j.bodies.split(ex))
	_, refused := j.login.expired(ex)
	j.view.forget()
	return refused
}
