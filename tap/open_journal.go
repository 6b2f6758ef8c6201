package tap

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/tap-rest/tap-rest/state/journal"
	"github.com/tap-rest/tap-rest/tap/folders"
	"github.com/tap-rest/tap-rest/tap/runjournal"
)

// openJournal opens the journal of the run's source. One that cannot be opened
// where nobody asked for it is done without.
func (r *run) openJournal() error {
	switch {
	case r.Replay:
		return r.openReplay()
	case r.Config.Run.Journal.Off, r.Share.Empty():
		return nil
	}
	share := r.Share.Name()
	dir, err := folders.Journal(r.WorkDir, r.Definition, r.Config, share)
	if err == nil {
		if share == "" {
			r.tellOthers(dir)
		}
		err = r.useJournal(journal.Open(dir, journal.Options{
			MaxAge: r.Config.Run.Journal.MaxAge, MaxBytes: r.Config.Run.Journal.MaxBytes, Log: r.Log,
		}))
	}
	switch {
	case err == nil:
		r.journal.Dir = dir
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

// useJournal takes a journal that was opened, or passes on why it was not.
func (r *run) useJournal(j *journal.Journal, err error) error {
	if err != nil {
		return err
	}
	for _, warning := range j.Warnings {
		r.Log.Warn(warning)
	}
	r.journal = runjournal.New(j, r.Replay, r.Config.Run.Journal.MaxBytes, r.gate, r.Log)
	return nil
}

// tellOthers says, where a source has no journal yet, that there are journals of
// its definition: whoever changed a setting may wonder why a run begins anew.
func (r *run) tellOthers(folder string) {
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
		r.Log.Info("this source has a new journal: those of other settings or secrets are not used (tap-rest journal list, without --config, shows them, journal prune deletes what is too old; where a secret changes by itself, run.journal.identity names the journal instead)",
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
