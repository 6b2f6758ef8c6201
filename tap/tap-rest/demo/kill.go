package demo

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tidwall/gjson"

	"github.com/tap-rest/tap-rest/tap/report"
	"github.com/tap-rest/tap-rest/tap/tap-rest/program"
)

// killAt is the call at which the demo's first run is killed, of about 110.
// The shops and the customers are read by then, and the orders are under way.
const killAt = 60

// grace is how long a run may go on after a signal: more than it takes.
const grace = 15 * time.Second

// killAndGoOn reads the shop twice by this program in processes of its own. The
// first is killed in the middle, and all that it wrote to stdout is thrown away,
// its STATE lines too. The second goes on all the same: from the journal.
func killAndGoOn(rt *program.Runtime, dir string, config []byte, calls *callLog) error {
	file := filepath.Join(dir, "config.json")
	if err := os.WriteFile(file, config, 0o600); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	var read recordSet
	rt.Console.Say("A full sync, which is killed in the middle (kill -9). All that it wrote is thrown away, its state too:")
	last, err := killInTheMiddle(rt, dir, file, &read, calls)
	if rt.Stop.Err() != nil {
		return nil // a signal stopped the demo, and its run
	} else if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	first := calls.take()
	rt.Console.Say("Killed at call %d, with %s written.\nThe same again, without a state; its messages go to stdout:",
		len(first), report.Numbered(int64(len(read.keys)), "%s record[|s]"))
	second, err := startTap(rt, dir, file, io.MultiWriter(rt.Stdout, &read))
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	if <-second.dead; second.err != nil {
		return fmt.Errorf("demo: the second run: %w", second.err)
	}
	again := calls.take()
	recalled, twice := compareCalls(first, last, again)
	rt.Console.Say("Killed after %d of %d calls; the second run: %s from the journal, %d to the API, %d paid twice; %s in the union of both.",
		len(first), len(first)+len(again), report.Numbered(int64(recalled), "%s call[|s]"), len(again), twice, report.Numbered(int64(len(read.keys)), "%s record[|s]"))
	return nil
}

// killInTheMiddle starts a run and kills it at one of its calls, which is never
// answered. It returns that call.
func killInTheMiddle(rt *program.Runtime, dir, config string, stdout io.Writer, calls *callLog) (last string, err error) {
	calls.take()
	reached, goOn := calls.hold(killAt)
	defer goOn()
	victim, err := startTap(rt, dir, config, stdout)
	if err != nil {
		return "", err
	}
	select {
	case last = <-reached:
	case <-victim.dead:
		return "", fmt.Errorf("the run that the demo was to kill had ended by itself: %v", victim.err)
	}
	err = victim.process.Kill()
	<-victim.dead
	return last, err
}

// compareCalls returns how many calls that the first run had answered the second
// one did not make, and how many it made once more. The answer to the last call
// of the first run never came.
func compareCalls(first []string, last string, again []string) (recalled, twice int) {
	answered := map[string]bool{}
	for _, call := range first {
		answered[call] = call != last
	}
	for call, was := range answered {
		switch {
		case was && slices.Contains(again, call):
			twice++
		case was:
			recalled++
		}
	}
	return recalled, twice
}

// childTap is this program, reading, in a process of its own.
type childTap struct {
	process *os.Process
	dead    chan struct{}
	err     error // how it ended, once dead is closed
}

// startTap starts a run with a config and its state folder in dir. A signal to
// this process stops it too.
func startTap(rt *program.Runtime, dir, config string, stdout io.Writer) (*childTap, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(rt.Stop, program, append([]string{"--config", config}, rt.Console.Flags()...)...)
	cmd.Args[0] = os.Args[0]
	cmd.Env = append(withoutSettings(os.Environ()), "XDG_STATE_HOME="+dir)
	cmd.Stdout, cmd.Stderr = stdout, os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = grace
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	c := &childTap{process: cmd.Process, dead: make(chan struct{})}
	go func() {
		defer close(c.dead)
		c.err = cmd.Wait()
	}()
	return c, nil
}

// withoutSettings is an environment without the variables of this program.
func withoutSettings(environ []string) []string {
	return slices.DeleteFunc(slices.Clone(environ), func(v string) bool {
		return strings.HasPrefix(strings.ToUpper(v), "TAP_REST_")
	})
}

// callLog takes note of the calls to an API, and can hold one of them up. Its
// methods may be called from any goroutine.
type callLog struct {
	mu      sync.Mutex
	calls   []string
	limit   int           // the number of the call that is held up; 0: none
	reached chan string   // gets that call
	goOn    chan struct{} // closed when it may be answered
}

// arrived is called before each answer.
func (l *callLog) arrived(_ int, r *http.Request) {
	l.mu.Lock()
	call := r.Method + " " + r.URL.RequestURI()
	l.calls = append(l.calls, call)
	held := len(l.calls) == l.limit
	reached, goOn := l.reached, l.goOn
	l.mu.Unlock()
	if held {
		reached <- call
		<-goOn
	}
}

// hold makes a call to come wait before its answer, until goOn is called.
func (l *callLog) hold(n int) (reached <-chan string, goOn func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.limit, l.reached, l.goOn = n, make(chan string, 1), make(chan struct{})
	return l.reached, func() { close(l.goOn) }
}

// take returns the calls since it was last called. None is held up any more.
func (l *callLog) take() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	calls := l.calls
	l.calls, l.limit = nil, 0
	return calls
}

// recordSet are the records of Singer messages, by stream and id.
type recordSet struct {
	keys map[string]bool
	rest []byte // a line that is not whole yet
}

// Write takes messages, in pieces of any size.
func (s *recordSet) Write(p []byte) (int, error) {
	if s.keys == nil {
		s.keys = map[string]bool{}
	}
	s.rest = append(s.rest, p...)
	for {
		line, rest, whole := bytes.Cut(s.rest, []byte("\n"))
		if !whole {
			return len(p), nil
		}
		if m := gjson.GetManyBytes(line, "type", "stream", "record.id"); m[0].Str == "RECORD" {
			s.keys[m[1].Str+" "+m[2].Raw] = true
		}
		s.rest = rest
	}
}
