package journal

import (
	"encoding/binary"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/testshare"
)

func TestSmallWhole(t *testing.T) {
	m, fs := newModel(), newMemFS()
	small(t, m, fs)
	j := open(t, testDir, Options{FS: fs})
	if got := m.all(t, j); !maps.Equal(got, smallWhole) {
		t.Errorf("served %v, want %v", got, smallWhole)
	}
	if len(j.Warnings) > 0 {
		t.Errorf("warnings: %q", j.Warnings)
	}
	if len(fs.files) < 4 {
		t.Errorf("%d segments, want several", len(fs.files))
	}
}

// TestFlip flips bits of every byte. Nothing wrong may come out, and only the
// partition that the byte is of may lose something: what lies behind.
func TestFlip(t *testing.T) {
	m, fs := newModel(), newMemFS()
	small(t, m, fs)
	for _, name := range slices.Sorted(maps.Keys(fs.files)) {
		whole := fs.files[name].now
		frames := framesOf(t, whole)
		for at := range whole {
			if testshare.Race && at%15 != 0 || testing.Short() && at%15 != 0 {
				continue
			}
			for _, bits := range []byte{1 << (at % 8), 0xff} {
				damaged := fs.clone()
				damaged.files[name].now[at] ^= bits
				checkFlip(t, m, damaged, name, at, frames)
			}
		}
	}
}

func checkFlip(t *testing.T, m *model, fs *memFS, name string, at int, frames []frameAt) {
	t.Helper()
	j, err := Open(testDir, Options{FS: fs})
	if err != nil {
		t.Fatalf("%s byte %d: %v", filepath.Base(name), at, err)
	}
	defer j.Close()
	got, want := m.all(t, j), maps.Clone(smallWhole)
	i := slices.IndexFunc(frames, func(f frameAt) bool { return f.from <= at && at < f.to })
	if i >= 0 && frames[i].kind == kindExchange {
		k := frames[i].key
		line := [2]string{k.Pass, k.Partition}
		if got[line] != want[line] && (got[line] > want[line] || got[line] < k.N) {
			t.Fatalf("%s byte %d, in %v: %d served", filepath.Base(name), at, k, got[line])
		}
		delete(got, line)
		delete(want, line)
	}
	if !maps.Equal(got, want) {
		t.Fatalf("%s byte %d: served %v, want %v", filepath.Base(name), at, got, want)
	}
	if at%5 == 0 {
		checkRepaired(t, m, fs, j)
	}
}

// checkRepaired records what was lost anew, and expects all of it the next time,
// and nothing of what lay behind the damage.
func checkRepaired(t *testing.T, m *model, fs *memFS, j *Journal) {
	t.Helper()
	m = m.clone()
	for _, line := range m.lines() {
		if !slices.ContainsFunc(j.Passes.All(), func(p Pass) bool { return p.ID == line[0] }) {
			continue
		}
		n := len(m.walk(t, j, line[0], line[1], 0))
		m.addTake(t, j, line[0], line[1], n, 7)
		if line[1] == "fan" {
			continue
		}
		if got := len(m.walk(t, j, line[0], line[1], 0)); got != n+1 {
			t.Fatalf("%v: %d served after the next was recorded, want %d", line, got, n+1)
		}
	}
	before := m.all(t, j)
	closed(t, j)
	again := open(t, testDir, Options{FS: fs})
	if after := m.all(t, again); !maps.Equal(before, after) {
		t.Fatalf("served %v when opened again, want %v", after, before)
	}
	closed(t, again)
}

// TestCut cuts the last segment at every byte: what is served is a prefix in
// every partition, and opening never fails.
func TestCut(t *testing.T) {
	m, fs := newModel(), newMemFS()
	small(t, m, fs)
	names := slices.Sorted(maps.Keys(fs.files))
	last := names[len(names)-1]
	frames := framesOf(t, fs.files[last].now)
	for at := range fs.files[last].now {
		if testing.Short() && at%5 != 0 && !nearEnd(frames, at) {
			continue
		}
		cut := fs.clone()
		cut.files[last].now = cut.files[last].now[:at]
		j, err := Open(testDir, Options{FS: cut})
		if err != nil {
			t.Fatalf("cut at %d: %v", at, err)
		}
		got := m.all(t, j)
		for line, n := range got {
			if n > smallWhole[line] {
				t.Fatalf("cut at %d: %v serves %d, want at most %d", at, line, n, smallWhole[line])
			}
		}
		checkTail(t, j, frames, at)
		checkRepaired(t, m, cut, j)
	}
}

// nearEnd reports whether a place is the end of a frame, or beside it.
func nearEnd(frames []frameAt, at int) bool {
	return slices.ContainsFunc(frames, func(f frameAt) bool { return f.to-1 <= at && at <= f.to+1 })
}

// checkTail expects a warning unless the cut is between two frames.
func checkTail(t *testing.T, j *Journal, frames []frameAt, at int) {
	t.Helper()
	between := at <= headerSize || at < frames[0].to || slices.ContainsFunc(frames, func(f frameAt) bool { return f.to == at })
	if want := !between; (len(j.Warnings) > 0) != want {
		t.Fatalf("cut at %d: warnings %q", at, j.Warnings)
	}
}

// TestCutEarlier cuts a segment before the last: the next one says how long it
// was.
func TestCutEarlier(t *testing.T) {
	m, fs := newModel(), newMemFS()
	small(t, m, fs)
	names := slices.Sorted(maps.Keys(fs.files))
	for _, name := range names[:len(names)-1] {
		for at := range fs.files[name].now {
			if testing.Short() && at%3 != 0 {
				continue
			}
			cut := fs.clone()
			cut.files[name].now = cut.files[name].now[:at]
			j, err := Open(testDir, Options{FS: cut})
			if err != nil {
				t.Fatalf("%s cut at %d: %v", name, at, err)
			}
			m.all(t, j)
			if len(j.Warnings) == 0 {
				t.Fatalf("%s cut at %d: no warning", name, at)
			}
			closed(t, j)
		}
	}
}

// TestDamageWhileRunning damages an exchange between Lookup and Read.
func TestDamageWhileRunning(t *testing.T) {
	for _, part := range []string{"head", "body"} {
		t.Run(part, func(t *testing.T) {
			m, fs := newModel(), newMemFS()
			j := open(t, testDir, Options{FS: fs})
			begin(t, j, "a")
			m.add(t, j, "a", "other", 0)
			m.add(t, j, "a", "p", 0, 1, 2, 3)
			place, _, _ := j.Lookup(Key{"a", "p", 0, 1})
			at := place.end() - 1
			if part == "head" {
				at = place.offset + int64(place.head) - 1
			}
			fs.files[j.store.path(1)].now[at] ^= 4
			_, err := j.Read(place, nil)
			if e, ok := err.(*Error); !ok || e.Offset != place.offset || e.File != j.store.path(1) {
				t.Fatalf("error %v, want an *Error with the place", err)
			}
			if got := len(m.walk(t, j, "a", "p", 0)); got != 1 {
				t.Errorf("%d served, want 1", got)
			}
			if got := len(m.walk(t, j, "a", "other", 0)); got != 1 {
				t.Errorf("%d of the other partition served, want 1", got)
			}
			m.addTake(t, j, "a", "p", 1, 1)
			closed(t, j)
			j = open(t, testDir, Options{FS: fs})
			if got := len(m.walk(t, j, "a", "p", 0)); got != 2 {
				t.Errorf("%d served when opened again, want 2", got)
			}
		})
	}
}

// TestWaitsBehindReplacement: damage that was made good takes nothing from what
// came later out of order.
func TestWaitsBehindReplacement(t *testing.T) {
	m, fs := newModel(), newMemFS()
	j := open(t, testDir, Options{FS: fs})
	begin(t, j, "a")
	m.add(t, j, "a", "p", 0)
	place := m.addTake(t, j, "a", "p", 1, 0)
	m.add(t, j, "a", "p", 2, 3)
	closed(t, j)
	fs.files[j.store.path(1)].now[place.end()-1] ^= 1
	j = open(t, testDir, Options{FS: fs})
	m.addTake(t, j, "a", "p", 1, 1)
	m.addTake(t, j, "a", "p", 3, 1)
	closed(t, j)
	j = open(t, testDir, Options{FS: fs})
	if got := len(m.walk(t, j, "a", "p", 0)); got != 2 {
		t.Errorf("%d served, want 2", got)
	}
	m.addTake(t, j, "a", "p", 2, 1)
	if got := len(m.walk(t, j, "a", "p", 0)); got != 4 {
		t.Errorf("%d served once the gap is filled, want 4", got)
	}
}

// TestLostMarks damages both copies of a mark: what was recorded behind it says
// the same.
func TestLostMarks(t *testing.T) {
	tests := []struct {
		name string
		kind kind
		do   func(j *Journal) error
	}{
		{"rejection", kindReject, func(j *Journal) error { return j.Reject(Key{"a", "p", 0, 1}) }},
		{"restart", kindRestart, func(j *Journal) error { _, err := j.Restart("a", "p"); return err }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, fs := newModel(), newMemFS()
			j := open(t, testDir, Options{FS: fs})
			begin(t, j, "a")
			m.add(t, j, "a", "p", 0, 1, 2, 3)
			must(t, tt.do(j))
			m.addTake(t, j, "a", "p", len(m.walk(t, j, "a", "p", 0)), 1)
			want := m.all(t, j)
			closed(t, j)
			b := fs.files[j.store.path(1)].now
			for _, f := range framesOf(t, b) {
				if f.kind == tt.kind {
					b[f.from+preludeSize] ^= 1
				}
			}
			j = open(t, testDir, Options{FS: fs})
			if got := m.all(t, j); !maps.Equal(got, want) {
				t.Errorf("served %v, want %v", got, want)
			}
		})
	}
}

func TestNewerVersion(t *testing.T) {
	m, fs := newModel(), newMemFS()
	small(t, m, fs)
	name := filepath.Join(testDir, segmentName(1))
	t.Run("segment", func(t *testing.T) {
		newer := fs.clone()
		b := newer.files[name].now
		b[8] = version + 1
		resum(b[:headerSize], headerSize-4, b[:headerSize-4])
		checkNewer(t, newer, 0)
	})
	t.Run("frame", func(t *testing.T) {
		newer := fs.clone()
		b := newer.files[name].now[headerSize:]
		b[16] = 99
		size := preludeSize + int(parsePrelude(b).head)
		resum(b, 8, b[12:size])
		checkNewer(t, newer, headerSize)
	})
}

func checkNewer(t *testing.T, fs *memFS, offset int64) {
	t.Helper()
	_, err := Open(testDir, Options{FS: fs})
	if at, ok := err.(*Error); !ok || at.Offset != offset || !strings.Contains(err.Error(), "newer program") {
		t.Errorf("error %v, want an *Error at %d", err, offset)
	}
	if len(fs.locked) > 0 {
		t.Error("the lock is still held")
	}
}

// resum writes the checksum of bytes at an offset.
func resum(b []byte, at int, of []byte) {
	binary.LittleEndian.PutUint32(b[at:], checksum(of))
}
