package tap

import (
	"errors"
	"fmt"

	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/tap/logs"
)

// maxRestarts is how often the API may lose a walk, across runs.
const maxRestarts = 3

// restart begins the walk anew where the API has lost it. It reports false for
// other errors, when it was lost too often, and when it would come to nothing.
func (w *walker) restart(err error) bool {
	var e *fetch.Error
	if !errors.As(err, &e) || !w.isLost(e) {
		return false
	}
	resumes := errors.Is(e, fetch.ErrSessionOver) // an earlier run ended in the middle of a session: no fault of the API
	if !resumes && (w.pointless(e) || w.at.Restarts-w.at.Excused >= w.mostRestarts()) {
		return false
	}
	w.at.Restarts++
	if resumes {
		w.at.Excused++
	}
	w.tellRestart(err, resumes)
	return w.startOver()
}

// tellRestart says why the walk starts over.
func (w *walker) tellRestart(err error, resumes bool) {
	why := logs.Unnamed(w.part.Stream.Name, err)
	if resumes {
		w.log.Warn("the server keeps the position of this walk, and an earlier run ended in the middle of it: the stream is read from its start again, and its records come again",
			"stream", w.part.Stream.Name, "why", why)
		return
	}
	if errors.Is(err, fetch.ErrJobOver) {
		w.log.Warn("the export's job came to nothing: another job is asked for", "stream", w.part.Stream.Name, "why", why)
		return
	}
	if e := (*fetch.Error)(nil); errors.As(err, &e) && e.Exports {
		w.log.Warn("the API has lost the export's job: another job is asked for, and the records of that come from the first on",
			"stream", w.part.Stream.Name, "time", w.at.Restarts-w.at.Excused, "of", maxRestarts, "why", why)
		return
	}
	w.log.Warn("the API has lost the walk: the stream is read from its start again, and its records come again",
		"stream", w.part.Stream.Name, "time", w.at.Restarts-w.at.Excused, "of", maxRestarts, "why", why)
}

// startOver begins the walk anew, in the journal too.
func (w *walker) startOver() bool {
	if rec := w.recording; rec != nil {
		if _, err := rec.Journal.Restart(rec.Pass, rec.Partition); err != nil {
			w.journal.Fail(err)
			return false
		}
	}
	w.at.Next = paging.Position{}
	w.goOn()
	return true
}

// restartsBeforeSplit is how often the API may lose a walk whose window can be
// halved.
const restartsBeforeSplit = 2

func (w *walker) mostRestarts() int {
	if w.part.halves() {
		return restartsBeforeSplit
	}
	return maxRestarts
}

// isLost reports whether a failure means that the API has lost the walk. An
// empty answer with a total below what was read does, where a run before failed
// with it and nothing has come since: the token of the state has expired.
func (w *walker) isLost(e *fetch.Error) bool {
	return e.Class == fetch.SessionLost ||
		errors.Is(e, paging.ErrFallen) && w.part.Start.Deferred && !w.part.Start.Next.First() && w.at.Next.Pages == w.part.Start.Next.Pages
}

// pointless reports whether a request that the API refused will be refused again
// after a restart, and makes the failure one for good then: it is about the
// request, a limit of the API say, and not about the session. That is so where a
// restart came to the same failure at the same place, in this run or an earlier
// one, and at the second refusal in a run wherever it was.
func (w *walker) pointless(e *fetch.Error) bool {
	if !e.Refused {
		return false
	}
	at := state.Refusal{Status: e.Status, Pages: w.at.Next.Pages}
	same := w.at.Refused != nil && *w.at.Refused == at
	w.at.Refused = &at
	if errors.Is(e, fetch.ErrJobUnchanged) { // likely of another job too, and that costs as much
		e.Advice = "no other job is asked for in this run, as it would likely end the same way: does done look at the right place, and is poll.timeout long enough? The next run asks for a new one"
		return true
	}
	if w.refusals++; !same && w.refusals == 1 {
		return false
	}
	if errors.Is(e, fetch.ErrJobUnknown) {
		e.Class = fetch.Permanent
		e.Advice = "the API did not know the job before, either, right after it was asked for: the path of export.poll seems wrong: " + e.Advice
		return true
	}
	if errors.Is(e, fetch.ErrJobOver) { // it stays lost: the next run asks for a job of its own
		e.Advice = "another job was asked for, and ended the same way; the next run asks for a new one"
		return true
	}
	e.Class = fetch.Permanent
	if at.Pages == 1 {
		e.Advice = "the walk was read from its start again, and was refused again: " + e.Advice
		return true
	}
	e.Advice = fmt.Sprintf("the walk was read from its start again, and was refused again after %d pages: that is about the request, not about its page token; "+
		"if the API answers only so many records, ask for less at a time", at.Pages)
	return true
}
