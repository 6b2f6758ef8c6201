package fetch

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/tidwall/gjson"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch/request"
)

// jobJudge is a judge of what is answered in an export.
type jobJudge struct{ *judge }

// takeJob decides about an answer to a request of an export that says yes; done is
// false where it is one of a file, to be decided about as others.
func (j jobJudge) takeJob(out *outgoing, page *Page, s split) (v verdict, done bool) {
	switch {
	case out.role == forPage || out.role == forFile:
		return v, false
	case errors.Is(s.err, ErrBroken) && out.role.about():
		return j.broken(&page.Exchange, s.err).advise("answers about a job may be JSON, XML, a text of the type text/plain, or empty"), true
	case out.GraphQL && !page.Partly && j.vars[sources.VarResponse].Get("errors").Truth():
		return j.graphQLErrors(page), true
	}
	j.vars[sources.VarStatus] = expr.Int(int64(page.Status))
	defer func() { j.vars[sources.VarStatus] = expr.Undefined() }()
	failed, err := j.jobHolds(j.job.spec.Failed, "export.failed", false)
	if err != nil {
		return refuse(Permanent, err), true
	}
	if failed {
		return refuse(SessionLost, fmt.Errorf("%w: the API says that it has failed", ErrJobOver)).refusing(), true
	}
	if out.role == forSubmit {
		if err := j.job.asksFor(page); err != nil {
			return refuse(Permanent, err).advise("the answer to export.submit has not what export.poll asks by"), true
		}
		page.ruling.Empty, page.submits = true, true
		return accept(page), true
	}
	ready, err := j.jobHolds(j.job.spec.Done, "export.done", page.Status != http.StatusAccepted)
	switch {
	case err != nil:
		return refuse(Permanent, err), true
	case !ready:
		return j.notDone(page), true
	case out.role == forResult:
		return v, false
	}
	page.ruling.Empty = true
	return accept(page), true
}

// asksFor reports whether the job can be asked for by what the answer to its submission
// says: one that cannot is not kept, so that the next run submits another.
func (j *job) asksFor(page *Page) error {
	if j.spec.Poll == nil {
		return nil
	}
	vars := j.requests.vars
	vars[sources.VarJob], vars[sources.VarJobHeaders] = vars[sources.VarResponse], HeaderValue(headersOf(page))
	defer func() { vars[sources.VarJob], vars[sources.VarJobHeaders] = expr.Undefined(), expr.Undefined() }()
	if _, err := j.requests.maker.MakeOther(*j.spec.Poll, vars, request.Page{First: true}); err != nil {
		return fmt.Errorf("export.poll: %w", err)
	}
	return nil
}

// jobHolds evaluates a template of an export over the answer; absent is what holds
// where the definition has none.
func (j jobJudge) jobHolds(t *expr.Template, key string, absent bool) (bool, error) {
	if t == nil {
		return absent, nil
	}
	v, err := t.Eval(j.vars)
	if err != nil {
		return false, fmt.Errorf("%s: %w", key, err)
	}
	return sources.Holds(v), nil
}

// notDone decides about the answer of a job that is still under way.
func (j jobJudge) notDone(page *Page) verdict {
	age := time.Since(j.job.since).Round(time.Second)
	if age > j.job.spec.Timeout {
		return refuse(SessionLost, fmt.Errorf("%w: it is not done after %s, and poll.timeout is %s", ErrJobOver, age, j.job.spec.Timeout)).refusing()
	}
	return verdict{pending: j.job.later(retryAfter(&page.Exchange)), err: errors.New("the export's job is not done")}
}

// refusing makes a failure one that comes again at the same place after a restart.
func (v verdict) refusing() verdict {
	v.about = true
	return v
}

// graphQLErrors refuses an answer with errors.
func (j *judge) graphQLErrors(page *Page) verdict {
	return refuse(Permanent, fmt.Errorf("GraphQL errors: %s", j.secrets.Quote(gjson.GetBytes(page.Body.Text, "errors").Raw)))
}
