//go:build unix

package main_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/testrig"
)

// testRange kills a run in the middle of a long download, and proves that the next one
// asks for the rest alone, and writes each row once.
func testRange(t *testing.T, in *interop) {
	const rows = 400_000
	var file bytes.Buffer
	file.WriteString("id,text\n")
	for i := range rows {
		fmt.Fprintf(&file, "%d,row %d of a file that is long\n", i+1, i+1)
	}
	dir := t.TempDir()
	url := in.serve(t, in.program("main", "python"), in.file("static_files.py"), writeFile(t, dir, "file.csv", file.Bytes()))
	definition := "version: 1\nname: range\nstreams:\n  - {name: rows, path: \"" + url + "/file\", decode: csv, primary_key: [id], schema: {properties: {id: {type: integer}}}}\n"
	config := writeJSON(t, dir, "config.json", map[string]any{"source": writeFile(t, dir, "range.yaml", []byte(definition))})

	first := in.tap(t, dir, "--config", config)
	out, err := os.Create(filepath.Join(dir, "first.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	first.Stdout = out
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	ask(t, url+"/half")
	_ = first.Process.Kill()
	_ = first.Wait() // it was killed

	second := in.sync(t, dir, "second.jsonl", "--config", config)
	if written := testrig.Read(t, out.Name()); bytes.Contains(written, []byte("RECORD")) {
		t.Errorf("the run that was killed wrote records of a file that had not come whole: %.300s", written)
	}
	seen := map[string]bool{}
	for _, record := range records(t, second, "rows") {
		seen[string(record["id"])] = true
	}
	if n := strings.Count(string(testrig.Read(t, second)), `"type":"RECORD"`); n != rows || len(seen) != rows {
		t.Errorf("%d records of %d rows were written, want %d", n, len(seen), rows)
	}
	var asked []struct {
		Range   string
		IfRange string `json:"if_range"`
		Status  int
	}
	decode(t, ask(t, url+"/asked"), &asked)
	var from int
	if len(asked) == 2 {
		_, _ = fmt.Sscanf(asked[1].Range, "bytes=%d-", &from)
	}
	if len(asked) != 2 || from == 0 || asked[1].IfRange == "" || asked[1].Status != http.StatusPartialContent {
		t.Errorf("asked for %+v: want the file, then its rest, if it is the same", asked)
	}
}

// ask returns the body of an answer.
func ask(t *testing.T, url string) []byte {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d, %v", url, resp.StatusCode, err)
	}
	return body
}
