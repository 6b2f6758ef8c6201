package tap

import (
	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/tap/message"
	"github.com/tap-rest/tap-rest/tap/plan"
	"github.com/tap-rest/tap-rest/tap/report"
	"github.com/tap-rest/tap-rest/tap/tracing"
)

// track is what the emitter knows of a pass: its bookmark as it stands. Only
// the emitter's goroutine uses it, but for what is said of its fields.
type track struct {
	pass     *pass // nil: of a stream that is not read
	stream   *plan.Stream
	decision *plan.Decision
	parts    *partitions // nil: there is one
	table    table
	start    plan.Standing // of its walk in this run, where there is one
	bookmark state.Bookmark
	settles  settles
	account  *report.Stream
	left
	ending

	begun     tracing.Beginning // a walk is under way, set from there
	counters  fetch.Counters    // of its requests, set from the walks
	refused   error             // why it is not read at all; nil: it is
	announced announced
}

// left is what of a pass left on stdout.
type left struct {
	held      bool  // its bookmark leaves no more than it began with before a plan is whole
	touched   bool  // its bookmark, since the last STATE
	told      bool  // its bookmark, in a STATE of this run
	emitted   int64 // records, with the states that cover them
	uncovered int64 // records, since its last STATE
	said      int   // version of the schema that was, or is about to be, written last
}

// ending is how near to its end a pass is.
type ending struct {
	sources int   // what may still lead to partitions: lanes, and parents
	ended   bool  // nothing does
	failure error // the first
}

// fails notes why the pass cannot be complete in this run.
func (e *ending) fails(err error) {
	if e.failure == nil {
		e.failure = err
	}
}

// announced is what was said of a stream on stdout besides its records.
type announced struct {
	last      message.Event
	estimated int64 // records to come, as was said last
}

// newTrack returns the track of a pass.
func newTrack(p *pass) *track {
	t := &track{pass: p, stream: p.stream, decision: p.decision, settles: settles{pass: p, apiClock: p.decision.APIClock}, table: tableOf(p)}
	t.bookmark.ReplicationKey = p.stream.ReplicationKey
	before := p.decision.Bookmark
	t.bookmark.Zone = p.stream.Zone(before)
	if before != nil {
		t.bookmark.Pass, t.bookmark.Sync, t.bookmark.Parents = before.Pass, before.Sync, before.Parents
		if !p.stream.FullTable() {
			t.bookmark.Value, t.bookmark.Contexts = before.Value, before.Contexts
		}
	}
	if p.decision.Way == plan.FromState {
		t.bookmark.Pass, t.bookmark.Sync = &p.decision.Pass, p.decision.Sync
	}
	return t
}

// traceEnd tells who follows the stream that it is over.
func (t *track) traceEnd() {
	t.begun.End(t.account.Status(), t.account.Written, t.account.Failures.Why)
}
