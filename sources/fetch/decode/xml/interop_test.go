package xml_test

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/testrig"
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
	compare(t, testrig.Python(t, "testdata/documents.py", "5000", "2"))
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
