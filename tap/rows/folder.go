package rows

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/tap/rowset"
)

const (
	// keepOthers is how long files are kept of lines of states that do not come in.
	keepOthers = 30 * 24 * time.Hour
	// keepLines is how many of them are kept that began without a state, and may
	// never have led to one.
	keepLines = 3
	// keepParts is how long a file is kept that nobody finished.
	keepParts = 24 * time.Hour
	// replays is the line of what replays noted: no state names it.
	replays = "replay"

	setEnding, logEnding = ".set", ".log"
	// goneEnding is that of a set of keys that were marked: a target that comes back
	// with an older state has them still. It lies before the set of the pass that
	// marked them, and so is none of what came later than that.
	goneEnding = ".gone"
)

// Folder holds the files of a stream of one source.
type Folder struct {
	Dir    string
	Header rowset.Header
	Now    time.Time
	line   string // of states
	seq    int    // the last number that was given
	files  []file
}

// file is a file of the folder.
type file struct {
	id     id
	ending string
	at     time.Time // when it was written
}

// id names a file: the line of states that it is of, its number among the files of
// all lines, and chance.
type id struct {
	line   string
	seq    int
	chance string
}

func (n id) String() string { return fmt.Sprintf("%s-%d-%s", n.line, n.seq, n.chance) }

// parseID reads an id: a state is a stranger's text, and this leads to nowhere
// but into the folder.
func parseID(text string) (n id, ok bool) {
	parts := strings.Split(text, "-")
	if len(parts) != 3 || !word(parts[0]) || !word(parts[2]) {
		return n, false
	}
	seq, err := strconv.Atoi(parts[1])
	n = id{parts[0], seq, parts[2]}
	return n, err == nil && seq > 0 && n.String() == text
}

func word(text string) bool {
	return text != "" && len(text) <= 32 && strings.Trim(text, "abcdefghijklmnopqrstuvwxyz0123456789") == ""
}

func chance() string { return strings.ToLower(rand.Text()[:12]) }

// list looks what is in the folder, and makes it where it is not there.
func (f *Folder) list() error {
	if err := os.MkdirAll(f.Dir, 0o700); err != nil {
		return err
	}
	entries, err := os.ReadDir(f.Dir)
	if err != nil {
		return err
	}
	f.files = f.files[:0]
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			continue // it is gone
		}
		ending := filepath.Ext(e.Name())
		n, ok := parseID(strings.TrimSuffix(e.Name(), ending))
		switch {
		case ok && (ending == setEnding || ending == logEnding || ending == goneEnding):
			f.files = append(f.files, file{n, ending, info.ModTime()})
		case ending == ".tmp" && f.Now.Sub(info.ModTime()) > keepParts:
			os.Remove(filepath.Join(f.Dir, e.Name()))
		}
	}
	slices.SortFunc(f.files, func(a, b file) int { return a.id.seq - b.id.seq })
	return nil
}

// begin finds the line of states that a run goes on with.
func (f *Folder) begin(named *state.Rows) {
	f.line, f.Header.First = chance(), named == nil
	if named == nil {
		return
	}
	for _, text := range []string{named.Set, named.Log} {
		if n, ok := parseID(text); ok {
			f.line, f.seq = n.line, max(f.seq, n.seq)
		}
	}
}

// Has reports whether a file is there that a state names.
func (f *Folder) Has(named *state.Rows) bool {
	is := func(name, ending string) bool {
		_, ok := parseID(name)
		if ok {
			_, err := os.Lstat(f.path(name, ending))
			ok = err == nil
		}
		return ok
	}
	return named != nil && (is(named.Set, setEnding) || is(named.Log, logEnding))
}

// path is where a file is, by its id.
func (f *Folder) path(name, ending string) string { return filepath.Join(f.Dir, name+ending) }

func (f *Folder) pathOf(one file) string { return f.path(one.id.String(), one.ending) }

// next gives the name of a new file.
func (f *Folder) next() string {
	for _, one := range f.files {
		f.seq = max(f.seq, one.id.seq)
	}
	f.seq++
	return id{f.line, f.seq, chance()}.String()
}

// later are the files that came later than a state, of whichever line: a target
// may have been given states of several. Where there is no state, that is all.
func (f *Folder) later(named *state.Rows) (all []file) {
	for _, one := range f.files {
		name := one.id.String()
		if one.id.seq > f.seq && (named == nil || name != named.Set && name != named.Log) {
			all = append(all, one)
		}
	}
	return all
}

// first reports whether a file was written by a run without a state.
func (f *Folder) first(one file) bool {
	h, err := rowset.ReadHeader(f.pathOf(one))
	return err == nil && h.First
}

// clean removes the files that nobody needs: of this line of states all but those
// that the state names and those of this run, and lines that no state has led to for
// long.
func (f *Folder) clean(named *state.Rows, mine ...string) error {
	keep := append(mine, "")
	if named != nil {
		keep = append(keep, named.Set, named.Log)
	}
	var errs []error
	kept := f.latest()
	for _, one := range f.files {
		switch {
		case slices.Contains(keep, one.id.String()):
			if one.id.line == f.line {
				errs = append(errs, os.Chtimes(f.pathOf(one), f.Now, f.Now))
			}
			continue
		case one.ending == goneEnding && f.Now.Sub(one.at) <= keepOthers:
			continue
		case one.id.line == f.line && named != nil:
		case f.Now.Sub(one.at) > keepOthers, f.first(one) && !slices.Contains(kept, one.id.line):
		default:
			continue
		}
		errs = append(errs, remove(f.pathOf(one)))
	}
	return errors.Join(errs...)
}

// latest are the lines that were begun last by runs without a state: each such run
// begins one.
func (f *Folder) latest() (lines []string) {
	byAge := slices.Clone(f.files)
	slices.SortStableFunc(byAge, func(a, b file) int { return b.at.Compare(a.at) })
	for _, one := range byAge {
		if len(lines) < keepLines && !slices.Contains(lines, one.id.line) && f.first(one) {
			lines = append(lines, one.id.line)
		}
	}
	return lines
}

func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Forget removes all that is known, of whichever line of states.
func (f *Folder) Forget() error {
	if _, err := os.Stat(f.Dir); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err := f.list(); err != nil {
		return err
	}
	var errs []error
	for _, one := range f.files {
		errs = append(errs, remove(f.pathOf(one)))
	}
	return errors.Join(errs...)
}
