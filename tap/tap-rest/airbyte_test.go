package main

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// takeStates is the script command that writes the last STATE message of each
// stream in a run's lines to a file, as Airbyte hands them back:
//
//	states stdout state.json
func takeStates(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: states LINES FILE")
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(lastStates(ts.ReadFile(args[0]))), 0o600))
}

// lastStates is an array of the last STATE message of each stream.
func lastStates(lines string) string {
	var names []string
	last := map[string]string{}
	for line := range strings.Lines(lines) {
		var m struct {
			Type  string
			State json.RawMessage
		}
		var s struct {
			Stream struct {
				Descriptor struct{ Name string } `json:"stream_descriptor"`
			}
		}
		if !strings.HasSuffix(line, "\n") || json.Unmarshal([]byte(line), &m) != nil || m.Type != "STATE" || json.Unmarshal(m.State, &s) != nil {
			continue
		}
		name := s.Stream.Descriptor.Name
		if last[name] == "" {
			names = append(names, name)
		}
		last[name] = string(m.State)
	}
	for i, name := range names {
		names[i] = last[name]
	}
	return "[" + strings.Join(names, ",") + "]"
}

// configureCatalog is the script command that configures the streams of a
// CATALOG message, as Airbyte does: all of them in their first sync mode that
// is one of those given, with further keys for each.
//
//	configure LINES FILE MODES [KEYS]
func configureCatalog(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: configure LINES FILE MODES [KEYS]")
	}
	var found bool
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		var m struct {
			Type    string
			Catalog struct{ Streams []json.RawMessage }
		}
		ts.Check(json.Unmarshal([]byte(line), &m))
		if m.Type != "CATALOG" {
			continue
		}
		found = true
		var entries []string
		for _, s := range m.Catalog.Streams {
			entry := `{"stream":` + string(s) + `,"sync_mode":"` + supported(s, args[2]) + `","destination_sync_mode":"append"`
			if len(args) > 3 {
				entry += "," + args[3]
			}
			entries = append(entries, entry+"}")
		}
		ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(`{"streams":[`+strings.Join(entries, ",\n")+`]}`), 0o600))
	}
	if !found {
		ts.Fatalf("no CATALOG")
	}
}

// supported is the first of the modes that a stream supports, else the last.
func supported(stream []byte, modes string) (mode string) {
	for mode = range strings.SplitSeq(modes, ",") {
		if strings.Contains(string(stream[strings.Index(string(stream), "supported_sync_modes"):]), `"`+mode+`"`) {
			return mode
		}
	}
	return mode
}

// TestLastStates holds the helper against a run that broke off.
func TestLastStates(t *testing.T) {
	const a, b = `{"type":"STREAM","stream":{"stream_descriptor":{"name":"a"},"n":1}}`, `{"type":"STREAM","stream":{"stream_descriptor":{"name":"b"}}}`
	a2 := strings.Replace(a, "1", "2", 1)
	lines := `{"type":"STATE","state":` + a + "}\n" + `{"type":"RECORD"}` + "\n" + `{"type":"STATE","state":` + b + "}\n" +
		`{"type":"STATE","state":` + a2 + "}\n" + `{"type":"STATE","state":` + a
	if got, want := lastStates(lines), "["+a2+","+b+"]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
