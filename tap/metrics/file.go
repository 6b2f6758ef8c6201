package metrics

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tap-rest/tap-rest/tap/report"
	"github.com/tap-rest/tap-rest/tap/workdir"
)

// every is how often a file is written while the run goes on.
const every = time.Minute

// File is the file of a run. Its methods may be called from any goroutine. CountsParts and
// Part do nothing where there is none, f being nil.
type File struct {
	name string
	log  func() *slog.Logger
	hide func(string) string // takes secrets out of a text
	saw  atomic.Pointer[report.Snapshot]

	mu     sync.Mutex // of what follows: the file is written by one at a time
	at     state
	told   bool // that the file could not be written
	ending chan struct{}
	ticked chan struct{} // closed when nothing is written any more but the end
}

// Open begins a file for a run that begins now. Its error says why the file could not be
// written. End ends it.
func Open(name, version string, log func() *slog.Logger, hide func(string) string) (*File, error) {
	switch err := workdir.Publishable(name); {
	case errors.Is(err, fs.ErrNotExist) && isMissing(filepath.Dir(name)):
		return nil, fmt.Errorf("--metrics-file: the folder %s is not there, and none is made, since others read the file: make it (mkdir -p -m 755 %[1]s), or name a file in node_exporter's folder (--collector.textfile.directory)", filepath.Dir(name))
	case err != nil:
		return nil, fmt.Errorf("--metrics-file: %s cannot be written: %w; name a file in a folder that this user may write to", name, err)
	}
	if info, err := os.Lstat(name); err == nil && info.Mode()&os.ModeNamedPipe != 0 {
		return nil, fmt.Errorf("--metrics-file: %s is a named pipe, which holds up the run until somebody reads it: name a file", name)
	}
	if err := workdir.Replaceable(name, begin); err != nil {
		return nil, fmt.Errorf("--metrics-file: %s is not replaced: %w", name, err)
	}
	now := time.Now()
	success, first := before(name)
	if first.IsZero() {
		first = now
	}
	f := &File{
		name: name, log: log, hide: hide, at: state{version: version, begun: now, success: success, first: first},
		ending: make(chan struct{}), ticked: make(chan struct{}),
	}
	go f.tick()
	return f, nil
}

// isMissing reports whether a folder is not there. Some folders are, and no file can be made in
// them all the same, with the same error: those below /proc.
func isMissing(dir string) bool {
	_, err := os.Stat(dir)
	return errors.Is(err, fs.ErrNotExist)
}

// Saw takes a later snapshot of the run.
func (f *File) Saw(s *report.Snapshot) { f.saw.Store(s) }

// CountsParts says that the run is that of a worker, which reads parts.
func (f *File) CountsParts() {
	if f == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.at.parts = map[Outcome]int64{}
}

// Part takes note of what became of a part.
func (f *File) Part(became Outcome) {
	if f == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.at.parts[became]++
}

// End writes the file for the last time. It is called once.
func (f *File) End(code int) {
	close(f.ending)
	<-f.ticked
	f.mu.Lock()
	f.at.ended, f.at.code = true, code
	if code == 0 {
		f.at.success = time.Now()
	}
	f.mu.Unlock()
	f.write()
}

// tick writes the file now and each minute, until the run ends.
func (f *File) tick() {
	defer close(f.ticked)
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		f.write()
		select {
		case <-ticker.C:
		case <-f.ending:
			return
		}
	}
}

func (f *File) write() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.at.now = time.Now()
	text := textOf(runOf(f.name), f.at, f.saw.Load(), f.hide)
	if err := workdir.Publish(f.name, []byte(text)); err != nil && !f.told {
		f.told = true
		f.log().Warn("the file of metrics could not be written: the run goes on, and tries again each minute without a word", "file", f.name, "why", err.Error())
	}
}

// runOf is what tells the run of a file apart from those of other files.
func runOf(name string) string {
	base := filepath.Base(name)
	return strings.TrimSuffix(base, filepath.Ext(base))
}

// before is when the last run without an error ended, and when the first run began, as a
// file says that a run before has written; zero, where it does not.
func before(name string) (success, first time.Time) {
	info, err := os.Stat(name)
	if err != nil || !info.Mode().IsRegular() {
		return success, first
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return success, first
	}
	return timeIn(string(text), lastSuccess), timeIn(string(text), firstStart)
}

// timeIn is the time that a metric has in a file; zero, where it has none.
func timeIn(text, metric string) time.Time {
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, metric+"{") {
			continue
		}
		value := strings.TrimSpace(line[strings.LastIndexByte(line, ' ')+1:])
		if at, err := strconv.ParseFloat(value, 64); err == nil && at > 0 && at < math.MaxUint32 {
			return time.UnixMilli(int64(at * 1000))
		}
	}
	return time.Time{}
}
