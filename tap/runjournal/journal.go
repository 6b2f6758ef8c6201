package runjournal

import (
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/tap-rest/tap-rest/state/journal"
	"github.com/tap-rest/tap-rest/tap/limits"
)

// Journal is the journal of a run. nil is none: nothing is kept then.
type Journal struct {
	Disk     *journal.Journal
	ReadOnly bool   // the run is a replay
	Dir      string // where a run that writes it has its folder
	most     int64  // bytes on disk, beyond which it is pruned
	gate     *limits.Gate
	log      *slog.Logger
	failed   atomic.Pointer[error]
}

// New returns the journal of a run. It is pruned beyond so many bytes, and shuts the
// gate where it cannot be written.
func New(disk *journal.Journal, readOnly bool, most int64, gate *limits.Gate, log *slog.Logger) *Journal {
	return &Journal{Disk: disk, ReadOnly: readOnly, most: most, gate: gate, log: log}
}

// Close closes the journal.
func (j *Journal) Close() {
	if j == nil {
		return
	}
	if err := j.Disk.Close(); err != nil {
		j.log.Warn("the journal could not be closed: the next run may ask the API again for the last answers", "why", err.Error())
	}
}

// Prune deletes what no pass needs any more, once the passes are chosen.
func (j *Journal) Prune() {
	if j == nil || j.ReadOnly {
		return
	}
	if _, err := j.Disk.Prune(time.Now()); err != nil {
		j.log.Warn("the journal could not be pruned: it takes more of the disk than run.journal says, and the next run prunes it", "why", err.Error())
	}
}

// Sync makes what is about to be flushed last.
func (j *Journal) Sync() {
	if j == nil {
		return
	}
	if err := j.Disk.Sync(); err != nil {
		j.Fail(err)
	}
}

// KeepSynced syncs the journal every second, until the run ends.
func (j *Journal) KeepSynced(done <-chan struct{}) {
	if j == nil {
		return
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			j.Sync()
		case <-done:
			return
		}
	}
}

// Fail stops fetching: what came is flushed without the journal, and the next
// run goes on from its STATE.
func (j *Journal) Fail(err error) {
	j.failed.CompareAndSwap(nil, &err)
	j.gate.Shut("the journal cannot be written")
}

// Failure is why the journal could not be written, nil where it could.
func (j *Journal) Failure() error {
	if j == nil || j.failed.Load() == nil {
		return nil
	}
	return *j.failed.Load()
}

// Written takes note of a page that the next state covers; nil: of one that the
// journal does not have.
func (j *Journal) Written(k *journal.Key) {
	if j != nil && !j.ReadOnly && k != nil {
		j.Disk.Written(*k)
	}
}

// Covered takes note of a state that covers what was written before, and of the
// passes with one partition whose walk the API has lost.
func (j *Journal) Covered(lost []string) {
	if j == nil || j.ReadOnly {
		return
	}
	j.Disk.Covered()
	for _, id := range lost { // asking again from where it was lost helps nobody
		if err := j.Disk.Passes.Drop(id); err != nil {
			j.Fail(err)
		}
	}
	if j.Disk.Size() > j.most {
		j.Prune()
	}
}
