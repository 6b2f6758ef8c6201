//go:build linux

package main_test

import (
	"bufio"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/testrig"
)

// BenchmarkLines reports how many bytes of a CSV file a run reads in a second of
// processor time, with validation, journal and flush on, as a share of what lines
// reads, which splits lines and does nothing besides. Runs alternate. The bound is 0.5.
func BenchmarkLines(b *testing.B) {
	dir := b.TempDir()
	size := writeRows(b, filepath.Join(dir, "rows.csv"), 1_000_000)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"1"`) // as stores of files do
		http.ServeFile(w, r, filepath.Join(dir, "rows.csv"))
	}))
	defer server.Close()
	config := filepath.Join(dir, "config.json")
	testrig.Write(b, config, fmt.Appendf(nil, `{"source": {"version": 1, "name": "figures", "client": {"base_url": %q},
		"streams": [{"name": "rows", "path": "/rows.csv", "decode": "csv", "pagination": {"type": "none"}, "schema": {"type": "object", "properties": {
			"id": {"type": "integer"}, "name": {"type": "string"}, "note": {"type": "string"}, "price": {"type": "number"}, "paid": {"type": "boolean"},
			"created_at": {"type": "string"}, "quantity": {"type": ["integer", "null"]}, "category": {"type": "string"}}}}]}}`, server.URL))
	var all, bare time.Duration
	for b.Loop() {
		bare += linesRun(b, exec.Command("lines", filepath.Join(dir, "rows.csv")))
		all += linesRun(b, exec.Command(builtBinary(b), "--config", config, "--log-level", "error"))
	}
	b.ReportMetric(float64(bare)/float64(all), "of-lines")
	b.ReportMetric(float64(b.N)*float64(size)/1e6/all.Seconds(), "MB/cpu-s")
	b.ReportMetric(float64(b.N)*float64(size)/1e6/bare.Seconds(), "MB/cpu-s-lines")
}

// writeRows writes a file of so many rows, and returns its size.
func writeRows(b *testing.B, name string, rows int) int64 {
	file, err := os.Create(name)
	if err != nil {
		b.Fatal(err)
	}
	defer file.Close()
	out := bufio.NewWriter(file)
	fmt.Fprintln(out, "id,name,note,price,paid,created_at,quantity,category")
	for i := range rows {
		quantity := ""
		if i%10 > 0 {
			quantity = fmt.Sprint(i % 100)
		}
		fmt.Fprintf(out, "%d,Customer %d,came back in one piece and was left at the door,%d.%02d,%t,2024-03-01T%02d:%02d:%02dZ,%s,%s\n", 1_000_000+i,
			i*7919%100_000, 1+i%9999, i%100, i%2 == 0, i/3600%24, i/60%60, i%60, quantity, []string{"open", "shipped", "cancelled"}[i%3])
	}
	if err := out.Flush(); err != nil {
		b.Fatal(err)
	}
	info, err := file.Stat()
	if err != nil {
		b.Fatal(err)
	}
	return info.Size()
}

// linesRun runs a program that writes a million records, and returns its processor time.
func linesRun(b *testing.B, cmd *exec.Cmd) time.Duration {
	cmd.Env = append(os.Environ(), "XDG_STATE_HOME="+b.TempDir())
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	n, _ := countRecords(b, stdout)
	if err := cmd.Wait(); err != nil || n != 1_000_000 {
		b.Fatalf("%s: %v, %d records", cmd, err, n)
	}
	return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
}
