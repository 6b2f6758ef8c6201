//go:build unix

package main_test

import (
	"encoding/json"
	"slices"
	"testing"
)

// testCSV reads tables as one CSV file each, and compares their records with those that
// came as JSON, value by value.
func testCSV(t *testing.T, in *interop, api *realAPI) {
	dir := t.TempDir()
	asJSON := in.sync(t, dir, "json.jsonl", "--config", writeJSON(t, dir, "json.json", api.config))
	asCSV := in.sync(t, dir, "csv.jsonl", "--config", writeJSON(t, dir, "csv.json", api.csv))
	for _, stream := range []string{"notes", "places", "events"} {
		got, want := rowsWithout(t, asCSV, stream, "raw"), rowsWithout(t, asJSON, stream, "raw")
		if len(got) != api.streams[stream] || len(want) != len(got) {
			t.Errorf("%s: %d records came as CSV, %d as JSON, want %d", stream, len(got), len(want), api.streams[stream])
			continue
		}
		for i, row := range got {
			if row != want[i] {
				t.Fatalf("%s: as CSV\n%s\nas JSON\n%s", stream, row, want[i])
			}
		}
	}
}

// rowsWithout returns the records of a stream in the order of their text, without a field.
func rowsWithout(t *testing.T, lines, stream, field string) (rows []string) {
	t.Helper()
	for _, record := range records(t, lines, stream) {
		delete(record, field)
		text, err := json.Marshal(record)
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, canonical(t, text))
	}
	slices.Sort(rows)
	return rows
}
