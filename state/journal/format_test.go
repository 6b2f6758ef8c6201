package journal

import (
	"bytes"
	"encoding/hex"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/s2"
)

// TestFormat holds the bytes that FORMAT.md describes.
func TestFormat(t *testing.T) {
	fs := newMemFS()
	j := open(t, testDir, Options{FS: fs})
	must(t, j.Passes.Begin(Pass{ID: "a", Stream: "s", AsOf: time.Unix(1, 2), Begun: time.Unix(3, 4), Previous: "p", Shape: "h", From: []byte(`"f"`)}))
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

// TestFormatTries holds what FORMAT.md says of the attempts, and that they change
// nothing else: whoever does not know them reads past them, and zeros or anything else
// in their place are no attempts.
func TestFormatTries(t *testing.T) {
	many := make([]Try, MostTries+1)
	for i := range many {
		many[i] = Try{time.Duration(i), 2, 503}
	}
	tests := []struct {
		name  string
		tries []Try
		want  []Try
		bytes string
	}{
		{"none", nil, nil, ""},
		{"two", []Try{{1, 2, 503}, {3, 4, 0}}, []Try{{1, 2, 503}, {3, 4, 0}}, "02" + "04" + "0204ee07" + "060800"},
		{"the last ones", many, many[1:], ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := exchange("a", "p", 0, 1, 0)
			bare := appendExchange(nil, e, false, form{asItCame, 4})
			e.Tries = tt.tries
			head := appendExchange(nil, e, false, form{asItCame, 4})
			if got := hex.EncodeToString(head[len(bare):]); tt.bytes != "" && got != tt.bytes {
				t.Errorf("bytes %s, want %s", got, tt.bytes)
			}
			got, _, ok := readExchange(head[preludeSize:], 4)
			if !ok || !slices.Equal(got.Tries, tt.want) {
				t.Errorf("read %v, %v; want %v", got.Tries, ok, tt.want)
			}
			for _, behind := range []string{"00000000", "7b7d", "02", "0204", "02ff", "02ffffffff0f"} {
				more, _ := hex.DecodeString(behind)
				if got, _, ok := readExchange(append(bare[preludeSize:len(bare):len(bare)], more...), 4); !ok || got.Tries != nil {
					t.Errorf("with %s behind it: %v, %v; want no attempts and no harm", behind, got.Tries, ok)
				}
			}
		})
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
	must(t, j.Passes.Finish("a"))
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
