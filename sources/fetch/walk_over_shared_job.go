package fetch

import (
	"context"
	"encoding/json"
	"io"
	"net/http"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/body"
	"github.com/tap-rest/tap-rest/sources/fetch/export"
	"github.com/tap-rest/tap-rest/sources/fetch/records"
	"github.com/tap-rest/tap-rest/state/journal"
)

// join makes the walk one of those that read the job of a submission, and tells the
// others of the job at which it stands.
func (w filesWalk) join(out *outgoing) {
	s := &w.job.sharing
	if s.jobs == nil || s.job != nil {
		return
	}
	vars := w.requests.vars
	s.reader = export.Reader{Stream: w.stream.Name, Partition: string(vars[sources.VarWindow].AppendJSON(vars[sources.VarPartition].AppendJSON(nil)))}
	s.job = s.jobs.Join(out.asksBy, w.job.Spec.Shared, s.reader, w.recorder)
	if e := w.job.at(); e != nil {
		s.job.Submission.Offer(e.Job)
	}
}

// Join makes others know of the job of an earlier run in which the walk goes on. It is
// called before Next.
func (w *Walk) Join() {
	if w.job != nil && w.job.at() != nil {
		filesWalk{w}.joinAgain()
	}
}

// joinAgain is join for a walk that goes on in a job of an earlier run.
func (w filesWalk) joinAgain() {
	if w.job.sharing.jobs == nil || w.job.sharing.job != nil {
		return
	}
	if out, err := w.job.submission(); err == nil { // else nobody else can ask for it, either
		w.join(out)
	}
}

// submitOnce is submit where the job may be one that another stream has asked for.
func (w filesWalk) submitOnce(ctx context.Context, out *outgoing) (*Page, error) {
	submission := &w.job.sharing.job.Submission
	got, ok := submission.Claim(ctx, w.client.waiting(ctx))
	if !ok {
		return nil, ErrStopped
	}
	if got != nil {
		if page, err := w.recalled(ctx, out); page != nil || err != nil { // the other walk has handed it over
			return page, err
		}
		w.job.fresh = true
		return w.takeJob(out, *got)
	}
	var sealed *json.RawMessage
	defer func() { submission.Settle(sealed) }()
	page, err := w.ofAnother(ctx, out)
	if page == nil && err == nil {
		page, err = w.askForJob(ctx, out)
	}
	if err == nil && page.Next.Export != nil {
		sealed = &page.Next.Export.Job
		w.hand(page, out)
	}
	return page, err
}

// ofAnother returns a page that an earlier run has got for another stream, whose walk
// may come to it later than this one; nil where the journal has none.
func (w filesWalk) ofAnother(ctx context.Context, out *outgoing) (*Page, error) {
	r := w.recorder
	if r.Recording == nil {
		return nil, nil
	}
	place, ok := r.Journal.LookupAlike(r.keyOf(out), out.digest, w.job.Spec.Shared)
	if !ok || r.copyFrom(stored{r.Journal, place}, out) != nil {
		return nil, nil
	}
	return w.recalled(ctx, out)
}

// hand puts an answer into the journals of the other walks that read the job, so that
// each has it, whenever this run ends.
func (w filesWalk) hand(page *Page, out *outgoing) {
	if page.kept == nil {
		return
	}
	for _, other := range w.job.sharing.job.Others(w.recorder) {
		if other.Recording == nil {
			continue
		}
		_ = other.copyFrom(stored{w.recorder.Journal, page.kept.place}, out) // who lacks it takes it when it comes there
	}
}

// takeJob makes a page of the job that another walk asked for, as if this one had.
func (w filesWalk) takeJob(out *outgoing, sealed json.RawMessage) (*Page, error) {
	v, err := w.requests.maker.OpenToken(sealed)
	if err != nil {
		return nil, w.failures.unsent(out.Shown, err)
	}
	h, text, at := export.Given(v)
	b := w.client.bodies.Empty()
	if text != nil {
		b.Replace(text)
	}
	page := &Page{Exchange: Exchange{Request: out.Shown, Status: http.StatusOK, Header: h, Body: b, At: at, url: out.URL}, Records: records.None{}, Recalled: true}
	page.ruling.Empty = true
	if err := w.advance(page, nil); err != nil {
		return nil, w.failures.unsent(out.Shown, err)
	}
	page.Unrecorded = w.recorder.keep(out, page)
	w.counters.Saved.Exchanges.Add(1)
	w.pager.Go(page.Next)
	return page, nil
}

// sharesFile reports whether the next page is a file that another stream may have.
func (w filesWalk) sharesFile() bool {
	return w.job.sharing.job != nil && w.recorder.Recording != nil && w.job.HasLinks() && w.stream.Pagination.IsSingle()
}

// fileOnce downloads a file, or takes it from the walk that did.
func (w filesWalk) fileOnce(ctx context.Context, known *outgoing) (*Page, error) {
	file := w.job.sharing.job.File(w.job.at().File)
	got, ok := file.Claim(ctx, w.client.waiting(ctx))
	if !ok {
		return nil, ErrStopped
	}
	if got != nil {
		if err := w.recorder.copyFrom(*got, known); err == nil {
			if page, err := w.recalled(ctx, known); page != nil || err != nil {
				return page, err
			}
		}
		return w.fileOfJob(ctx, known) // it is not in the journal any more
	}
	var at *stored
	defer func() { file.Settle(at) }()
	page, err := w.ofAnother(ctx, known)
	if page == nil && err == nil {
		page, err = w.fileOfJob(ctx, known)
	}
	if err == nil && page.kept != nil {
		at = &stored{w.recorder.Journal, page.kept.place}
		w.hand(page, known)
	}
	return page, err
}

// offerFile tells the other walks of a file that this one has from an earlier run.
func (w filesWalk) offerFile(n int64, page *Page) {
	if w.sharesFile() && page.kept != nil {
		w.job.sharing.job.File(n).Offer(stored{w.recorder.Journal, page.kept.place})
	}
}

// copyFrom makes an exchange that another walk keeps one of this walk's.
func (r *recorder) copyFrom(at stored, known *outgoing) error {
	if r.Journal.Holds(r.keyOf(known)) {
		return nil
	}
	e, in, err := at.journal.Stream(at.place)
	if err != nil {
		return err
	}
	defer in.Close()
	own := *e
	own.Key, own.Digest = r.keyOf(known), known.digest
	if in.Size() <= body.Max {
		if own.Body, err = in.Append(nil); err == nil {
			_, err = r.Journal.Append(&own)
		}
		return err
	}
	return copyLong(r.Journal, in, &own)
}

func copyLong(j *journal.Journal, in io.Reader, e *journal.Exchange) error {
	d, err := j.Draft(e.Header)
	if err != nil {
		return err
	}
	defer d.Discard() // unless it is kept
	if _, err := io.Copy(d, in); err != nil {
		return err
	}
	_, err = d.Append(e)
	return err
}
