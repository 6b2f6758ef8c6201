package fetch

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"
)

// filesWalk is a walk over the files of a job.
type filesWalk struct{ *Walk }

// askForJob sends the request for the job. The journal has the request, on disk, before
// that is sent, and its answer when askForJob returns.
func (w filesWalk) askForJob(ctx context.Context, out *outgoing) (*Page, error) {
	if err := w.job.takeSlot(ctx); err != nil {
		return nil, err
	}
	w.noteSubmission(out)
	page, err := w.asked(ctx, out)
	w.refused(out, err)
	w.job.fresh = err == nil
	if err == nil && w.recorder.Recording != nil {
		if err := w.recorder.Journal.Sync(); err != nil {
			page.Release()
			return nil, wrapJournal(err)
		}
	}
	return page, err
}

// noteSubmission makes the journal know that the job is asked for, before it is: a run
// that is killed meanwhile leaves its pass, and with that the key of the job, to the
// next.
func (w filesWalk) noteSubmission(out *outgoing) {
	r := w.recorder.Recording
	if r == nil {
		return
	}
	key := r.keyOf(out)
	out.mark.before = func() error { return wrapJournal(r.ask(key, out.Shown)) }
	out.mark.undo = func() { w.recorder.reject(out, out.n) }
}

// refused makes the journal forget a submission to which the API has said no, or which
// it has not got: the next run asks for another job.
func (w filesWalk) refused(out *outgoing, err error) {
	if e := (*Error)(nil); errors.As(err, &e) && !w.job.lost {
		out.mark.takeBack()
	}
}

// recalled returns the page that the journal has for a request, nil where it has none
// and the API may be asked.
func (w filesWalk) recalled(ctx context.Context, out *outgoing) (*Page, error) {
	if w.client.admission.Stopped(ctx) { // what the journal has takes memory too
		return nil, ErrStopped
	}
	page, err := w.recall(ctx, out)
	switch {
	case err == nil:
		w.pager.Go(page.Next)
		return page, nil
	case w.recorder.only():
		return nil, w.failures.unsent(out.Shown, err)
	case errors.Is(err, errNoAnswer):
		w.job.tellLost(out, err)
	}
	return nil, nil
}

// asked asks the API for a page.
func (w filesWalk) asked(ctx context.Context, out *outgoing) (*Page, error) {
	if err := w.pager.Begin(out.hash()); err != nil {
		return nil, w.failures.unsent(out.Shown, err)
	}
	page, err := w.ask(ctx, out, nil)
	if err == nil {
		w.recorder.behind = true
		w.pager.Go(page.Next)
	}
	return page, err
}

// fileOfJob downloads the page of a file, once the job is done.
func (w filesWalk) fileOfJob(ctx context.Context, known *outgoing) (*Page, error) {
	if err := w.job.ready(ctx, false); err != nil {
		return nil, err
	}
	if w.job.HasLinks() && len(w.job.Links()) == 0 {
		return w.noFiles(known)
	}
	page, err := w.download(ctx)
	if !w.mayLinkAnew(err) {
		return page, w.job.forgottenResult(err)
	}
	w.client.Log.Info("the link to a file of the export was refused, since it may have expired: the job is asked for another one",
		"stream", w.stream.Name, "request", known.Shown, "why", err.Error())
	if err := w.job.ready(ctx, true); err != nil {
		return nil, err
	}
	return w.download(ctx)
}

// download asks for the page of a file.
func (w filesWalk) download(ctx context.Context) (*Page, error) {
	out, err := w.asker.buildLoggedIn(ctx, w.job.download)
	switch {
	case errors.Is(err, ErrStopped):
		return nil, err
	case err != nil:
		return nil, w.failures.unsent("the download of a file", err)
	}
	w.requests.sent = out
	return w.asked(ctx, out)
}

// mayLinkAnew reports whether a download failed as it does where the link has expired,
// and the link is not a new one.
func (w filesWalk) mayLinkAnew(err error) bool {
	var e *Error
	if !errors.As(err, &e) || !w.job.HasLinks() || w.job.Spec.Poll == nil || w.job.Asked(w.job.at().File) {
		return false
	}
	switch e.Status {
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusGone:
		return true
	}
	return false
}

// noFiles is the page of a job that is done and has no file.
func (w filesWalk) noFiles(out *outgoing) (*Page, error) {
	ex := &Exchange{Request: out.Shown, Status: http.StatusNoContent, Header: http.Header{}, Body: w.client.bodies.Empty(), At: time.Now(), url: &url.URL{}}
	page, err := w.judge.decide(out, ex, nil).taken()
	if err == nil {
		err = w.advance(page, nil)
	}
	if err != nil {
		return nil, w.failures.unsent(out.Shown, err)
	}
	page.Unrecorded = w.recorder.keep(out, page)
	w.pager.Go(page.Next)
	return page, nil
}
