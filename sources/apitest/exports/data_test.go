package exports_test

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"io"
	"testing"

	"github.com/tap-rest/tap-rest/sources/apitest/exports"
)

// TestParts reads files as others do: CSV and JSON have the same rows.
func TestParts(t *testing.T) {
	job := exports.Job{Body: []byte(`{"from":"2024-05-01","to":"2024-05-02"}`)}
	for kind, contentType := range map[string]string{
		"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson",
		"csv.gz": "application/gzip", "jsonl.gz": "application/gzip",
	} {
		files := exports.Parts(3, 2, kind)(job)
		if f := files[2]; len(files) != 3 || f.Name != "part-002."+kind || f.Rows != 2 || f.Type != contentType {
			t.Errorf("got %+v", f)
		}
		data := files[2].Data
		if again := exports.Parts(3, 2, kind)(job)[2].Data; !bytes.Equal(again, data) {
			t.Errorf("%s: other bytes the second time", kind)
		}
		if len(kind) > 5 || kind == "csv.gz" {
			r, err := gzip.NewReader(bytes.NewReader(data))
			if err != nil {
				t.Fatal(err)
			}
			if data, err = io.ReadAll(r); err != nil {
				t.Fatal(err)
			}
		}
		want := exports.CSV("2024-05-01", 5, 2)
		if kind[0] == 'j' {
			want = exports.JSONL("2024-05-01", 5, 2)
		}
		if !bytes.Equal(data, want) {
			t.Errorf("%s: got %s, want %s", kind, data, want)
		}
	}
	rows, err := csv.NewReader(bytes.NewReader(exports.CSV("2024-05-01", 1, 100))).ReadAll()
	if err != nil || len(rows) != 101 {
		t.Fatalf("%d rows, error %v", len(rows), err)
	}
	lines := json.NewDecoder(bytes.NewReader(exports.JSONL("2024-05-01", 1, 100)))
	for _, row := range rows[1:] {
		var r struct {
			ID        json.Number
			Window    string
			Name      string
			Amount    json.Number
			UpdatedAt string `json:"updated_at"`
		}
		if err := lines.Decode(&r); err != nil {
			t.Fatal(err)
		}
		got := []string{r.ID.String(), r.Window, r.Name, r.Amount.String(), r.UpdatedAt}
		for i := range got {
			if got[i] != row[i] {
				t.Errorf("JSON has %q, CSV %q", got, row)
				break
			}
		}
	}
	if got, want := rows[7][4], "2024-05-01T00:00:07Z"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
