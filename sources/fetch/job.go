package fetch

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/sources/fetch/recorded"
	"github.com/tap-rest/tap-rest/sources/fetch/request"
	"github.com/tap-rest/tap-rest/sources/fetch/uri"
)

// job is the export of a walk: what was submitted, how it stands, and which files it
// has. The walk's position and the journal have the answer to its submission, so that
// no run asks for a second one. It is used from the walk's goroutine.
type job struct {
	spec     *sources.Export
	requests *builder
	asker    *asker
	links    []string // to the files, by the last poll; nil: nothing was polled
	asked    int64    // file for which the links were asked for last
	since    time.Time
	wait     time.Duration // before the next poll
	told     time.Time     // when the log last said that the job is not done
	slot     *slot
	sharing  sharing // with other streams; its zero value: no other reads the job
	removed  bool
	known    knownJob
	walk     walkOfJob
	lost     bool // the API may have got a submission whose answer did not come
	warned   bool // that a second job may be made
}

// knownJob is what was reckoned of the answer of a job that is kept.
type knownJob struct {
	text   string
	digest json.RawMessage
}

// walkOfJob says which walk asks for a job.
type walkOfJob struct {
	partition string
	restarts  int // in all runs: each asks for another job
}

// newJob returns the job of a walk; nil where its stream has none.
func newJob(spec *sources.Export, a *asker, requests *builder) *job {
	if spec == nil {
		return nil
	}
	j := &job{spec: spec, asker: a, requests: requests, asked: -1}
	if spec.Shared != nil {
		j.sharing.jobs = a.client.shared
	}
	return j
}

// role is what a request of an export is for.
type role int

const (
	forPage   role = iota // it is for a page, or for no export
	forSubmit             // it asks for the job
	forPoll               // it asks how the job stands
	forFile               // it downloads a file
	forResult             // it asks how the job stands, and the answer of one that is done is the file
)

// about reports whether the answer says something of a job, and holds no records.
func (r role) about() bool { return r == forSubmit || r == forPoll }

// locations are the headers of the answer to a submission that say where to ask for the
// job. Of others, those are kept that begin with X-, and Retry-After.
var locations = []string{"Location", "Content-Location", "Operation-Location", "Azure-Asyncoperation"}

// headersOf are the headers of the answer to a submission that requests may need. What
// they name is absolute: the job may be asked for in another place.
func headersOf(page *Page) http.Header {
	const long = 200 // bytes
	h := http.Header{}
	for name, values := range page.Header {
		switch {
		case slices.Contains(locations, name):
			h.Set(name, absolute(page.url, values[0]))
		case name == "Retry-After", strings.HasPrefix(name, "X-") && len(values[0]) < long:
			h[name] = values
		}
	}
	return h
}

// absolute is what a URL in an answer stands for, which may be relative to the one that
// was asked.
func absolute(from *url.URL, link string) string {
	if from == nil {
		return link
	}
	to, err := uri.Reference(from, link)
	if err != nil {
		return link // who asks for it finds the error
	}
	return to.String()
}

// maxJob is how long the answer to a submission may be, in bytes.
const maxJob = 64 << 10

// sealed is what the answer to a submission says, fit to be kept.
func (j *job) sealed(page *Page) (json.RawMessage, error) {
	answer := expr.Undefined()
	if len(page.Body.Text) > 0 {
		answer = expr.JSONBytes(page.Body.Text)
	}
	if n := len(page.Body.Text); n > maxJob {
		return nil, fmt.Errorf("export.submit: the answer has %d bytes, and a state keeps it: at most %d", n, maxJob)
	}
	return j.requests.maker.SealToken(expr.Dict(
		[]string{"answer", "headers", "at"}, []expr.Value{answer, HeaderValue(headersOf(page)), expr.String(page.At.UTC().Format(time.RFC3339))}))
}

// show makes templates see the job at which the walk stands.
func (j *job) show() error {
	vars := j.requests.vars
	vars[sources.VarJob], vars[sources.VarJobHeaders], vars[sources.VarLink] = expr.Undefined(), expr.Undefined(), expr.Undefined()
	e := j.requests.pager.Position().Export
	if e == nil {
		return nil
	}
	v, err := j.requests.maker.OpenToken(e.Job)
	if err != nil {
		return err
	}
	vars[sources.VarJob], vars[sources.VarJobHeaders] = v.Get("answer"), v.Get("headers")
	j.since, _ = time.Parse(time.RFC3339, v.Get("at").Text()) // it was written so
	return nil
}

// files are those of the job, as far as is known.
func (j *job) files() paging.Files {
	if j.spec.Links.IsZero() {
		return paging.Files{Count: 1}
	}
	if j.links != nil {
		return paging.Files{Count: int64(len(j.links)), Order: orderOf(j.links)}
	}
	if e := j.requests.pager.Position().Export; e != nil {
		return paging.Files{Count: e.Files, Order: e.Order}
	}
	return paging.Files{}
}

// unsigned is the URL that answered a request, as it is kept: the link to a file may be
// signed, and lead to a URL that is.
func (o *outgoing) unsigned(at *url.URL) string {
	if o.role == forFile || o.role == forResult || o.File() {
		at = uri.Unsigned(at)
	}
	return at.String()
}

// of makes a request one of the export.
func (j *job) of(out *outgoing, r role) *outgoing {
	out.role, out.n, out.files = r, j.requests.pager.Position().Pages, j.files()
	if r.about() {
		out.under = out.under.Plain()
	}
	return out
}

// placeholder stands for the request of the next file as long as its link is not known:
// the journal knows the file by the job, and by where the walk stands.
func (j *job) placeholder() (*outgoing, error) {
	r, err := j.requests.maker.Placeholder(j.requests.vars, fmt.Sprintf("file %d of the export's job", j.requests.pager.Position().Export.File+1))
	if err != nil {
		return nil, err
	}
	out := j.of(j.requests.outgoing(r), forFile)
	out.digest = j.digest()
	return out, nil
}

// digest is by what the journal knows the page at which the walk stands, whatever its
// link is now, and whatever came before it.
func (j *job) digest() (sum [16]byte) {
	at := j.requests.pager.Position()
	text, err := json.Marshal([]any{j.canonical(at.Export.Job), at.Export.File, at.Token, at.URL, at.Number, at.Offset, at.Size})
	if err != nil {
		panic("fetch: a position that is not JSON: " + err.Error()) // it is made of numbers and JSON
	}
	whole := sha256.Sum256(text)
	copy(sum[:], whole[:])
	return sum
}

// canonical is a digest of a job's answer that stays the same where who keeps a state
// writes the keys in it in another order, as databases do.
func (j *job) canonical(answer json.RawMessage) json.RawMessage {
	if text := string(answer); text != j.known.text {
		var v any
		in := json.NewDecoder(strings.NewReader(text))
		in.UseNumber()
		_ = in.Decode(&v)            // what is no JSON is none of the journal's jobs
		sorted, _ := json.Marshal(v) // it came out of JSON
		j.known.text, j.known.digest = text, fmt.Appendf(nil, "%q", fmt.Sprintf("%x", sha256.Sum256(sorted)))
	}
	return j.known.digest
}

// download builds the request for the page of the file at which the walk stands.
func (j *job) download() (*outgoing, error) {
	at := j.requests.pager.Position()
	if j.spec.Links.IsZero() {
		out, err := j.requests.buildOther(*cmp.Or(j.spec.Poll, &j.spec.Submit), "")
		if err != nil {
			return nil, fmt.Errorf("export.poll: %w", err)
		}
		out = j.of(out, forResult)
		out.digest = j.digest()
		return out, nil
	}
	j.requests.vars[sources.VarLink] = expr.String(j.links[at.Export.File])
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
	out.digest = j.digest()
	return out, nil
}

// ready sees to it that the links of the job's files are known, and new where they were
// refused: it polls until the job is done.
func (j *job) ready(ctx context.Context, anew bool) error {
	at := j.requests.pager.Position().Export
	if j.spec.Links.IsZero() || j.links != nil && !anew {
		return nil
	}
	j.asked = at.File
	if j.links == nil {
		j.keep()
	}
	links, err := j.poll(ctx)
	if err != nil {
		return err
	}
	links = j.inOrder(links)
	if err := others(at, links); err != nil {
		return j.asker.failures.lost(j.requests.sent.Shown, err)
	}
	j.links = links
	j.slot.give() // it runs no more
	return nil
}

// poll asks how the job stands until it is done, and returns the links to its files.
func (j *job) poll(ctx context.Context) ([]string, error) {
	if j.spec.Poll == nil {
		return j.linksIn(j.requests.vars[sources.VarJob], nil, nil)
	}
	if err := j.firstWait(ctx); err != nil {
		return nil, err
	}
	out, err := j.requests.buildOther(*j.spec.Poll, pollAside)
	if err != nil {
		return nil, j.asker.failures.unsent(j.spec.Poll.Method+" "+j.spec.Poll.Path.Source(), fmt.Errorf("export.poll: %w", err))
	}
	out = j.of(out, forPoll)
	j.requests.sent = out
	page, err := j.asker.ask(ctx, out, nil)
	if err != nil {
		return nil, j.forgotten(err)
	}
	defer page.Release()
	links, err := j.linksIn(expr.JSONBytes(page.Body.Text), page.Body.Text, page.Header)
	if err != nil {
		return nil, j.asker.failures.answer(out, &page.Exchange, &Error{Class: Permanent, Attempts: page.Attempts, Err: err})
	}
	if request.IsWhole(j.requests.stream.Request.Path) {
		for i, link := range links {
			links[i] = absolute(page.url, link)
		}
	}
	return links, nil
}

// pollAside is what stands in the place of a poll in the journal: no poll is kept.
const pollAside = "#poll"

// ErrJobOver says that a job which the API knows comes to nothing: no walk goes on with
// it, and another one is to be asked for.
var ErrJobOver = errors.New("the export's job came to nothing")

// forgotten makes the failure of a poll one of a job that the API does not know any
// more, where it says so: another one is asked for.
func (j *job) forgotten(err error) error {
	var e *Error
	if errors.As(err, &e) && (e.Status == http.StatusNotFound || e.Status == http.StatusGone) {
		own := *e
		own.Class, own.Advice = SessionLost, ""
		own.Err = fmt.Errorf("the API does not know the export's job any more: %w", e.Err)
		return &own
	}
	return err
}

// firstWait waits before the first poll, as long as the job is younger than that.
func (j *job) firstWait(ctx context.Context) error {
	if j.wait > 0 {
		return nil
	}
	j.wait = j.spec.Every
	if left := j.spec.Every - time.Since(j.since); left > 0 && left <= j.spec.Every {
		return j.asker.client.admission.sleep(ctx, left, j.asker.counters)
	}
	return nil
}

// pollLater waits before the next poll of a job that is not done.
func (a *asker) pollLater(ctx context.Context, out *outgoing, ex *Exchange, wait time.Duration) error {
	ex.Body.Release()
	if a.client.admission.stopped(ctx) {
		return ErrStopped
	}
	j := a.judge.job
	if now := time.Now(); now.Sub(j.told) >= tellPolls {
		j.told = now
		a.client.Log.Info("the export's job is not done yet", "stream", a.stream.Name, "request", out.Shown,
			"for", now.Sub(j.since).Round(time.Second).String(), "of", j.spec.Timeout.String(), "wait", wait.Round(time.Millisecond).String())
	}
	return a.client.admission.sleep(ctx, wait, a.counters)
}

// tellPolls is how often the log says that a job is not done.
const tellPolls = 5 * time.Minute

// later is how long to wait before the next poll; each wait is half as long again.
func (j *job) later(asked time.Duration) time.Duration {
	wait := j.wait
	if wait == 0 {
		wait = j.spec.Every
	}
	j.wait = max(j.spec.Every, min(wait+wait/2, sources.PollAtMost))
	if asked > 0 {
		return asked
	}
	return wait
}

// filesOf is how many files the job of a page has; the journal says it of one that it
// has.
func (j *job) filesOf(page *Page) paging.Files {
	var f paging.Files
	if n, _ := fmt.Sscan(page.Header.Get(recorded.FilesHeader), &f.Count, &f.Order); n > 0 && page.Recalled {
		return f
	}
	return j.files()
}

// forgottenResult is forgotten for an answer that is the file once the job is done.
func (j *job) forgottenResult(err error) error {
	if !j.spec.Links.IsZero() {
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
	if j.sharing.job != nil && e.Class == SessionLost {
		j.sharing.jobs.forget(j.sharing.job)
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
		j.sharing.jobs.read(j.sharing.job, j.sharing.reader, j.remove)
		j.sharing.job = nil
	default:
		j.remove()
	}
	j.leave()
}

// leave lets another job of the client run.
func (j *job) leave() {
	if j != nil {
		j.slot.give()
		j.asker.client.jobs.forget(cmp.Or(j.walk.partition, "-"))
	}
}

// remove asks the API to remove the job, once. What goes wrong is a warning.
func (j *job) remove() {
	if j == nil || j.spec.Remove == nil || j.removed || j.requests.pager.Position().Export == nil && j.since.IsZero() || j.requests.recorder.only() {
		return
	}
	j.removed = true
	c := j.asker.client
	shown := j.spec.Remove.Method + " " + j.spec.Remove.Path.Source()
	out, err := j.requests.buildOther(*j.spec.Remove, "#remove")
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
