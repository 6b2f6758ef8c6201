package journal

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// pages records many exchanges of a partition, each in a segment of its own.
func pages(t testing.TB, j *Journal, m *model, pass, partition string, from, to int) {
	t.Helper()
	for n := from; n < to; n++ {
		m.add(t, j, pass, partition, n)
	}
}

// perSegment makes each exchange the only one of its segment.
const perSegment = headerSize + 1

func TestPrune(t *testing.T) {
	hour := time.Hour
	tests := []struct {
		name string
		o    Options
		run  func(t *testing.T, j *Journal, m *model) // an earlier run
		now  func(t *testing.T, j *Journal, m *model)
		at   time.Duration
		from int  // where the partition is asked from
		want int  // exchanges of a/p that are served then
		gone bool // whether anything is deleted
	}{
		{name: "young", o: Options{MaxAge: hour}, at: hour, want: 5},
		{name: "old", o: Options{MaxAge: hour}, at: hour + 5*time.Second, gone: true},
		{name: "no limits", at: 1000 * hour, want: 5},
		{name: "the clock was set back", o: Options{MaxAge: hour}, at: -1000 * hour, want: 5},
		{name: "old but in use", o: Options{MaxAge: hour}, at: 2 * hour, want: 5,
			now: func(t *testing.T, j *Journal, m *model) { m.walk(t, j, "a", "p", 0) }},
		{name: "finished and old", o: Options{MaxAge: hour}, at: 2 * hour, gone: true,
			run: func(t *testing.T, j *Journal, m *model) { must(t, j.Passes.Finish("a")) }},
		{name: "dropped", want: 0, gone: true,
			now: func(t *testing.T, j *Journal, m *model) { must(t, j.Passes.Drop("a")) }},
		// Its marks move on, that is all.
		{name: "unfinished and too large", o: Options{MaxBytes: 1}, want: 5, gone: true},
		{name: "finished and too large", o: Options{MaxBytes: 1}, want: 0, gone: true,
			run: func(t *testing.T, j *Journal, m *model) { must(t, j.Passes.Finish("a")) }},
		{name: "finished, too large and replayed", o: Options{MaxBytes: 1}, want: 5, gone: true,
			run: func(t *testing.T, j *Journal, m *model) { must(t, j.Passes.Finish("a")) },
			now: func(t *testing.T, j *Journal, m *model) { j.Lookup(Key{"a", "p", 0, 0}) }},
		{name: "two have left", o: Options{MaxBytes: 1}, from: 2, want: 3, gone: true,
			now: func(t *testing.T, j *Journal, m *model) { j.Emitted(Key{"a", "p", 0, 1}) }},
		{name: "two were written, and no state yet", o: Options{MaxBytes: 1}, want: 5, gone: true,
			now: func(t *testing.T, j *Journal, m *model) { j.Written(Key{"a", "p", 0, 1}) }},
		{name: "two were written, with a state", o: Options{MaxBytes: 1}, from: 2, want: 3, gone: true,
			now: func(t *testing.T, j *Journal, m *model) { j.Written(Key{"a", "p", 0, 1}); j.Covered() }},
		{name: "two were written with a state, and two since", o: Options{MaxBytes: 1}, from: 2, want: 3, gone: true,
			now: func(t *testing.T, j *Journal, m *model) {
				j.Written(Key{"a", "p", 0, 1})
				j.Covered()
				j.Written(Key{"a", "p", 0, 3})
			}},
		{name: "written with a state, then rejected and kept anew", o: Options{MaxBytes: 1}, from: 2, want: 2, gone: true,
			now: func(t *testing.T, j *Journal, m *model) {
				j.Written(Key{"a", "p", 0, 4})
				j.Covered()
				must(t, j.Reject(Key{"a", "p", 0, 2}))
				m.addTake(t, j, "a", "p", 2, 1)
				m.addTake(t, j, "a", "p", 3, 1)
			}},
		{name: "all have left", o: Options{MaxBytes: 1}, from: 0, want: 0, gone: true,
			now: func(t *testing.T, j *Journal, m *model) { j.Emitted(Key{"a", "p", 0, math.MaxInt}) }},
		{name: "left, but not too large", o: Options{MaxBytes: 1 << 20}, want: 5,
			now: func(t *testing.T, j *Journal, m *model) { j.Emitted(Key{"a", "p", 0, 4}) }},
		{name: "left in an older generation", o: Options{MaxBytes: 1}, want: 2,
			run: func(t *testing.T, j *Journal, m *model) {
				_, err := j.Restart("a", "p")
				must(t, err)
				m.add(t, j, "a", "p", 0, 1)
			},
			now: func(t *testing.T, j *Journal, m *model) { j.Emitted(Key{"a", "p", 0, 4}) }, gone: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			fs, m := newMemFS(), newModel()
			tt.o.FS, tt.o.SegmentBytes = fs, perSegment
			j := open(t, testDir, tt.o)
			begin(t, j, "a")
			pages(t, j, m, "a", "p", 0, 5)
			if tt.run != nil {
				tt.run(t, j, m)
			}
			closed(t, j)
			j = open(t, testDir, tt.o)
			if tt.now != nil {
				tt.now(t, j, m)
			}
			before := j.Size()
			deleted, err := j.Prune(noon.Add(tt.at))
			must(t, err)
			if (deleted > 0) != tt.gone || j.Size() < before-deleted {
				t.Errorf("deleted %d of %d, %d are left", deleted, before, j.Size())
			}
			for _, when := range []string{"now", "again"} {
				if got := len(m.walk(t, j, "a", "p", tt.from)); got != tt.want {
					t.Errorf("%s: %d served from %d on, want %d", when, got, tt.from, tt.want)
				}
				checkSize(t, j, fs)
				closed(t, j)
				j = open(t, testDir, tt.o)
			}
		})
	}
}

// checkSize compares Size with the files.
func checkSize(t *testing.T, j *Journal, fs *memFS) {
	t.Helper()
	var size int64
	for _, d := range fs.files {
		size += int64(len(d.now))
	}
	if size != j.Size() {
		t.Errorf("size %d, the files have %d", j.Size(), size)
	}
}

// TestPruneMarks deletes segments with marks that others need.
func TestPruneMarks(t *testing.T) {
	tests := []struct {
		name string
		do   func(t *testing.T, j *Journal, m *model)
		from int
		want int
	}{
		{"the pass", func(t *testing.T, j *Journal, m *model) {
			pages(t, j, m, "a", "p", 0, 6)
			j.Emitted(Key{"a", "p", 0, 2})
		}, 3, 3},
		{"a restart", func(t *testing.T, j *Journal, m *model) {
			pages(t, j, m, "a", "p", 0, 3)
			m.add(t, j, "a", "stuck", 0)
			_, err := j.Restart("a", "p")
			must(t, err)
			pages(t, j, m, "a", "p", 0, 3)
			j.Emitted(Key{"a", "p", 1, 2})
		}, 0, 0},
		{"a rejection", func(t *testing.T, j *Journal, m *model) {
			pages(t, j, m, "a", "p", 0, 3)
			m.add(t, j, "a", "stuck", 0)
			must(t, j.Reject(Key{"a", "p", 0, 1}))
			m.addTake(t, j, "a", "p", 1, 1)
			j.Emitted(Key{"a", "p", 0, 1})
		}, 2, 0},
		{"an answer that waits for an earlier one that left", func(t *testing.T, j *Journal, m *model) {
			m.add(t, j, "a", "p", 0, 2, 4, 1, 3)
			j.Emitted(Key{"a", "p", 0, 3})
		}, 4, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			fs, m := newMemFS(), newModel()
			o := Options{FS: fs, SegmentBytes: perSegment, MaxBytes: 1}
			j := open(t, testDir, o)
			begin(t, j, "a")
			tt.do(t, j, m)
			m.add(t, j, "a", "last", 0)
			deleted, err := j.Prune(noon)
			if must(t, err); deleted == 0 {
				t.Error("nothing was deleted")
			}
			for _, when := range []string{"now", "again"} {
				if got := len(m.walk(t, j, "a", "p", tt.from)); got != tt.want {
					t.Errorf("%s: %d served, want %d", when, got, tt.want)
				}
				if got := len(m.walk(t, j, "a", "last", 0)); got != 1 {
					t.Errorf("%s: %d of the last partition served, want 1", when, got)
				}
				if got := j.Passes.All(); len(got) != 1 || string(got[0].Plan) != `{"windows":[]}` {
					t.Errorf("%s: passes %+v", when, got)
				}
				closed(t, j)
				j = open(t, testDir, o)
			}
		})
	}
}

// TestPruneSyncs: marks that are written again are durable before what had them
// is deleted.
func TestPruneSyncs(t *testing.T) {
	fs, m := newMemFS(), newModel()
	j := open(t, testDir, Options{FS: fs, SegmentBytes: perSegment, MaxBytes: 1})
	begin(t, j, "a")
	pages(t, j, m, "a", "p", 0, 2)
	j.Emitted(Key{"a", "p", 0, 0})
	must(t, j.Sync())
	fs.trace = nil
	_, err := j.Prune(noon)
	must(t, err)
	removed, synced := slices.Index(fs.trace, "remove 00000001.journal"), slices.Index(fs.trace, "syncdir journal")
	if removed < 0 || synced < 0 || removed < synced || fs.trace[synced-1] != "sync 00000004.journal" {
		t.Errorf("pruning did %q", fs.trace)
	}
}

// TestPruneFull: room is made on a disk that has none.
func TestPruneFull(t *testing.T) {
	fs, m := newMemFS(), newModel()
	o := Options{FS: fs, SegmentBytes: perSegment, MaxAge: time.Hour}
	j := open(t, testDir, o)
	begin(t, j, "a")
	pages(t, j, m, "a", "p", 0, 5)
	closed(t, j)
	fs.fault = func(int) error {
		if what := fs.trace[len(fs.trace)-1]; strings.HasPrefix(what, "write") || strings.HasPrefix(what, "create") {
			return syscall.ENOSPC
		}
		return nil
	}
	j = open(t, testDir, o)
	if deleted, err := j.Prune(noon.AddDate(0, 0, 1)); err != nil || deleted == 0 || j.Size() > 0 {
		t.Errorf("deleted %d, %d are left, error %v", deleted, j.Size(), err)
	}
}

// TestPruneLong reads much more than MaxBytes, with a partition that waits all
// the while, and opens the journal again and again.
func TestPruneLong(t *testing.T) {
	fs, m := newMemFS(), newModel()
	o := Options{FS: fs, SegmentBytes: 2000, MaxBytes: 10_000}
	j := open(t, testDir, o)
	begin(t, j, "a")
	m.add(t, j, "a", "stuck", 0)
	for n := range 300 {
		m.add(t, j, "a", "p", n)
		j.Emitted(Key{"a", "p", 0, n})
		_, err := j.Prune(noon)
		must(t, err)
		if j.Size() > 14_000 {
			t.Fatalf("%d bytes after exchange %d", j.Size(), n)
		}
		if n%50 == 49 {
			closed(t, j)
			j = open(t, testDir, o)
			if got := len(m.walk(t, j, "a", "p", n)) + len(m.walk(t, j, "a", "stuck", 0)); got != 2 {
				t.Fatalf("%d served after exchange %d, want 2", got, n)
			}
		}
	}
	must(t, j.Passes.Finish("a"))
	must(t, j.Passes.Drop("a"))
	closed(t, j)
	j = open(t, testDir, o)
	_, err := j.Prune(noon)
	must(t, err)
	if j.Size() != 0 || len(fs.files) > 0 {
		t.Errorf("%d bytes in %d files are left of a dropped pass", j.Size(), len(fs.files))
	}
}

// TestClear empties a journal, which goes on and stays empty when it is opened
// again.
func TestClear(t *testing.T) {
	fs := newMemFS()
	m := newModel()
	j := open(t, testDir, Options{FS: fs, SegmentBytes: 400})
	begin(t, j, "p")
	m.add(t, j, "p", "a", 0, 1, 2, 3, 4, 5)
	size := j.Size()
	deleted, err := j.Clear()
	if err != nil || deleted != size || j.Size() != 0 || len(j.Passes.All()) != 0 {
		t.Fatalf("%v; deleted %d of %d bytes, %d and %v are left", err, deleted, size, j.Size(), j.Passes.All())
	}
	begin(t, j, "q")
	m.add(t, j, "q", "a", 0, 1)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	j = open(t, testDir, Options{FS: fs})
	if got := m.all(t, j); got[[2]string{"p", "a"}] != 0 || got[[2]string{"q", "a"}] != 2 {
		t.Errorf("got %v", got)
	}
	if w := j.Warnings; len(w) > 0 {
		t.Errorf("warnings %q", w)
	}
	readOnly, err := OpenReadOnly(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := readOnly.Clear(); !errors.Is(err, ErrReadOnly) {
		t.Errorf("read only: got %v", err)
	}
}

// TestPruneForgets: of partitions that were emitted, and whose exchanges were
// deleted, nothing stays in memory.
func TestPruneForgets(t *testing.T) {
	fs, m := newMemFS(), newModel()
	j := open(t, testDir, Options{FS: fs, SegmentBytes: 2000, MaxBytes: 10_000})
	begin(t, j, "a")
	for i := range 300 {
		name := fmt.Sprintf("p%d", i)
		m.add(t, j, "a", name, 0)
		j.Written(Key{"a", name, 0, 0})
		j.Covered()
		_, err := j.Prune(noon)
		must(t, err)
	}
	known := 0
	for range j.ledger.index.passes["a"].partitions.each {
		known++
	}
	if known > 50 {
		t.Errorf("%d partitions are known, and %d bytes are on disk", known, j.Size())
	}
	m.add(t, j, "a", "p7", 1, 2) // the run goes on with one
	if got := len(m.walk(t, j, "a", "p7", 1)); got != 2 {
		t.Errorf("%d exchanges are served, want 2", got)
	}
}
