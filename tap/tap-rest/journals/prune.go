package journals

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/tap-rest/tap-rest/state/journal"
	"github.com/tap-rest/tap-rest/tap"
	"github.com/tap-rest/tap-rest/tap/report"
	"github.com/tap-rest/tap-rest/tap/tap-rest/program"
)

// PruneCmd deletes exchanges.
type PruneCmd struct {
	journalFlags
	All bool `help:"Delete everything, not only what run.journal.max_age and max_bytes let go: the next run pays for it again."`
}

// Run prunes one journal after the other. One that a run holds is left as it
// is, and makes the command fail for now.
func (c *PruneCmd) Run(rt *program.Runtime) error {
	js, err := c.find(rt)
	if err != nil {
		return err
	}
	if c.All && !js.one && c.Dir == "" {
		return &tap.InputError{Err: errors.New("journal prune --all: say of which source by --config, or of which folder by --dir")}
	}
	if len(js.folders) == 0 {
		js.sayNone(rt)
	}
	var failed error
	for _, folder := range js.folders {
		failed = errors.Join(failed, c.prune(rt, folder, js))
	}
	return failed
}

// forget deletes a file, which may not be there.
func forget(name string) error {
	if err := os.Remove(name); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func (c *PruneCmd) prune(rt *program.Runtime, folder string, js *journals) error {
	j, err := journal.Open(folder, journal.Options{MaxAge: js.limits.MaxAge, MaxBytes: js.limits.MaxBytes, Log: rt.Console.Log()})
	if err != nil {
		return err
	}
	var deleted int64
	if c.All {
		deleted, err = j.Clear()
		err = errors.Join(err, forget(filepath.Join(folder, report.LastRunName)))
	} else {
		deleted, err = j.Prune(time.Now())
	}
	left := j.Size()
	if err := errors.Join(err, j.Close()); err != nil {
		return err
	}
	_, err = fmt.Fprintf(rt.Stdout, "%s: %d bytes deleted, %d left\n", folder, deleted, left)
	return err
}
