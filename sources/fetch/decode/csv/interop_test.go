package csv_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources"
)

// written is a file of testdata/write.py's.
type written struct {
	Name, Text string
	Options    sources.CSV
	Schema     json.RawMessage
	Records    []string
}

// checkWritten reads files that other programs wrote, and compares each record with
// what these programs read.
func checkWritten(t *testing.T, lines []byte) {
	files := 0
	for line := range bytes.Lines(lines) {
		var w written
		if err := json.Unmarshal(line, &w); err != nil {
			t.Fatal(err)
		}
		files++
		t.Run(w.Name, func(t *testing.T) {
			all, err := readAll(w.Text, w.Options, string(w.Schema))
			if err != nil {
				t.Fatal(err)
			}
			got := strings.Split(strings.TrimSuffix(all, "\n"), "\n")
			if len(got) != len(w.Records) {
				t.Fatalf("got %d records, want %d", len(got), len(w.Records))
			}
			for i, want := range w.Records {
				if got[i] != want {
					t.Errorf("record %d: got %s, want %s", i, got[i], want)
				}
			}
		})
	}
	if files != 37 {
		t.Errorf("there are %d files, want more", files)
	}
}

func TestWrittenByOthers(t *testing.T) {
	lines, err := os.ReadFile("testdata/written.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	checkWritten(t, lines)
}

func TestInterop(t *testing.T) {
	envs := os.Getenv("TAP_REST_INTEROP")
	switch {
	case envs == "" && os.Getenv("CI") != "":
		t.Fatal("TAP_REST_INTEROP is not set, and in CI these tests must run: make the folder with testdata/interop/install.sh")
	case envs == "":
		t.Skip("TAP_REST_INTEROP is not set: `make interop` installs the Python programs and runs these tests")
	}
	command := exec.Command(filepath.Join(envs, "formats", "bin", "python"), "testdata/write.py")
	var log bytes.Buffer
	command.Stderr = &log
	lines, err := command.Output()
	if err != nil {
		t.Fatalf("testdata/write.py: %v\n%s", err, log.Bytes())
	}
	checkWritten(t, lines)
}
