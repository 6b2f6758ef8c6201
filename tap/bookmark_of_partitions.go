package tap

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/sources/times"
	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/state/progress"
	"github.com/tap-rest/tap-rest/tap/plan"
)

func newPartitions(p *pass) *partitions {
	all := &partitions{pass: p, done: p.supply.Begin()}
	var high json.RawMessage
	if b := p.decision.Bookmark; p.decision.Way == plan.FromState && b.Resume != nil {
		high = b.Resume.High
		all.kept = b.Resume.Doubted && p.stream.Definition.OnIncomplete != sources.Warn
	}
	all.high = state.NewHigh(p.stream.Clock.Order, high)
	return all
}

// inherited is the doubt of a pass that goes on, of which another run came to an end that
// is in doubt; nil where none did. It is asked for before the run has walked.
func (all *partitions) inherited() *paging.Doubt {
	if all == nil || !all.kept {
		return nil
	}
	d := &paging.Doubt{Key: "the pass", Value: "in doubt by an earlier run, or by one of another part, as the log of that says", Keep: true}
	if !all.pass.stream.FullTable() {
		d.Advice = "the bookmark stays where it is, and the next sync asks for the same records again (on_incomplete: warn moves it all the same)"
	}
	return d
}

// take notes what a page, or the end of a walk, brings a partition.
func (all *partitions) take(p *part, s step) {
	switch {
	case s.failure != nil && !s.lost:
		all.fail(p, s)
	case s.lost: // it starts over, in the next run
		p.at = plan.Standing{Losses: s.at.Losses}
		all.stand(p, false)
	case s.putOff:
		p.at.Restarts, p.at.Refused = s.at.Restarts, s.at.Refused
		all.stand(p, true)
	case s.split != nil:
		all.halve(p, s.halves)
	case s.last:
		all.finish(p, s)
	default:
		p.at = s.at
		all.stand(p, false)
	}
}

// halve notes the partitions that take the place of one. They are open before they
// begin: a window that was owed is none of those that a pass makes, and nothing
// else would lead to its halves in the next run.
func (all *partitions) halve(p *part, halves []*part) {
	all.done.Drop(p.key)
	for _, one := range halves {
		all.stand(one, false)
	}
}

// stand notes where a partition stands.
func (all *partitions) stand(p *part, deferred bool) {
	o := all.open(p)
	o.Deferred = deferred
	all.done.Stand(p.key, o)
}

// open is a partition as the state has it.
func (all *partitions) open(p *part) state.Open {
	o := p.at.Open(p.Part.Key)
	o.Signed = p.Part.Context.Signed()
	if p.Part.Context.Text != nil {
		o.Context = p.Part.Context.Sealed(all.pass.client.Secrets)
	}
	if w := p.key.Window; !w.Start.IsZero() || !w.End.IsZero() {
		o.Window = &w
	}
	return o
}

// forget notes that a partition of the state is no longer one of the stream. Should
// its context come again, the bookmark does not hold for it: what it owed is lost.
func (t *track) forget(one progress.Part) {
	t.parts.done.Drop(one)
	t.forgetContexts(func(hash uint64) bool { return hash == one.Context })
}

// forgetContexts takes contexts out of those that the bookmark holds for. What they
// led to may be done in the passes of children: these do not take that for read when
// a later pass does not come to it.
func (t *track) forgetContexts(gone func(hash uint64) bool) {
	t.bookmark.Contexts = slices.DeleteFunc(slices.Clone(t.bookmark.Contexts), gone)
	t.parts.gone = true
	t.pass.touch()
}

// finish notes that a partition is done.
func (all *partitions) finish(p *part, s step) {
	all.done.Finish(p.key)
	all.finished++
	all.kept = all.kept || s.keep
	if s.at.High != nil {
		_, _ = all.high.Observe(s.at.High) // that it can be compared was found out before
	}
	all.closeContext(p)
}

// fail notes how a walk failed. What failed for now is tried again in the next
// run, and after that is owed like what failed for good.
func (all *partitions) fail(p *part, s step) {
	if all.pass.decision.Way == plan.Replay {
		return // a replay's failure is not the pass's
	}
	if s.at.Restarts > p.at.Restarts { // what was flushed is of a walk that the API has lost
		p.at = plan.Standing{High: p.at.High, Mark: p.at.Mark, Frozen: p.at.Frozen, Losses: s.at.Losses}
	}
	p.at.Refused = s.at.Refused
	if vanished(s.failure, p.at.Next) {
		p.at = plan.Standing{High: p.at.High, Mark: p.at.Mark, Frozen: p.at.Frozen, Losses: p.at.Losses}
		p.at.Restarts++
	}
	if p.Part.Context.Signed() {
		all.done.Drop(p.key)
		all.missed(p.key.Context)
		all.closeContext(p)
		return
	}
	var e *fetch.Error
	if errors.As(s.failure, &e) && e.Class == fetch.Transient && !p.Start.Deferred {
		all.stand(p, true)
		return
	}
	if !all.done.Owe(p.key, all.open(p), all.isPast(p)) && !all.tooMany {
		all.tooMany = true
		p.pass.run.Log.Warn("so many partitions have failed for good that the state does not name them all: the bookmark stays, and the next pass reads from there again; "+
			"leave out with partition_by what cannot be read, or let a rule skip it (errors: [{status: …, do: skip}])", "stream", p.Stream.Name, "owed", progress.MostOwed)
	}
	all.closeContext(p)
}

// vanished reports whether a failure behind the first page says that what the walk
// is about may no longer be there: the next run asks for its first page, where a
// rule may say that there is nothing.
func vanished(err error, at paging.Position) bool {
	var e *fetch.Error
	if at.First() || !errors.As(err, &e) {
		return false
	}
	return errors.Is(err, fetch.ErrNotFirst) || e.Status == http.StatusNotFound || e.Status == http.StatusGone
}

// isPast reports whether no pass that goes on from the bookmark, as it stands, would
// come to a partition again.
func (all *partitions) isPast(p *part) bool {
	if all.pass.stream.ChangedOnly() {
		return true
	}
	cut, err := all.pass.supply.Cut(p.Part.Context)
	if err != nil || cut == nil {
		return false
	}
	start, _, ok := cut.First()
	return !ok || p.key.Window.Start.Before(start) || p.key.Window.End.After(cut.End())
}

// closeContext notes that nothing of a context is left, where that is so.
func (all *partitions) closeContext(p *part) {
	if p.key.Context == 0 {
		return
	}
	cut, err := all.pass.supply.Cut(p.Part.Context)
	if err != nil {
		return
	}
	if cut != nil {
		start, _, ok := cut.First()
		if ok && all.done.Reached(p.key.Context, start).Before(cut.End()) {
			return
		}
	}
	all.done.FinishContext(p.key.Context)
}

// resume is how the pass goes on.
func (all *partitions) resume(t *track) *state.Resume {
	d := t.decision
	r := &state.Resume{
		Version: state.Version, AsOf: d.Pass.AsOf, From: d.From, Lookback: d.Lookback.String(), Clock: t.settles.apiClock, Shape: t.stream.Shape,
		High: all.high.Value(), Activate: t.table.whole(), Doubted: all.kept,
	}
	if t.decision.Length != (times.Span{}) {
		r.Window = t.decision.Length.String()
	}
	all.done.Save(r)
	r.Feeds = t.pass.feedsNow()
	if t.pass.parted.handedOut {
		r.Feeds = unread(r.Feeds)
	}
	return r
}

// save brings the bookmark to where the partitions are.
func (all *partitions) save(t *track) {
	b := &t.bookmark
	b.Pass, b.Sync = &t.decision.Pass, t.decision.Sync
	b.Resume = all.resume(t)
	if t.ended && all.over(b.Resume) {
		all.end(t, b)
		return
	}
	if !t.stream.HasContexts() && !all.kept {
		all.raise(t)
	}
}

// over reports whether the pass is over: nothing is left but what is owed, and
// something came of it. Who reads a share of it does not know.
func (all *partitions) over(r *state.Resume) bool {
	if all.pass.parted.share != nil || len(r.Open) > 0 || all.broken || len(r.Owed) > 0 && all.finished == 0 && len(r.Done) == 0 && len(r.Contexts) == 0 {
		return false
	}
	return all.pass.parted.ofPlan || !slices.ContainsFunc(r.Feeds, func(f state.Feed) bool { return !f.Over })
}

// end makes the bookmark that of a pass which is over.
func (all *partitions) end(t *track, b *state.Bookmark) {
	r := b.Resume
	b.Resume = nil
	if len(r.Owed) > 0 {
		b.Resume = &state.Resume{Version: state.Version, AsOf: r.AsOf, From: r.From, Lookback: r.Lookback, Clock: r.Clock, Shape: r.Shape, Over: true, Owed: r.Owed}
	}
	if all.tooMany || all.kept {
		return
	}
	b.Parents = all.parentsRead(b.Parents)
	if t.stream.HasContexts() && !t.stream.FullTable() {
		done := r.Contexts.With(all.resting(b.Contexts, r.Done))
		if all.keepsUnvisited() {
			done = done.With(b.Contexts)
		}
		b.Contexts = all.settled(done, r.Owed)
	}
	all.raise(t)
}

// resting returns the contexts of which the pass had nothing to read in this run, since no
// window of theirs has ended, or since earlier runs, or others, have read them all.
func (all *partitions) resting(before state.Contexts, windows []state.Done) state.Contexts {
	read := map[uint64]bool{}
	for _, d := range windows {
		read[d.Context] = true
	}
	return all.pass.supply.Resting(func(hash uint64) bool { return before.Has(hash) || read[hash] })
}

// noteResting notes that contexts are read of which nothing was left to be planned, since
// the bookmark, before, holds for them: who reads the plan comes to none of them.
func (all *partitions) noteResting(before state.Contexts) {
	if all == nil {
		return
	}
	for _, hash := range all.pass.supply.Resting(before.Has) {
		all.done.FinishContext(hash)
	}
}

// settled returns the contexts that the bookmark holds for: not those that owe all
// that the pass was to read of them.
func (all *partitions) settled(done state.Contexts, owed state.Owed) state.Contexts {
	left := map[uint64]bool{}
	for i := range owed {
		if one := all.pass.supply.KeyOf(&owed[i]); one.Window == (state.Window{}) {
			left[one.Context] = true
		}
	}
	if len(left) == 0 {
		return done
	}
	return slices.DeleteFunc(slices.Clone(done), func(hash uint64) bool { return left[hash] })
}

// raise moves the bookmark: of windows to the end of those that are done without
// a gap, else to the highest replication value.
func (all *partitions) raise(t *track) {
	if t.stream.FullTable() {
		return
	}
	if all.pass.decision.Length == (times.Span{}) || !t.stream.Clock.Timed() {
		if t.ended {
			t.raise(all.high.Value())
		}
		return
	}
	reached := all.reached(t)
	if reached.IsZero() {
		return
	}
	like := all.high.Value()
	if like == nil {
		like = t.bookmark.Value
	}
	t.raise(t.stream.Clock.Order.Times.Like(reached, like))
}

// reached is up to where all windows are done or owed.
func (all *partitions) reached(t *track) time.Time {
	ctx := plan.Context{}
	cut, err := all.pass.supply.Cut(ctx)
	if err != nil || cut == nil {
		return time.Time{}
	}
	if t.stream.HasContexts() { // all of them are
		return cut.End()
	}
	start, _, ok := cut.First()
	if !ok {
		return time.Time{}
	}
	return all.done.Reached(0, start)
}
