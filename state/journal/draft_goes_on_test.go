package journal

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestPartGoesOn proves that a later run goes on with an answer that broke off, and
// that what no run will go on with is deleted.
func TestPartGoesOn(t *testing.T) {
	dir := t.TempDir()
	j := open(t, dir, Options{})
	begin(t, j, "a")
	e := exchange("a", "p", 0, 0, 0)
	began := &Began{Key: e.Key, Digest: e.Digest, Header: http.Header{"Etag": {`"x"`}}}
	d, err := Part(j, began)
	must(t, err)
	half := bytes.Repeat([]byte("0123456789"), 20_000)
	_, err = d.Write(half)
	must(t, err)
	// The run is killed here: nothing is closed.
	must(t, j.lock.Close())

	j = open(t, dir, Options{})
	if other, _, _ := GoOn(j, exchange("a", "p", 0, 1, 0).Key, e.Digest); other != nil {
		t.Error("another exchange goes on with it")
	}
	d, was, n := GoOn(j, e.Key, e.Digest)
	if d == nil || n != int64(len(half)) || was.Header.Get("ETag") != `"x"` {
		t.Fatalf("goes on with %v at %d", was, n)
	}
	_, err = d.Write([]byte("rest"))
	must(t, err)
	place, err := d.Append(e)
	must(t, err)
	closed(t, j)

	j = open(t, dir, Options{})
	_, r, err := j.Stream(place)
	must(t, err)
	got, err := io.ReadAll(r)
	if err != nil || !bytes.Equal(got, append(bytes.Clone(half), "rest"...)) {
		t.Errorf("it has %d bytes and %v", len(got), err)
	}
	must(t, r.Close())
	d, err = Part(j, &Began{Key: exchange("a", "p", 0, 1, 0).Key})
	must(t, err)
	d.Leave()
	if left, _ := filepath.Glob(filepath.Join(dir, "*"+partSuffix)); len(left) != 1 {
		t.Errorf("what broke off is %v", left)
	}
	must(t, j.Passes.Drop("a"))
	closed(t, j)
	j = open(t, dir, Options{})
	if left, _ := filepath.Glob(filepath.Join(dir, "*"+partSuffix)); len(left) != 0 {
		t.Errorf("of a pass that is dropped %v is left", left)
	}
	closed(t, j)
}

// TestPartOfAnotherRequest proves that nothing is gone on with that is damaged or
// belongs to another request, and that it is deleted.
func TestPartOfAnotherRequest(t *testing.T) {
	for name, spoil := range map[string]func(b []byte, e *Exchange){
		"another request": func(b []byte, e *Exchange) { e.Digest[0] ^= 1 },
		"no magic":        func(b []byte, e *Exchange) { b[draftRoom-1] ^= 1 },
		"a longer text":   func(b []byte, e *Exchange) { b[draftRoom-len(partMagic)-2] ^= 0x40 },
		"another text":    func(b []byte, e *Exchange) { b[draftRoom-len(partMagic)-9] ^= 1 },
	} {
		t.Run(name, func(t *testing.T) {
			fs := newMemFS()
			j := open(t, testDir, Options{FS: fs})
			begin(t, j, "a")
			e := exchange("a", "p", 0, 0, 0)
			d, err := Part(j, &Began{Key: e.Key, Digest: e.Digest})
			must(t, err)
			_, err = d.Write([]byte("some"))
			must(t, err)
			d.Leave()
			file := filepath.Join(testDir, partName(e.Key))
			spoil(fs.files[file].now, e)
			if d, _, _ := GoOn(j, e.Key, e.Digest); d != nil {
				t.Error("it is gone on with")
			}
			if fs.files[file] != nil {
				t.Error("it is left")
			}
		})
	}
}

// TestPartKilledWhileItIsKept kills a run at each step of keeping an answer with which a
// later run may go on, in the middle of each write too: the next run has it, or goes on
// behind its last byte.
func TestPartKilledWhileItIsKept(t *testing.T) {
	body := bytes.Repeat([]byte("0123456789"), 20_000)
	var steps []string
	for step := 1; ; step++ {
		for _, written := range []int{0, 1, headerSize, headerSize + preludeSize + 7, draftRoom / 2, draftRoom - 30, draftRoom} {
			fs := newMemFS()
			j := open(t, testDir, Options{FS: fs})
			begin(t, j, "a")
			e := exchange("a", "p", 0, 0, 0)
			d, err := Part(j, &Began{Key: e.Key, Digest: e.Digest, Header: http.Header{"Etag": {`"x"`}}})
			must(t, err)
			_, err = d.Write(body)
			must(t, err)
			var left *memFS
			done := fs.ops
			fs.fault = func(op int) error {
				if op == done+step {
					left = fs.clone()
				}
				return nil
			}
			_, err = d.Append(e)
			must(t, err)
			if err := j.Sync(); err != nil || left == nil {
				if err != nil || len(steps) < 5 || !slices.ContainsFunc(steps, func(s string) bool { return strings.HasPrefix(s, "rename") }) {
					t.Errorf("killed at %q, and %v", steps, err)
				}
				return
			}
			what := fs.trace[done+step-1]
			if part := left.files[filepath.Join(testDir, partName(e.Key))]; part != nil && strings.HasPrefix(what, "write") {
				copy(part.now[:written], fs.files[j.store.path(2)].now)
				what = fmt.Sprintf("%s, of which %d bytes were written", what, written)
			}
			steps = append(steps, what)
			after := open(t, testDir, Options{FS: left})
			if _, _, ok := after.Lookup(e.Key); ok {
				continue
			}
			d, was, n := GoOn(after, e.Key, e.Digest)
			if d == nil || n != int64(len(body)) || was.Header.Get("ETag") != `"x"` {
				t.Fatalf("killed before %s: goes on with %v at %d", what, was, n)
			}
			place, err := d.Append(e)
			must(t, err)
			_, r, err := after.Stream(place)
			must(t, err)
			if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, body) {
				t.Errorf("killed before %s: it has %d bytes and %v", what, len(got), err)
			}
		}
	}
}
