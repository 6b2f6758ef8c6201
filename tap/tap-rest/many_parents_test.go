//go:build linux

package main_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// parentsAPI answers pages of a thousand parents, and for each parent one page of
// a child's records.
func parentsAPI(t testing.TB, parents int) (url string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	filler := strings.Repeat("x", 120)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /parents", func(w http.ResponseWriter, r *http.Request) {
		after, _ := strconv.Atoi(r.URL.Query().Get("after"))
		w.Header().Set("Content-Type", "application/json")
		b := bufio.NewWriter(w)
		defer b.Flush()
		fmt.Fprint(b, `{"data":[`)
		last := min(parents, after+1000)
		for i := after; i < last; i++ {
			if i > after {
				fmt.Fprint(b, ",")
			}
			fmt.Fprintf(b, `{"id":%d}`, i+1)
		}
		next := ""
		if last < parents {
			next = strconv.Itoa(last)
		}
		fmt.Fprintf(b, `],"next":%q}`, next)
	})
	mux.HandleFunc("GET /parents/{id}/children", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"data":[{"id":%s,"text":%q,"updated_at":"2025-01-01T00:00:00Z"}],"next":""}`, r.PathValue("id"), filler)
	})
	server := &http.Server{Handler: mux}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { server.Close() })
	return "http://" + l.Addr().String()
}

// manyParents reads the children of so many parents with the real binary.
func manyParents(t testing.TB, parents int, incremental bool) (m measured, lines, states int64) {
	t.Helper()
	more := ""
	if incremental {
		more = "    replication_key: updated_at\n    incremental: {start: \"2024-01-01\", client_filter: true}\n"
	}
	dir := t.TempDir()
	definition := fmt.Sprintf(`version: 1
name: parents
client: {base_url: %q, max_in_flight: 8}
defaults: {records: data, primary_key: [id], pagination: {type: cursor, next: next, param: after}}
streams:
  - {name: parents, path: /parents}
  - name: children
    path: /parents/{{ partition.parent }}/children
    partition_by: [{parent: parents, keys: {parent: id}}]
%s`, parentsAPI(t, parents), more)
	source, config := filepath.Join(dir, "s.yaml"), filepath.Join(dir, "c.json")
	if err := os.WriteFile(source, []byte(definition), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(config, fmt.Appendf(nil, `{"source":%q,"run":{"concurrency":8}}`, source), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(builtBinary(t), "--config", config, "--log-level", "error")
	cmd.Env = append(os.Environ(), "XDG_STATE_HOME="+dir)
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
	peak, done := make(chan int64), make(chan struct{})
	go func() { peak <- watchMemory(cmd.Process.Pid, done) }()
	records, last := 0, int64(0)
	in := bufio.NewReaderSize(stdout, 4<<20)
	for {
		line, err := in.ReadSlice('\n')
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		head := string(line[:min(len(line), 40)])
		if strings.HasPrefix(head, `{"type":"STATE"`) {
			states += last // the last one is not counted
			last = int64(len(line))
		} else {
			lines += int64(len(line))
		}
		if strings.HasPrefix(head, `{"type":"RECORD","stream":"children"`) {
			records++
		}
	}
	close(done)
	m.peak = <-peak
	if err := cmd.Wait(); err != nil {
		t.Fatalf("tap-rest: %v\n%s", err, &stderr)
	}
	if records != parents {
		t.Fatalf("%d records, want %d", records, parents)
	}
	m.wall, m.cpu = time.Since(start), cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime()
	return m, lines, states
}

// BenchmarkManyParents reports what a partition costs, and what share of the
// output is states.
func BenchmarkManyParents(b *testing.B) {
	for _, parents := range []int{10_000, 100_000} {
		for _, incremental := range []bool{false, true} {
			b.Run(fmt.Sprintf("%d/incremental=%v", parents, incremental), func(b *testing.B) {
				for b.Loop() {
					m, lines, states := manyParents(b, parents, incremental)
					b.ReportMetric(float64(m.cpu.Microseconds())/float64(parents), "cpu-us/partition")
					b.ReportMetric(float64(m.peak)/1e6, "MB")
					b.ReportMetric(100*float64(states)/float64(lines+states), "%states")
				}
			})
		}
	}
}
