package fetch

import (
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/pace"
	"github.com/tap-rest/tap-rest/state/journal"
)

// asker asks the API for what a walk requests, as often as it takes.
type asker struct {
	client   *Client
	stream   *sources.Stream
	counters *Counters
	judge    *judge
	failures failures
	requests *builder
	ahead    *ahead
	meter    *meter
}

// hastyAttempts is how often a hasty client asks, in all.
const hastyAttempts = 2

// retry is how often a request is made, and with which waits between.
func (a *asker) retry() sources.Retry {
	r := a.stream.Call.Retry
	if a.client.Hasty {
		r.Attempts, r.CoolDown = min(r.Attempts, hastyAttempts), 0
	}
	return r
}

// longestWait is how long an API may ask the walk to wait.
func (a *asker) longestWait() time.Duration {
	if a.client.Hasty {
		return a.stream.Call.Retry.MaxWait
	}
	return pace.Longest
}

// tries counts the attempts at one request.
type tries struct {
	made  int // in all
	round int // since the client rested, or the beginning
	alike int // of the last ones, those whose answer would come again
	anew  int // of them, those with another proof of who asks

	fell   bool // another proof was tried since an answer counts fewer records than were read
	others int  // the last ones, that another credential of a pool made

	since time.Time     // the end of the last one, or when the request was to be sent
	over  []journal.Try // those that are over
}

// newTries begins to count the attempts at a request that is to be sent now.
func newTries() tries { return tries{since: time.Now()} }

// end takes note of how an attempt went, for those who look at the exchange: ex is nil
// where no answer came. An attempt that was sent ahead waited for nothing.
func (t *tries) end(out *outgoing, ex *Exchange) {
	try, end := journal.Try{}, time.Now()
	if ex != nil {
		end = ex.At
	}
	if ex != nil && ex.cut == nil {
		try.Status = ex.Status
	}
	sent := out.sent
	switch {
	case sent.IsZero() && ex != nil: // it was sent ahead
		sent = end.Add(-ex.Took)
	case sent.IsZero():
		sent = end
	}
	try.Waited, try.Took = max(0, sent.Sub(t.since)), max(0, end.Sub(sent))
	out.sent, t.since = time.Time{}, end
	if t.over = append(t.over, try); len(t.over) > journal.MostTries {
		t.over = t.over[1:]
	}
	out.tries = t.over
}

// polls begins to count anew, as the answer says that the job is not done: what was
// waited for that is waited for the next attempt.
func (t *tries) polls() { *t = tries{since: t.since, over: t.over} }

// count takes note of an attempt that was refused.
func (t *tries) count(v verdict) {
	t.alike++
	if !v.once {
		t.alike = 0
	}
}
