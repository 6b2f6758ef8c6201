package journal

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/state/journal/disk"
)

// long writes a journal in which exchanges of all lengths follow one another,
// some of them anew.
func long(t testing.TB, m *model, fs disk.FS) {
	t.Helper()
	j := open(t, testDir, Options{FS: fs})
	begin(t, j, "a")
	m.add(t, j, "a", "p", 0)
	m.addLong(t, j, "a", "p", 1, 0)
	m.add(t, j, "a", "p", 2)
	m.addLong(t, j, "a", "q", 0, 0)
	m.addLong(t, j, "a", "q", 1, 0)
	m.addLong(t, j, "a", "q", 0, 1) // replaces both
	m.add(t, j, "a", "q", 1)
	m.add(t, j, "a", "p", 3)
	closed(t, j)
}

var longWhole = map[[2]string]int{{"a", "p"}: 4, {"a", "q"}: 2}

func TestDraft(t *testing.T) {
	m, fs := newModel(), newMemFS()
	long(t, m, fs)
	j := open(t, testDir, Options{FS: fs})
	if got := m.all(t, j); !maps.Equal(got, longWhole) || len(j.Warnings) > 0 {
		t.Errorf("served %v, want %v; warnings %q", got, longWhole, j.Warnings)
	}
	checkSize(t, j, fs)
	m.add(t, j, "a", "p", 4)
	m.addLong(t, j, "a", "p", 5, 0)
	if got := m.all(t, j)[[2]string{"a", "p"}]; got != 6 {
		t.Errorf("the next run is served %d, want 6", got)
	}
}

// TestDraftIsRead reads a draft before and after it is recorded.
func TestDraftIsRead(t *testing.T) {
	t.Run("packed", func(t *testing.T) { testDraftIsRead(t, nil) })
	t.Run("as it came", func(t *testing.T) { testDraftIsRead(t, http.Header{"Content-Encoding": {"br"}}) })
}

func testDraftIsRead(t *testing.T, h http.Header) {
	dir := t.TempDir()
	j := open(t, dir, Options{})
	begin(t, j, "a")
	e := exchange("a", "p", 0, 0, 0)
	body := bytes.Repeat([]byte("0123456789"), 20_000)
	d, err := j.Draft(h)
	must(t, err)
	for piece := range slices.Chunk(body, 9_999) {
		if n, err := d.Write(piece); n != len(piece) || err != nil {
			t.Fatalf("write: %d, %v", n, err)
		}
	}
	for range 2 {
		r, err := d.Open()
		must(t, err)
		if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, body) {
			t.Fatalf("the draft has %d bytes and %v, want %d", len(got), err, len(body))
		}
		must(t, r.Close())
	}
	place, err := d.Append(e)
	must(t, err)
	d.Discard() // does nothing
	if _, err := d.Append(e); err == nil {
		t.Error("a draft is recorded twice")
	}
	if packed := place.body < int64(len(body))/10; packed != packs(h) {
		t.Errorf("%d bytes take %d on disk", len(body), place.body)
	}
	closed(t, j)

	j = open(t, dir, Options{})
	place, _, ok := j.Lookup(e.Key)
	if !ok {
		t.Fatal("it is not served")
	}
	got, r, err := j.Stream(place)
	must(t, err)
	text, err := io.ReadAll(r)
	if err != nil || !bytes.Equal(text, body) || r.Size() != int64(len(body)) || got.Request != e.Request || got.Body != nil {
		t.Errorf("got %d bytes of %q and %v", len(text), got.Request, err)
	}
	must(t, r.Close())
	names, err := filepath.Glob(filepath.Join(dir, "*.draft"))
	if err != nil || len(names) > 0 {
		t.Errorf("drafts are left: %v, %v", names, err)
	}
}

// TestDraftIsDiscarded: nothing is left of a draft that nobody wanted, nor of
// one that a run could not discard.
func TestDraftIsDiscarded(t *testing.T) {
	fs := newMemFS()
	j := open(t, testDir, Options{FS: fs})
	for range 2 {
		d, err := j.Draft(nil)
		must(t, err)
		_, err = d.Write([]byte("some"))
		must(t, err)
		if j.drafts == 1 {
			d.Discard()
			d.Discard()
		}
	}
	if _, left := fs.files[filepath.Join(testDir, "00000002.draft")]; len(fs.files) != 1 || !left {
		t.Fatalf("files %v, want the one that was not discarded", slices.Collect(maps.Keys(fs.files)))
	}
	closed(t, j)
	j = open(t, testDir, Options{FS: fs})
	if len(fs.files) > 0 || len(j.Warnings) > 0 {
		t.Errorf("files %v, warnings %q", slices.Collect(maps.Keys(fs.files)), j.Warnings)
	}
}

func TestDraftErrors(t *testing.T) {
	fs := newMemFS()
	j := open(t, testDir, Options{FS: fs})
	begin(t, j, "a")
	d, err := j.Draft(nil)
	must(t, err)
	e := exchange("a", "p", 0, 0, 0)
	e.Header = http.Header{"X-Long": {strings.Repeat("x", draftRoom)}}
	if _, err := d.Append(e); !errors.Is(err, ErrLongHead) {
		t.Errorf("a long head: got %v", err)
	}
	e = exchange("other", "p", 0, 0, 0)
	if _, err := d.Append(e); err == nil {
		t.Error("a pass that never began: no error")
	}
	e = exchange("a", "p", 0, 0, 0)
	if _, err := d.Append(e); err != nil {
		t.Errorf("after errors: %v", err)
	}
	closed(t, j)
	if _, err := j.Draft(nil); err == nil {
		t.Error("a closed journal takes a draft")
	}
}

// TestDraftFlip flips bits all over a long exchange: it is not served, nor what
// lies behind it, and all else is.
func TestDraftFlip(t *testing.T) {
	m, fs := newModel(), newMemFS()
	long(t, m, fs)
	for _, name := range slices.Sorted(maps.Keys(fs.files)) {
		whole := fs.files[name].now
		step := 1
		if len(whole) > draftRoom {
			step = 1009
		}
		for at := 0; at < len(whole); at += step {
			if near := at - draftRoom; step > 1 && near > -1009 && near < 0 {
				at, step = draftRoom, 1 // all of the body
				if testing.Short() {
					step = 7
				}
			}
			damaged := fs.clone()
			damaged.files[name].now[at] ^= 1 << (at % 8)
			j, err := Open(testDir, Options{FS: damaged})
			if err != nil {
				t.Fatalf("%s byte %d: %v", filepath.Base(name), at, err)
			}
			for line, n := range m.all(t, j) {
				if n > longWhole[line] {
					t.Errorf("%s byte %d: %v serves %d", filepath.Base(name), at, line, n)
				}
			}
			closed(t, j)
		}
	}
}

// TestStreamDamage: damage that comes while a body is read shows by its end, and
// the exchange is not served any more.
func TestStreamDamage(t *testing.T) {
	m, fs := newModel(), newMemFS()
	j := open(t, testDir, Options{FS: fs})
	begin(t, j, "a")
	place := m.addLong(t, j, "a", "p", 0, 0)
	_, r, err := j.Stream(place)
	must(t, err)
	fs.files[j.store.path(place.segment)].now[draftRoom] ^= 1
	_, err = io.ReadAll(r)
	var damage *Error
	if !errors.As(err, &damage) || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("got %v, want damage", err)
	}
	must(t, r.Close())
	if _, _, ok := j.Lookup(Key{"a", "p", 0, 0}); ok {
		t.Error("it is served all the same")
	}
}

// TestEachLeavesOut: a long body is not read into memory to be shown.
func TestEachLeavesOut(t *testing.T) {
	j := open(t, t.TempDir(), Options{})
	begin(t, j, "a")
	for n, size := range []int{MaxWhole, MaxWhole + 1, 5} {
		e := exchange("a", "p", 0, n, 0)
		e.Body = make([]byte, size)
		_, err := appendSome(j, e, size > MaxWhole)
		must(t, err)
	}
	var got [][2]int64
	must(t, j.Each(func(e *Exchange) error {
		got = append(got, [2]int64{int64(len(e.Body)), e.LeftOut})
		return nil
	}))
	if want := [][2]int64{{MaxWhole, 0}, {0, MaxWhole + 1}, {5, 0}}; !slices.Equal(got, want) {
		t.Errorf("got lengths %v, want %v", got, want)
	}
}

// TestPruneDrafts: long exchanges are counted and go as others do, with all that
// is in their segment.
func TestPruneDrafts(t *testing.T) {
	m, fs := newModel(), newMemFS()
	j := open(t, testDir, Options{FS: fs, MaxBytes: 3 * draftRoom, MaxAge: time.Hour})
	begin(t, j, "a")
	for n := range 6 {
		m.addLong(t, j, "a", "p", n, 0)
		m.add(t, j, "a", "q", n)
	}
	if j.Size() < 6*draftRoom {
		t.Errorf("the journal counts %d bytes", j.Size())
	}
	if n, err := j.Prune(noon); n > draftRoom || err != nil {
		t.Errorf("before anything left: pruned %d, %v", n, err)
	}
	j.Emitted(Key{"a", "p", 0, 5})
	j.Emitted(Key{"a", "q", 0, 5})
	if _, err := j.Prune(noon); err != nil || j.Size() > 3*draftRoom {
		t.Errorf("%d bytes are left, %v", j.Size(), err)
	}
	checkSize(t, j, fs)
	m.add(t, j, "a", "p", 6)
	closed(t, j)
	j = open(t, testDir, Options{FS: fs, MaxAge: time.Hour})
	if _, err := j.Prune(noon.Add(2 * time.Hour)); err != nil || j.Size() > draftRoom {
		t.Errorf("of a pass that is too old %d bytes are left, %v", j.Size(), err)
	}
}
