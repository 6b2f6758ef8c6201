package main_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/tap-rest/tap-rest/testrig"
)

// TestNullDeviceOfSeveral: a null device that is open for reading and writing is known not
// to stand for a closed stdout where it is stdin, too, as supervisors have it.
func TestNullDeviceOfSeveral(t *testing.T) {
	t.Parallel()
	pid := uintptr(os.Getpid())
	if _, _, errno := syscall.Syscall6(unix.SYS_KCMP, pid, pid, 0, 0, 0, 0); errno != 0 {
		t.Skipf("this system does not say whether two descriptors are of one open file: %v", errno)
	}
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	cmd := newRig(t).program(t, null, nil)
	cmd.Stdin = null
	if err := cmd.Run(); err != nil {
		t.Error(err)
	}
}

// TestStdoutForReadingAlone: what nothing can be written to is refused before any call.
func TestStdoutForReadingAlone(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	testrig.Write(t, file, "")
	for _, name := range []string{os.DevNull, file} {
		stdout, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer stdout.Close()
		r := newRig(t)
		var stderr bytes.Buffer
		cmd := r.program(t, stdout, nil)
		cmd.Stderr = &stderr
		if err := cmd.Run(); err == nil || cmd.ProcessState.ExitCode() != 1 {
			t.Errorf("%s: %v", name, err)
		}
		if calls := r.api.Count(); calls > 0 || !strings.Contains(stderr.String(), "stdout is open for reading alone") {
			t.Errorf("%s: %d calls, and stderr says %s", name, calls, &stderr)
		}
	}
}
