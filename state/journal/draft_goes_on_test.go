package journal

import (
	"bytes"
	"io"
	"net/http"
	"path/filepath"
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
	must(t, j.Drop("a"))
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
		"no magic":        func(b []byte, e *Exchange) { b[0] ^= 1 },
		"a longer head":   func(b []byte, e *Exchange) { b[len(partMagic)+2] ^= 0x40 },
		"another head":    func(b []byte, e *Exchange) { b[len(partMagic)+6] ^= 1 },
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
