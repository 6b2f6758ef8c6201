package fetch

import (
	"net/http"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/advice"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/sources/fetch/records"
	"github.com/tap-rest/tap-rest/sources/secret"
)

// judge decides what becomes of what was answered to a walk's requests.
type judge struct {
	stream  *sources.Stream
	pager   *paging.Pager
	secrets *secret.Hider
	view    *view
	bodies  *records.Prover
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
		bodies: records.NewProver(m.stream, splitter, pager.Tally),
		rules:  &rules{stream: m.stream, pager: pager, secrets: m.secrets, view: m.view, login: login},
	}
}

// advice says what of the definition is likely wrong.
func (j *judge) advice() advice.Adviser {
	return advice.Adviser{Stream: j.stream, Pager: j.pager, Quote: j.secrets.Quote}
}

// split proves the body of an answer. Where that cannot be read whole, this is why the
// exchange is cut.
func (j *judge) split(ex *Exchange) records.Split {
	if ex.proven != nil {
		return *ex.proven
	}
	s, cut := j.bodies.Split(ex.Status, ex.Body)
	if cut != nil {
		ex.cut = cut
	}
	return s
}

// show makes an answer what templates and the keys of the definition see.
func (j *judge) show(ex *Exchange, s records.Split) *Page {
	page := &Page{Exchange: *ex, Records: records.None{}, pieces: s.Pieces, whole: j.bodies.Whole()}
	j.view.show(page, s)
	return page
}

// refusesProof reports whether an answer says that its proof holds no longer. It is
// asked between two pages.
func (j *judge) refusesProof(ex *Exchange) bool {
	if ex.Status == http.StatusUnauthorized || j.login.spent == nil || ex.cut != nil || ex.Body.Long() {
		return ex.Status == http.StatusUnauthorized
	}
	j.show(ex, j.split(ex))
	_, refused := j.login.expired(ex)
	j.view.forget()
	return refused
}
