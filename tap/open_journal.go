package tap

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/tap-rest/tap-rest/state/journal"
	"github.com/tap-rest/tap-rest/tap/certificate"
	"github.com/tap-rest/tap-rest/tap/folders"
	"github.com/tap-rest/tap-rest/tap/limits"
	"github.com/tap-rest/tap-rest/tap/plan"
	"github.com/tap-rest/tap-rest/tap/runjournal"
)

// journals opens the journal of a run's source.
type journals struct {
	*Options
	gate *limits.Gate
}

func (r *run) journals() journals { return journals{&r.Options, r.gate} }

// open opens it; nil: there is none. One that cannot be opened where nobody asked for it
// is done without.
func (all journals) open() (*runjournal.Journal, error) {
	switch {
	case all.Replay:
		return all.replay()
	case all.Config.Run.Journal.Off, all.Share.Empty():
		return nil, nil
	}
	share := all.Share.Name()
	var j *runjournal.Journal
	dir, err := folders.Journal(all.WorkDir, all.Definition, all.Config, share)
	if err == nil {
		if share == "" {
			all.tellOthers(dir)
		}
		j, err = all.use(journal.Open(dir, journal.Options{
			MaxAge: all.Config.Run.Journal.MaxAge, MaxBytes: all.Config.Run.Journal.MaxBytes, Log: all.Log,
		}))
	}
	switch {
	case err == nil:
		j.Dir = dir
		return j, nil
	case errors.Is(err, journal.ErrBusy):
		return nil, err
	case all.Config.Run.Journal.Dir != "" && (errors.Is(err, journal.ErrFull) || errors.Is(err, syscall.ENOSPC)):
		return nil, &JournalError{Err: err, Early: true}
	case all.Config.Run.Journal.Dir == "":
		all.Log.Warn("there is no journal: if this run is cut, the next one asks the API again for what was not flushed (run.journal.dir names another folder)", "why", err.Error())
		return nil, nil
	}
	return nil, &InputError{fmt.Errorf("run.journal.dir: %w", err)}
}

// replay opens it for reading. The gate lets no request through, besides the walks,
// which ask nobody but the journal.
func (all journals) replay() (*runjournal.Journal, error) {
	all.gate.AllowNone()
	dir, err := FindSource(*all.Options)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, unusable("nothing to replay: %s has no journal of this source with these settings", JournalFolder(*all.Options))
	}
	var j *runjournal.Journal
	if err == nil {
		j, err = all.use(journal.OpenReadOnly(dir))
	}
	if err != nil {
		return nil, &InputError{fmt.Errorf("journal: %w", err)}
	}
	return j, nil
}

// recorded opens it for reading, where there is one; nil: there is none.
func (all journals) recorded() (*runjournal.Journal, error) {
	dir, err := FindSource(*all.Options)
	var j *runjournal.Journal
	if err == nil {
		j, err = all.use(journal.OpenReadOnly(dir))
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, &InputError{err}
	}
	return j, nil
}

// use takes a journal that was opened, or passes on why it was not.
func (all journals) use(j *journal.Journal, err error) (*runjournal.Journal, error) {
	if err != nil {
		return nil, err
	}
	for _, warning := range j.Warnings {
		all.Log.Warn(warning)
	}
	return runjournal.New(j, all.Replay, all.Config.Run.Journal.MaxBytes, all.gate, all.Log), nil
}

// tellOthers says, where a source has no journal yet, that there are journals of
// its definition: whoever changed a setting may wonder why a run begins anew.
func (all journals) tellOthers(folder string) {
	dir, name := filepath.Split(folder)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return // whoever opens the journal finds out
	}
	definition := name[:strings.LastIndexByte(name, '-')]
	others := 0
	for _, e := range entries {
		switch {
		case e.Name() == name:
			return
		case len(e.Name()) == len(name) && strings.HasPrefix(e.Name(), definition+"-"):
			others++
		}
	}
	if others > 0 {
		all.Log.Info("this source has a new journal: those of other settings or secrets are not used (tap-rest journal list, without --config, shows them, journal prune deletes what is too old; where a secret changes by itself, run.journal.identity names the journal instead)",
			"dir", dir, "others", others)
	}
}

// JournalFolder is the folder of all journals.
func JournalFolder(o Options) string { return folders.Journals(o.WorkDir, o.Config) }

// FindSource is the folder of the journal of a source. The error is fs.ErrNotExist
// where nothing of the source was recorded.
func FindSource(o Options) (string, error) {
	return folders.FindJournal(o.WorkDir, o.Definition, o.Config)
}

// RemoveShareJournal removes the journal of a share that is read, and whose state is kept
// where nobody loses it: no run asks for its answers again.
func RemoveShareJournal(o Options) error {
	if o.Share.Name() == "" || o.Config.Run.Journal.Off {
		return nil
	}
	dir, err := folders.Journal(o.WorkDir, o.Definition, o.Config, o.Share.Name())
	if err == nil {
		err = os.RemoveAll(dir)
	}
	return err
}

// CertificateOf is what was proven of the walks that ended in the last run of a
// pass in the journal; nil: none did.
func CertificateOf(p journal.Pass) *certificate.Record {
	var c certificate.Record
	if l := plan.LayoutOf(p); l.Certificate == nil || json.Unmarshal(l.Certificate, &c) != nil {
		return nil
	}
	return &c
}

// ReadForChildren reports whether a pass of the journal reads its stream for the sake of
// its children alone.
func ReadForChildren(p journal.Pass) bool { return plan.LayoutOf(p).Feed }
