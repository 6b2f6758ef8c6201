package xml_test

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestPythonDocuments reads random documents as Python's xml.etree reads them.
func TestPythonDocuments(t *testing.T) {
	in, err := os.ReadFile("testdata/documents.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	compare(t, in)
}

// TestInterop does so with many more.
func TestInterop(t *testing.T) {
	folder := os.Getenv("TAP_REST_INTEROP")
	if folder == "" {
		t.Skip("TAP_REST_INTEROP names no folder of environments")
	}
	python := exec.Command(filepath.Join(folder, "formats", "bin", "python"), "testdata/documents.py", "5000", "2")
	python.Stderr = os.Stderr
	in, err := python.Output()
	if err != nil {
		t.Fatal(err)
	}
	compare(t, in)
}

func compare(t *testing.T, in []byte) {
	d := json.NewDecoder(bytes.NewReader(in))
	for seen, wrong := 0, 0; wrong < 5; seen++ {
		var c struct{ XML, Path, JSON string }
		if err := d.Decode(&c); err == io.EOF {
			if seen < 30 {
				t.Errorf("only %d documents", seen)
			}
			return
		} else if err != nil {
			t.Fatal(err)
		}
		got, err := read(strings.NewReader(c.XML), "", c.Path)
		if got = strings.ReplaceAll(got, ",\n", ","); err != nil || got != c.JSON {
			t.Errorf("%q, path %q\nis   %s, %v\nwant %s", c.XML, c.Path, got, err, c.JSON)
			wrong++
		}
	}
}
