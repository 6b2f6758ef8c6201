package main_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"testing"

	"github.com/tap-rest/tap-rest/catalog/schema"
	"github.com/tap-rest/tap-rest/catalog/schema/check"
)

// TestDemoNeedsNoJudge: of the test data of the sample shop no record is
// so unusual that gojsonschema has to say whether it fits.
func TestDemoNeedsNoJudge(t *testing.T) {
	t.Parallel()
	demo := exec.Command(builtBinary(t), "demo", "--log-level", "error")
	demo.Env = append(os.Environ(), "XDG_STATE_HOME="+t.TempDir())
	out, err := demo.Output()
	if err != nil {
		t.Fatal(err)
	}
	expected := map[string]*check.Expectation{}
	records, judged := 0, 0
	for raw := range bytes.Lines(out) {
		var line struct {
			Type, Stream   string
			Schema, Record json.RawMessage
			Keys           []string `json:"key_properties"`
		}
		if err := json.Unmarshal(raw, &line); err != nil {
			t.Fatal(err)
		}
		switch line.Type {
		case "SCHEMA":
			s, err := schema.Compile(line.Schema)
			if err != nil {
				t.Fatal(err)
			}
			expected[line.Stream] = s.Expect(check.Wanted{Fields: line.Keys})
		case "RECORD":
			records++
			if found := expected[line.Stream].Look(line.Record); !found.Fits || !found.Known {
				judged++
				t.Errorf("%s: %s", line.Stream, line.Record)
			}
		}
	}
	if records == 0 {
		t.Error("there are no records")
	}
	t.Logf("%d of %d records went to the judge", judged, records)
}
