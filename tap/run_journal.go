package tap

import (
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/tap-rest/tap-rest/state/journal"
	"github.com/tap-rest/tap-rest/tap/limits"
	"github.com/tap-rest/tap-rest/tap/plan"
)

// runJournal is the journal of a run. nil is none: nothing is kept then.
type runJournal struct {
	*journal.Journal
	readOnly bool  // the run is a replay
	most     int64 // bytes on disk, beyond which it is pruned
	gate     *limits.Gate
	log      *slog.Logger
	failed   atomic.Pointer[error]
}

// openJournal opens the journal of the run's source. One that cannot be opened
// where nobody asked for it is done without.
func (r *run) openJournal() error {
	switch {
	case r.Replay:
		return r.openReplay()
	case r.Config.Run.Journal.Off:
		return nil
	}
	dir, err := SourceFolder(r.Options)
	if err == nil {
		r.tellOthers(dir)
		err = r.useJournal(journal.Open(dir, journal.Options{
			MaxAge: r.Config.Run.Journal.MaxAge, MaxBytes: r.Config.Run.Journal.MaxBytes, Log: r.Log,
		}))
	}
	switch {
	case err == nil:
	case errors.Is(err, journal.ErrBusy):
		return err
	case r.Config.Run.Journal.Dir != "" && (errors.Is(err, journal.ErrFull) || errors.Is(err, syscall.ENOSPC)):
		return &JournalError{Err: err, Early: true}
	case r.Config.Run.Journal.Dir == "":
		r.Log.Warn("there is no journal: if this run is cut, the next one asks the API again for what was not flushed (run.journal.dir names another folder)", "why", err.Error())
		return nil
	default:
		return &InputError{fmt.Errorf("run.journal.dir: %w", err)}
	}
	return nil
}

// useJournal takes a journal that was opened, or passes on why it was not.
func (r *run) useJournal(j *journal.Journal, err error) error {
	if err != nil {
		return err
	}
	for _, warning := range j.Warnings {
		r.Log.Warn(warning)
	}
	r.journal = &runJournal{Journal: j, readOnly: r.Replay, most: r.Config.Run.Journal.MaxBytes, gate: r.gate, log: r.Log}
	return nil
}

// close closes the journal.
func (j *runJournal) close() {
	if j == nil {
		return
	}
	if err := j.Close(); err != nil {
		j.log.Warn("the journal could not be closed: the next run may ask the API again for the last answers", "why", err.Error())
	}
}

// prune deletes what no pass needs any more, once the passes are chosen.
func (j *runJournal) prune() {
	if j == nil || j.readOnly {
		return
	}
	if _, err := j.Prune(time.Now()); err != nil {
		j.log.Warn("the journal could not be pruned: it takes more of the disk than run.journal says, and the next run prunes it", "why", err.Error())
	}
}

// sync makes what is about to be flushed last.
func (j *runJournal) sync() {
	if j == nil {
		return
	}
	if err := j.Sync(); err != nil {
		j.fail(err)
	}
}

// keepSynced syncs the journal every second, until the run ends.
func (j *runJournal) keepSynced(done <-chan struct{}) {
	if j == nil {
		return
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			j.sync()
		case <-done:
			return
		}
	}
}

// fail stops fetching: what came is flushed without the journal, and the next
// run goes on from its STATE.
func (j *runJournal) fail(err error) {
	j.failed.CompareAndSwap(nil, &err)
	j.gate.Shut("the journal cannot be written")
}

// failure is why the journal could not be written, nil where it could.
func (j *runJournal) failure() error {
	if j == nil || j.failed.Load() == nil {
		return nil
	}
	return *j.failed.Load()
}

// written takes note of a page that the next state covers; nil: of one that the
// journal does not have.
func (j *runJournal) written(k *journal.Key) {
	if j != nil && !j.readOnly && k != nil {
		j.Written(*k)
	}
}

// covered takes note of a state that covers what was written before, and of the
// streams with one partition whose walk the API has lost.
func (j *runJournal) covered(lost []*track) {
	if j == nil || j.readOnly {
		return
	}
	j.Covered()
	for _, t := range lost { // asking again from where it was lost helps nobody
		if err := j.Drop(t.pass.recorded); err != nil {
			j.fail(err)
		}
	}
	if j.Size() > j.most {
		j.prune()
	}
}

// finish says in the journal which passes are over. It is the last thing that a
// run does: what a run that was cut had read whole may be lost with its state
// like the rest.
func (j *runJournal) finish(all []*pass) {
	if j == nil || j.readOnly {
		return
	}
	for _, p := range all {
		t := p.track
		if !t.ended || t.failure != nil {
			continue
		}
		if err := j.finishPass(t); err != nil {
			j.log.Warn("the journal could not keep that the pass is over: a later run may go on with it", "stream", t.stream.Name, "why", err.Error())
		}
	}
}

func (j *runJournal) finishPass(t *track) error {
	for _, p := range j.Passes() {
		if p.ID != t.pass.recorded || t.emitted > 0 || t.start.Next.Records > 0 {
			continue
		}
		l := plan.LayoutOf(p)
		l.Empty = true
		if err := j.beginAs(p, l); err != nil {
			return err
		}
	}
	return j.Finish(t.pass.recorded)
}
