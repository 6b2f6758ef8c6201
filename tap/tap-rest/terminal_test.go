//go:build unix

package main_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/creack/pty"
	"github.com/hinshun/vt10x"

	"github.com/tap-rest/tap-rest/testrig"
)

// terminal is a terminal that a program writes to, and what stands on its screen.
type terminal struct {
	t       *testing.T
	ptmx    *os.File
	screen  vt10x.Terminal
	changed chan struct{} // has one where something was written since
	over    chan struct{} // closed when nobody has the terminal any more
	wrote   atomic.Int64
}

// onTerminal starts the program with stderr on a terminal and stdout in a file.
func onTerminal(t *testing.T, dir string, env []string, args ...string) (*terminal, *exec.Cmd) {
	t.Helper()
	ptmx, tty, err := pty.Open()
	if err != nil {
		t.Skip(err)
	}
	defer tty.Close()
	size := pty.Winsize{Cols: 140, Rows: 30}
	if err := pty.Setsize(ptmx, &size); err != nil {
		t.Fatal(err)
	}
	term := &terminal{
		t: t, ptmx: ptmx, screen: vt10x.New(vt10x.WithSize(int(size.Cols), int(size.Rows))), changed: make(chan struct{}, 1), over: make(chan struct{}),
	}
	out, err := os.Create(filepath.Join(dir, "out.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	cmd := exec.Command(builtBinary(t), args...)
	cmd.Dir, cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = dir, append([]string{"HOME=" + dir, "TERM=xterm", "PATH=" + os.Getenv("PATH")}, env...), tty, out, tty
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it has ended, unless the test failed
		<-term.over
		ptmx.Close()
	})
	go term.read()
	return term, cmd
}

// read puts on the screen what is written, until nobody has the terminal any more.
func (term *terminal) read() {
	defer close(term.over)
	buffer := make([]byte, 64<<10)
	for {
		n, err := term.ptmx.Read(buffer)
		if err != nil {
			return
		}
		term.screen.Write(buffer[:n])
		term.wrote.Add(int64(n))
		select {
		case term.changed <- struct{}{}:
		default:
		}
	}
}

// text is what stands on the screen.
func (term *terminal) text() string {
	var lines []string
	for line := range strings.Lines(term.screen.String()) {
		lines = append(lines, strings.TrimRight(line, " \n\x00"))
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}

// await waits until the screen is as a pattern says.
func (term *terminal) await(pattern string) string {
	term.t.Helper()
	for wanted := regexp.MustCompile(pattern); ; {
		if text := term.text(); wanted.MatchString(text) {
			return text
		}
		select {
		case <-term.changed:
		case <-term.over:
			if text := term.text(); wanted.MatchString(text) {
				return text
			}
			term.t.Fatalf("the screen has\n%s\nwant %s", term.text(), pattern)
		}
	}
}

// accountsAPI answers so many requests with a record, and asks to wait for an hour then.
func accountsAPI(t *testing.T, answers int64) string {
	t.Helper()
	var calls atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if calls.Add(1) > answers {
			w.Header().Set("Retry-After", "3000")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		fmt.Fprintf(w, `{"data":[{"id":%q}]}`, r.URL.Path)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// accountsConfig writes a definition with a stream of 200 partitions, and its config.
func accountsConfig(t *testing.T, url string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	var accounts []string
	for i := range 200 {
		accounts = append(accounts, fmt.Sprint("a", i))
	}
	for name, text := range map[string]string{
		"api.yaml": "version: 1\nname: accounts\nclient: {base_url: " + url + ", retry: {cool_downs: 0}}\ndefaults: {records: data, primary_key: [id]}\nstreams:\n" +
			"  - name: orders\n    path: \"/{{ partition.account }}\"\n    partition_by: [{name: account, values: [" + strings.Join(accounts, ", ") + "]}]\n" +
			"    schema: {type: object, properties: {id: {type: string}}}\n",
		"config.json": `{"source": "api.yaml", "run": {"flush": {"responses": 1}}}`,
	} {
		testrig.Write(t, filepath.Join(dir, name), text)
	}
	return dir
}

// TestLiveOnTerminal: 200 partitions take two lines, which say what the run waits for and
// fit the terminal, also once that is narrower; nothing is written while it waits; SIGINT
// leaves the log and the account, and nothing else.
func TestLiveOnTerminal(t *testing.T) {
	dir := accountsConfig(t, accountsAPI(t, 60))
	term, cmd := onTerminal(t, dir, nil, "--config", "config.json")
	text := term.await(`(?m)^orders  waits until \d\d:\d\d:\d\dZ for the pause that the API asked for, 60 of 200 partitions done, .*30%.*\n60 records, \d+ calls, \S+ \S+ 0 of 1 streams done, since \S+Z$`)
	if n := strings.Count(text, "orders  waits"); n != 1 {
		t.Errorf("the line stands there %d times:\n%s", n, text)
	}
	// The screen is the wider of both sizes while the program may still draw for either.
	if err := pty.Setsize(term.ptmx, &pty.Winsize{Cols: 40, Rows: 30}); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Signal(syscall.SIGWINCH); err != nil { // the terminal is no group of ours, in some sandboxes
		t.Fatal(err)
	}
	text = term.await(`(?m)^orders  waits until \S+Z for the …\n60 records, \d+ calls, .*…$`)
	term.screen.Resize(40, 30)
	for line := range strings.Lines(text) {
		if strings.Contains(line, "…") && len([]rune(strings.TrimSpace(line))) > 39 {
			t.Errorf("a line does not fit: %s", line)
		}
	}
	term.screen.Resize(140, 30)
	if err := pty.Setsize(term.ptmx, &pty.Winsize{Cols: 140, Rows: 30}); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	err := cmd.Wait()
	<-term.over
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGINT {
		t.Errorf("it ended with %v", err)
	}
	text = term.text()
	for _, want := range []string{`INFO a signal stops the run`, `(?m)^orders +60 +60 `, `stopped early`} {
		if !regexp.MustCompile(want).MatchString(text) {
			t.Errorf("the screen does not say %s:\n%s", want, text)
		}
	}
	if strings.Contains(text, "since ") || strings.Contains(text, "waits until") {
		t.Errorf("what was drawn is still there:\n%s", text)
	}
	if !term.screen.CursorVisible() || term.screen.Cursor().X != 0 {
		t.Errorf("the cursor is at %+v", term.screen.Cursor())
	}
}

// TestSecondSignalLeavesTerminal: what kills the program at once leaves what was drawn,
// with the cursor below it.
func TestSecondSignalLeavesTerminal(t *testing.T) {
	held := make(chan struct{})
	called := make(chan struct{}, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/a7" {
			fmt.Fprintf(w, `{"data":[{"id":%q}]}`, r.URL.Path)
			return
		}
		called <- struct{}{}
		<-held
	}))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(held) })
	dir := accountsConfig(t, server.URL)
	term, cmd := onTerminal(t, dir, []string{"TAP_REST_RUN__CONCURRENCY=1"}, "--config", "config.json")
	<-called
	term.await(`(?m)^orders  7 records, .*7 of 200 partitions done, 1 under way, 3%`)
	for _, after := range []string{`INFO a signal stops the run`, ``} {
		if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
		term.await(after)
	}
	_ = cmd.Wait() // it died
	<-term.over
	if text := term.text(); !regexp.MustCompile(`(?m)^orders  7 records, .*\n7 records, 8 calls, .*Z$`).MatchString(text) || term.screen.Cursor().X != 0 {
		t.Errorf("the cursor is at %+v, and the screen has\n%s", term.screen.Cursor(), text)
	}
}

// TestPlainOnTerminal: with --progress=off, on a dumb terminal and where records go to the
// terminal, nothing is drawn.
func TestPlainOnTerminal(t *testing.T) {
	for _, tt := range []struct {
		name string
		env  []string
		args []string
	}{
		{"off", nil, []string{"--progress=off"}},
		{"plain", []string{"TAP_REST_PROGRESS=plain"}, nil},
		{"dumb", []string{"TERM=dumb"}, nil},
		{"CI", []string{"CI=1"}, nil},
		{"JSON", nil, []string{"--log-format=json"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := accountsConfig(t, accountsAPI(t, 1000))
			term, cmd := onTerminal(t, dir, tt.env, append(tt.args, "--config", "config.json")...)
			if err := cmd.Wait(); err != nil {
				t.Error(err)
			}
			<-term.over
			if text := term.text(); strings.Contains(text, " since ") || !strings.Contains(text, "200") {
				t.Errorf("the screen has\n%s", text)
			}
		})
	}
}

// TestTargetOnTerminal: what the target says on stderr stands above what is drawn, and all
// of it is there.
func TestTargetOnTerminal(t *testing.T) {
	dir := accountsConfig(t, accountsAPI(t, 1000))
	term, cmd := onTerminal(t, dir, nil, "--config", "config.json", "--", "sh", "-c", `while read -r line; do case $line in *RECORD*) n=$((n+1)); echo "took $n" >&2;; esac; done; printf 'without an end' >&2`)
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	<-term.over
	text := term.text()
	if !strings.Contains(text, "took 200\n") || !strings.Contains(text, "without an end") || strings.Contains(text, "since ") || strings.Count(text, "took 199") != 1 {
		t.Errorf("the screen has\n%s", text)
	}
}
