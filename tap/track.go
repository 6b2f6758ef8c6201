package tap

import (
	"time"

	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/state/progress"
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

// settles is up to when what the API has of a pass is settled: rows that come in behind
// that were not asked for. Only the emitter's goroutine uses it.
type settles struct {
	pass     *pass      // nil: of a stream that is not read
	apiClock *time.Time // of the pass's first answer; nil: unknown
}

// partitions is what the emitter knows of the partitions of a pass that has many.
type partitions struct {
	pass     *pass
	done     *progress.Pass
	high     *state.High // of the partitions that are done
	finished int         // in this run
	tooMany  bool        // that are owed
	gone     bool        // contexts that it had are no longer of the stream, or led to by nothing
	broken   bool        // they could not all be told
	kept     bool        // of a partition that is done records may be missing
}

// table is the version of a full table that a pass reads: all its records carry
// it, in every run that goes on with the pass. Once all of them have left,
// ACTIVATE_VERSION says that rows of other versions are gone.
type table struct {
	version int64  // 0: records carry none. It does not change: renderers read it
	lacks   string // why the API may have records of it that did not leave; "": all did
}

// tableOf returns the version of what a pass reads: when the pass began, in
// milliseconds. A pass whose first records left without one has none.
func tableOf(p *pass) table {
	d := p.decision
	switch {
	case !p.activates():
		return table{}
	case d.Way == plan.Replay:
		return table{lacks: "it is a replay"}
	case d.Way != plan.FromState:
		return table{version: d.Pass.AsOf.UnixMilli()}
	case d.Bookmark == nil || d.Bookmark.Resume == nil || d.Bookmark.Resume.Activate == 0:
		return table{lacks: "of what an earlier run read of the pass, some did not leave, or left without a version"}
	}
	return table{version: d.Bookmark.Resume.Activate}
}

// whole is the version, where all that was read of the pass so far left with it;
// else 0.
func (t *table) whole() int64 {
	if t.lacks != "" {
		return 0
	}
	return t.version
}

// activates reports whether the target is to be told which rows are gone.
func (p *pass) activates() bool {
	return p.run != nil && p.run.Config.Run.Activate && p.stream.FullTable() && !p.feed
}
