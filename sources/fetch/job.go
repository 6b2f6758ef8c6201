package fetch

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch/export"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/sources/fetch/recorded"
	"github.com/tap-rest/tap-rest/sources/fetch/request"
)

// job is the export of a walk: it makes the requests about what was submitted, and asks
// how that stands. The walk's position and the journal have the answer to its submission,
// so that no run asks for a second one. It is used from the walk's goroutine.
type job struct {
	*export.Job
	requests *builder
	asker    *asker
	slot     *export.Slot
	sharing  sharing // with other streams; its zero value: no other reads the job
	removed  bool
	fresh    bool // it was asked for in this run
	walk     walkOfJob
	lost     bool // the API may have got a submission whose answer did not come
	warned   bool // that a second job may be made
}

// walkOfJob says which walk asks for a job.
type walkOfJob struct {
	partition string
	restarts  int // in all runs: each asks for another job
}

// sharing is the part of a walk in a job that other streams read, too.
type sharing struct {
	jobs   *export.Shared[*recorder, stored]
	job    *export.SharedJob[*recorder, stored] // nil: the walk has not joined it
	reader export.Reader                        // that the walk is
}

// newJob returns the job of a walk; nil where its stream has none.
func newJob(spec *sources.Export, a *asker, requests *builder) *job {
	if spec == nil {
		return nil
	}
	j := &job{Job: export.New(spec), asker: a, requests: requests}
	if spec.Shared != nil {
		j.sharing.jobs = a.client.shared
	}
	return j
}

// sealed is what the answer to a submission says, fit to be kept.
func (j *job) sealed(page *Page) (json.RawMessage, error) {
	v, err := export.Answer(page.Body.Text, HeaderValue(export.Headers(page.url, page.Header)), page.At)
	if err != nil {
		return nil, err
	}
	return j.requests.maker.SealToken(v)
}

// show makes templates see the job at which the walk stands.
func (j *job) show() error {
	e := j.at()
	if e == nil {
		j.Show(j.requests.vars, expr.Undefined())
		return nil
	}
	v, err := j.requests.maker.OpenToken(e.Job)
	if err == nil {
		j.Show(j.requests.vars, v)
	}
	return err
}

// at is where the walk stands in the job; nil: it is not asked for yet.
func (j *job) at() *paging.Export { return j.requests.pager.Position().Export }

// of makes a request one of the export.
func (j *job) of(out *outgoing, r role) *outgoing {
	out.role, out.n, out.files = r, j.requests.pager.Position().Pages, j.Files(j.at())
	if r.about() {
		out.under = out.under.Plain()
	}
	out.mark.failed = func(ex *Exchange, err error, v verdict) { j.lostBy(out, ex, err, v) }
	return out
}

// placeholder stands for the request of the next file as long as its link is not known:
// the journal knows the file by the job, and by where the walk stands.
func (j *job) placeholder() (*outgoing, error) {
	r, err := j.requests.maker.Placeholder(j.requests.vars, fmt.Sprintf("file %d of the export's job", j.at().File+1))
	if err != nil {
		return nil, err
	}
	out := j.of(j.requests.outgoing(r), forFile)
	out.digest = j.Digest(j.requests.pager.Position())
	return out, nil
}

// download builds the request for the page of the file at which the walk stands.
func (j *job) download() (*outgoing, error) {
	if !j.HasLinks() {
		out, err := j.requests.buildOther(*cmp.Or(j.Spec.Poll, &j.Spec.Submit), "")
		if err != nil {
			return nil, fmt.Errorf("export.poll: %w", err)
		}
		out = j.of(out, forResult)
		out.digest = j.Digest(j.requests.pager.Position())
		return out, nil
	}
	j.requests.vars[sources.VarLink] = expr.String(j.Links()[j.at().File])
	j.requests.setPage()
	page, err := j.requests.asks()
	if err != nil {
		return nil, err
	}
	r, err := j.requests.maker.Make(j.requests.vars, page)
	if err != nil {
		return nil, fmt.Errorf("export.download: %w", err)
	}
	out := j.of(j.requests.outgoing(r), forFile)
	out.digest = j.Digest(j.requests.pager.Position())
	return out, nil
}

// ready sees to it that the links of the job's files are known, and new where they were
// refused: it polls until the job is done.
func (j *job) ready(ctx context.Context, anew bool) error {
	if !j.HasLinks() || j.Links() != nil && !anew {
		return nil
	}
	j.Asks(j.at().File)
	if j.Links() == nil && j.slot == nil {
		j.slot = j.asker.client.jobs.Keep(j.walk.partition)
	}
	links, err := j.poll(ctx)
	if err != nil {
		return err
	}
	if err := j.Take(j.at(), links); err != nil {
		return j.asker.failures.lost(j.requests.sent.Shown, err)
	}
	j.slot.Give() // it runs no more
	return nil
}

// poll asks how the job stands until it is done, and returns the links to its files.
func (j *job) poll(ctx context.Context) ([]string, error) {
	if j.Spec.Poll == nil {
		answer := j.requests.vars[sources.VarJob]
		return j.linksIn(answer, answer.AppendJSON(nil), nil, "")
	}
	if wait := j.BeforePolls(time.Now()); wait > 0 {
		if err := j.asker.client.admission.Sleep(ctx, wait, &j.asker.counters.Spent); err != nil {
			return nil, err
		}
	}
	out, err := j.requests.buildOther(*j.Spec.Poll, pollAside)
	if err != nil {
		return nil, j.asker.failures.unsent(j.Spec.Poll.Method+" "+j.Spec.Poll.Path.Source(), fmt.Errorf("export.poll: %w", err))
	}
	out = j.of(out, forPoll)
	j.requests.sent = out
	page, err := j.asker.ask(ctx, out, nil)
	if err != nil {
		return nil, j.forgotten(err)
	}
	defer page.Release()
	links, err := j.linksIn(expr.JSONBytes(page.Body.Text), page.Body.Text, page.Header, page.url.String())
	if err != nil {
		return nil, j.asker.failures.answer(out, &page.Exchange, &Error{Class: Permanent, Attempts: page.Attempts, Err: err})
	}
	if request.IsWhole(j.requests.stream.Request.Path) {
		for i, link := range links {
			links[i] = export.Absolute(page.url, link)
		}
	}
	return links, nil
}

// pollAside is what stands in the place of a poll in the journal: no poll is kept.
const pollAside = "#poll"

// linksIn finds the links to the files of a job that is done, and what the answer says of
// what those may lack. Where streams share the job, or lines name parents, the records of
// one stream are not all that it counts.
func (j *job) linksIn(answer expr.Value, text []byte, h http.Header, url string) ([]string, error) {
	secrets, decode := j.requests.recorder.secrets, j.requests.stream.Text.Decode
	links, err := export.Links(j.Spec.Links, j.requests.vars, answer, text, h, secrets.Quote)
	if err == nil {
		counts := j.sharing.jobs == nil && decode.JSONL.ParentID == ""
		j.Says(export.Said(j.Spec.Links, text, h, url, links, counts, secrets.Quote, secrets.Redact))
	}
	return links, err
}

// ErrJobOver says that a job which the API knows comes to nothing: no walk goes on with
// it, and another one is to be asked for.
var ErrJobOver = export.ErrOver

// The failures of jobs about which a caller decides: the API has never known the job, or
// it was not done in time and no poll said anything else than the others.
var (
	ErrJobUnknown   = errors.New("the API does not know the export's job, which it was asked for just before")
	ErrJobUnchanged = export.ErrUnchanged
)

// forgotten makes the failure of a poll one of a job that the API does not know any
// more, where it says so: another one is asked for.
func (j *job) forgotten(err error) error {
	var e *Error
	if !errors.As(err, &e) || e.Status != http.StatusNotFound && e.Status != http.StatusGone {
		return err
	}
	own := *e
	own.Class = SessionLost
	if e.Status == http.StatusNotFound && j.fresh && !j.Answered() {
		own.Refused, own.Err = true, fmt.Errorf("%w: %w", ErrJobUnknown, e.Err)
		return &own
	}
	own.Advice, own.Err = "", fmt.Errorf("the API does not know the export's job any more: %w", e.Err)
	return &own
}

// filesOf is how many files the job of a page has; the journal says it of one that it
// has.
func (j *job) filesOf(page *Page) paging.Files {
	if f, known := recorded.Files(page.Header); known && page.Recalled {
		return f
	}
	return j.Files(j.at())
}

// forgottenResult is forgotten for an answer that is the file once the job is done.
func (j *job) forgottenResult(err error) error {
	if j.HasLinks() {
		return err
	}
	return j.forgotten(err)
}

// fails takes note of the failure that ends the walk: a job that no walk goes on with is
// removed, one that the next run goes on with is not.
func (j *job) fails(err error) {
	var e *Error
	if j == nil || !errors.As(err, &e) {
		return
	}
	e.Exports = true
	if j.sharing.job != nil && e.Class == SessionLost {
		j.sharing.job.Forget()
	}
	if errors.Is(err, ErrJobOver) { // else its files were paid for, and the next run may read them
		j.remove()
	}
}

// over says that all files came.
func (j *job) over() {
	switch {
	case j == nil:
		return
	case j.sharing.job != nil:
		j.sharing.job.Read(j.sharing.reader, j.remove)
		j.sharing.job = nil
	default:
		j.remove()
	}
	j.leave()
}

// leave lets another job of the client run.
func (j *job) leave() {
	if j != nil {
		j.slot.Give()
		j.asker.client.jobs.Forget(cmp.Or(j.walk.partition, "-"))
	}
}

// remove asks the API to remove the job, once. What goes wrong is a warning.
func (j *job) remove() {
	if j == nil || j.Spec.Remove == nil || j.removed || j.at() == nil && !j.Begun() || j.requests.recorder.only() {
		return
	}
	j.removed = true
	c := j.asker.client
	shown := j.Spec.Remove.Method + " " + j.Spec.Remove.Path.Source()
	out, err := j.requests.buildOther(*j.Spec.Remove, "#remove")
	if err == nil {
		shown = out.Shown
		out.vars = append(expr.Vars(nil), out.vars...)
		var status int
		if status, err = j.asker.sendLast(out); err == nil && status/100 != 2 && status != http.StatusNotFound && status != http.StatusGone {
			err = &statusError{status, http.StatusText(status)}
		}
	}
	if err != nil {
		c.Log.Warn("the export's job could not be removed: the API keeps it until it expires there",
			"stream", j.requests.stream.Name, "request", c.Secrets.Redact(shown), "why", hide(c.Secrets, err).Error())
	}
}
