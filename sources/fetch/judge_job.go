package fetch

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch/export"
	"github.com/tap-rest/tap-rest/sources/fetch/records"
	"github.com/tap-rest/tap-rest/sources/fetch/request"
)

// splitJob is split for an answer about a job: it has no records.
func splitJob(ex *Exchange) (s records.Split) {
	s.Records = records.None{}
	if ex.Body.Long() {
		s.Err = fmt.Errorf("%w: the answer about the export's job is longer than any that is taken", ErrBroken)
		return s
	}
	text, err := export.AsJSON(ex.Body.Text, ex.Header)
	switch {
	case err != nil:
		s.Err = fmt.Errorf("%w: %w", ErrBroken, err)
	case !bytes.Equal(text, ex.Body.Text):
		ex.Body.ReadAs(text)
	}
	return s
}

// jobJudge decides about what is answered in an export.
type jobJudge struct {
	*judge
	job   *export.Job
	maker *request.Maker
}

// takeJob decides about an answer to a request of an export that says yes; done is
// false where it is one of a file, to be decided about as others.
func (j *jobJudge) takeJob(out *outgoing, page *Page, s records.Split) (v verdict, done bool) {
	switch {
	case out.role == forFile:
		return v, false
	case errors.Is(s.Err, ErrBroken) && out.role.about():
		return j.broken(&page.Exchange, s.Err).advise("answers about a job may be JSON, XML, a text of the type text/plain, or empty"), true
	case out.GraphQL && !page.Partly && j.view.hasErrors():
		return j.graphQLErrors(page), true
	}
	stand, err := j.job.Stands(j.view.vars, page.Status, out.role == forSubmit)
	switch {
	case stand == export.Failed:
		return refuse(SessionLost, err).refusing(), true
	case err != nil:
		return refuse(Permanent, err), true
	case out.role == forSubmit:
		return j.takeSubmission(page), true
	case stand == export.Running:
		return j.notDone(page), true
	case out.role == forResult:
		return v, false
	}
	page.ruling.Empty = true
	return accept(page), true
}

// takeSubmission decides about the answer to a submission.
func (j *jobJudge) takeSubmission(page *Page) verdict {
	if err := j.asksFor(page); err != nil {
		return refuse(Permanent, err).advise("the answer to export.submit has not what export.poll asks by")
	}
	page.ruling.Empty, page.submits = true, true
	return accept(page)
}

// asksFor reports whether the job can be asked for by what the answer to its submission
// says: one that cannot is not kept, so that the next run submits another.
func (j *jobJudge) asksFor(page *Page) error {
	if j.job.Spec.Poll == nil {
		return nil
	}
	vars := j.view.vars
	vars[sources.VarJob], vars[sources.VarJobHeaders] = vars[sources.VarResponse], HeaderValue(export.Headers(page.url, page.Header))
	defer func() { vars[sources.VarJob], vars[sources.VarJobHeaders] = expr.Undefined(), expr.Undefined() }()
	if _, err := j.maker.MakeOther(*j.job.Spec.Poll, vars, request.Page{First: true}); err != nil {
		return fmt.Errorf("export.poll: %w", err)
	}
	return nil
}

// notDone decides about the answer of a job that is still under way.
func (j *jobJudge) notDone(page *Page) verdict {
	if err := j.job.Waits(j.view.vars, page.Status, page.Body.Text, time.Now(), j.secrets.Quote); err != nil {
		return refuse(SessionLost, err).refusing()
	}
	return verdict{pending: j.job.Later(page.head().RetryAfter()), err: errors.New("the export's job is not done")}
}

// adviseExport says which request of an export is likely wrong where the API answers
// no.
func (j *jobJudge) adviseExport(out *outgoing, status int) string {
	e, a := j.job.Spec, j.advice()
	switch {
	case out.role == forSubmit:
		return a.Addressed("export.submit", e.Submit.Path, e.Submit.Method, status)
	case out.role == forFile:
		return a.Addressed("export.download", j.stream.Request.Path, j.stream.Request.Method, status)
	case e.Poll != nil:
		return a.Addressed("export.poll", e.Poll.Path, e.Poll.Method, status)
	}
	return ""
}
