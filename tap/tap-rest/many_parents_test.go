//go:build linux

package main_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/testrig"
)

// manyParents is an API that answers pages of a thousand parents, and for each
// parent one page of a child's records, beside what reads it with the real binary.
type manyParents struct {
	parents int
	url     string
	dir     string
	config  string
	filler  string

	mu    sync.Mutex
	asked []int // of each parent: requests for its children
	pages map[string]int
	calls int // for children
	at    int // of them, the one at which kill is called; 0: none
	kill  func()
}

// manyWorkers is run.concurrency, and max_in_flight.
const manyWorkers = 8

func newManyParents(t testing.TB, parents int, incremental bool) *manyParents {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	p := &manyParents{parents: parents, url: "http://" + l.Addr().String(), dir: dir, config: filepath.Join(dir, "c.json"),
		filler: strings.Repeat("x", 120), asked: make([]int, parents+1), pages: map[string]int{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /parents", p.answerParents)
	mux.HandleFunc("GET /parents/{id}/children", p.answerChildren)
	server := &http.Server{Handler: mux}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { server.Close() })
	more := ""
	if incremental {
		more = "    replication_key: updated_at\n    incremental: {start: \"2024-01-01\", client_filter: true}\n"
	}
	definition := fmt.Sprintf(`version: 1
name: parents
client: {base_url: %q, max_in_flight: %d}
defaults: {records: data, primary_key: [id], pagination: {type: cursor, next: next, param: after}}
streams:
  - {name: parents, path: /parents}
  - name: children
    path: /parents/{{ partition.parent }}/children
    partition_by: [{parent: parents, keys: {parent: id}}]
%s`, p.url, manyWorkers, more)
	source := filepath.Join(dir, "s.yaml")
	testrig.Write(t, source, definition)
	testrig.Write(t, p.config, fmt.Appendf(nil, `{"source":%q,"run":{"concurrency":%d}}`, source, manyWorkers))
	return p
}

func (p *manyParents) answerParents(w http.ResponseWriter, r *http.Request) {
	after, _ := strconv.Atoi(r.URL.Query().Get("after"))
	p.mu.Lock()
	p.pages[r.URL.RawQuery]++
	p.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	b := bufio.NewWriter(w)
	defer b.Flush()
	fmt.Fprint(b, `{"data":[`)
	last := min(p.parents, after+1000)
	for i := after; i < last; i++ {
		if i > after {
			fmt.Fprint(b, ",")
		}
		fmt.Fprintf(b, `{"id":%d}`, i+1)
	}
	next := ""
	if last < p.parents {
		next = strconv.Itoa(last)
	}
	fmt.Fprintf(b, `],"next":%q}`, next)
}

func (p *manyParents) answerChildren(w http.ResponseWriter, r *http.Request) {
	id, _ := strconv.Atoi(r.PathValue("id"))
	p.mu.Lock()
	p.asked[id]++
	if p.calls++; p.calls == p.at {
		p.kill()
	}
	p.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"data":[{"id":%d,"text":%q,"updated_at":"2025-01-01T00:00:00Z"}],"next":""}`, id, p.filler)
}

// askedAgain is how many requests came more than once.
func (p *manyParents) askedAgain() (children, pages int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, n := range p.asked {
		children += max(0, n-1)
	}
	for _, n := range p.pages {
		pages += n - 1
	}
	return children, pages
}

// manyRun is what came of a run.
type manyRun struct {
	measured
	all, states int64 // bytes on stdout, and of them those of STATE lines
	state       []byte
	parents     map[int]bool // whose children came
}

// run reads all with the real binary, from a state or nil. It is killed at a call
// for children; 0: it is not.
func (p *manyParents) run(t testing.TB, state []byte, killAt int) (r manyRun) {
	t.Helper()
	cmd := programWith(t, p.dir, p.config, string(state))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.mu.Lock() // a request of a run that was killed may be answered still
	p.at, p.calls, p.kill = killAt, 0, func() { _ = cmd.Process.Kill() }
	p.mu.Unlock()
	start := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	peak, done := make(chan int64), make(chan struct{})
	go func() { peak <- watchMemory(cmd.Process.Pid, done) }()
	r.read(t, stdout)
	close(done)
	r.peak = <-peak
	if err := cmd.Wait(); err != nil && killAt == 0 {
		t.Fatalf("tap-rest: %v\n%s", err, &stderr)
	}
	r.wall, r.cpu = time.Since(start), cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime()
	return r
}

// read takes note of what comes on stdout. A line that broke off counts as nothing.
func (r *manyRun) read(t testing.TB, stdout io.Reader) {
	t.Helper()
	r.parents = map[int]bool{}
	in := bufio.NewReaderSize(stdout, 8<<20)
	for {
		line, err := in.ReadSlice('\n')
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		r.all += int64(len(line))
		switch {
		case bytes.HasPrefix(line, []byte(`{"type":"STATE"`)):
			r.states += int64(len(line))
			var message struct{ Value json.RawMessage }
			if err := json.Unmarshal(line, &message); err != nil {
				t.Fatal(err)
			}
			r.state = message.Value
		case bytes.HasPrefix(line, []byte(`{"type":"RECORD","stream":"children"`)):
			_, rest, _ := bytes.Cut(line, []byte(`"id":`))
			digits, _, _ := bytes.Cut(rest, []byte(","))
			id, _ := strconv.Atoi(string(digits))
			r.parents[id] = true
		}
	}
}

// percentStates is the share of STATE lines, the last one among them.
func (r *manyRun) percentStates() float64 { return 100 * float64(r.states) / float64(r.all) }

// holds fails the test where a run took more than it may.
func (r *manyRun) holds(t *testing.T) {
	t.Helper()
	if got := r.percentStates(); got >= 5 {
		t.Errorf("%.2f %% of the output are states, want less than 5", got)
	}
	if r.peak >= 64e6 {
		t.Errorf("the run took %d bytes of memory, want less than 64 MB", r.peak)
	}
}

// middle reads half of all, kills the run, and reads the rest from the last state,
// or from none. It returns the second run.
func (p *manyParents) middle(t testing.TB, lost bool) manyRun {
	t.Helper()
	first := p.run(t, nil, p.parents/2)
	if lost {
		first.state = nil
	}
	rest := p.run(t, first.state, 0)
	for id := 1; id <= p.parents; id++ {
		if !first.parents[id] && !rest.parents[id] {
			t.Fatalf("the children of %d never came", id)
		}
	}
	return rest
}

// TestManyParents reads the children of many parents with the real binary, at once
// and with a kill in the middle, the state kept and lost: STATE lines and memory
// stay within their bounds, and nothing is asked for twice but what was under way.
// TAP_REST_FULL_TESTS=1 takes a hundred thousand parents.
func TestManyParents(t *testing.T) {
	parents := 3000
	if testing.Short() {
		parents = 500
	}
	if os.Getenv("TAP_REST_FULL_TESTS") != "" {
		parents = 100_000
	}
	for _, incremental := range []bool{false, true} {
		t.Run(fmt.Sprintf("incremental=%v", incremental), func(t *testing.T) {
			t.Run("at once", func(t *testing.T) {
				p := newManyParents(t, parents, incremental)
				r := p.run(t, nil, 0)
				r.holds(t)
				if children, pages := p.askedAgain(); len(r.parents) != parents || children+pages > 0 {
					t.Errorf("children of %d parents came, and %d calls were made twice", len(r.parents), children+pages)
				}
			})
			for _, lost := range []bool{false, true} {
				t.Run(fmt.Sprintf("killed, state lost %v", lost), func(t *testing.T) {
					if testing.Short() && lost == incremental {
						t.Skip("the loss of the state is tried without a bookmark")
					}
					p := newManyParents(t, parents, incremental)
					r := p.middle(t, lost)
					r.holds(t)
					if children, pages := p.askedAgain(); children > manyWorkers || pages > 1 {
						t.Errorf("%d calls for children and %d for parents were made twice", children, pages)
					}
				})
			}
		})
	}
}

// BenchmarkManyParents reports what a partition costs of 10,000 and of 100,000, in
// turns, and what the larger run takes.
func BenchmarkManyParents(b *testing.B) {
	for _, incremental := range []bool{false, true} {
		b.Run(fmt.Sprintf("incremental=%v", incremental), func(b *testing.B) {
			var cpu [2]time.Duration
			var peak int64
			var most float64
			few, many := 10_000, 100_000
			runs := 0
			for b.Loop() {
				runs++
				for _, one := range []int{0, 1, 1, 0} {
					p := newManyParents(b, []int{few, many}[one], incremental)
					r := p.run(b, nil, 0)
					cpu[one] += r.cpu
					peak, most = max(peak, r.peak), max(most, r.percentStates())
				}
			}
			of := func(one, partitions int) float64 {
				return float64(cpu[one].Microseconds()) / float64(2*runs*partitions)
			}
			b.ReportMetric(of(0, few), "cpu-us/partition-of-10k")
			b.ReportMetric(of(1, many), "cpu-us/partition-of-100k")
			b.ReportMetric(of(1, many)/of(0, few), "cpu-ratio")
			b.ReportMetric(float64(peak)/1e6, "MB")
			b.ReportMetric(most, "%states")
		})
	}
}

// BenchmarkManyParentsResumed reports what a run takes that goes on in the middle of
// a hundred thousand parents after a kill, and what it asks again.
func BenchmarkManyParentsResumed(b *testing.B) {
	for _, incremental := range []bool{false, true} {
		for _, lost := range []bool{false, true} {
			b.Run(fmt.Sprintf("incremental=%v/lost=%v", incremental, lost), func(b *testing.B) {
				for b.Loop() {
					p := newManyParents(b, 100_000, incremental)
					r := p.middle(b, lost)
					children, pages := p.askedAgain()
					b.ReportMetric(float64(r.cpu.Microseconds())/float64(len(r.parents)), "cpu-us/partition")
					b.ReportMetric(float64(r.peak)/1e6, "MB")
					b.ReportMetric(r.percentStates(), "%states")
					b.ReportMetric(float64(children+pages), "asked-again")
				}
			})
		}
	}
}
