package journal

import (
	"bytes"
	"encoding/hex"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/s2"
)

// TestFormat holds the bytes that FORMAT.md describes.
func TestFormat(t *testing.T) {
	fs := newMemFS()
	j := open(t, testDir, Options{FS: fs})
	must(t, j.Begin(Pass{ID: "a", Stream: "s", AsOf: time.Unix(1, 2), Begun: time.Unix(3, 4), Previous: "p", Shape: "h", From: []byte(`"f"`)}))
	e := &Exchange{
		Key: Key{"a", "p", 0, 1}, At: time.Unix(5, 6), Took: 7, Request: "GET x", Digest: [16]byte{0xd0, 15: 0xdf},
		Status: 200, Attempts: 1, Records: 2, Header: http.Header{"A": {"b"}}, Body: []byte("body"),
	}
	_, err := j.Append(e)
	must(t, err)
	must(t, j.Reject(e.Key))
	b := fs.files[j.store.path(1)].now
	mark := hex.EncodeToString(b[16:24])
	want := []string{
		"7461702d72657374" + "02000000" + "01000000" + mark + "00000000" + "0000000000000000",
		"01000000" + "10000000" + "0300000000000000" + "0161" + "02" + "0173" + "0202" + "0604" + "0170" + "0168" + "00" + "01" + "06" + hex.EncodeToString([]byte(`"f"`)),
		"04000000" + "2a000000" + "0400000000000000" + "0161" + "0170" + "00" + "02" + "00" + "d00000000000000000000000000000df" + "0a06" + "0e" +
			"0547455420" + "78" + "9003" + "02" + "04" + "02" + "0141" + "0162" + "00" + hex.EncodeToString([]byte("body")),
		"06000000" + "06000000" + "0000000000000000" + "0161" + "0170" + "00" + "02",
	}
	got := []string{hex.EncodeToString(b[:headerSize-4])}
	for i, f := range framesOf(t, b) {
		frame := hex.EncodeToString(b[f.from:f.to])
		if !strings.HasPrefix(frame, mark) {
			t.Errorf("frame %d does not begin with the mark", i)
		}
		// Each mark is there twice.
		if rest := frame[2*16:]; i == 0 || got[len(got)-1] != rest {
			got = append(got, rest)
		}
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("bytes\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestFormatPacked holds what FORMAT.md says of bodies that are packed: their
// own bytes are S2's.
func TestFormatPacked(t *testing.T) {
	fs := newMemFS()
	j := open(t, testDir, Options{FS: fs})
	begin(t, j, "a")
	e := &Exchange{Key: Key{"a", "p", 0, 0}, Body: bytes.Repeat([]byte("x"), 1000)}
	place, err := j.Append(e)
	must(t, err)
	b := fs.files[j.store.path(1)].now[place.offset:place.end()]
	if head := hex.EncodeToString(b[:place.head]); !strings.HasSuffix(head, "00"+"02"+"d00f") {
		t.Errorf("the head ends %s, want no header values, 1 for S2, and 1000", head[len(head)-16:])
	}
	fixed := parsePrelude(b)
	stored := b[place.head:]
	if len(stored) != int(fixed.body) || fixed.bodySum != checksum(stored) {
		t.Errorf("length %d and checksum %d are not those of the %d bytes on disk", fixed.body, fixed.bodySum, len(stored))
	}
	if body, err := io.ReadAll(s2.NewReader(bytes.NewReader(stored))); err != nil || !bytes.Equal(body, e.Body) {
		t.Errorf("S2 reads %d bytes, %v", len(body), err)
	}
}

// TestVersion1 opens a journal that version 1 wrote: what small writes, a long
// exchange and one behind it. It is served, shown, gone on with and pruned.
func TestVersion1(t *testing.T) {
	m, fs := newModel(), newMemFS()
	small(t, m, newMemFS())
	m.give(exchangeOf1("a", "p", 0, 6, 0))
	m.give(exchangeOf1("a", "p", 0, 7, 0))
	for _, given := range m.given {
		for i, e := range given {
			given[i] = exchangeOf1(e.Pass, e.Partition, e.Generation, e.N, e.Status-200)
		}
	}
	files, err := filepath.Glob("testdata/version1/*.journal")
	must(t, err)
	for _, name := range files {
		b, err := os.ReadFile(name)
		must(t, err)
		fs.files[filepath.Join(testDir, filepath.Base(name))] = &memData{now: b, synced: b}
	}
	j := open(t, testDir, Options{FS: fs, SegmentBytes: 1500, MaxBytes: 1})
	want := maps.Clone(smallWhole)
	want[[2]string{"a", "p"}] = 8
	if got := m.all(t, j); !maps.Equal(got, want) || len(j.Warnings) > 0 {
		t.Errorf("served %v, want %v; warnings %q", got, want, j.Warnings)
	}
	n := 0
	must(t, j.Each(func(*Exchange) error { n++; return nil }))
	if n != 24 {
		t.Errorf("%d are shown, want 24", n)
	}
	m.add(t, j, "a", "p", 8, 9)
	if got := len(m.walk(t, j, "a", "p", 0)); got != 10 {
		t.Errorf("%d served behind what is new, want 10", got)
	}
	closed(t, j)
	j = open(t, testDir, Options{FS: fs, MaxBytes: 1})
	j.Emitted(Key{"a", "p", 0, 9})
	j.Emitted(Key{"a", "q", j.Generation("a", "q"), 9})
	must(t, j.Finish("a"))
	if _, err := j.Prune(noon); err != nil || j.Size() > 1000 {
		t.Errorf("%d bytes are left, %v", j.Size(), err)
	}
}

// exchangeOf1 is the exchange that was given when version 1 wrote.
func exchangeOf1(pass, partition string, generation, n, take int) *Exchange {
	e := exchange(pass, partition, generation, n, take)
	e.Body = e.Body[:3*len(e.Header["X-Id"][0])]
	return e
}
