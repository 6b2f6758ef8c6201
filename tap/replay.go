package tap

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/tap-rest/tap-rest/catalog"
	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/sources/times"
	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/state/journal"
)

// openReplay opens the journal of the run's source for reading. The gate lets
// no request through, besides the walks, which ask nobody but the journal.
func (r *run) openReplay() error {
	r.gate.AllowNone()
	dir, err := FindSource(r.Options)
	if errors.Is(err, fs.ErrNotExist) {
		return unusable("nothing to replay: %s has no journal of this source with these settings", JournalFolder(r.Options))
	}
	if err == nil {
		err = r.useJournal(journal.OpenReadOnly(dir))
	}
	if err != nil {
		return &InputError{fmt.Errorf("journal: %w", err)}
	}
	return nil
}

// lastPass returns the pass of a stream that began last, nil if the journal has
// none.
func (r *run) lastPass(stream string) *journal.Pass {
	var last *journal.Pass
	for _, p := range r.journal.Passes() {
		if p.Stream == stream {
			last = &p
		}
	}
	return last
}

// keepRecorded leaves those of the wanted streams that the journal has a pass
// of.
func (r *run) keepRecorded(wanted map[string]*catalog.Stream) error {
	var missing []string
	for _, s := range r.Definition.Streams {
		if _, ok := wanted[s.Name]; ok && r.lastPass(s.Name) == nil {
			missing = append(missing, s.Name)
			delete(wanted, s.Name)
		}
	}
	if len(missing) > 0 && len(wanted) == 0 {
		return unusable("nothing to replay: the journal has no pass of %s", strings.Join(missing, ", "))
	}
	for _, name := range missing {
		r.Log.Warn("the journal has no pass of the stream: it is left out", "stream", name)
	}
	return nil
}

// replayPass makes a reading one of the stream's last pass, from where that
// began: its states come again too. The state that was given says what the
// journal does not know, where the journal has the pass only from a later page
// on.
func (r *run) replayPass(one *reading) {
	p, given := r.lastPass(one.Name), one.before
	l := planOf(p)
	one.replayed, one.found = p, true
	one.pass, one.from, one.previous, one.partition = state.Pass{ID: passID(p), AsOf: p.AsOf}, p.From, p.Previous, l.Partition
	if d, err := times.ParseSpan(l.Lookback); err == nil {
		one.lookback = d
	}
	one.restarts = r.journal.Generation(p.ID, l.Partition)
	one.before = &state.Bookmark{ReplicationKey: one.key, Value: p.From}
	if given == nil {
		return
	}
	if given.Pass != nil && given.Pass.ID == passID(p) && !r.journal.holds(journal.Key{Pass: p.ID, Partition: l.Partition, Generation: one.restarts}) {
		one.before.Resume = given.Resume
	}
	if given.Pass == nil || given.Pass.ID != p.Previous {
		r.State.Set(one.Name, one.before) // until its records have come, nothing has
	}
}

// replayEnds says what it means that a walk ends with err. Where that is a
// replay of an unfinished pass, and the journal holds nothing more of it, it is
// no failure.
func (w *worker) replayEnds(err error) error {
	if w.replayed == nil || !errors.Is(err, fetch.ErrNotRecorded) {
		return err
	}
	pages := w.reached.Pages - w.position.Pages
	if pages == 0 {
		held, scanErr := w.run.hasAny(w.replayed)
		switch {
		case scanErr != nil:
			return scanErr
		case held:
			return fmt.Errorf("%w: it has only what came later in this pass; --state with a STATE of the pass says where to begin", err)
		}
	}
	if w.replayed.Finished {
		return err
	}
	w.run.Log.Info("the pass was not finished: this is all that the journal has of it", "stream", w.Name, "pages", pages)
	return fetch.ErrStopped
}

// errFound ends a scan of the journal.
var errFound = errors.New("found")

// hasAny reports whether the journal has an exchange of a pass that a replay
// would serve, if those before it were there.
func (r *run) hasAny(p *journal.Pass) (bool, error) {
	partition := planOf(p).Partition
	generation := r.journal.Generation(p.ID, partition)
	err := r.journal.Each(func(e *journal.Exchange) error {
		if e.Pass == p.ID && e.Partition == partition && e.Generation == generation {
			return errFound
		}
		return nil
	})
	if errors.Is(err, errFound) {
		return true, nil
	}
	return false, err
}
