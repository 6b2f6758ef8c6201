//go:build unix

package main_test

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/sources/apitest"
	"github.com/tap-rest/tap-rest/testrig"
)

// fullPipe returns both ends of a pipe that takes no byte more.
func fullPipe(t *testing.T) (reader, writer *os.File) {
	t.Helper()
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		reader.Close()
		writer.Close()
	})
	if err := writer.SetWriteDeadline(time.Now().Add(100 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := writer.Write(bytes.Repeat([]byte("x"), 4<<10)); err != nil {
			return reader, writer
		}
	}
}

// program is the program on the rig's API, with a stdout and a stderr.
func (r *rig) program(t *testing.T, stdout, stderr *os.File, args ...string) *exec.Cmd {
	t.Helper()
	r.definition(t)
	cmd := exec.Command(builtBinary(t), append(args, "--config", r.write(t, "config.json", `{"source": "items.yaml"}`))...)
	cmd.Dir, cmd.Env = r.dir, []string{"HOME=" + r.dir}
	if stdout != nil {
		cmd.Stdout = stdout
	}
	if stderr != nil {
		cmd.Stderr = stderr
	}
	return cmd
}

// TestFullStderr: a stderr that nobody reads neither stops a run nor keeps it
// from ending, by itself or by a signal; when it is read after all, it says how
// much is missing.
func TestFullStderr(t *testing.T) {
	t.Parallel()
	t.Run("to the end", func(t *testing.T) {
		_, stderr := fullPipe(t)
		r := newRig(t)
		cmd := r.program(t, nil, stderr, "--log-level=debug")
		var out bytes.Buffer
		cmd.Stdout = &out
		began := time.Now()
		if err := cmd.Run(); err != nil {
			t.Errorf("got %v", err)
		}
		if took := time.Since(began); took > 15*time.Second {
			t.Errorf("it took %s", took)
		}
		r.checkWhole(t, "blocked stderr", testrig.ReadLines(t, out.Bytes()), 0)
	})
	t.Run("SIGTERM", func(t *testing.T) {
		_, stderr := fullPipe(t)
		r := newRig(t, apitest.From(5, apitest.Status(503, apitest.RetryAfter("1000"))))
		cmd := r.program(t, nil, stderr)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		r.await(t, 5)
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		ended := make(chan struct{})
		go func() {
			cmd.Wait() // how it ended is in its state
			close(ended)
		}()
		select {
		case <-ended:
		case <-time.After(20 * time.Second):
			cmd.Process.Kill()
			t.Fatal("it outlives SIGTERM")
		}
		if status := cmd.ProcessState.Sys().(syscall.WaitStatus); !status.Signaled() || status.Signal() != syscall.SIGTERM {
			t.Errorf("got %v, want death by SIGTERM", cmd.ProcessState)
		}
	})
}

// TestClosedStdout: a run whose stdout nobody reads from the start ends at once,
// in one line, with 1, and without a request.
func TestClosedStdout(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("writing finds out here")
	}
	for _, verb := range [][]string{nil, {"read"}} {
		check := func(what string, r *rig, cmd *exec.Cmd) {
			t.Helper()
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			_ = cmd.Run() // how it ended is in its state
			if code := cmd.ProcessState.ExitCode(); code != 1 || r.api.Count() > 0 {
				t.Errorf("%s: exit %d after %d requests, want 1 and none", what, code, r.api.Count())
			}
			if got := stderr.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, "stdout is closed") || what != "no reader" && !strings.Contains(got, "subprocess.DEVNULL") {
				t.Errorf("%s: got %q, want one line", what, got)
			}
		}
		r := newRig(t)
		reader, writer, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		defer writer.Close()
		reader.Close()
		check("no reader", r, r.program(t, writer, nil, verb...))

		cmd := r.program(t, nil, nil, verb...)
		cmd.Args = append([]string{"sh", "-c", `exec "$0" "$@" >&-`}, cmd.Args...)
		cmd.Path, err = exec.LookPath("sh")
		if err != nil {
			t.Fatal(err)
		}
		check(">&-", r, cmd)

		null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0) // as Python's subprocess.DEVNULL is
		if err != nil {
			t.Fatal(err)
		}
		defer null.Close()
		check("the null device for reading and writing", r, r.program(t, null, nil, verb...))

		if err := r.program(t, nil, nil, verb...).Run(); err != nil { // its stdout is the null device
			t.Errorf("into the null device: %v", err)
		}
	}
}

// TestReaderGoesAwayMeanwhile: a run that waits notices at once that its reader is gone.
func TestReaderGoesAwayMeanwhile(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("writing finds out here")
	}
	r := newRig(t, apitest.From(5, apitest.Status(503, apitest.RetryAfter("1000"))))
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := r.program(t, writer, nil)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	writer.Close()
	r.await(t, 5)
	reader.Close()
	timer := time.AfterFunc(20*time.Second, func() { cmd.Process.Kill() })
	defer timer.Stop()
	said, err := io.ReadAll(stderr)
	if err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // how it ended is in its state
	if cmd.ProcessState.ExitCode() != 1 || !strings.Contains(string(said), "tap-rest: stdout is closed: the target has gone away\n") {
		t.Errorf("got %v and:\n%s", cmd.ProcessState, said)
	}
}
