package csv_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/testrig"
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
	checkWritten(t, testrig.Read(t, "testdata/written.jsonl"))
}

func TestInterop(t *testing.T) {
	checkWritten(t, testrig.Python(t, "testdata/write.py"))
}
