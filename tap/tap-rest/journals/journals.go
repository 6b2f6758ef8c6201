package journals

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/state/journal"
	"github.com/tap-rest/tap-rest/tap"
	"github.com/tap-rest/tap-rest/tap/report"
	"github.com/tap-rest/tap-rest/tap/tap-rest/inputs"
	"github.com/tap-rest/tap-rest/tap/tap-rest/program"
)

// Cmd looks at what is recorded.
type Cmd struct {
	List   ListCmd   `cmd:"" help:"List the passes that are recorded."`
	Show   ShowCmd   `cmd:"" help:"Show the recorded requests, a line each."`
	Export ExportCmd `cmd:"" help:"Write the recorded requests and answers to a file."`
	Prune  PruneCmd  `cmd:"" help:"Delete what is too old, or too much, or all."`
}

// journalFlags say whose journals a command is about.
type journalFlags struct {
	Config []string `placeholder:"FILE" sep:"none" xor:"whose" help:"Settings, as of a sync: the journal of that source alone."`
	Dir    string   `placeholder:"DIR" xor:"whose" help:"Folder of journals; without --config, the one where a sync keeps them by default."`
}

// journals are those that a command is about.
type journals struct {
	dir     string   // that holds them
	folders []string // one for each source
	known   []string // these, and those that hold nothing but what the last run came to
	limits  sources.Journal
	one     bool // a config says whose; else they are all that dir holds
}

// find finds the journals. That there are none is no error.
func (f *journalFlags) find(rt *program.Runtime) (*journals, error) {
	if f.Dir != "" {
		return allJournals(f.Dir)
	}
	o, err := (&inputs.ChoiceFlags{Config: f.Config}).Settings(rt)
	if errors.Is(err, inputs.ErrNone) {
		return allJournals(filepath.Join(o.WorkDir, "journal"))
	}
	if err != nil {
		return nil, &tap.InputError{Err: err}
	}
	js := &journals{dir: tap.JournalFolder(o), limits: o.Config.Run.Journal, one: true}
	folder, err := tap.FindSource(o)
	if errors.Is(err, fs.ErrNotExist) {
		return js, nil
	}
	if err == nil {
		err = js.add(folder)
	}
	return js, err
}

// allJournals are those in a folder.
func allJournals(dir string) (*journals, error) {
	js := &journals{dir: dir, limits: sources.DefaultRun().Journal}
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, &tap.InputError{Err: err}
	}
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		if err := js.add(filepath.Join(dir, e.Name())); err != nil {
			return nil, err
		}
	}
	return js, nil
}

// add adds a folder where it holds a journal.
func (js *journals) add(folder string) error {
	is, err := journal.Exists(folder)
	if is {
		js.folders = append(js.folders, folder)
	}
	if _, none := os.Stat(filepath.Join(folder, report.LastRunName)); is || none == nil {
		js.known = append(js.known, folder)
	}
	return err
}

// passes are the passes of a journal by their id.
type passes map[string]*passLine

// passLine is a pass and what is recorded of it.
type passLine struct {
	journal.Pass
	exchanges, bytes int64
	last             time.Time // when its last answer came, or it began
}

func passesOf(j *journal.Journal) (inOrder []*passLine, byID passes) {
	byID = passes{}
	for _, p := range j.Passes.All() {
		line := &passLine{Pass: p, last: p.Begun}
		inOrder, byID[p.ID] = append(inOrder, line), line
	}
	return inOrder, byID
}

// open opens a journal for reading, and logs what it warns of.
func open(rt *program.Runtime, folder string) (*journal.Journal, error) {
	j, err := journal.OpenReadOnly(folder)
	if err != nil {
		return nil, err
	}
	for _, warning := range j.Warnings {
		rt.Console.Log().Warn(warning)
	}
	return j, nil
}

// each opens one journal after the other for reading.
func (js *journals) each(rt *program.Runtime, f func(folder string, j *journal.Journal) error) error {
	if len(js.folders) == 0 {
		js.sayNone(rt)
	}
	for _, folder := range js.folders {
		j, err := open(rt, folder)
		if err != nil {
			return err
		}
		if err := errors.Join(f(folder, j), j.Close()); err != nil {
			return err
		}
	}
	return nil
}

// print prints what f writes for each journal.
func (js *journals) print(rt *program.Runtime, f func(w io.Writer, folder string, j *journal.Journal) error) error {
	w := bufio.NewWriter(rt.Stdout)
	err := js.each(rt, func(folder string, j *journal.Journal) error {
		return f(w, folder, j)
	})
	return errors.Join(err, w.Flush())
}

// knows is the error of a command about a stream that none of the journals has
// anything of: it may be spelled otherwise.
func (js *journals) knows(stream string) error {
	if stream == "" || len(js.folders) == 0 {
		return nil
	}
	var names []string
	for _, folder := range js.folders {
		j, err := journal.OpenReadOnly(folder)
		if err != nil {
			return err
		}
		for _, p := range j.Passes.All() {
			names = append(names, p.Stream)
		}
		for _, f := range j.Failures.All() {
			names = append(names, f.Stream)
		}
		if err := j.Close(); err != nil {
			return err
		}
	}
	if slices.Contains(names, stream) {
		return nil
	}
	slices.Sort(names)
	there := cmp.Or(strings.Join(slices.Compact(names), ", "), "no stream")
	return &tap.InputError{Err: fmt.Errorf("--stream: the journal has nothing of a stream %q; it has %s", stream, there)}
}

func (js *journals) sayNone(rt *program.Runtime) {
	if js.one {
		rt.Console.Say("%s holds nothing of this source with these settings", js.dir)
		return
	}
	rt.Console.Say("%s holds no journal", js.dir)
}

// ago is how long ago something was, in its largest unit.
func ago(at, now time.Time) string {
	d := max(0, now.Sub(at))
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%dm", d/time.Minute)
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh", d/time.Hour)
	}
	return fmt.Sprintf("%dd", d/(24*time.Hour))
}
