//go:build linux

package main_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// answer is an API of one answer that is made as it is sent.
type answer struct {
	size    int64 // in bytes, about
	zipped  bool
	sized   bool // it says how long it is
	records atomic.Int64
	calls   atomic.Int64
}

// longLine is a record of the answer; records differ in their ids alone.
const longLine = `{"id":%d,"n":12345678901234567890.10,"updated_at":"2025-01-02T00:00:00Z","name":"Teapot with infuser, 1.2 l",` +
	`"tags":["kitchen","tea","\u00e9"],"address":{"street":"Main Street 1","zip":"12345"},"note":null,"open":true},`

func (a *answer) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	a.calls.Add(1)
	var out io.Writer = w
	if a.zipped {
		w.Header().Set("Content-Encoding", "gzip")
		z, err := gzip.NewWriterLevel(w, gzip.BestSpeed)
		if err != nil {
			panic(err)
		}
		defer z.Close()
		out = z
	}
	n := a.size / int64(len(fmt.Appendf(nil, longLine, 1_000_000)))
	a.records.Store(n)
	if a.sized {
		length := int64(len(`{"data":[`+`],"next_page":null}`)) - 1
		length += n * int64(len(fmt.Appendf(nil, longLine, 1_000_000)))
		w.Header().Set("Content-Length", strconv.FormatInt(length, 10))
	}
	b := bufio.NewWriterSize(out, 64<<10)
	b.WriteString(`{"data":[`)
	var line []byte
	for i := range n {
		line = fmt.Appendf(line[:0], longLine, 1_000_000+i)
		if i == n-1 {
			line = line[:len(line)-1]
		}
		b.Write(line)
	}
	b.WriteString(`],"next_page":null}`)
	b.Flush() // a client that is gone is no matter
}

// longAnswerRig is a rig whose API gives one answer.
func longAnswerRig(t *testing.T, a *answer) *rig {
	t.Helper()
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	r := newRig(t)
	r.url = server.URL
	return r
}

// peak follows a process, and returns the most memory that it took, in bytes.
func peak(p *process) func() int64 {
	most := make(chan int64)
	go func() {
		var seen int64
		for {
			select {
			case <-p.dead:
				most <- seen
				return
			case <-time.After(20 * time.Millisecond):
				seen = max(seen, residentPeak(p.cmd.Process.Pid))
			}
		}
	}()
	return func() int64 { return <-most }
}

// residentPeak is VmHWM of a process, 0 where that cannot be told.
func residentPeak(pid int) int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(status), "VmHWM:")
	digits, _, _ := strings.Cut(strings.TrimSpace(after), " ")
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return 0
	}
	return n << 10
}

// TestLongAnswerMemory reads an answer that is many times as long as the memory
// it may take. On a machine that has nothing else to do that is 32 MiB; where
// the collector does not get its turn, some garbage comes on top of it.
func TestLongAnswerMemory(t *testing.T) {
	limit := int64(choose(48<<20, 32<<20))
	size := int64(choose(70, 1000)) * 1e6
	for _, tt := range []struct {
		name          string
		zipped, sized bool
		run           string
	}{
		{"identity", false, true, ""},
		{"chunked", false, false, ""},
		{"gzip", true, false, ""},
		{"gzip, without a journal", true, false, `"journal": {"off": true}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if !full() && (tt.name == "chunked" || tt.name == "gzip") {
				t.Skip("much as the others")
			}
			most := int64(0)
			for range 3 { // a machine that is busy keeps the collector from its turn
				if most = longAnswer(t, size, tt.zipped, tt.sized, tt.run); most <= limit {
					break
				}
			}
			if most == 0 || most > limit {
				t.Errorf("it took %d bytes of memory three times, want at most %d", most, limit)
			}
		})
	}
}

// longAnswer reads an answer of so many bytes, and returns the memory that took.
func longAnswer(t *testing.T, size int64, zipped, sized bool, run string) (most int64) {
	t.Helper()
	a := &answer{size: size, zipped: zipped, sized: sized}
	r := longAnswerRig(t, a)
	r.run = run
	began := time.Now()
	p := r.start(t, "")
	memory := peak(p)
	records, last := countLines(t, p.reader)
	p.wait(t)
	if !p.status.Exited() || p.status.ExitStatus() != 0 {
		t.Fatalf("got %v; stderr:\n%s", p.status, p.stderr.String())
	}
	most = memory()
	t.Logf("%d records of %d MB in %s, peak %.1f MB", records, size/1e6, time.Since(began).Round(time.Millisecond), float64(most)/1e6)
	if records != a.records.Load() || a.calls.Load() != 1 || !bytes.HasPrefix(last, []byte(`{"type":"STATE"`)) {
		t.Errorf("got %d records of %d after %d calls, and last %.100s", records, a.records.Load(), a.calls.Load(), last)
	}
	return most
}

// countLines reads all that a process writes, and keeps the last line of it.
func countLines(t *testing.T, in *bufio.Reader) (records int64, last []byte) {
	t.Helper()
	for {
		line, err := in.ReadSlice('\n')
		if errors.Is(err, io.EOF) {
			return records, last
		}
		if err != nil {
			t.Fatal(err)
		}
		if bytes.HasPrefix(line, []byte(`{"type":"RECORD"`)) {
			records++
		}
		last = append(last[:0], line...)
	}
}

// TestLongAnswerKill kills the program again and again while a long answer is
// written: the next one goes on without a call, and in the end nothing is
// missing.
func TestLongAnswerKill(t *testing.T) {
	t.Parallel()
	a := &answer{size: int64(chooseOf(10, 20, 200)) * 1e6, zipped: true}
	r := longAnswerRig(t, a)
	for _, keeps := range []bool{true, false} {
		a.calls.Store(0)
		if err := os.RemoveAll(r.work()); err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		state := ""
		for _, lines := range []int{1, 2_000, 30_000, -1} {
			p := r.start(t, state)
			n := 0
			for n != lines {
				line, err := p.reader.ReadString('\n')
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				n++
				if value, ok := strings.CutPrefix(line, `{"type":"STATE","value":`); ok && keeps {
					state = strings.TrimSuffix(value, "}\n")
				}
				if _, record, ok := strings.Cut(line, `"record":`); ok {
					id, _, _ := strings.Cut(record, ",")
					seen[id] = true
				}
			}
			if n == lines {
				p.signal(t, syscall.SIGKILL)
				p.wait(t)
				continue
			}
			p.wait(t)
			if !p.status.Exited() || p.status.ExitStatus() != 0 {
				t.Fatalf("got %v; stderr:\n%s", p.status, p.stderr.String())
			}
		}
		if int64(len(seen)) != a.records.Load() || a.calls.Load() != 1 {
			t.Errorf("state kept: %v: got %d records of %d after %d calls, want all after one", keeps, len(seen), a.records.Load(), a.calls.Load())
		}
		if keeps && !strings.Contains(state, `"resume":null`) {
			t.Errorf("the last state is %s", state)
		}
	}
}
