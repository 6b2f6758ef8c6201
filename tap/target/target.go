package target

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"
)

const (
	// Patience is how long a target may go on in all when its run was stopped: to load
	// what it got, then to end.
	Patience   = loading + ending
	loading    = 10 * time.Second // after the end of its stdin
	ending     = 5 * time.Second  // after SIGTERM
	abandoning = time.Second      // after a signal that is passed on
	// draining is how long a target's stdout is still read when the target has ended: a
	// process that it left behind may hold it open.
	draining = 2 * time.Second
	// largestLine is how long a line of a target may be, in bytes.
	largestLine = 256 << 20
)

// Target is a target under way.
type Target struct {
	command string
	cmd     *exec.Cmd
	stdin   *os.File
	ended   chan struct{} // closed when the process has ended, and all that it printed was handed on
	gone    chan struct{} // closed when the process has ended
	failed  error         // once ended is closed: of the process, nil where it exited with 0

	loading, ending time.Duration
}

// Failed is a target that did not end well.
type Failed struct {
	Command string
	Code    int            // its exit code; 128 + the signal's number where a signal killed it
	Signal  syscall.Signal // 0: none
}

// Error says how the target ended.
func (f *Failed) Error() string {
	if f.Signal != 0 {
		return fmt.Sprintf("the target %s was killed by a signal (%s)", f.Command, f.Signal)
	}
	return fmt.Sprintf("the target %s ended with exit code %d", f.Command, f.Code)
}

// Start starts a target: a program and its arguments. Each line that it prints is
// handed to printed, in order, from one goroutine. The error says that there is no such
// program, or that it cannot be run.
func Start(command []string, stderr *os.File, printed func(line []byte)) (*Target, error) {
	t := &Target{command: command[0], cmd: exec.Command(command[0], command[1:]...), ended: make(chan struct{}), gone: make(chan struct{}), loading: loading, ending: ending}
	theirs, stdin, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer theirs.Close()
	stdout, prints, err := os.Pipe()
	if err != nil {
		stdin.Close()
		return nil, err
	}
	defer prints.Close()
	t.stdin, t.cmd.Stdin, t.cmd.Stdout, t.cmd.Stderr = stdin, theirs, prints, stderr
	if err := t.cmd.Start(); err != nil {
		stdin.Close()
		stdout.Close()
		return nil, fmt.Errorf("the target %s cannot be started: %w", command[0], err)
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		readLines(stdout, printed)
	}()
	go t.wait(stdout, read)
	return t, nil
}

// Stdin is where the target's lines are written to.
func (t *Target) Stdin() *os.File { return t.stdin }

// Gone is closed when the target has ended: nobody reads what is written to it then.
func (t *Target) Gone() <-chan struct{} { return t.gone }

// wait waits for the process, and until what it printed is read.
func (t *Target) wait(stdout *os.File, read <-chan struct{}) {
	err := t.cmd.Wait()
	close(t.gone)
	select {
	case <-read:
	case <-time.After(draining):
		stdout.Close() // which ends the reading
		<-read
	}
	stdout.Close()
	t.failed = t.failure(err)
	close(t.ended)
}

// failure is a target's end as an error.
func (t *Target) failure(err error) error {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &exit):
		return fmt.Errorf("the target %s: %w", t.command, err)
	}
	f := &Failed{Command: t.command, Code: exit.ExitCode()}
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		f.Signal, f.Code = status.Signal(), 128+int(status.Signal())
	}
	return f
}

// End closes the target's stdin and waits until it has ended. Where stop ends, or
// has ended, the target gets Patience. The error is a *Failed where the target did not
// exit with 0.
func (t *Target) End(stop context.Context) error {
	t.stdin.Close()
	select {
	case <-t.ended:
		return t.failed
	case <-stop.Done():
	}
	if !t.endsWithin(t.loading) {
		_ = t.cmd.Process.Signal(syscall.SIGTERM) // Windows knows none: it is killed then
		if !t.endsWithin(t.ending) {
			_ = t.cmd.Process.Kill()
			<-t.ended
		}
	}
	return t.failed
}

// Abandon passes a signal on to the target, and kills it where that does not end it: a run
// that is killed leaves nobody behind who waits for the end of its lines.
func (t *Target) Abandon(got os.Signal) {
	_ = t.cmd.Process.Signal(got) // an error means that it has ended, or knows no signals
	select {
	case <-t.gone:
	case <-time.After(abandoning):
		_ = t.cmd.Process.Kill()
		<-t.gone
	}
}

func (t *Target) endsWithin(d time.Duration) bool {
	select {
	case <-t.ended:
		return true
	case <-time.After(d):
		return false
	}
}

// readLines hands on what is printed, a line at a time, without its end. What stands
// behind the last line break is no line: the process may have died in the middle of it.
func readLines(from io.Reader, printed func(line []byte)) {
	r := bufio.NewReaderSize(from, 64<<10)
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		if len(line)+len(part) <= largestLine {
			line = append(line, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
		case err != nil:
			return
		default:
			printed(bytes.TrimSpace(line))
			line = line[:0]
		}
	}
}
