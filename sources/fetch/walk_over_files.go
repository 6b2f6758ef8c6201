package fetch

import (
	"context"
	"errors"
)

// nextOfJob returns the next page of a walk over the files of a job: first the answer
// to the request for it, which has no records, then those of each file.
func (w filesWalk) nextOfJob(ctx context.Context) (*Page, error) {
	if err := w.job.show(); err != nil {
		return nil, w.failures.unsent("the export's job", err)
	}
	if w.job.at() == nil {
		return w.submit(ctx)
	}
	return w.nextOfFile(ctx)
}

// submit asks for the job, unless the journal knows that a run before did.
func (w filesWalk) submit(ctx context.Context) (*Page, error) {
	w.requests.setPage()
	out, err := w.asker.buildLoggedIn(ctx, w.job.submission)
	switch {
	case errors.Is(err, ErrStopped):
		return nil, err
	case err != nil:
		return nil, w.failures.unsent(w.job.Spec.Submit.Method+" "+w.job.Spec.Submit.Path.Source(), err)
	}
	w.requests.sent = out
	w.join(out)
	if page, err := w.recalled(ctx, out); page != nil || err != nil {
		if page != nil && w.job.sharing.job != nil {
			w.job.sharing.job.Submission.Offer(page.Next.Export.Job)
		}
		return page, err
	}
	if w.job.sharing.job != nil {
		return w.submitOnce(ctx, out)
	}
	return w.askForJob(ctx, out)
}

// nextOfFile returns the next page of a file.
func (w filesWalk) nextOfFile(ctx context.Context) (*Page, error) {
	known, err := w.job.placeholder()
	if err != nil {
		return nil, w.failures.unsent("the export's job", err)
	}
	w.requests.sent = known
	w.joinAgain()
	n := w.job.at().File
	if page, err := w.recalled(ctx, known); page != nil || err != nil {
		if page != nil {
			w.offerFile(n, page)
		}
		return page, err
	}
	if w.sharesFile() {
		return w.fileOnce(ctx, known)
	}
	return w.fileOfJob(ctx, known)
}
