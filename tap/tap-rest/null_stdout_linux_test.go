package main_test

import (
	"os"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
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
