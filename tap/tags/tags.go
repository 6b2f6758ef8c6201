package tags

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/tap/rowset"
	"github.com/tap-rest/tap-rest/tap/workdir"
)

// Options say of what the tags are, and where.
type Options struct {
	Stream string
	Dir    string // of the stream
	Pass   string // whose answers' tags are gathered
	Before string // the pass whose tags are used; "": everything is asked for
	Looks  string // says how records leave: tags of records that left in another way are not used
	Now    time.Time
	Log    *slog.Logger
}

// Tags are what the answers of a pass said. The methods may be called from any
// goroutine, but for Finish.
type Tags struct {
	stream string
	dir    string
	pass   string // that gathers, as files are named
	again  bool   // it was over before: what it gathers is not used
	header rowset.Header
	slog   *slog.Logger

	mu     sync.Mutex
	set    *rowset.Set // nil: everything is asked for
	before string      // the pass of the set; "": a page has left that has changed
	finder *rowset.Finder
	log    *rowset.Log // nil: it cannot be written
}

const tagsEnding, twiceEnding, logEnding = ".tags", ".twice", ".log"

// Open opens the tags of the pass before, and begins to gather those of a pass.
func Open(o Options) (*Tags, error) {
	t := &Tags{stream: o.Stream, dir: o.Dir, pass: nameOf(o.Pass), slog: o.Log}
	t.header = rowset.Header{Of: "tags of " + o.Stream + ", records as " + o.Looks}
	if err := os.MkdirAll(t.dir, 0o700); err != nil {
		return nil, err
	}
	if o.Before != "" {
		if err := t.open(nameOf(o.Before)); err != nil && !errors.Is(err, os.ErrNotExist) {
			o.Log.Warn("what the API said of the answers of the last finished pass cannot be used: everything is asked for", "stream", t.stream, "why", err.Error())
		}
	}
	t.clean(o.Now)
	again, err := t.forget()
	if err != nil {
		return nil, err
	}
	if t.log, err = rowset.Create(t.path(t.pass, logEnding), t.header); err != nil {
		return nil, err
	}
	t.again = again
	return t, nil
}

// nameOf is how files are named that are of a pass.
func nameOf(pass string) string {
	sum := sha256.Sum256([]byte(pass))
	return hex.EncodeToString(sum[:16])
}

func (t *Tags) path(pass, ending string) string { return filepath.Join(t.dir, pass+ending) }

// forget removes what was gathered of the pass itself. It reports true where that
// was over before, now or ever: then there are states that say so of two readings,
// and which of them a target has stored is not known.
func (t *Tags) forget() (again bool, err error) {
	twice := t.path(t.pass, twiceEnding)
	if err = os.Rename(t.path(t.pass, tagsEnding), twice); err == nil {
		err = os.Truncate(twice, 0) // that it is there is all it says
	} else if errors.Is(err, os.ErrNotExist) {
		_, err = os.Stat(twice)
	}
	if again = err == nil; errors.Is(err, os.ErrNotExist) {
		err = nil
	}
	if gone := os.Remove(t.path(t.pass, logEnding)); gone != nil && !errors.Is(gone, os.ErrNotExist) {
		err = errors.Join(err, gone)
	}
	return again, err
}

func (t *Tags) open(pass string) (err error) {
	if _, err := os.Stat(t.path(pass, twiceEnding)); err == nil {
		return os.ErrNotExist
	}
	if t.set, err = rowset.Open(t.path(pass, tagsEnding), t.header, true); err != nil {
		t.set = nil
		return err
	}
	t.finder, t.before = t.set.Finder(), pass
	return nil
}

// changed takes note that a page leaves which has changed.
func (t *Tags) changed() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.before == "" {
		return
	}
	if err := workdir.Replace(t.path(t.before, twiceEnding), nil); err != nil {
		t.slog.Warn("the work folder could not note that pages have changed: if this run is cut and its state is lost, remove the folder before the next one",
			"stream", t.stream, "dir", t.dir, "why", err.Error())
	}
	t.before = ""
}

// mostTagged is of how many passes tags are kept: which of them a state comes in with
// is not known. keepTwice is how long it is known that the tags of a pass are of no use.
const (
	mostTagged = 4
	keepTwice  = 90 * 24 * time.Hour
)

// clean removes the files of other passes but the last few.
func (t *Tags) clean(now time.Time) {
	entries, err := os.ReadDir(t.dir)
	if err != nil {
		return
	}
	var files []os.FileInfo
	for _, e := range entries {
		if info, err := e.Info(); err == nil && !strings.HasPrefix(e.Name(), t.pass) {
			files = append(files, info)
		}
	}
	slices.SortFunc(files, func(a, b os.FileInfo) int { return b.ModTime().Compare(a.ModTime()) })
	kept := 0
	for _, one := range files {
		old := now.Sub(one.ModTime()) > keepTwice
		if filepath.Ext(one.Name()) != twiceEnding {
			kept++
			old = kept > mostTagged
		}
		if old { // where it cannot be removed, the next run tries again
			pass := strings.TrimSuffix(one.Name(), filepath.Ext(one.Name()))
			if err := os.Remove(t.path(pass, tagsEnding)); err == nil || errors.Is(err, os.ErrNotExist) {
				_ = os.Remove(filepath.Join(t.dir, one.Name()))
			}
		}
	}
}

// Ask is what a walk asks with, and keeps; nil: nothing.
func (t *Tags) Ask() *fetch.Tags {
	if t == nil {
		return nil
	}
	return &fetch.Tags{Of: t.of, Keep: t.keep, Changed: t.changed}
}

// of is the tag of a request.
func (t *Tags) of(request [16]byte) *fetch.Tag {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.finder == nil {
		return nil
	}
	value, _, ok, err := t.finder.Find(request[:])
	var tag fetch.Tag
	if err == nil && ok {
		err = json.Unmarshal(value, &tag)
	}
	if err != nil {
		t.finder = nil
		t.slog.Warn("what the API said of the answers of the last finished pass is damaged: what is left is asked for", "stream", t.stream, "why", err.Error())
	}
	if err != nil || !ok {
		return nil
	}
	return &tag
}

// keep keeps the tag of an answer.
func (t *Tags) keep(request [16]byte, tag *fetch.Tag) {
	text, err := json.Marshal(tag)
	if err != nil {
		return // headers and bytes
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.log.Append(rowset.AppendEntry(nil, request[:], text), 1)
}

// Finish puts the tags of the pass in the place of those before, where it is over
// and all of it is written.
func (t *Tags) Finish(over bool) (err error) {
	if t == nil {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	log := t.path(t.pass, logEnding)
	if over {
		err = t.log.Flush()
	}
	mark := t.log.Mark()
	err = errors.Join(err, t.log.Close())
	if t.set != nil {
		err = errors.Join(err, t.set.Close())
	}
	if over && err == nil && !t.again {
		err = t.build(log, mark)
	}
	return errors.Join(err, os.Remove(log))
}

// build sorts the tags that were gathered.
func (t *Tags) build(log string, mark rowset.Mark) error {
	logged, err := rowset.OpenLog(log, t.header)
	if err != nil {
		return err
	}
	defer logged.Close()
	sorter := &rowset.Sorter{Dir: t.dir}
	defer sorter.Close()
	sorted, err := sorter.Sort(logged.UpTo(mark), rowset.Later)
	if err == nil {
		_, err = rowset.Build(t.path(t.pass, tagsEnding), t.header, sorted, nil)
	}
	return err
}
