package tap

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/state/journal"
)

// saltSize is the length of the salt under which secrets name a journal, in
// bytes.
const saltSize = 16

// JournalFolder is the folder of all journals: what the config says, else one
// in the work folder.
func JournalFolder(o Options) string {
	if dir := o.Config.Run.Journal.Dir; dir != "" {
		return dir
	}
	return filepath.Join(o.WorkDir, "journal")
}

// SourceFolder is the folder of the journal of one source: what is read, with
// which settings and whose secrets.
func SourceFolder(o Options) (string, error) {
	dir := JournalFolder(o)
	salt, err := readSalt(dir)
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, url.PathEscape(o.Definition.Name)+"-"+o.Config.Identity(o.Definition, salt)), nil
}

// FindSource is the SourceFolder where there is one. It makes nothing; the
// error is fs.ErrNotExist where nothing of the source was recorded.
func FindSource(o Options) (string, error) {
	if _, err := os.Stat(filepath.Join(JournalFolder(o), "salt")); err != nil {
		return "", err
	}
	dir, err := SourceFolder(o)
	if err == nil {
		_, err = os.Stat(dir)
	}
	return dir, err
}

// readSalt returns the salt of a folder of journals, and makes it where there
// is none.
func readSalt(dir string) ([]byte, error) {
	w := &workFolder{dir}
	name := filepath.Join(dir, "salt")
	salt, err := os.ReadFile(name)
	switch {
	case err == nil && len(salt) == saltSize:
		return salt, nil
	case err == nil:
		return nil, fmt.Errorf("%s: expected %d bytes: delete it, and the journals beside it are not found again", name, saltSize)
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	salt = make([]byte, saltSize)
	rand.Read(salt) // never fails
	return salt, w.writeFile("", "salt", salt)
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
		r.journal, err = journal.Open(dir, journal.Options{
			MaxAge: r.Config.Run.Journal.MaxAge, MaxBytes: r.Config.Run.Journal.MaxBytes, Log: r.Log,
		})
	}
	switch {
	case err == nil:
	case errors.Is(err, journal.ErrBusy):
		return err
	case r.Config.Run.Journal.Dir == "":
		r.Log.Warn("there is no journal: a run that is cut asks again for what it had not flushed (run.journal.dir names another folder)", "why", err.Error())
		return nil
	default:
		return &InputError{fmt.Errorf("run.journal.dir: %w", err)}
	}
	for _, warning := range r.journal.Warnings() {
		r.Log.Warn(warning)
	}
	return nil
}

// pruneJournal deletes what no pass needs any more, once the passes are chosen.
func (r *run) pruneJournal() {
	if r.journal == nil || r.Replay {
		return
	}
	if _, err := r.journal.Prune(time.Now()); err != nil {
		r.Log.Warn("the journal cannot be pruned", "why", err.Error())
	}
}

// laid is what a pass in the journal says beside its own fields: how its
// requests were laid out.
type laid struct {
	Lookback   string `json:"lookback"`
	Partition  string `json:"partition"`
	Base       int64  `json:"base"`       // pages of the walk that came before the first recorded one,
	Generation int    `json:"generation"` // in this generation of the partition
}

func planOf(p *journal.Pass) (l laid) {
	if json.Unmarshal(p.Plan, &l) != nil {
		return laid{}
	}
	return l
}

// findPass decides which pass of the journal a reading goes on with, if any.
// That of an unfinished pass in the state is the state's. Without one, it is
// one that was killed with its whole pipeline before a state was stored, or
// one that the target lost: the state still carries the pass before it. An
// absent or empty state proves nothing of a finished pass.
func (r *run) findPass(one *reading) {
	if r.journal == nil || one.resumed || r.Replay {
		return
	}
	for _, p := range r.journal.Passes() {
		if p.Stream != one.Name || p.ID == one.previous || string(p.From) != string(one.from) || p.Shape != one.shape {
			continue
		}
		if p.Previous != one.previous || p.Finished && one.previous == "" {
			continue
		}
		one.pass.ID, one.pass.AsOf = p.ID, p.AsOf
		if d, err := time.ParseDuration(planOf(&p).Lookback); err == nil {
			one.lookback = d
		}
		one.found = true
	}
	if one.found {
		r.Log.Info("the pass goes on from the journal", "stream", one.Name, "as_of", one.pass.AsOf.Format(time.RFC3339))
	}
}

// record begins, or goes on with, the pass in the journal, and sets aside the
// stream's other passes there. It returns nil without a journal.
func (r *run) record(one *reading) (*fetch.Recording, error) {
	if r.journal == nil {
		return nil, nil
	}
	rec := &fetch.Recording{Journal: r.journal, Pass: one.pass.ID, Partition: one.partition, Only: r.Replay}
	known := false
	for _, p := range r.journal.Passes() {
		switch {
		case p.Stream != one.Name:
		case p.ID == one.pass.ID:
			l := planOf(&p)
			if l.Generation == r.journal.Generation(p.ID, one.partition) {
				rec.Base = l.Base
			}
			known = one.position.Pages >= rec.Base
		case r.Replay:
		default:
			if err := r.setAside(&p, one); err != nil {
				return nil, err
			}
		}
	}
	if known && !r.Replay && one.position.Pages > rec.Base { // the state has what came before
		r.journal.Emitted(journal.Key{
			Pass: rec.Pass, Partition: rec.Partition, Generation: r.journal.Generation(rec.Pass, rec.Partition),
			N: int(one.position.Pages-rec.Base) - 1,
		})
	}
	if known || r.Replay {
		return rec, nil
	}
	rec.Base = one.position.Pages
	return rec, r.begin(one, rec)
}

func (r *run) begin(one *reading, rec *fetch.Recording) error {
	plan, err := json.Marshal(laid{one.lookback.String(), one.partition, rec.Base, r.journal.Generation(one.pass.ID, one.partition)})
	if err != nil {
		return err
	}
	return r.journal.Begin(journal.Pass{
		ID: one.pass.ID, Stream: one.Name, AsOf: one.pass.AsOf, From: one.from, Previous: one.previous,
		Shape: one.shape, Plan: plan, Begun: r.now,
	})
}

// setAside drops a pass that this run cannot use: the state proves that it was
// stored, or what it asked for is not what is asked for now.
func (r *run) setAside(p *journal.Pass, one *reading) error {
	if p.ID != one.previous && !p.Finished {
		r.Log.Info("an unfinished pass in the journal is set aside: it was of other requests, or started from another bookmark",
			"stream", one.Name, "as_of", p.AsOf.Format(time.RFC3339))
	}
	return r.journal.Drop(p.ID)
}

// syncJournal makes what is about to be flushed last.
func (r *run) syncJournal() {
	if r.journal == nil {
		return
	}
	if err := r.journal.Sync(); err != nil {
		r.journalFailed(err)
	}
}

// journalFailed stops fetching: what came is flushed without the journal, and
// the next run goes on from its STATE.
func (r *run) journalFailed(err error) {
	r.journalErr.CompareAndSwap(nil, &err)
	r.gate.shut("the journal cannot be written")
}

// journaled takes note of batches that were written, with the state that
// covers them.
func (r *run) journaled(all []*batch) {
	if r.journal == nil || r.Replay {
		return
	}
	for _, b := range all {
		if b.key != nil {
			r.journal.Emitted(*b.key)
		}
		if b.failure == nil && b.progress.last {
			if err := r.journal.Finish(b.track.pass.ID); err != nil {
				r.journalFailed(err)
			}
		}
	}
	if r.journal.Size() > r.Config.Run.Journal.MaxBytes {
		r.pruneJournal()
	}
}

// keepSynced syncs the journal every second, until the run ends.
func (r *run) keepSynced(done <-chan struct{}) {
	if r.journal == nil {
		return
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			r.syncJournal()
		case <-done:
			return
		}
	}
}

// JournalError is a journal that could not be written while the run went on.
type JournalError struct{ Err error }

// Error says what it means.
func (e *JournalError) Error() string {
	text := e.Err.Error()
	if !strings.HasPrefix(text, "journal") {
		text = "journal: " + text
	}
	return text + ": fetching stopped; what had come is written, and the next run goes on from the last STATE"
}

// Unwrap returns the cause.
func (e *JournalError) Unwrap() error { return e.Err }
