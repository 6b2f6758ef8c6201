package tap

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

	"github.com/tap-rest/tap-rest/catalog"
	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/tap/message"
	"github.com/tap-rest/tap-rest/tap/plan"
	"github.com/tap-rest/tap-rest/tap/rowset"
)

// tags are what the answers of a pass said, by which a later one asks only for
// what has changed: those of the last finished pass are read, and those of this
// one gathered, and put in their place once it is over. A set is named by its
// pass, and used by none but the pass that comes after that, by its state: what a
// target has not stored comes again. Its methods may be called from any goroutine,
// but for open and finish.
type tags struct {
	stream string
	dir    string
	pass   string // that gathers
	again  bool   // it was over before: what it gathers is not used
	header rowset.Header
	slog   *slog.Logger

	mu     sync.Mutex
	set    *rowset.Set // nil: everything is asked for
	finder *rowset.Finder
	log    *rowset.Log // nil: it cannot be written
}

const tagsEnding, tagsTwice, tagsLog = ".tags", ".twice", ".log"

// openTags opens the tags of the streams that have etag. That there are none, or
// that they cannot be read, costs calls and nothing else.
func (r *run) openTags(all []*pass) {
	for _, p := range all {
		if !p.stream.Definition.Known.ETag || p.feed || p.decision.Way == plan.Replay || p.decision.Backfill {
			continue
		}
		if err := r.openTagsOf(p); err != nil {
			r.Log.Warn("what the API said of the last answers cannot be kept in the work folder: everything is asked for, and the next run asks for it again",
				"stream", p.stream.Name, "why", err.Error())
		}
	}
}

func (r *run) openTagsOf(p *pass) error {
	identity, err := r.work.identity(&r.Options)
	if err != nil {
		return err
	}
	looks, err := p.looks()
	if err != nil {
		return err
	}
	t := &tags{stream: p.stream.Name, dir: r.work.path(filepath.Join("tags", identity), p.stream.Name, ""), pass: nameOf(p.decision.Pass.ID), slog: r.Log}
	t.header = rowset.Header{Of: "tags of " + p.stream.Name + ", records as " + looks}
	if err := os.MkdirAll(t.dir, 0o700); err != nil {
		return err
	}
	if name := p.tagged(); name != "" {
		if err := t.open(name); err != nil && !errors.Is(err, os.ErrNotExist) {
			r.Log.Warn("what the API said of the answers of the last finished pass cannot be used: everything is asked for", "stream", t.stream, "why", err.Error())
		}
	}
	t.clean(r.now)
	again, err := t.forget()
	if err != nil {
		return err
	}
	if t.log, err = rowset.Create(t.path(t.pass, tagsLog), t.header); err != nil {
		return err
	}
	t.again = again
	p.tags = t
	return nil
}

// forget removes what was gathered of the pass itself. It reports true where that
// was over before, now or ever: then there are states that say so of two readings,
// and which of them a target has stored is not known.
func (t *tags) forget() (again bool, err error) {
	twice := t.path(t.pass, tagsTwice)
	if err = os.Rename(t.path(t.pass, tagsEnding), twice); err == nil {
		err = os.Truncate(twice, 0) // that it is there is all it says
	} else if errors.Is(err, os.ErrNotExist) {
		_, err = os.Stat(twice)
	}
	if again = err == nil; errors.Is(err, os.ErrNotExist) {
		err = nil
	}
	if gone := os.Remove(t.path(t.pass, tagsLog)); gone != nil && !errors.Is(gone, os.ErrNotExist) {
		err = errors.Join(err, gone)
	}
	return again, err
}

// tagged is the name of the pass whose tags may be used: the last one, where the
// state says that all of it was stored, and nothing needs the records that would
// not come. "": everything is asked for.
func (p *pass) tagged() string {
	b := p.decision.Bookmark
	if b == nil || b.Pass == nil || b.Resume != nil || p.decision.Foreign || len(p.children) > 0 || p.activates() || p.overwrites() {
		return ""
	}
	return nameOf(b.Pass.ID)
}

// overwrites reports whether a destination of Airbyte may replace what it has by
// what comes now, and nothing says whether it does.
func (p *pass) overwrites() bool {
	_, airbyte := p.run.Protocol.(message.Airbyte)
	e := p.stream.Entry
	return airbyte && e != nil && e.ReplicationMethod == catalog.FullTable && e.Generation == nil
}

// looks is a digest of what decides how the records of an answer leave: where that
// changes, those that did not change must leave again.
func (p *pass) looks() (string, error) {
	s := p.stream
	d := s.Definition
	parts := []any{s.Shape, s.Keys, s.ReplicationKey, s.Entry, d.Records, d.Schema.Text, d.Schema.OnInvalid, d.Schema.OnNewField}
	for _, add := range d.Records.Add {
		parts = append(parts, add.Name)
	}
	text, err := json.Marshal(parts)
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16]), err
}

// nameOf is how files are named that are of a pass.
func nameOf(pass string) string {
	sum := sha256.Sum256([]byte(pass))
	return hex.EncodeToString(sum[:16])
}

func (t *tags) path(pass, ending string) string { return filepath.Join(t.dir, pass+ending) }

func (t *tags) open(pass string) (err error) {
	if t.set, err = rowset.Open(t.path(pass, tagsEnding), t.header, true); err != nil {
		t.set = nil
		return err
	}
	t.finder = t.set.Finder()
	return nil
}

// mostTagged is of how many passes tags are kept: which of them a state comes in with
// is not known. keepTwice is how long it is known that a pass was over twice.
const (
	mostTagged = 4
	keepTwice  = 90 * 24 * time.Hour
)

// clean removes the files of other passes but the last few.
func (t *tags) clean(now time.Time) {
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
		if filepath.Ext(one.Name()) != tagsTwice {
			kept++
			old = kept > mostTagged
		}
		if old {
			_ = os.Remove(filepath.Join(t.dir, one.Name())) // the next run tries again
		}
	}
}

// ask is what a walk asks with, and keeps; nil: nothing.
func (t *tags) ask() *fetch.Tags {
	if t == nil {
		return nil
	}
	return &fetch.Tags{Of: t.of, Keep: t.keep}
}

// of is the tag of a request.
func (t *tags) of(request [16]byte) *fetch.Tag {
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
func (t *tags) keep(request [16]byte, tag *fetch.Tag) {
	text, err := json.Marshal(tag)
	if err != nil {
		return // headers and bytes
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.log.Append(rowset.AppendEntry(nil, request[:], text), 1)
}

// finish puts the tags of the pass in the place of those before, where it is over
// and all of it is written.
func (t *tags) finish(over bool) (err error) {
	if t == nil {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	log := t.path(t.pass, tagsLog)
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
func (t *tags) build(log string, mark rowset.Mark) error {
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

// finishTags puts the tags of passes that are over in the place of those before;
// well says that all of the run is written.
func (r *run) finishTags(all []*pass, well bool) {
	for _, p := range all {
		t := p.track
		over := well && t.ended && t.failure == nil && t.bookmark.Resume == nil
		if err := p.tags.finish(over); err != nil {
			r.Log.Warn("what the API said of the answers could not be kept in the work folder: the next run asks for all of them", "stream", p.stream.Name, "why", err.Error())
		}
		p.tags = nil
	}
}
