//go:build linux

package main_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/sources/apitest"
)

// Orders of about 540 bytes, a thousand on a page.
const (
	figureRecords  = 200_000
	figurePage     = 1_000
	figureMemory   = 40 << 20
	memoryInterval = 5 * time.Millisecond
)

// TestPeakMemory: a run's memory does not depend on how much there is to read.
func TestPeakMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 100 MB")
	}
	peak := figureRun(t, figureRecords, nil)
	t.Logf("peak memory %.1f MB for %d records", float64(peak)/1e6, figureRecords)
	if peak > figureMemory {
		t.Errorf("peak memory is %.1f MB, more than %d", float64(peak)/1e6, figureMemory>>20)
	}
}

// BenchmarkPeakMemory reports the peak memory of runs over ever more records.
func BenchmarkPeakMemory(b *testing.B) {
	for _, records := range []int{figureRecords, 5 * figureRecords} {
		b.Run(strconv.Itoa(records), func(b *testing.B) {
			for b.Loop() {
				b.ReportMetric(float64(figureRun(b, records, nil))/1e6, "MB")
			}
		})
	}
}

// BenchmarkStart reports the time from the start of the process to its first
// request.
func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		var first atomic.Int64
		b.StopTimer()
		start := time.Now()
		figureRun(b, figurePage, func(int, *http.Request) { first.CompareAndSwap(0, int64(time.Since(start))) })
		b.ReportMetric(float64(first.Load())/1e6, "ms/start")
		b.StartTimer()
	}
}

// figureRun reads orders out with the real binary, and returns its peak memory
// in bytes.
func figureRun(t testing.TB, records int, before func(int, *http.Request)) int64 {
	t.Helper()
	var opts []apitest.Option
	if before != nil {
		opts = append(opts, apitest.Before(before))
	}
	url, stop, err := apitest.New(opts...).Add(apitest.Orders(records)).Start()
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	cmd := exec.Command(builtBinary(t), "--config", figureConfig(t, url), "--log-level", "error")
	cmd.Env = append(os.Environ(), "XDG_STATE_HOME="+t.TempDir())
	var stderr strings.Builder
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	peak := make(chan int64)
	done := make(chan struct{})
	go func() { peak <- watchMemory(cmd.Process.Pid, done) }()
	got := countRecords(t, stdout)
	close(done)
	most := <-peak
	if err := cmd.Wait(); err != nil {
		t.Fatalf("tap-rest: %v\n%s", err, &stderr)
	}
	if got != records {
		t.Fatalf("%d records, want %d", got, records)
	}
	return most
}

func countRecords(t testing.TB, r io.Reader) (n int) {
	lines := bufio.NewReaderSize(r, 1<<20)
	for {
		line, err := lines.ReadSlice('\n')
		if err == io.EOF {
			return n
		}
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(string(line[:min(len(line), 16)]), `{"type":"RECORD"`) {
			n++
		}
	}
}

// watchMemory returns the highest resident size that the kernel has counted
// for the process. What wait reports would count its parent's too, from before
// exec.
func watchMemory(pid int, done <-chan struct{}) (peak int64) {
	for {
		peak = max(peak, highWater(pid))
		select {
		case <-done:
			return peak
		case <-time.After(memoryInterval):
		}
	}
}

func highWater(pid int) int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(status), "VmHWM:")
	fields := strings.Fields(after)
	if len(fields) == 0 {
		return 0
	}
	kib, _ := strconv.ParseInt(fields[0], 10, 64)
	return kib << 10
}

func figureConfig(t testing.TB, url string) string {
	t.Helper()
	definition := map[string]any{
		"version": 1, "name": "figures",
		"client": map[string]any{"base_url": url},
		"streams": []any{map[string]any{
			"name": "orders", "path": "/orders", "params": map[string]any{"limit": figurePage}, "records": "data",
			"primary_key": []string{"id"}, "pagination": map[string]any{"type": "cursor", "next": "next_page", "param": "cursor"},
		}},
	}
	config, err := json.Marshal(map[string]any{"source": definition})
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "config.json")
	if err := os.WriteFile(name, config, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}
