//go:build unix

package target_test

import (
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/tap/target"
	"github.com/tap-rest/tap-rest/testrig"
)

// start starts a shell's script as a target; what it prints is in the list once it has
// ended.
func start(t *testing.T, script string) (*target.Target, *[]string) {
	t.Helper()
	var printed []string
	got, err := target.Start([]string{"sh", "-c", script}, os.Stderr, func(line []byte) { printed = append(printed, string(line)) })
	if err != nil {
		t.Fatal(err)
	}
	return got, &printed
}

func TestTarget(t *testing.T) {
	long := strings.Repeat("x", 200<<10)
	for _, test := range []struct {
		name, script, stdin string
		printed             []string
		code                int
		signal              syscall.Signal
	}{
		{name: "lines, in order", script: "cat", stdin: "a\n\n b \r\nc\n", printed: []string{"a", "", "b", "c"}},
		{name: "a long line", script: "cat", stdin: long + "\nb\n", printed: []string{long, "b"}},
		{name: "a line without an end", script: "cat", stdin: "a\nb", printed: []string{"a"}},
		{name: "exit code", script: "cat; exit 3", stdin: "a\n", printed: []string{"a"}, code: 3},
		{name: "a signal", script: "cat; kill -9 $$", stdin: "a\n", printed: []string{"a"}, code: 137, signal: syscall.SIGKILL},
		{name: "what it leaves behind", script: "sleep 600 & echo $! >&3; echo a", printed: []string{"a"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if strings.Contains(test.script, ">&3") {
				pid := t.TempDir() + "/pid"
				test.script = strings.ReplaceAll(test.script, ">&3", ">"+pid)
				t.Cleanup(func() { kill(t, pid) })
			}
			got, printed := start(t, test.script)
			io.WriteString(got.Stdin(), test.stdin)
			err := got.End(t.Context())
			if !slices.Equal(*printed, test.printed) {
				t.Errorf("printed %.300q, want %.300q", *printed, test.printed)
			}
			var failed *target.Failed
			if errors.As(err, &failed); test.code == 0 && err != nil || test.code != 0 && (failed == nil || failed.Code != test.code || failed.Signal != test.signal) {
				t.Errorf("got %v, want exit code %d", err, test.code)
			}
			select {
			case <-got.Gone():
			default:
				t.Error("the target has ended, and is not gone")
			}
		})
	}
}

// kill kills the process whose id a file holds.
func kill(t *testing.T, file string) {
	data := testrig.Read(t, file)
	p, err := target.Start([]string{"kill", strings.TrimSpace(string(data))}, os.Stderr, func([]byte) {})
	if err == nil {
		err = p.End(context.Background())
	}
	if err != nil {
		t.Error(err)
	}
}

// TestStopped: a target that goes on when its run was stopped is told to end, and then
// killed.
func TestStopped(t *testing.T) {
	for _, test := range []struct {
		name, script    string
		loading, ending time.Duration
		printed         []string
		code            int
	}{
		{name: "it ends by itself", script: "echo ready; cat >/dev/null; echo loaded", loading: time.Hour, printed: []string{"ready", "loaded"}},
		{name: "SIGTERM ends it", script: "trap 'echo told; exit 4' TERM; echo ready; while :; do sleep 0.01; done", ending: time.Hour, printed: []string{"ready", "told"}, code: 4},
		{name: "it is killed", script: "trap '' TERM; echo ready; while :; do sleep 0.01; done", printed: []string{"ready"}, code: 137},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, printed := started(t, test.script)
			got.Hurry(test.loading, test.ending)
			stop, cancel := context.WithCancel(t.Context())
			cancel()
			err := got.End(stop)
			var failed *target.Failed
			if errors.As(err, &failed); (failed == nil) != (test.code == 0) || failed != nil && failed.Code != test.code {
				t.Errorf("got %v, want exit code %d", err, test.code)
			}
			if !slices.Equal(*printed, test.printed) {
				t.Errorf("printed %q, want %q", *printed, test.printed)
			}
		})
	}
}

// started starts a script that prints a line once it is ready, and returns, besides, what
// it has printed when it has ended.
func started(t *testing.T, script string) (*target.Target, *[]string) {
	t.Helper()
	ready, printed := make(chan struct{}), new([]string)
	got, err := target.Start([]string{"sh", "-c", script}, os.Stderr, func(line []byte) {
		if *printed = append(*printed, string(line)); len(*printed) == 1 {
			close(ready)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	<-ready
	return got, printed
}

func TestNoSuchTarget(t *testing.T) {
	_, err := target.Start([]string{"no-such-target"}, os.Stderr, func([]byte) {})
	if err == nil || !strings.Contains(err.Error(), "no-such-target cannot be started") {
		t.Errorf("got %v", err)
	}
}

// TestAbandon: a target that the end of its stdin does not end, as it does not read, gets
// the signal that its run got, and is killed where it goes on.
func TestAbandon(t *testing.T) {
	for _, test := range []struct {
		name, script string
		printed      []string
		code         int
	}{
		{"the signal ends it", "trap 'echo told; exit 4' TERM; echo ready; while :; do sleep 0.01; done", []string{"ready", "told"}, 4},
		{"it is killed", "trap '' TERM; echo ready; while :; do sleep 0.01; done", []string{"ready"}, 137},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, printed := started(t, test.script)
			got.Abandon(syscall.SIGTERM)
			var failed *target.Failed
			if err := got.End(t.Context()); !errors.As(err, &failed) || failed.Code != test.code || !slices.Equal(*printed, test.printed) {
				t.Errorf("got %v and %q, want exit code %d", err, *printed, test.code)
			}
		})
	}
}
