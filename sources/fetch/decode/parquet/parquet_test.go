//go:build !small

package parquet_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/tap-rest/tap-rest/catalog/schema"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/decodetest"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/parquet"
	"github.com/tap-rest/tap-rest/testrig"
)

var update = flag.Bool("update", false, "write testdata/schemas.golden anew")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// memory is a file in memory.
type memory struct{ *bytes.Reader }

func (m memory) At() (io.ReaderAt, int64, error) { return m.Reader, m.Size(), nil }

func open(b []byte) (file.Records, error) {
	return parquet.Open(memory{bytes.NewReader(b)}, &file.Options{})
}

// lines reads all records of a file, one in a line.
func lines(b []byte) (all []byte, err error) {
	r, err := open(b)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	for {
		next, err := r.Next(all)
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		all = append(next, '\n')
	}
}

// TestFiles compares the records of the files in testdata with what pyarrow read.
func TestFiles(t *testing.T) { compareFolder(t, "testdata", 4) }

// TestInterop compares the records of files by pyarrow and DuckDB with what those read.
func TestInterop(t *testing.T) {
	dir := t.TempDir()
	testrig.Python(t, "testdata/write_parquet.py", dir)
	compareFolder(t, dir, 90)
}

func compareFolder(t *testing.T, dir string, atLeast int) {
	files, _ := filepath.Glob(filepath.Join(dir, "*.parquet"))
	if len(files) < atLeast {
		t.Fatalf("got %d files in %s, want at least %d", len(files), dir, atLeast)
	}
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) { compareFile(t, path) })
	}
}

func compareFile(t *testing.T, path string) {
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	expected, err := os.ReadFile(strings.TrimSuffix(path, ".parquet") + ".jsonl")
	if err != nil {
		t.Fatal(err)
	}
	got, err := lines(b)
	if err != nil {
		t.Fatal(err)
	}
	fits := promise(t, b)
	g, w := bytes.SplitAfter(got, []byte("\n")), bytes.SplitAfter(expected, []byte("\n"))
	if len(g) != len(w) {
		t.Fatalf("got %d records, want %d", len(g)-1, len(w)-1)
	}
	for i := range w {
		if err := sameJSON(g[i], w[i]); err != nil {
			t.Fatalf("row %d: %v\ngot  %swant %s", i+1, err, g[i], w[i])
		}
		if len(g[i]) > 0 {
			if v := fits.Check(g[i]); v != nil {
				t.Fatalf("row %d: %v by %s", i+1, v, fits.Bytes())
			}
		}
	}
}

// promise is the schema that a file promises.
func promise(t *testing.T, b []byte) *schema.Schema {
	r, err := open(b)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	s, err := schema.Compile(r.(file.Schemed).Schema())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSchema(t *testing.T) {
	var got []string
	for _, name := range []string{"nested", "types"} {
		r, err := open(read(t, name))
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		got = append(got, string(r.(file.Schemed).Schema()))
	}
	const golden = "testdata/schemas.golden"
	text := strings.ReplaceAll(strings.Join(got, "\n"), "},\"", "},\n\"") + "\n"
	if *update {
		if err := os.WriteFile(golden, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(golden); err != nil || text != string(want) {
		t.Errorf("got %s\nand %v, want %s", text, err, want)
	}
}

// sameJSON compares two texts token by token. Floats of the wanted text have an
// exponent: any text of the same number will do. All other numbers must have the same
// digits.
func sameJSON(got, want []byte) error {
	g, w := json.NewDecoder(bytes.NewReader(got)), json.NewDecoder(bytes.NewReader(want))
	g.UseNumber()
	w.UseNumber()
	for {
		a, errA := g.Token()
		b, errB := w.Token()
		if errA != nil || errB != nil {
			if errA == errB {
				return nil
			}
			return fmt.Errorf("got %v, want %v", errA, errB)
		}
		if a == b {
			continue
		}
		x, isX := a.(json.Number)
		y, isY := b.(json.Number)
		if !isX || !isY || !strings.Contains(y.String(), "e") {
			return fmt.Errorf("got %v, want %v", a, b)
		}
		f, _ := strconv.ParseFloat(x.String(), 64)
		if h, _ := strconv.ParseFloat(y.String(), 64); f != h {
			return fmt.Errorf("got %v, want %v", a, b)
		}
	}
}

func TestSuite(t *testing.T) {
	open := func(in file.File) (file.Records, error) { return parquet.Open(in, &file.Options{}) }
	decodetest.Suite(t, open, decodetest.Sample{Name: "tiny", Bytes: read(t, "tiny")}, decodetest.Sample{Name: "deltas", Bytes: read(t, "deltas")})
}

func read(t testing.TB, name string) []byte {
	b, err := os.ReadFile("testdata/" + name + ".parquet")
	if err != nil {
		t.Fatal(err)
	}
	return b
}
