//go:build unix

package main_test

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/testrig"
)

const (
	rigPages      = 30
	rigPage       = 5
	rigFlush      = 3 * rigPage // records of a flush
	rigRecordSize = 10
)

// rig is an API on loopback and what the program needs to read it.
type rig struct {
	api        *apitest.API
	url, dir   string
	run        string // further options of the run
	pagination string
	stream     string // other keys of the stream than those of the items; "": those
	ulimit     int    // blocks that files may have; 0: no limit
	user       int    // who runs the program; 0: who runs the test
}

func newRig(t *testing.T, options ...apitest.Option) *rig {
	t.Helper()
	r := &rig{api: apitest.New(options...).Add(rigCollection(rigRecordSize)), dir: t.TempDir(),
		pagination: "{type: cursor, next: next_page, param: cursor}"}
	url := testrig.Serve(t, r.api)
	r.url = url
	return r
}

// work is the folder that the program keeps its journal in.
func (r *rig) work() string { return filepath.Join(r.dir, ".local") }

// rigCollection has 30 pages of 5 records with a text of so many bytes.
func rigCollection(size int) apitest.Collection {
	text := strings.Repeat("x", size)
	return apitest.Collection{
		Path: "/items", Style: apitest.Cursor, Size: rigPage,
		Made: apitest.Made{Count: rigPages * rigPage, Record: func(i int) []byte {
			return fmt.Appendf(nil, `{"id":%d,"n":12345678901234567890.10,"updated_at":"2025-01-%02dT00:00:00Z","text":"\u00e9%s"}`, 9007199254740993+i, 1+i/10, text)
		}},
	}
}

// rigStream are the keys of the stream of items.
const rigStream = `records: data
    primary_key: [id]
    replication_key: updated_at
    incremental: {client_filter: true}`

// process is the program under way.
type process struct {
	cmd    *exec.Cmd
	stdout *os.File
	reader *bufio.Reader
	stderr testrig.Output
	dead   chan struct{}
	status syscall.WaitStatus // once dead is closed
}

// start starts the program with a state, "" for none, and further arguments.
func (r *rig) start(t *testing.T, state string, more ...string) *process {
	t.Helper()
	r.definition(t)
	run := `"flush": {"responses": 3}`
	if r.run != "" {
		run += ", " + r.run
	}
	args := append(more, "--config", r.write(t, "config.json", `{"source": "items.yaml", "run": {`+run+`}}`))
	if state != "" {
		args = append(args, "--state", r.write(t, "state.json", state))
	}
	return r.begin(t, args...)
}

// begin starts the program with arguments.
func (r *rig) begin(t *testing.T, args ...string) *process {
	t.Helper()
	p := &process{cmd: exec.Command(builtBinary(t), args...), dead: make(chan struct{})}
	if r.ulimit > 0 {
		limited := append([]string{"-c", fmt.Sprintf(`ulimit -f %d; exec "$0" "$@"`, r.ulimit), builtBinary(t)}, args...)
		p.cmd = exec.Command("sh", limited...)
	}
	p.cmd.Dir, p.cmd.Env = r.dir, []string{"HOME=" + r.dir}
	if r.user != 0 {
		p.cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(r.user), Gid: uint32(r.user)}}
	}
	p.cmd.Stderr = &p.stderr
	stdout, theirs, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer theirs.Close()
	p.stdout, p.reader, p.cmd.Stdout = stdout, bufio.NewReader(stdout), theirs
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go p.reaped()
	t.Cleanup(func() {
		p.cmd.Process.Kill()
		<-p.dead
		stdout.Close()
	})
	return p
}

// definition writes the definition.
func (r *rig) definition(t *testing.T) {
	t.Helper()
	r.write(t, "items.yaml", `version: 1
name: rig
client:
  base_url: `+r.url+`
  retry: {attempts: 2, min_wait: 1ms, max_wait: 1ms}
streams:
  - name: items
    path: /items
    `+cmp.Or(r.stream, rigStream)+`
    pagination: `+r.pagination+"\n")
}

func (r *rig) write(t *testing.T, name, text string) string {
	t.Helper()
	path := testrig.Write(t, filepath.Join(r.dir, name), text)
	if r.user != 0 {
		r.give(t, path)
	}
	return path
}

// give makes a file one of the user who runs the program.
func (r *rig) give(t *testing.T, path string) {
	t.Helper()
	if err := os.Chown(path, r.user, r.user); err != nil {
		t.Fatal(err)
	}
}

// reaped waits for the end of the process.
func (p *process) reaped() {
	p.cmd.Wait() // how it ended is in its state
	p.status = p.cmd.ProcessState.Sys().(syscall.WaitStatus)
	close(p.dead)
}

func (p *process) signal(t *testing.T, sig syscall.Signal) {
	if err := p.cmd.Process.Signal(sig); err != nil && err != os.ErrProcessDone {
		t.Errorf("%v: %v", sig, err)
	}
}

// wait waits for the end of the process.
func (p *process) wait(t *testing.T) {
	t.Helper()
	select {
	case <-p.dead:
	case <-time.After(30 * time.Second):
		t.Fatal("the program does not end")
	}
}

// finish reads all of stdout and waits for the end. It returns the lines that
// came whole.
func (p *process) finish(t *testing.T) testrig.Lines {
	t.Helper()
	all, err := io.ReadAll(p.reader)
	if err != nil {
		t.Fatal(err)
	}
	p.wait(t)
	return testrig.ReadLines(t, all)
}

func (p *process) readLines(t *testing.T, n int) {
	t.Helper()
	for range n {
		if _, err := p.reader.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
	}
}

// complaints are the lines on stderr but for those of the log that only
// inform.
func (p *process) complaints() []string {
	var all []string
	for line := range strings.Lines(p.stderr.String()) {
		if !strings.HasPrefix(line, "INFO ") {
			all = append(all, line)
		}
	}
	return all
}

// checkDeath checks death by a signal after a STATE.
func (p *process) checkDeath(t *testing.T, sig syscall.Signal, lines testrig.Lines) {
	t.Helper()
	if !p.status.Signaled() || p.status.Signal() != sig {
		t.Errorf("got %v, want death by %v; stderr:\n%s", p.status, sig, p.stderr.String())
	}
	if last := lines.Last(); last.Type != "STATE" {
		t.Errorf("the last line is no STATE: %q", last.Raw)
	}
}

// checkEnd checks how a run ends, what its last line is, and that it says so.
func (r *rig) checkEnd(t *testing.T, p *process, code int, last, says string) testrig.Lines {
	t.Helper()
	lines := p.finish(t)
	if !p.status.Exited() || p.status.ExitStatus() != code {
		t.Errorf("got %v, want exit %d; stderr:\n%s", p.status, code, p.stderr.String())
	}
	if got := lines.Last().Type; got != last {
		t.Errorf("the last line is %q, want %q", got, last)
	}
	if !strings.Contains(p.stderr.String(), says) {
		t.Errorf("stderr does not say %q:\n%s", says, p.stderr.String())
	}
	return lines
}

// complete is a run that goes on from what came, to the end.
func (r *rig) complete(t *testing.T, lines testrig.Lines) testrig.Lines {
	t.Helper()
	p := r.start(t, lines.State())
	more := p.finish(t)
	if !p.status.Exited() || p.status.ExitStatus() != 0 {
		t.Fatalf("the next run: got %v; stderr:\n%s", p.status, p.stderr.String())
	}
	return more
}

// checkWhole checks that every item came, and not more than so many twice, and that the
// last state says that all is read.
func (r *rig) checkWhole(t *testing.T, what string, lines testrig.Lines, doubles int) {
	t.Helper()
	checkUnion(t, what, lines.Records(""), rigCollection(rigRecordSize).Made, doubles)
	if state := lines.State(); !strings.Contains(state, `"resume":null`) || !strings.Contains(state, `"replication_key_value":"2025-01-15T00:00:00Z"`) {
		t.Errorf("%s: the last state is %s", what, state)
	}
}

// checkUnion checks that records are those of an API, and not more than so many twice.
func checkUnion(t *testing.T, what string, got []string, api apitest.Made, doubles int) {
	t.Helper()
	want := make([]string, api.Count)
	for i := range want {
		want[i] = string(api.Record(i))
	}
	if twice := testrig.Union(t, what, got, want); twice > doubles {
		t.Errorf("%s: %d records came twice, want at most %d", what, twice, doubles)
	}
}

// checkGoesOn checks that the next run begins where the last STATE says.
func (r *rig) checkGoesOn(t *testing.T, lines testrig.Lines) {
	t.Helper()
	covered := 0 // records that a STATE covers
	for i, line := range lines {
		if line.Type == "STATE" {
			covered = len(lines[:i].Records(""))
		}
	}
	if got, want := len(r.complete(t, lines).Records("")), rigPages*rigPage-covered; got != want {
		t.Errorf("the next run reads %d records, want %d", got, want)
	}
}

// await waits until the API has got so many requests.
func (r *rig) await(t *testing.T, n int) { t.Helper(); awaitCalls(t, r.api, n) }

func awaitCalls(t *testing.T, api *apitest.API, n int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), testrig.Patience)
	defer cancel()
	if err := api.Await(ctx, n); err != nil {
		t.Fatalf("the API got %d requests, want %d", api.Count(), n)
	}
}

// victim is the process that a request is to be the end of. A request that
// comes before the test knows its process waits until it does.
type victim struct {
	mu sync.Mutex
	p  *process
}

func (v *victim) set(start func() *process) *process {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.p = start()
	return v.p
}

func (v *victim) get() *process {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.p
}

func (v *victim) forget() { v.set(func() *process { return nil }) }
