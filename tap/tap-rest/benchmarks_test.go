//go:build linux

package main_test

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
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
	"github.com/tap-rest/tap-rest/sources/apitest/coding"
	"github.com/tap-rest/tap-rest/testrig"
)

// Orders of about 540 bytes, a thousand on a page.
const (
	figureRecords  = 200_000
	figurePage     = 1_000
	figureMemory   = 46 << 20 // of which 23 are the program's own pages
	memoryInterval = 5 * time.Millisecond
)

// TestPeakMemory: a run's memory does not depend on how much there is to read. On a machine
// that is busy garbage is collected late: one run of three must keep to the bound.
func TestPeakMemory(t *testing.T) {
	var peaks []string
	for range 3 {
		peak := figureRun(t, figure{records: figureRecords}).peak
		t.Logf("peak memory %.1f MB for %d records", float64(peak)/1e6, figureRecords)
		if peak <= figureMemory {
			return
		}
		peaks = append(peaks, fmt.Sprintf("%.1f MB", float64(peak)/1e6))
	}
	t.Errorf("peak memory is %s, each time more than %d MiB", strings.Join(peaks, ", "), figureMemory>>20)
}

// BenchmarkPeakMemory reports the peak memory of runs over ever more records.
func BenchmarkPeakMemory(b *testing.B) {
	for _, records := range []int{figureRecords, 5 * figureRecords} {
		b.Run(strconv.Itoa(records), func(b *testing.B) {
			for b.Loop() {
				b.ReportMetric(float64(figureRun(b, figure{records: records}).peak)/1e6, "MB")
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
		figureRun(b, figure{records: figurePage, before: func(int, *http.Request) { first.CompareAndSwap(0, int64(time.Since(start))) }})
		b.ReportMetric(float64(first.Load())/1e6, "ms/start")
		b.StartTimer()
	}
}

// BenchmarkJournal reports how much more processor time a run takes with a
// journal than without, as a ratio of runs that alternate.
func BenchmarkJournal(b *testing.B) {
	for _, encoding := range []string{"", "gzip"} {
		b.Run("encoding="+encoding, func(b *testing.B) {
			var on, off time.Duration
			for b.Loop() {
				off += figureRun(b, figure{records: figureRecords / 4, encoding: encoding, journalOff: true}).cpu
				on += figureRun(b, figure{records: figureRecords / 4, encoding: encoding}).cpu
			}
			b.ReportMetric(float64(on)/float64(off), "on/off")
			b.ReportMetric(on.Seconds()/float64(b.N), "cpu-s-on")
		})
	}
}

// BenchmarkSplice reports how many records a run makes of a second of processor
// time, with validation, journal and flush on, as a share of what splice makes,
// which does nothing of the kind, and of encoded bodies makes no lines. Runs
// alternate.
func BenchmarkSplice(b *testing.B) { shareOf(b, "splice", figure{splice: true}) }

// BenchmarkCut reports the same as a share of what cut makes, which does the
// least that a program can do which reads orders, of encoded bodies too. The
// bound is 0.6.
func BenchmarkCut(b *testing.B) { shareOf(b, "cut", figure{cut: true}) }

// shareOf reports records of a second, of a run and of what does less, by its name.
func shareOf(b *testing.B, name string, less figure) {
	for _, encoding := range []string{"", "gzip"} {
		b.Run("encoding="+encoding, func(b *testing.B) {
			less.records, less.encoding = figureRecords, encoding
			var all, bare time.Duration
			for b.Loop() {
				bare += figureRun(b, less).cpu
				all += figureRun(b, figure{records: figureRecords, encoding: encoding}).cpu
			}
			rate := float64(b.N) * figureRecords / 1000
			b.ReportMetric(float64(bare)/float64(all), "of-"+name)
			b.ReportMetric(rate/all.Seconds(), "krec/cpu-s")
			b.ReportMetric(rate/bare.Seconds(), "krec/cpu-s-"+name)
		})
	}
}

// BenchmarkLatency reports the time that a run takes of an API which answers
// after 50 ms, as a share of what splice takes: what a run does besides is done
// while it waits.
func BenchmarkLatency(b *testing.B) {
	var all, bare time.Duration
	for b.Loop() {
		bare += figureRun(b, figure{records: figureRecords / 4, latency: 50 * time.Millisecond, splice: true}).wall
		all += figureRun(b, figure{records: figureRecords / 4, latency: 50 * time.Millisecond}).wall
	}
	b.ReportMetric(float64(all)/float64(bare), "of-splice")
}

// BenchmarkAirbyte reports how many records a run makes of a second of processor
// time under the Airbyte protocol, as a share of what it makes under Singer's.
// Runs alternate.
func BenchmarkAirbyte(b *testing.B) {
	var singer, airbyte time.Duration
	for b.Loop() {
		singer += figureRun(b, figure{records: figureRecords}).cpu
		airbyte += figureRun(b, figure{records: figureRecords, airbyte: true}).cpu
	}
	b.ReportMetric(float64(singer)/float64(airbyte), "of-singer")
	b.ReportMetric(float64(b.N)*figureRecords/1000/airbyte.Seconds(), "krec/cpu-s")
}

// figure is a run to be measured.
type figure struct {
	records    int
	encoding   string
	journalOff bool
	splice     bool // by the program splice
	cut        bool // by the program cut
	airbyte    bool // under the Airbyte protocol
	latency    time.Duration
	before     func(int, *http.Request)
	keys       map[string]any // of the stream, besides its own
	home       string         // of states and journals, "": one of its own
	state      []byte         // that the run begins with; nil: none
	leaves     int            // how many records leave; 0: all
}

// measured is what came of it.
type measured struct {
	peak int64         // resident memory, in bytes
	cpu  time.Duration // user and system
	wall time.Duration

	state []byte // its last one
}

// figureRun reads orders out with the real binary.
func figureRun(t testing.TB, f figure) (m measured) {
	t.Helper()
	var opts []apitest.Option
	if f.before != nil {
		opts = append(opts, apitest.Before(f.before))
	}
	if f.latency > 0 {
		opts = append(opts, apitest.From(1, apitest.Latency(f.latency)))
	}
	orders := apitest.Orders(f.records)
	orders.Encoding = coding.Named(f.encoding)
	url, stop, err := apitest.New(opts...).Add(orders).Start()
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	cmd := exec.Command(builtBinary(t), "--config", figureConfig(t, url, f), "--log-level", "error")
	if f.state != nil {
		name := filepath.Join(t.TempDir(), "state.json")
		testrig.Write(t, name, f.state)
		cmd.Args = append(cmd.Args, "--state", name)
	}
	if f.airbyte {
		cmd.Args = append(cmd.Args[:1:1], append([]string{"read"}, cmd.Args[1:]...)...)
	}
	if f.splice {
		cmd = exec.Command("splice", url)
	}
	if f.cut {
		cmd = exec.Command("cut", url)
	}
	cmd.Env = append(os.Environ(), "XDG_STATE_HOME="+cmp.Or(f.home, t.TempDir()))
	var stderr strings.Builder
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	peak := make(chan int64)
	done := make(chan struct{})
	go func() { peak <- watchMemory(cmd.Process.Pid, done) }()
	got, state := countRecords(t, stdout)
	close(done)
	m.peak = <-peak
	if err := cmd.Wait(); err != nil {
		t.Fatalf("tap-rest: %v\n%s", err, &stderr)
	}
	if want := cmp.Or(f.leaves, f.records); got != max(want, 0) && !(f.splice && f.encoding != "") {
		t.Fatalf("%d records, want %d", got, want)
	}
	m.state = state
	m.wall = time.Since(start)
	m.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	return m
}

// countRecords returns how many records a run writes, and its last state.
func countRecords(t testing.TB, r io.Reader) (n int, state []byte) {
	lines := bufio.NewReaderSize(r, 1<<20)
	for {
		line, err := lines.ReadSlice('\n')
		if err == io.EOF {
			return n, state
		}
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(string(line[:min(len(line), 16)]), `{"type":"RECORD"`) {
			n++
		}
		if value, ok := bytes.CutPrefix(line, []byte(`{"type":"STATE","value":`)); ok {
			state = append(state[:0], value[:bytes.LastIndexByte(value, '}')]...)
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

func figureConfig(t testing.TB, url string, f figure) string {
	t.Helper()
	stream := map[string]any{
		"name": "orders", "path": "/orders", "params": map[string]any{"limit": figurePage}, "records": "data",
		"primary_key": []string{"id"}, "pagination": map[string]any{"type": "cursor", "next": "next_page", "param": "cursor"},
	}
	maps.Copy(stream, f.keys)
	definition := map[string]any{
		"version": 1, "name": "figures",
		"client":  map[string]any{"base_url": url},
		"streams": []any{stream},
	}
	config, err := json.Marshal(map[string]any{
		"source": definition, "run": map[string]any{"journal": map[string]any{"off": f.journalOff, "identity": "figures"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "config.json")
	testrig.Write(t, name, config)
	return name
}
