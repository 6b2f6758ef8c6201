package fetch

import (
	"context"
	"net/http"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch/body"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/sources/fetch/partial"
	"github.com/tap-rest/tap-rest/sources/fetch/recorded"
	"github.com/tap-rest/tap-rest/sources/fetch/records"
)

// Walk is the session over one partition. It is used from one goroutine.
type Walk struct {
	client   *Client
	stream   *sources.Stream
	counters *Counters
	requests *builder
	pager    *paging.Pager
	recorder *recorder
	judge    *judge
	failures failures
	ahead    *ahead
	asker    *asker
	session  *conversation
	job      *job         // nil: the stream exports nothing
	part     partial.Part // of the answer under way
	remarks  file.Remarks // of the files that were read
	err      error        // that ended the walk
}

// NewWalk returns the walk over one partition of stream from pos on. vars hold
// what its requests see as config, partition, window and now.
func (c *Client) NewWalk(stream *sources.Stream, splitter Splitter, vars expr.Vars, pos paging.Position, n *Counters) *Walk {
	kept := &recorder{archive: c.archive(), stream: stream.Name, log: c.Log}
	requests := newBuilder(c.requester, stream, vars, kept)
	v := &view{vars: requests.vars, apart: stream.LooksAtRecords() == ""}
	pager := paging.New(stream, pos, outside{requests, v, c.Secrets}, c.Log)
	requests.pager = pager
	m := &meter{client: c, stream: stream, counters: n, varies: requests.price.Varies, secrets: c.Secrets, view: v}
	j := newJudge(m, pager, splitter, c.newSigns(stream, v))
	j.session = newSession(&stream.Pagination.Session, pager)
	early := newAhead(c, n, j, requests)
	asking := &asker{client: c, stream: stream, counters: n, judge: j, failures: failures{stream.Name, c.Secrets, kept}, requests: requests, ahead: early, meter: m}
	job := newJob(stream.Pagination.Export, asking, requests)
	if job != nil {
		j.jobs = &jobJudge{j, job.Job, requests.maker}
	}
	return &Walk{
		client: c, stream: stream, counters: n, requests: requests, pager: pager, recorder: kept, judge: j,
		failures: asking.failures, ahead: early, asker: asking, session: &conversation{j.session, asking, requests},
		job: job,
	}
}

// Record makes the walk keep its exchanges, and ask for them before it asks the
// API. It is called before Next.
func (w *Walk) Record(r *Recording) {
	w.recorder.Recording = r
	w.judge.bodies.Finds(w.client.Secrets.Finder)
}

// Is says of which partition the walk is, and how often it was begun anew before. It is
// called before Next.
func (w *Walk) Is(partition string, restarts int) {
	if w.job != nil {
		w.job.walk = walkOfJob{partition, restarts}
	}
}

// SameRequest reports whether both walks ask for the same next.
func (w *Walk) SameRequest(other *Walk) bool {
	var digests [2][16]byte
	for i, one := range []*Walk{w, other} {
		one.requests.setPage()
		out, err := one.requests.build()
		if err != nil {
			return false
		}
		digests[i] = one.recorder.digest(out, false)
	}
	return digests[0] == digests[1]
}

// TooMany reports whether the API counts more records than may be counted to, by the
// page that came last.
func (w *Walk) TooMany(page *Page) bool { return !page.Last && w.pager.Counted(page.Next) }

// OneByOne makes the walk ask for no page ahead. It is called before Next.
func (w *Walk) OneByOne() { w.ahead.most = 1 }

// Close ends a walk of which no more pages are wanted: it lets go of what was asked
// for ahead, and closes the session. A walk that is over need not be closed. The job of
// an export stays for the walk that goes on with it, but none does where somebody only
// wanted to see a few pages.
func (w *Walk) Close() {
	w.ahead.drop(false)
	w.session.close()
	if w.client.Hasty {
		w.job.remove()
	}
	w.job.leave()
	w.part.Leave()
}

// ask asks the API for the next page, unless it was asked early, and keeps the page.
func (w *Walk) ask(ctx context.Context, out *outgoing, early *early) (*Page, error) {
	if early == nil {
		w.recorder.goOn(&w.part, out)
		out.part, out.lasting = &w.part, func(h http.Header) (body.File, error) { return w.recorder.partFile(out, h) }
	}
	page, err := w.asker.ask(ctx, out, early)
	out = w.requests.sent // smaller, where the first answers were too much
	if err == nil {
		if err = w.advance(page, early); err != nil {
			defer page.Release()
			err = w.failures.answer(out, &page.Exchange, &Error{Class: Permanent, Attempts: page.Attempts, Err: err, Advice: w.judge.login.adviseExpired(page, err)})
		} else if w.judge.login.lapsed {
			page.Remarks = append(page.Remarks, lapsed)
		}
	}
	if early != nil && early.kept != nil && (err != nil || !early.gave(page)) { // the journal has an answer that was refused
		w.recorder.reject(out, out.n)
		w.ahead.drop(true)
	}
	if err != nil {
		return nil, err
	}
	if early.gave(page) {
		page.kept = early.kept
	}
	if page.kept == nil {
		page.Unrecorded = w.recorder.keep(out, page)
	}
	page.Body.ForgetWire()
	w.finish(out, page)
	return page, nil
}

// finish keeps the tag of a page, and makes one that did not change a page without
// records: they left before. The last page has what the files of all say.
func (w *Walk) finish(out *outgoing, page *Page) {
	w.recorder.keepTag(out, page, w.counters)
	seen := page.Body.Seen()
	if w.remarks.Join(seen.Remarks); page.Last {
		for _, text := range w.remarks.Texts() {
			page.Remarks = append(page.Remarks, w.client.Secrets.Redact(text))
		}
	}
	if same := page.same(); same != nil {
		page.Unchanged, page.Records = same.Count, records.None{}
	}
}

// advance finds what comes after a page, which may have been asked for early.
func (w *Walk) advance(page *Page, early *early) (err error) {
	a := paging.Answer{
		Request: page.Request, Status: page.Status, Header: page.Header, Body: page.Body.Text, Beside: w.judge.view.seen, Records: page.Records,
		Older: page.older, Together: w.ahead.together(), Early: page.Recalled || early.gave(page) && !early.next, Partly: page.Partly, Ruling: page.ruling,
		Unended: w.unended(page),
	}
	if last := page.Body.Seen().Trailer; last != nil {
		a.Beside, a.Trailer = last, true
	}
	if page.pieces != nil {
		a.Tally = page.pieces.Tally
	}
	switch {
	case w.job == nil:
	case w.pager.Position().Export == nil:
		if a.Job, err = w.job.sealed(page); err != nil {
			return err
		}
	default:
		a.Files = w.job.filesOf(page)
	}
	said := page.Remarks // of rules that made it a page
	page.Found, err = w.pager.Take(a)
	page.Remarks = append(said, page.Remarks...)
	if page.Repeats {
		page.Records, page.ruling.Empty = records.None{}, true
	}
	return err
}

// unended reports whether nothing shows that all of an answer came.
func (w *Walk) unended(page *Page) bool {
	if page.Header.Get(recorded.UnendedHeader) == "" {
		return false
	}
	decode := &w.stream.Text.Decode
	if as := page.Body.Seen().As; as != nil {
		decode = as
	}
	return !decode.ShowsEnd()
}

// Unless makes the walk ask for pages only where they have changed, and keep what
// is needed for that. It is called before Next.
func (w *Walk) Unless(t *Tags) { w.recorder.tags = t }
