//go:build !small

package avro_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/avro"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/decodetest"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
	"github.com/tap-rest/tap-rest/testrig"
)

// memory is a file in memory.
func memory(b []byte) file.File { return file.NewSource(bytes.NewReader(b), nil, 1<<20) }

func open(in file.File) (file.Records, error) {
	return avro.Open(in, &file.Options{Decode: &sources.Decode{Format: sources.FormatAvro}})
}

// read returns the records of a file as lines, and the error that ends them.
func read(b []byte) (string, error) {
	records, err := open(memory(b))
	if err != nil {
		return "", err
	}
	defer records.Close()
	var out, line []byte
	for {
		line, err = records.Next(line[:0])
		if err == io.EOF {
			return string(out), nil
		}
		if err != nil {
			return string(out), err
		}
		out = append(append(out, line...), '\n')
	}
}

// checkFolder compares each file of a folder with the lines beside it.
func checkFolder(t *testing.T, folder string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.avro"))
	if err != nil || len(files) < 12 {
		t.Fatalf("%d files in %s, %v", len(files), folder, err)
	}
	for _, name := range files {
		t.Run(filepath.Base(name), func(t *testing.T) {
			want, err := os.ReadFile(strings.TrimSuffix(name, ".avro") + ".jsonl")
			if err != nil {
				t.Fatal(err)
			}
			got, err := read(load(t, name))
			if err != nil {
				t.Error(err)
			}
			compare(t, got, string(want))
		})
	}
}

func load(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// compare names the first line that differs.
func compare(t *testing.T, got, want string) {
	t.Helper()
	if got == want {
		return
	}
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			t.Fatalf("line %d\n got %s\nwant %s", i+1, g[i], w[i])
		}
	}
	t.Fatalf("%d lines, want %d", len(g)-1, len(w)-1)
}

// TestFiles reads files that fastavro wrote.
func TestFiles(t *testing.T) { checkFolder(t, "testdata") }

// TestInterop lets fastavro write files of every type and codec and say what it reads
// in them.
func TestInterop(t *testing.T) {
	folder := t.TempDir()
	testrig.Python(t, "testdata/write.py", folder)
	checkFolder(t, folder)
}

var codecs = []string{"null", "deflate", "bzip2", "snappy", "xz", "zstandard"}

// TestSuite: between two blocks a file of each codec may end, for the format has no end.
// What is packed with a sum never reads as something else.
func TestSuite(t *testing.T) {
	const sync = "0123456789abcdef"
	var samples []decodetest.Sample
	for _, codec := range codecs {
		whole := load(t, "testdata/small_"+codec+".avro")
		sample := decodetest.Sample{
			Name: codec, Bytes: whole,
			Whole: func(n int) bool { return bytes.HasSuffix(whole[:n], []byte(sync)) },
			Place: func(e *file.Error, n, _ int) bool { return e.Offset == int64(n) },
		}
		if blocks := bytes.Index(whole, []byte(sync)) + len(sync); codec == "snappy" || codec == "xz" || codec == "bzip2" {
			sample.Summed = func(n int) bool { return n >= blocks }
		}
		samples = append(samples, sample)
	}
	decodetest.Suite(t, open, samples...)
}

// TestClose checks that closed records stay closed.
func TestClose(t *testing.T) {
	for _, codec := range codecs {
		records, err := avro.Open(memory(load(t, "testdata/small_"+codec+".avro")), nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := records.Next(nil); err != nil {
			t.Fatal(err)
		}
		records.Close()
		records.Close()
		if got, err := records.Next(nil); err == nil || err == io.EOF {
			t.Errorf("%s: %s, %v after Close", codec, got, err)
		}
	}
}

// TestNoAllocationPerRecord reads a file whose records have all types.
func TestNoAllocationPerRecord(t *testing.T) {
	types := load(t, "testdata/types_null.avro")
	schema := bytes.Index(types, []byte("0123456789abcdef")) + 16
	long := bytes.Clone(types)
	for range 200 {
		long = append(long, types[schema:]...)
	}
	count := func(b []byte) float64 {
		return testing.AllocsPerRun(3, func() {
			if _, err := drain(b); err != nil {
				t.Fatal(err)
			}
		})
	}
	if short, all := count(types), count(long); all-short > 20 {
		t.Errorf("%v allocations for one file, %v for its blocks 201 times", short, all)
	}
}

// drain reads a file and returns how many bytes its records have.
func drain(b []byte) (n int, err error) {
	records, err := avro.Open(memory(b), nil)
	if err != nil {
		return 0, err
	}
	defer records.Close()
	line := make([]byte, 0, 64<<10)
	for {
		line, err = records.Next(line[:0])
		if err == io.EOF {
			return n, nil
		}
		if err != nil {
			return n, err
		}
		n += len(line)
	}
}

func BenchmarkNext(b *testing.B) {
	for _, name := range []string{"types_null", "small_null", "small_deflate", "small_snappy", "small_zstandard"} {
		b.Run(name, func(b *testing.B) {
			one := load(b, "testdata/"+name+".avro")
			begin := bytes.Index(one, []byte("0123456789abcdef")) + 16
			whole := append(bytes.Clone(one[:begin]), bytes.Repeat(one[begin:], 1000)...)
			b.SetBytes(int64(len(whole)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := drain(whole); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// FuzzAvro reads whatever it is given: without a panic, twice the same, and passes
// over as much.
func FuzzAvro(f *testing.F) {
	for _, codec := range codecs {
		f.Add(load(f, "testdata/small_"+codec+".avro"))
	}
	f.Add(load(f, "testdata/types_null.avro"))
	f.Add(load(f, "testdata/linked.avro"))
	f.Fuzz(func(t *testing.T, b []byte) {
		first, err := read(b)
		if len(first) > 1<<24 {
			t.Skip("too much to read again")
		}
		again, errAgain := read(b)
		if first != again || fmt.Sprint(err) != fmt.Sprint(errAgain) {
			t.Fatalf("%v and then %v", err, errAgain)
		}
		sameSkipped(t, b)
	})
}
