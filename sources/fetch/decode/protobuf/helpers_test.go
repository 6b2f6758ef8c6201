//go:build !small

package protobuf_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"testing"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/protobuf"
)

// stream is a file that is read from its beginning to its end alone.
type stream struct{ io.Reader }

func (stream) At() (io.ReaderAt, int64, error) {
	return nil, 0, errors.New("not to be read at any place")
}

func open(t testing.TB, p *sources.Protobuf, in io.Reader) file.Records {
	t.Helper()
	r, err := protobuf.Open(stream{in}, &file.Options{Decode: &sources.Decode{Protobuf: *p}})
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	return r
}

// all reads all records of a file.
func all(t testing.TB, p *sources.Protobuf, in io.Reader) (lines [][]byte, err error) {
	t.Helper()
	r := open(t, p, in)
	defer r.Close()
	for {
		line, err := r.Next(nil)
		if err == io.EOF {
			return lines, nil
		}
		if err != nil {
			return lines, err
		}
		lines = append(lines, line)
	}
}

func read(t testing.TB, parts ...string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(parts...))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// descriptor are the types of testdata by their descriptor set.
func descriptor(t testing.TB, message string) *sources.Protobuf {
	t.Helper()
	p := &sources.Protobuf{Message: message, Descriptor: read(t, "testdata", "types.pb")}
	if err := protobuf.Check(p); err != nil {
		t.Fatalf("Check: %v", err)
	}
	return p
}

// text are the types that a .proto file says.
func text(t testing.TB, message, proto string) *sources.Protobuf {
	t.Helper()
	p := &sources.Protobuf{Message: message, Sources: map[string][]byte{"x.proto": []byte(proto)}}
	if err := protobuf.Check(p); err != nil {
		t.Fatalf("Check: %v", err)
	}
	return p
}

// protos are the types of testdata by the text of their files.
func protos(t testing.TB, message string) *sources.Protobuf {
	t.Helper()
	p := &sources.Protobuf{Message: message, Sources: map[string][]byte{}}
	for _, name := range []string{"all", "base", "old", "new"} {
		path := "shop/" + name + ".proto"
		p.Sources[path] = read(t, "testdata", path)
	}
	return p
}

func value(t testing.TB, line []byte) any {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(line))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil || d.More() {
		t.Fatalf("%s is not one JSON value: %v", line, err)
	}
	return v
}

// same compares values; integers by their digits, floats by what they stand for.
func same(a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for k := range a {
			if _, ok := b[k]; !ok || !same(a[k], b[k]) {
				return false
			}
		}
		return true
	case []any:
		b, ok := b.([]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for i := range a {
			if !same(a[i], b[i]) {
				return false
			}
		}
		return true
	case json.Number:
		b, ok := b.(json.Number)
		return ok && (a == b || sameFloat(string(a), string(b)))
	}
	return reflect.DeepEqual(a, b)
}

func sameFloat(a, b string) bool {
	if !bytes.ContainsAny([]byte(a+b), ".e") {
		return a == b
	}
	x, err1 := strconv.ParseFloat(a, 64)
	y, err2 := strconv.ParseFloat(b, 64)
	return err1 == nil && err2 == nil && math.Float64bits(x) == math.Float64bits(y)
}

// compare reads a file in dir, and compares each value with what Python read.
func compare(t *testing.T, dir, name string, p *sources.Protobuf) {
	t.Helper()
	got, err := all(t, p, bytes.NewReader(read(t, dir, name+".bin")))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	want := bytes.Split(bytes.TrimSpace(read(t, dir, name+".jsonl")), []byte("\n"))
	if len(got) != len(want) {
		t.Fatalf("%s: %d records, want %d", name, len(got), len(want))
	}
	for i := range got {
		if bytes.IndexByte(got[i], '\n') >= 0 {
			t.Errorf("%s, record %d has several lines", name, i)
		}
		g, w := value(t, got[i]).(map[string]any), value(t, want[i]).(map[string]any)
		for k := range w {
			if !same(g[k], w[k]) {
				t.Errorf("%s, record %d: %s = %v, want %v", name, i, k, g[k], w[k])
			}
		}
		for k := range g {
			if _, ok := w[k]; !ok {
				t.Errorf("%s, record %d: %s = %v, want none", name, i, k, g[k])
			}
		}
	}
}

// files are those of write.py, and the messages that are in them.
var files = map[string]string{"shop.All": "shop.All", "shop.Old": "shop.Old", "shop.New": "shop.New", "merged": "shop.All"}
