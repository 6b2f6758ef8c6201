package body

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
)

// first opens the first file of a ZIP archive, whose list stands at its end: it
// is a format that reads at any place.
func first(in *file.Source) (io.ReadCloser, error) {
	at, size, err := in.At()
	if err != nil {
		return nil, err
	}
	archive, err := zip.NewReader(at, size)
	if err != nil {
		return nil, err
	}
	return archive.File[0].Open()
}

// stream hides that what it reads could be read at any place.
type stream struct{ io.Reader }

// TestSourceAt: a format may read what it is taken off at any place, wherever
// that is, and under which layer.
func TestSourceAt(t *testing.T) {
	want := strings.Repeat(`{"id":1},`, 10_000)
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	w, err := z.Create("orders.json")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, want); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	copies := 0
	zipped := Layers{{name: "zip", open: func(in *file.Source) (io.ReadCloser, error) {
		text, err := first(in)
		if in.Copied() {
			copies++
		}
		return text, err
	}}}
	file, err := NewFile()
	if err != nil {
		t.Fatal(err)
	}
	defer file.Discard()
	if _, err := file.Write(archive.Bytes()); err != nil {
		t.Fatal(err)
	}
	inFile, err := file.Open()
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		wire   io.Reader
		layers Layers
		copies int
	}{
		"in memory":      {bytes.NewReader(archive.Bytes()), zipped, 0},
		"in a file":      {inFile, zipped, 0},
		"on the wire":    {stream{bytes.NewReader(archive.Bytes())}, zipped, 1},
		"under encoding": {bytes.NewReader(encode(t, "gzip", archive.Bytes())), append(zipped, layer{name: "gzip", open: openGzip}), 1},
	} {
		copies = 0
		got, err := Decode(nil, tt.wire, tt.layers)
		if err != nil || string(got) != want || copies != tt.copies {
			t.Errorf("%s: got %d bytes and %v, after %d copies, want %d after %d", name, len(got), err, copies, len(want), tt.copies)
		}
	}
	cut := encode(t, "gzip", archive.Bytes())
	if _, err := Decode(nil, bytes.NewReader(cut[:len(cut)-1]), append(zipped, layer{name: "gzip", open: openGzip})); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("cut under an encoding: got %v", err)
	}
}
